//! Parsing and validation of message bodies, shared by all endpoints that send or edit messages.

use serde_json::{Value, json};

use super::error_response::{self, ErrorResponse};
use super::upload::{self, Upload};
use super::validation::FieldErrors;
use super::{allowed_mentions, component, embed};
use crate::mention::MentionPolicy;
use crate::model::{Discord, Message, flag};

/// Maximum length of the content, in characters (Discord docs, resources/message, "Create
/// Message").
const CONTENT_MAX: usize = 2000;
/// Maximum length of a nonce, in characters (Discord docs, resources/message, "Create Message").
const NONCE_MAX: usize = 25;
/// Flags that a bot can set on a message. The sandbox does not implement `IS_COMPONENTS_V2` and
/// `IS_VOICE_MESSAGE`.
const SETTABLE_FLAGS: u64 = flag::SUPPRESS_EMBEDS | flag::SUPPRESS_NOTIFICATIONS;

/// Validated message body.
///
/// `None` means that the request did not contain the field. A new message then has no such part,
/// and an edit leaves it unchanged.
#[derive(Debug, Clone, Default)]
pub struct MessageBody {
    /// Text, trimmed.
    pub content: Option<String>,
    /// Embeds as Discord returns them.
    pub embeds: Option<Vec<Value>>,
    /// Action rows, with component ids assigned.
    pub components: Option<Vec<Value>>,
    /// Message flags, limited to those that may be set.
    pub flags: Option<u64>,
    /// Allowed mentions.
    pub allowed_mentions: Option<MentionPolicy>,
    /// Nonce as it was sent: a string or an integer.
    pub nonce: Option<Value>,
    /// Whether a repeated nonce returns the existing message instead of creating another one.
    pub enforce_nonce: bool,
    /// Message that is replied to, and `fail_if_not_exists`: whether sending fails if the message
    /// does not exist.
    pub reply_to: Option<(u64, bool)>,
    /// Uploaded files.
    pub uploads: Vec<Upload>,
    /// Ids of the attachments that an edit keeps; `None` keeps all.
    pub kept_attachments: Option<Vec<u64>>,
}

/// Use of a message body, which determines the allowed flags and whether it may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyPurpose {
    /// New message in a channel.
    Channel,
    /// Interaction response or follow-up, which may be ephemeral.
    Interaction,
    /// Edit of a message.
    Edit,
}

impl MessageBody {
    /// Parses and validates a body.
    ///
    /// # Errors
    ///
    /// Returns 50035 with all field errors, 50006 for an empty new message, or 50109 if the body is
    /// not a JSON object.
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

    /// Returns whether the body has no content, embeds, components or files.
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

    /// Applies the given fields to a message and stores the files.
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

    /// Returns whether the body requests an ephemeral message.
    pub fn is_ephemeral(&self) -> bool {
        self.flags.unwrap_or(0) & flag::EPHEMERAL != 0
    }

    /// Returns the nonce as a string, also if it was sent as an integer.
    pub fn nonce_text(&self) -> Option<String> {
        match self.nonce.as_ref()? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}

/// Returns the array at `key`. Null counts as an empty array, which removes the elements.
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
    // Discord ignores flags that cannot be set. Components V2 must be rejected, because the flag
    // changes the meaning of the body.
    if flags & IS_COMPONENTS_V2 != 0 {
        errors.push(
            "flags",
            "SANDBOX",
            "The sandbox does not support Components V2.",
        );
    }
    Some(flags & allowed)
}

/// Flag of a message that consists of components only (Discord docs, resources/message, "Message
/// Flags").
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
