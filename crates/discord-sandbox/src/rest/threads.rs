//! Endpoints for threads: start, join and leave (Discord docs, resources/channel).

use serde_json::Value;

use super::channels::{NAME_MAX, auto_archive, channel_with_permissions, visible_channel};
use super::error_response;
use super::route::Route;
use super::validation::FieldErrors;
use super::{ApiRequest, HandlerResult, no_content};
use crate::model::{Discord, MessageKey, kind};
use crate::permission::{CREATE_PUBLIC_THREADS, READ_MESSAGE_HISTORY};

/// Maximum slow mode (`rate_limit_per_user`), in seconds.
const SLOW_MODE_MAX: u64 = 21_600;

pub fn handle(discord: &mut Discord, route: &Route, request: &ApiRequest) -> HandlerResult {
    let channel = route.channel().unwrap_or_default();
    match route {
        Route::StartThread { message, .. } => start(discord, channel, *message, request),
        Route::JoinThread { .. } => set_membership(discord, channel, true),
        _ => set_membership(discord, channel, false),
    }
}

fn start(discord: &mut Discord, channel: u64, message: u64, request: &ApiRequest) -> HandlerResult {
    let one = visible_channel(discord, channel)?;
    if !matches!(one.kind, kind::TEXT | kind::ANNOUNCEMENT) {
        return Err(error_response::not_in_this_channel_type());
    }
    channel_with_permissions(
        discord,
        channel,
        CREATE_PUBLIC_THREADS | READ_MESSAGE_HISTORY,
    )?;
    let starter = discord
        .message(channel, message)
        .filter(|one| one.ephemeral_for.is_none());
    starter.ok_or_else(error_response::unknown_message)?;
    let mut errors = FieldErrors::default();
    let name = request.body["name"].as_str().unwrap_or_default().trim();
    errors.check_length("name", name, 1, NAME_MAX);
    let minutes = auto_archive(&request.body, &mut errors);
    if request.body["rate_limit_per_user"]
        .as_u64()
        .is_some_and(|one| one > SLOW_MODE_MAX)
    {
        let message = "int value should be less than or equal to 21600.";
        errors.push("rate_limit_per_user", "NUMBER_TYPE_MAX", message);
    }
    errors.finish()?;
    if discord.channels.contains_key(&message) {
        return Err(error_response::thread_exists());
    }
    let me = discord.app.id;
    discord.start_thread(MessageKey { channel, message }, me, name, minutes);
    Ok((
        201,
        Some(discord.channel_json(message).unwrap_or(Value::Null)),
    ))
}

fn set_membership(discord: &mut Discord, channel: u64, joins: bool) -> HandlerResult {
    let one = visible_channel(discord, channel)?;
    if !one.is_thread() {
        return Err(error_response::not_in_this_channel_type());
    }
    if one.is_archived() {
        return Err(error_response::archived_thread());
    }
    let me = discord.app.id;
    if let Some(thread) = discord
        .channels
        .get_mut(&channel)
        .and_then(|one| one.thread.as_mut())
    {
        if joins {
            thread.members.insert(me);
        } else {
            thread.members.remove(&me);
        }
    }
    no_content()
}
