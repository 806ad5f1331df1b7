//! Discord's error responses (Discord docs, topics/opcodes-and-status-codes, "JSON").

use serde_json::{Value, json};

/// Error response: HTTP status, JSON error code and message.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorResponse {
    /// HTTP status.
    pub status: u16,
    /// JSON error code.
    pub code: u32,
    /// Message, in Discord's wording.
    pub message: String,
    /// Errors by field, for code 50035.
    pub errors: Option<Value>,
}

impl ErrorResponse {
    /// Creates an error response without field errors.
    pub fn new(status: u16, code: u32, message: &str) -> Self {
        Self {
            status,
            code,
            message: message.to_owned(),
            errors: None,
        }
    }

    /// Returns the JSON body.
    pub fn json(&self) -> Value {
        let mut json = json!({ "message": self.message, "code": self.code });
        if let Some(errors) = &self.errors {
            json["errors"] = errors.clone();
        }
        json
    }
}

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $status:literal $code:literal $message:literal;)*) => {
        $($(#[$doc])* pub fn $name() -> ErrorResponse { ErrorResponse::new($status, $code, $message) })*
    };
}

errors! {
    /// The token is missing or wrong.
    unauthorized = 401 0 "401: Unauthorized";
    /// The path has no route.
    not_found = 404 0 "404: Not Found";
    /// The path has no route for this method.
    method_not_allowed = 405 0 "405: Method Not Allowed";
    /// The body is not valid JSON.
    not_json = 400 50109 "The request body contains invalid JSON.";
    /// The channel does not exist.
    unknown_channel = 404 10003 "Unknown Channel";
    /// The guild does not exist, or the bot is not a member of it.
    unknown_guild = 404 10004 "Unknown Guild";
    /// The user is not a member of the guild.
    unknown_member = 404 10007 "Unknown Member";
    /// The message does not exist.
    unknown_message = 404 10008 "Unknown Message";
    /// The user does not exist.
    unknown_user = 404 10013 "Unknown User";
    /// The emoji does not exist.
    unknown_emoji = 400 10014 "Unknown Emoji";
    /// The token of the webhook or interaction is unknown.
    unknown_webhook = 404 10015 "Unknown Webhook";
    /// The interaction does not exist, or the initial response came after three seconds.
    unknown_interaction = 404 10062 "Unknown interaction";
    /// The commands belong to another application.
    unknown_application = 404 10002 "Unknown Application";
    /// The interaction already has an initial response.
    already_acknowledged = 400 40060 "Interaction has already been acknowledged.";
    /// The bot cannot view the channel.
    missing_access = 403 50001 "Missing Access";
    /// The message was sent by another user.
    not_author = 403 50005 "Cannot edit a message authored by another user";
    /// The message would be empty.
    empty_message = 400 50006 "Cannot send an empty message";
    /// The user accepts no direct messages from the bot.
    cannot_message_user = 403 50007 "Cannot send messages to this user";
    /// The action is not possible in this type of channel.
    not_in_this_channel_type = 400 50024 "Cannot execute action on this channel type";
    /// The bot lacks a permission.
    missing_permissions = 403 50013 "Missing Permissions";
    /// The token of an interaction has expired.
    invalid_webhook_token = 401 50027 "Invalid Webhook Token";
    /// The thread is archived.
    archived_thread = 400 50083 "Thread is archived";
    /// The message already has a thread.
    thread_exists = 400 160_004 "A thread has already been created for this message";
    /// The thread is locked.
    thread_locked = 403 160_005 "Thread is locked";
    /// The message already has reactions with 20 different emoji.
    too_many_reactions = 400 30010 "Maximum number of reactions reached (20)";
    /// The daily limit of new commands is reached.
    too_many_creates = 400 30034 "Max number of daily application command creates has been reached (200)";
}
