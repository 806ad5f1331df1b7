//! Answers of Discord that say no (Discord docs, topics/opcodes-and-status-codes, "JSON").

use serde_json::{Value, json};

/// A refusal: HTTP status, Discord's code and words.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorResponse {
    /// The HTTP status.
    pub status: u16,
    /// Discord's code.
    pub code: u32,
    /// Discord's words.
    pub message: String,
    /// For code 50035: what is wrong with which field.
    pub errors: Option<Value>,
}

impl ErrorResponse {
    /// A refusal.
    pub fn new(status: u16, code: u32, message: &str) -> Self {
        Self {
            status,
            code,
            message: message.to_owned(),
            errors: None,
        }
    }

    /// What Discord answers.
    pub fn json(&self) -> Value {
        let mut json = json!({ "message": self.message, "code": self.code });
        if let Some(errors) = &self.errors {
            json["errors"] = errors.clone();
        }
        json
    }
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $status:literal $code:literal $message:literal;)*) => {
        $($(#[$doc])* pub fn $name() -> ErrorResponse { ErrorResponse::new($status, $code, $message) })*
    };
}

problems! {
    /// No or a wrong token.
    unauthorized = 401 0 "401: Unauthorized";
    /// No such route.
    not_found = 404 0 "404: Not Found";
    /// The route exists, the method does not.
    method_not_allowed = 405 0 "405: Method Not Allowed";
    /// The body is no JSON.
    not_json = 400 50109 "The request body contains invalid JSON.";
    /// No such channel, or a deleted one.
    unknown_channel = 404 10003 "Unknown Channel";
    /// No such guild, or the bot is not in it.
    unknown_guild = 404 10004 "Unknown Guild";
    /// No such member.
    unknown_member = 404 10007 "Unknown Member";
    /// No such message, or a deleted one.
    unknown_message = 404 10008 "Unknown Message";
    /// No such user.
    unknown_user = 404 10013 "Unknown User";
    /// No such emoji.
    unknown_emoji = 400 10014 "Unknown Emoji";
    /// The token of a webhook or interaction is not known.
    unknown_webhook = 404 10015 "Unknown Webhook";
    /// No such interaction, or it was too late for the first answer.
    unknown_interaction = 404 10062 "Unknown interaction";
    /// Another application's commands.
    unknown_application = 404 10002 "Unknown Application";
    /// The interaction has its first answer.
    already_acknowledged = 400 40060 "Interaction has already been acknowledged.";
    /// The channel can't be seen.
    missing_access = 403 50001 "Missing Access";
    /// Somebody else's message.
    not_author = 403 50005 "Cannot edit a message authored by another user";
    /// No content at all.
    empty_message = 400 50006 "Cannot send an empty message";
    /// The person takes no direct messages.
    cannot_message_user = 403 50007 "Cannot send messages to this user";
    /// Not in this kind of channel.
    not_in_this_channel_type = 400 50024 "Cannot execute action on this channel type";
    /// A permission is missing.
    missing_permissions = 403 50013 "Missing Permissions";
    /// The token of an interaction has expired.
    invalid_webhook_token = 401 50027 "Invalid Webhook Token";
    /// The thread is archived.
    archived_thread = 400 50083 "Thread is archived";
    /// The message has its thread.
    thread_exists = 400 160_004 "A thread has already been created for this message";
    /// The thread is locked.
    thread_locked = 403 160_005 "Thread is locked";
    /// The message has 20 different emoji.
    too_many_reactions = 400 30010 "Maximum number of reactions reached (20)";
    /// So many commands are made in a day for a guild.
    too_many_creates = 400 30034 "Max number of daily application command creates has been reached (200)";
}
