//! Initial response to an interaction (Discord docs, interactions/receiving-and-responding, "Create
//! Interaction Response").

use std::time::Duration;

use serde_json::{Value, json};

use super::callback_validation;
use super::error_response::{self, ErrorResponse};
use super::message_body::{BodyPurpose, MessageBody};
use super::messages::{apply_edit, message_json};
use super::validation::FieldErrors;
use super::{ApiRequest, HandlerResult, no_content, ok};
use crate::mention::{self, MentionPolicy};
use crate::model::{
    Discord, Interaction, InteractionKind, InteractionMetadata, InteractionState, Message,
    MessageKey, flag, message_kind,
};
use crate::payloads::id;

/// How long a bot has for the initial response, in real time.
pub const CALLBACK_DEADLINE: Duration = Duration::from_secs(3);

/// Interaction callback types.
mod kind {
    pub const MESSAGE: u64 = 4;
    pub const DEFERRED_MESSAGE: u64 = 5;
    pub const DEFERRED_UPDATE: u64 = 6;
    pub const UPDATE: u64 = 7;
    pub const AUTOCOMPLETE_RESULT: u64 = 8;
    pub const MODAL: u64 = 9;
}

pub fn handle(
    discord: &mut Discord,
    interaction: u64,
    token: &str,
    request: &ApiRequest,
) -> HandlerResult {
    let one = discord
        .interactions
        .get(&interaction)
        .filter(|one| one.token == token);
    let one = one.ok_or_else(error_response::unknown_interaction)?;
    if one.state == InteractionState::Failed || one.created_at.elapsed() > CALLBACK_DEADLINE {
        return Err(error_response::unknown_interaction());
    }
    if one.state != InteractionState::Pending {
        return Err(error_response::already_acknowledged());
    }
    let one = one.clone();
    let (state, original) = apply_callback(discord, &one, request)?;
    if let Some(one) = discord.interactions.get_mut(&interaction) {
        one.state = state;
        one.original = original;
    }
    if request.flag("with_response") {
        return ok(callback_response(
            discord,
            interaction,
            &request.body["type"],
        ));
    }
    no_content()
}

/// New state of the interaction, and its original response.
type CallbackEffect = (InteractionState, Option<MessageKey>);

fn apply_callback(
    discord: &mut Discord,
    one: &Interaction,
    request: &ApiRequest,
) -> Result<CallbackEffect, ErrorResponse> {
    let body = &request.body;
    let data = &body["data"];
    let is_typing = one.kind == InteractionKind::Autocomplete;
    let source = one.source_message;
    match body["type"].as_u64() {
        Some(kind::AUTOCOMPLETE_RESULT) if is_typing => {
            Ok((callback_validation::choices(data)?, None))
        }
        Some(kind::MESSAGE) if !is_typing => {
            let draft = MessageBody::parse(data, &request.uploads, BodyPurpose::Interaction)?;
            let response = create_response(discord, one, &draft);
            Ok((InteractionState::Answered, Some(response)))
        }
        Some(kind::DEFERRED_MESSAGE) if !is_typing => Ok(defer(discord, one, data)),
        Some(kind::DEFERRED_UPDATE) if !is_typing && source.is_some() => {
            Ok((InteractionState::DeferredUpdate, source))
        }
        Some(kind::UPDATE) if !is_typing && source.is_some() => {
            let draft = MessageBody::parse(data, &request.uploads, BodyPurpose::Edit)?;
            if let Some(source) = source {
                apply_edit(discord, source, &draft)?;
            }
            Ok((InteractionState::Updated, source))
        }
        Some(kind::MODAL) if !is_typing && one.kind != InteractionKind::Modal => {
            Ok((callback_validation::modal(data)?, None))
        }
        _ => Err(invalid_type(one)),
    }
}

fn invalid_type(one: &Interaction) -> ErrorResponse {
    let allowed = match (one.kind, one.source_message) {
        (InteractionKind::Autocomplete, _) => "8",
        (InteractionKind::Modal, None) => "4, 5",
        (InteractionKind::Modal, Some(_)) => "4, 5, 6, 7",
        (_, None) => "4, 5, 9",
        (_, Some(_)) => "4, 5, 6, 7, 9",
    };
    let mut errors = FieldErrors::default();
    errors.push_invalid_choice("type", allowed);
    errors
        .finish()
        .err()
        .unwrap_or_else(error_response::not_json)
}

/// Creates the response message of an interaction.
pub fn create_response(
    discord: &mut Discord,
    one: &Interaction,
    draft: &MessageBody,
) -> MessageKey {
    let mut message = empty_response(discord, one, draft.is_ephemeral());
    draft.apply_to(discord, &mut message);
    let allowed = draft
        .allowed_mentions
        .clone()
        .unwrap_or(MentionPolicy::users());
    mention::resolve(discord, &mut message, &allowed);
    MessageKey {
        channel: one.channel,
        message: discord.create_message(message),
    }
}

/// Returns a response message without content.
fn empty_response(discord: &Discord, one: &Interaction, is_ephemeral: bool) -> Message {
    let is_command = one.kind == InteractionKind::Command;
    Message {
        channel: one.channel,
        author: discord.app.id,
        kind: match one.target_message {
            Some(_) => message_kind::CONTEXT_MENU_COMMAND,
            None if is_command => message_kind::CHAT_INPUT_COMMAND,
            None => message_kind::DEFAULT,
        },
        flags: if is_ephemeral { flag::EPHEMERAL } else { 0 },
        ephemeral_for: is_ephemeral.then_some(one.user),
        interaction: Some(InteractionMetadata {
            id: one.id,
            kind: one.kind as u8,
            user: one.user,
            name: one.name.clone(),
            source_message: one.source_message.map(|source| source.message),
            target_message: one.target_message,
        }),
        ..Message::default()
    }
}

/// Creates the placeholder "… is thinking". Of the data, only the ephemeral flag counts. A later
/// edit cannot change it.
fn defer(discord: &mut Discord, one: &Interaction, data: &Value) -> CallbackEffect {
    let is_ephemeral = data["flags"].as_u64().unwrap_or(0) & flag::EPHEMERAL != 0;
    let mut message = empty_response(discord, one, is_ephemeral);
    message.flags |= flag::LOADING;
    let original = MessageKey {
        channel: one.channel,
        message: discord.create_message(message),
    };
    (InteractionState::DeferredMessage, Some(original))
}

fn callback_response(discord: &Discord, interaction: u64, kind: &Value) -> Value {
    let Some(one) = discord.interactions.get(&interaction) else {
        return Value::Null;
    };
    let mut json = json!({
        "interaction": {
            "id": id(interaction),
            "type": one.kind as u8,
            "response_message_loading": one.state == InteractionState::DeferredMessage,
            "response_message_ephemeral": one.original.is_some_and(|key| {
                let original = discord.message(key.channel, key.message);
                original.is_some_and(|one| one.ephemeral_for.is_some())
            }),
        },
    });
    if let Some(MessageKey { channel, message }) = one.original {
        json["interaction"]["response_message_id"] = id(message);
        // `resource` is present for types 4 and 7 (Discord docs,
        // interactions/receiving-and-responding, "Interaction Callback Resource Object").
        if matches!(
            kind.as_u64(),
            Some(self::kind::MESSAGE | self::kind::UPDATE)
        ) {
            json["resource"] = json!({
                "type": kind,
                "message": message_json(discord, channel, message),
            });
        }
    }
    json
}
