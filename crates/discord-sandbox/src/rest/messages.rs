//! Endpoints for messages: list, get, create, edit and delete (Discord docs, resources/message).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::channels::{channel_with_permissions, visible_channel, writable_channel};
use super::error_response::{self, ErrorResponse};
use super::message_body::{BodyPurpose, MessageBody};
use super::route::Route;
use super::validation::FieldErrors;
use super::{ApiRequest, HandlerResult, no_content, ok, upload};
use crate::mention::{self, MentionPolicy};
use crate::model::{Discord, Message, MessageKey, MessageReference, message_kind};
use crate::payloads;
use crate::permission::{EMBED_LINKS, MANAGE_MESSAGES, READ_MESSAGE_HISTORY};

/// Default and maximum number of messages per page (Discord docs, resources/message, "Get Channel
/// Messages").
const PAGE_SIZE: (usize, usize) = (50, 100);
/// How long a nonce is remembered, in milliseconds. Discord documents "the past few minutes"
/// (Discord docs, resources/message, "Create Message").
const NONCE_WINDOW_MS: i64 = 3 * 60 * 1000;

pub fn handle(discord: &mut Discord, route: &Route, request: &ApiRequest) -> HandlerResult {
    match route {
        Route::CreateMessage { channel } => create(discord, *channel, request),
        Route::Message { channel, message } => get(discord, *channel, *message),
        Route::EditMessage { channel, message } => edit(discord, *channel, *message, request),
        Route::DeleteMessage { channel, message } => delete(discord, *channel, *message),
        _ => list(discord, route.channel().unwrap_or_default(), request),
    }
}

/// Returns a message object as the bot receives it over REST, or null if there is no such message.
pub fn message_json(discord: &Discord, channel: u64, message: u64) -> Value {
    let viewer = discord.bot_viewer(discord.app.has_message_content());
    discord
        .message(channel, message)
        .map_or(Value::Null, |one| {
            payloads::message::message(discord, one, viewer)
        })
}

/// Creates a message.
///
/// With `enforce_nonce`, a repeated request within [`NONCE_WINDOW_MS`] creates no second message. A
/// bot can therefore retry safely if it did not receive the response:
///
/// 1. The bot sends a message with nonce "a". Discord creates message 1, but the response is lost.
/// 2. The bot sends the same request again. It receives message 1, and nothing is created.
fn create(discord: &mut Discord, channel: u64, request: &ApiRequest) -> HandlerResult {
    let one = writable_channel(discord, channel)?;
    let blocks_dms = |user: &u64| discord.users.get(user).is_some_and(|one| one.blocks_dms);
    if one.recipients.iter().any(blocks_dms) {
        return Err(error_response::cannot_message_user());
    }
    let permissions = discord.permissions(one, discord.app.id);
    let shows_embeds = permissions & EMBED_LINKS != 0;
    let mut draft = MessageBody::parse(&request.body, &request.uploads, BodyPurpose::Channel)?;
    upload::check_attach_permission(permissions, &draft.uploads)?;
    if let Some(existing) = existing_with_nonce(discord, &draft) {
        return existing;
    }
    if !shows_embeds
        && draft
            .embeds
            .as_ref()
            .is_some_and(|embeds| !embeds.is_empty())
    {
        draft.embeds = None;
        if draft.is_empty() {
            return Err(error_response::missing_permissions());
        }
    }
    let reference = reference(discord, channel, &draft)?;
    let mut message = Message {
        channel,
        author: discord.app.id,
        nonce: draft.nonce.clone(),
        reference,
        kind: if reference.is_some() {
            message_kind::REPLY
        } else {
            message_kind::DEFAULT
        },
        ..Message::default()
    };
    draft.apply_to(discord, &mut message);
    let allowed = draft
        .allowed_mentions
        .clone()
        .unwrap_or(MentionPolicy::all());
    mention::resolve(discord, &mut message, &allowed);
    let id = discord.create_message(message);
    if let Some(nonce) = draft.nonce_text() {
        let now_ms = discord.clock.now_ms();
        discord
            .nonces
            .insert((discord.app.id, nonce), (now_ms, channel, id));
    }
    ok(message_json(discord, channel, id))
}

/// Returns the response with the message that was sent earlier with this nonce, if `enforce_nonce`
/// is set. If that message has been deleted since, Discord answers "Unknown Message"
/// (discord-api-docs issue 6647).
fn existing_with_nonce(discord: &mut Discord, draft: &MessageBody) -> Option<HandlerResult> {
    let nonce = draft.nonce_text().filter(|_| draft.enforce_nonce)?;
    let (at_ms, channel, id) = *discord.nonces.get(&(discord.app.id, nonce))?;
    if discord.clock.now_ms() - at_ms > NONCE_WINDOW_MS {
        return None;
    }
    Some(match discord.message(channel, id) {
        Some(_) => ok(message_json(discord, channel, id)),
        None => Err(error_response::unknown_message()),
    })
}

fn reference(
    discord: &Discord,
    channel: u64,
    draft: &MessageBody,
) -> Result<Option<MessageReference>, ErrorResponse> {
    let Some((message, must_exist)) = draft.reply_to else {
        return Ok(None);
    };
    channel_with_permissions(discord, channel, READ_MESSAGE_HISTORY)?;
    let exists = discord
        .message(channel, message)
        .is_some_and(|one| one.ephemeral_for.is_none());
    if exists {
        return Ok(Some(MessageReference {
            channel,
            message: Some(message),
        }));
    }
    if must_exist {
        let mut errors = FieldErrors::default();
        let text = "Unknown message";
        errors.push("message_reference", "REPLIES_UNKNOWN_MESSAGE", text);
        errors.finish()?;
    }
    Ok(None)
}

/// Returns a message that is not ephemeral.
fn public_message(
    discord: &Discord,
    channel: u64,
    message: u64,
) -> Result<&Message, ErrorResponse> {
    let one = discord
        .message(channel, message)
        .filter(|one| one.ephemeral_for.is_none());
    one.ok_or_else(error_response::unknown_message)
}

fn get(discord: &Discord, channel: u64, message: u64) -> HandlerResult {
    channel_with_permissions(discord, channel, READ_MESSAGE_HISTORY)?;
    public_message(discord, channel, message)?;
    ok(message_json(discord, channel, message))
}

fn edit(discord: &mut Discord, channel: u64, message: u64, request: &ApiRequest) -> HandlerResult {
    let one = visible_channel(discord, channel)?;
    let is_archived = one.is_archived();
    let shows_embeds = discord.permissions(one, discord.app.id) & EMBED_LINKS != 0;
    if public_message(discord, channel, message)?.author != discord.app.id {
        return Err(error_response::not_author());
    }
    if is_archived {
        return Err(error_response::archived_thread());
    }
    let mut draft = MessageBody::parse(&request.body, &request.uploads, BodyPurpose::Edit)?;
    // Discord ignores embeds if the bot lacks the permission (discord-api-docs issue 5648).
    if !shows_embeds
        && draft
            .embeds
            .as_ref()
            .is_some_and(|embeds| !embeds.is_empty())
    {
        draft.embeds = None;
    }
    apply_edit(discord, MessageKey { channel, message }, &draft)?;
    ok(message_json(discord, channel, message))
}

/// Edits a message and sends `MESSAGE_UPDATE`.
///
/// # Errors
///
/// Returns 10008 if there is no such message, and 50006 if the message would be empty.
pub fn apply_edit(
    discord: &mut Discord,
    key: MessageKey,
    draft: &MessageBody,
) -> Result<(), ErrorResponse> {
    let MessageKey { channel, message } = key;
    let before = discord
        .message(channel, message)
        .ok_or_else(error_response::unknown_message)?;
    let mut after = before.clone();
    draft.apply_to(discord, &mut after);
    let is_empty = after.content.is_empty()
        && after.embeds.is_empty()
        && after.components.is_empty()
        && after.attachments.is_empty();
    if is_empty {
        return Err(error_response::empty_message());
    }
    // An edit without `allowed_mentions` uses the defaults. Edits never notify users.
    let default = if after.interaction.is_some() {
        MentionPolicy::users()
    } else {
        MentionPolicy::all()
    };
    let pinged = after.pinged.clone();
    mention::resolve(
        discord,
        &mut after,
        &draft.allowed_mentions.clone().unwrap_or(default),
    );
    after.pinged = pinged;
    after.edited_ms = Some(discord.clock.now_ms());
    if let Some(one) = discord.message_mut(channel, message) {
        *one = after;
    }
    discord.announce_edit(channel, message);
    Ok(())
}

fn delete(discord: &mut Discord, channel: u64, message: u64) -> HandlerResult {
    let one = visible_channel(discord, channel)?;
    let is_archived = one.is_archived();
    if public_message(discord, channel, message)?.author != discord.app.id {
        channel_with_permissions(discord, channel, MANAGE_MESSAGES)?;
    }
    if is_archived {
        return Err(error_response::archived_thread());
    }
    discord.delete_message(channel, message);
    no_content()
}

fn list(discord: &Discord, channel: u64, request: &ApiRequest) -> HandlerResult {
    let one = visible_channel(discord, channel)?;
    let limit = limit(request)?;
    if discord.permissions(one, discord.app.id) & READ_MESSAGE_HISTORY == 0 {
        return ok(json!([]));
    }
    let bound = |name: &str| {
        request
            .query
            .get(name)
            .and_then(|id| id.parse::<u64>().ok())
    };
    let none = BTreeMap::new();
    let all = discord.messages.get(&channel).unwrap_or(&none);
    let before = |end: u64, count: usize| {
        let public = all.range(..end).rev().filter(is_public);
        public.take(count).map(|(id, _)| *id).collect::<Vec<_>>()
    };
    let from = |start: u64, count: usize| {
        let public = all.range(start..).filter(is_public);
        let mut ids: Vec<u64> = public.take(count).map(|(id, _)| *id).collect();
        ids.reverse();
        ids
    };
    let newest_first = match (bound("after"), bound("before"), bound("around")) {
        (Some(after), _, _) => from(after.saturating_add(1), limit),
        (_, Some(end), _) => before(end, limit),
        (_, _, Some(around)) => {
            let older = before(around, limit / 2);
            let newer = from(around, limit - older.len());
            newer.into_iter().chain(older).collect()
        }
        _ => before(u64::MAX, limit),
    };
    let page = newest_first.into_iter();
    ok(page.map(|id| message_json(discord, channel, id)).collect())
}

fn is_public((_, message): &(&u64, &Message)) -> bool {
    message.ephemeral_for.is_none()
}

fn limit(request: &ApiRequest) -> Result<usize, ErrorResponse> {
    let (default, max) = PAGE_SIZE;
    let Some(limit) = request.query.get("limit") else {
        return Ok(default);
    };
    let limit = limit.parse().unwrap_or(0);
    let mut errors = FieldErrors::default();
    if limit == 0 {
        errors.push(
            "limit",
            "NUMBER_TYPE_MIN",
            "int value should be greater than or equal to 1.",
        );
    } else if limit > max {
        errors.push(
            "limit",
            "NUMBER_TYPE_MAX",
            "int value should be less than or equal to 100.",
        );
    }
    errors.finish()?;
    Ok(limit)
}
