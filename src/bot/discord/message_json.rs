//! Reads the parts of a message that the bot needs from its JSON.
//!
//! Serenity decodes a message completely or not at all. A component of a new kind, or a field that
//! Discord leaves out of a quoted message, makes it refuse the message, and with it the page of
//! history in which the message is. The bot needs few fields, so it reads only those.

use serde_json::Value;

use super::rest::HistoryMessage;
use crate::bot::gateway::event::IncomingMessage;
use quizloop_core::id::{ChannelId, GuildId, MessageId, UserId};

/// Message types that people write: `DEFAULT` and `REPLY`. Messages of all other types are created
/// by Discord or by commands (Discord docs, resources/message, "Message Types").
const WRITTEN_TYPES: [u64; 2] = [0, 19];

/// Types of a message's reference to another one (Discord docs, resources/message, "Message
/// Reference Types").
const REPLY_REFERENCE: u64 = 0;
const FORWARD_REFERENCE: u64 = 1;

/// Type of a button (Discord docs, components/reference, "Component Types").
const BUTTON: u64 = 2;

/// Why a message can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageJsonError {
    #[error("the message has no id")]
    NoId,
    #[error("message {message} has no {field}")]
    NoField {
        message: MessageId,
        field: &'static str,
    },
}

/// Reads a message of a guild's channel or thread.
///
/// # Errors
///
/// Fails if the id, the type or the author is missing. Other fields are optional: one that is
/// invalid counts as absent.
pub fn parse(
    message: &Value,
    guild: GuildId,
    channel: ChannelId,
) -> Result<HistoryMessage, MessageJsonError> {
    let id = snowflake(&message["id"]).ok_or(MessageJsonError::NoId)?;
    let id = MessageId::new(id);
    let no_field = |field| MessageJsonError::NoField { message: id, field };
    let kind = message["type"].as_u64().ok_or_else(|| no_field("type"))?;
    let author = &message["author"];
    let author_id = snowflake(&author["id"]).ok_or_else(|| no_field("author"))?;
    let reference = &message["message_reference"];
    let reference_type = reference["type"].as_u64().unwrap_or(REPLY_REFERENCE);
    let is_automatic = author["bot"] == true || author["system"] == true;
    let may_be_reply = WRITTEN_TYPES.contains(&kind)
        && reference_type != FORWARD_REFERENCE
        && !is_automatic
        && message["webhook_id"].is_null();
    let reply_to = snowflake(&reference["message_id"])
        .filter(|_| reference_type == REPLY_REFERENCE)
        .map(MessageId::new);
    Ok(HistoryMessage {
        event: IncomingMessage {
            guild,
            channel,
            message: id,
            author: UserId::new(author_id),
            may_be_reply,
            reply_to,
        },
        footers: items(&message["embeds"])
            .filter_map(|embed| embed["footer"]["text"].as_str())
            .map(str::to_owned)
            .collect(),
        custom_ids: items(&message["components"])
            .flat_map(|row| items(&row["components"]))
            .filter(|component| component["type"] == BUTTON)
            .filter_map(|button| button["custom_id"].as_str())
            .map(str::to_owned)
            .collect(),
        has_own_reaction: items(&message["reactions"]).any(|reaction| reaction["me"] == true),
    })
}

/// Reads an id. Discord sends ids as strings.
pub fn snowflake(value: &Value) -> Option<u64> {
    let id = match value {
        Value::String(text) => text.parse().ok()?,
        other => other.as_u64()?,
    };
    (id > 0).then_some(id)
}

/// Returns the items of an array; none for any other value.
pub fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(message: &Value) -> Result<HistoryMessage, MessageJsonError> {
        parse(message, GuildId::new(1), ChannelId::new(2))
    }

    /// Returns a message of a member with further fields.
    fn message(fields: &Value) -> Value {
        let mut message = json!({ "id": "5", "type": 0, "author": { "id": "4" } });
        for (name, value) in fields.as_object().unwrap() {
            message[name] = value.clone();
        }
        message
    }

    fn event(fields: &Value) -> IncomingMessage {
        read(&message(fields)).unwrap().event
    }

    #[test]
    fn few_fields_are_enough() {
        let expected = IncomingMessage {
            guild: GuildId::new(1),
            channel: ChannelId::new(2),
            message: MessageId::new(5),
            author: UserId::new(4),
            may_be_reply: true,
            reply_to: None,
        };
        assert_eq!(event(&json!({})), expected);
        let unknown = json!({
            "components": [{ "type": 1, "components": [{ "type": 99 }] }],
            "referenced_message": { "message_snapshots": [{ "message": {} }] },
            "embeds": "none",
            "reactions": [7],
        });
        assert_eq!(event(&unknown), expected);
    }

    #[test]
    fn only_what_people_write_may_be_a_reply() {
        let may_be_reply = |fields: &Value| event(fields).may_be_reply;
        assert!(may_be_reply(&json!({ "type": 19 })));
        assert!(may_be_reply(&json!({ "webhook_id": null })));
        for fields in [
            json!({ "type": 7 }),
            json!({ "type": 21 }),
            json!({ "webhook_id": "3" }),
            json!({ "author": { "id": "4", "bot": true } }),
            json!({ "author": { "id": "4", "system": true } }),
            json!({ "message_reference": { "type": 1, "message_id": "3" } }),
        ] {
            assert!(!may_be_reply(&fields), "{fields}");
        }
    }

    #[test]
    fn a_reference_of_another_type_than_reply_is_no_reply_to_a_message() {
        let reply_to =
            |reference: Value| event(&json!({ "message_reference": reference })).reply_to;
        assert_eq!(
            reply_to(json!({ "message_id": "3" })),
            Some(MessageId::new(3))
        );
        assert_eq!(
            reply_to(json!({ "type": 0, "message_id": "3" })),
            Some(MessageId::new(3))
        );
        assert_eq!(reply_to(json!({ "type": 1, "message_id": "3" })), None);
        assert_eq!(reply_to(json!({ "type": 7, "message_id": "3" })), None);
        assert_eq!(reply_to(json!({ "message_id": null })), None);
    }

    #[test]
    fn footers_buttons_and_own_reactions_are_read() {
        let one = read(&message(&json!({
            "embeds": [{ "footer": { "text": "Question 1" } }, { "title": "no footer" }],
            "reactions": [{ "me": false }, { "me": true }],
            "components": [{ "type": 1, "components": [
                { "type": 2, "custom_id": "hint" },
                { "type": 2, "url": "https://discord.com" },
                { "type": 99, "custom_id": 7 },
            ] }, { "type": 99 }],
        })))
        .unwrap();
        assert_eq!(one.custom_ids, ["hint"]);
        assert_eq!(one.footers, ["Question 1"]);
        assert!(one.has_own_reaction);
    }

    #[test]
    fn a_missing_field_is_named() {
        assert_eq!(
            read(&json!({ "id": "0" })).unwrap_err(),
            MessageJsonError::NoId
        );
        assert_eq!(read(&Value::Null).unwrap_err(), MessageJsonError::NoId);
        let no_type = read(&json!({ "id": 7 })).unwrap_err();
        assert_eq!(no_type.to_string(), "message 7 has no type");
        let no_author = read(&message(&json!({ "author": { "bot": true } }))).unwrap_err();
        assert_eq!(no_author.to_string(), "message 5 has no author");
    }
}
