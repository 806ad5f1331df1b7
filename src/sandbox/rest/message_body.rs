//! The body of a message, checked: what every way of sending or editing one has in common.

use serde_json::{Value, json};

use super::error_response::{self, ErrorResponse};
use super::upload::{self, Upload};
use super::validation::FieldErrors;
use super::{allowed_mentions, component, embed};
use crate::sandbox::mention::MentionPolicy;
use crate::sandbox::model::{Discord, Message, flag};

/// Characters of a message (Discord docs, resources/message, "Create Message").
const CONTENT_MAX: usize = 2000;
/// Characters of a nonce (the same place).
const NONCE_MAX: usize = 25;
/// Flags that may be set when a message is sent by a bot: `SUPPRESS_EMBEDS` and `SUPPRESS_NOTIFICATIONS`.
/// `IS_COMPONENTS_V2` and voice messages are not known here.
const SETTABLE_FLAGS: u64 = flag::SUPPRESS_EMBEDS | flag::SUPPRESS_NOTIFICATIONS;

/// A checked body. What is `None` was not named: a new message has nothing there, an edit leaves it.
#[derive(Debug, Clone, Default)]
pub struct MessageBody {
    /// Text.
    pub content: Option<String>,
    /// Embeds as Discord shows them.
    pub embeds: Option<Vec<Value>>,
    /// Rows of components, with their numbers.
    pub components: Option<Vec<Value>>,
    /// Flags.
    pub flags: Option<u64>,
    /// Whom it may ping.
    pub allowed_mentions: Option<MentionPolicy>,
    /// As it was sent.
    pub nonce: Option<Value>,
    /// Whether a second message with this nonce is the first one again.
    pub enforce_nonce: bool,
    /// The message it replies to, and whether it is sent also if that is gone.
    pub reply_to: Option<(u64, bool)>,
    /// Files that come with it.
    pub uploads: Vec<Upload>,
    /// Attachments that an edit keeps; all of them if it does not say.
    pub kept_attachments: Option<Vec<u64>>,
}

/// Where a body goes; it decides what may be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyPurpose {
    /// `POST /channels/…/messages`.
    Channel,
    /// An answer to an interaction, or a follow-up: may be ephemeral.
    Interaction,
    /// Changing a message.
    Edit,
}

impl MessageBody {
    /// Checks a body.
    ///
    /// # Errors
    ///
    /// Code 50035 with everything that is wrong, or 50006 for a new message that is empty.
    pub fn parse(
        body: &Value,
        uploads: &[Upload],
        purpose: BodyPurpose,
    ) -> Result<Self, ErrorResponse> {
        if !body.is_object() {
            return Err(error_response::not_json());
        }
        let mut errors = FieldErrors::default();
        let draft = Self {
            content: content(body, &mut errors),
            embeds: list(body, "embeds").map(|embeds| embed::check(embeds, &mut errors)),
            components: list(body, "components").map(|rows| component::check(rows, &mut errors)),
            flags: flags(body, purpose, &mut errors),
            allowed_mentions: allowed_mentions::parse(&body["allowed_mentions"], &mut errors),
            nonce: nonce(body, &mut errors),
            enforce_nonce: body["enforce_nonce"].as_bool().unwrap_or(false),
            reply_to: reply_to(body, &mut errors),
            uploads: upload::check(body, uploads, &mut errors),
            kept_attachments: upload::kept_attachment_ids(body),
        };
        errors.finish()?;
        draft.check_shown_files()?;
        if purpose != BodyPurpose::Edit && draft.is_empty() {
            return Err(error_response::empty_message());
        }
        Ok(draft)
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.content
            .as_deref()
            .unwrap_or_default()
            .trim()
            .is_empty()
            && self.embeds.as_ref().is_none_or(Vec::is_empty)
            && self.components.as_ref().is_none_or(Vec::is_empty)
            && self.uploads.is_empty()
    }

    /// Puts what was named into a message.
    pub fn apply_to(&self, discord: &mut Discord, message: &mut Message) {
        if let Some(content) = &self.content {
            message.content.clone_from(content);
        }
        if let Some(embeds) = &self.embeds {
            message.embeds.clone_from(embeds);
        }
        if let Some(components) = &self.components {
            message.components.clone_from(components);
        }
        if let Some(flags) = self.flags {
            let kept = message.flags & !SETTABLE_FLAGS;
            message.flags = kept | (flags & SETTABLE_FLAGS);
        }
        self.attach(discord, message);
    }

    /// Whether the body asks for a message that one member alone sees.
    pub fn is_ephemeral(&self) -> bool {
        self.flags.unwrap_or(0) & flag::EPHEMERAL != 0
    }

    /// The nonce as text, whichever way it was sent.
    pub fn nonce_text(&self) -> Option<String> {
        match self.nonce.as_ref()? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}

/// The list at `key`; `null` empties it, as an empty list does.
fn list<'a>(body: &'a Value, key: &str) -> Option<&'a [Value]> {
    match body.get(key)? {
        Value::Array(list) => Some(list),
        _ => Some(&[]),
    }
}

fn content(body: &Value, errors: &mut FieldErrors) -> Option<String> {
    let content = match body.get("content")? {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    errors.check_length("content", &content, 0, CONTENT_MAX);
    Some(content.trim().to_owned())
}

fn flags(body: &Value, purpose: BodyPurpose, errors: &mut FieldErrors) -> Option<u64> {
    let flags = body.get("flags").filter(|flags| !flags.is_null())?;
    let Some(flags) = flags.as_u64() else {
        errors.push("flags", "NUMBER_TYPE_COERCE", "Value is not int.");
        return None;
    };
    let allowed = match purpose {
        BodyPurpose::Interaction => SETTABLE_FLAGS | flag::EPHEMERAL,
        BodyPurpose::Channel | BodyPurpose::Edit => SETTABLE_FLAGS,
    };
    // Discord overlooks flags that exist but can't be set; only components V2 would change what the
    // body means.
    if flags & IS_COMPONENTS_V2 != 0 {
        errors.push(
            "flags",
            "SANDBOX",
            "Components V2 are not known to the sandbox.",
        );
    }
    Some(flags & allowed)
}

/// A message made of components only (Discord docs, resources/message, "Message Flags").
const IS_COMPONENTS_V2: u64 = 1 << 15;

fn nonce(body: &Value, errors: &mut FieldErrors) -> Option<Value> {
    match body.get("nonce")? {
        Value::String(text) => {
            errors.check_length("nonce", text, 0, NONCE_MAX);
            Some(json!(text))
        }
        Value::Number(number) if number.is_i64() => Some(json!(number)),
        Value::Null => None,
        _ => {
            errors.push(
                "nonce",
                "NONCE_TYPE_INVALID",
                "Nonce must be a string or an integer.",
            );
            None
        }
    }
}

fn reply_to(body: &Value, errors: &mut FieldErrors) -> Option<(u64, bool)> {
    let reference = body
        .get("message_reference")
        .filter(|one| one.is_object())?;
    let message = reference["message_id"]
        .as_str()
        .and_then(|id| id.parse().ok());
    if message.is_none() {
        errors.push_required("message_reference.message_id");
    }
    Some((
        message?,
        reference["fail_if_not_exists"].as_bool().unwrap_or(true),
    ))
}
