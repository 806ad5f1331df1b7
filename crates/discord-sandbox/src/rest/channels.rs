//! Endpoints for channels, and the permission checks shared by other endpoints (Discord docs,
//! resources/channel).

use serde_json::Value;

use super::error_response::{self, ErrorResponse};
use super::route::Route;
use super::validation::FieldErrors;
use super::{ApiRequest, HandlerResult, no_content, ok};
use crate::model::{Channel, Discord};
use crate::permission::{
    MANAGE_CHANNELS, MANAGE_THREADS, Permissions, SEND_MESSAGES, SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
};

/// Maximum length of the name of a channel or thread, in characters.
pub const NAME_MAX: usize = 100;
/// Allowed auto-archive durations, in minutes (Discord docs, resources/channel, "Modify Channel").
const AUTO_ARCHIVE: [u64; 4] = [60, 1440, 4320, 10080];

pub fn handle(discord: &mut Discord, route: &Route, request: &ApiRequest) -> HandlerResult {
    let channel = route.channel().unwrap_or_default();
    match route {
        Route::EditChannel { .. } => edit(discord, channel, request),
        Route::DeleteChannel { .. } => delete(discord, channel),
        Route::Typing { .. } => {
            writable_channel(discord, channel)?;
            no_content()
        }
        _ => {
            visible_channel(discord, channel)?;
            ok(discord.channel_json(channel).unwrap_or(Value::Null))
        }
    }
}

/// Returns a channel that the bot can view.
///
/// # Errors
///
/// Returns 10003 if the channel does not exist, and 50001 if the bot cannot view it.
pub fn visible_channel(discord: &Discord, channel: u64) -> Result<&Channel, ErrorResponse> {
    let one = discord
        .channels
        .get(&channel)
        .ok_or_else(error_response::unknown_channel)?;
    if discord.permissions(one, discord.app.id) & VIEW_CHANNEL == 0 {
        return Err(error_response::missing_access());
    }
    Ok(one)
}

/// Returns a channel in which the bot has the permissions `needed`.
///
/// # Errors
///
/// As for [`visible_channel`], and 50013 if a permission is missing.
pub fn channel_with_permissions(
    discord: &Discord,
    channel: u64,
    needed: Permissions,
) -> Result<&Channel, ErrorResponse> {
    let one = visible_channel(discord, channel)?;
    if discord.permissions(one, discord.app.id) & needed != needed {
        return Err(error_response::missing_permissions());
    }
    Ok(one)
}

/// Returns a channel to which the bot can send messages.
///
/// # Errors
///
/// As for [`channel_with_permissions`]; 50024 for a forum, and 160005 for a locked thread if the
/// bot lacks "Manage Threads".
pub fn writable_channel(discord: &Discord, channel: u64) -> Result<&Channel, ErrorResponse> {
    let one = visible_channel(discord, channel)?;
    if !one.takes_messages() {
        return Err(error_response::not_in_this_channel_type());
    }
    let needed = if one.is_thread() {
        SEND_MESSAGES_IN_THREADS
    } else {
        SEND_MESSAGES
    };
    let one = channel_with_permissions(discord, channel, needed)?;
    let is_locked = one.thread.as_ref().is_some_and(|thread| thread.locked);
    if is_locked && discord.permissions(one, discord.app.id) & MANAGE_THREADS == 0 {
        return Err(error_response::thread_locked());
    }
    Ok(one)
}

fn edit(discord: &mut Discord, channel: u64, request: &ApiRequest) -> HandlerResult {
    let one = visible_channel(discord, channel)?;
    let permissions = discord.permissions(one, discord.app.id);
    let Some(thread) = &one.thread else {
        if permissions & MANAGE_CHANNELS == 0 {
            return Err(error_response::missing_permissions());
        }
        check(&request.body)?;
        return change(discord, channel, &request.body);
    };
    let is_owner = thread.owner == discord.app.id;
    let needs_manager = request.body.get("locked").is_some()
        || (thread.locked && request.body["archived"] == false);
    if permissions & MANAGE_THREADS == 0 && (!is_owner || needs_manager) {
        return Err(error_response::missing_permissions());
    }
    let unarchives = request.body["archived"] == false;
    if thread.archived && !unarchives {
        return Err(error_response::archived_thread());
    }
    check(&request.body)?;
    change(discord, channel, &request.body)
}

/// Deletes a channel or thread (Discord docs, resources/channel, "Delete/Close Channel").
fn delete(discord: &mut Discord, channel: u64) -> HandlerResult {
    let is_thread = visible_channel(discord, channel)?.is_thread();
    let needed = if is_thread {
        MANAGE_THREADS
    } else {
        MANAGE_CHANNELS
    };
    channel_with_permissions(discord, channel, needed)?;
    let deleted = discord.channel_json(channel).unwrap_or(Value::Null);
    discord.delete_channel(channel);
    ok(deleted)
}

fn check(body: &Value) -> Result<(), ErrorResponse> {
    let mut errors = FieldErrors::default();
    if let Some(name) = body["name"].as_str() {
        errors.check_length("name", name, 1, NAME_MAX);
    }
    auto_archive(body, &mut errors);
    errors.finish()
}

/// Validates `auto_archive_duration` and returns it, in minutes.
pub fn auto_archive(body: &Value, errors: &mut FieldErrors) -> Option<u64> {
    let minutes = body
        .get("auto_archive_duration")
        .filter(|one| !one.is_null())?
        .as_u64();
    if !minutes.is_some_and(|minutes| AUTO_ARCHIVE.contains(&minutes)) {
        errors.push_invalid_choice("auto_archive_duration", "60, 1440, 4320, 10080");
    }
    minutes
}

fn change(discord: &mut Discord, channel: u64, body: &Value) -> HandlerResult {
    let now_ms = discord.clock.now_ms();
    if let Some(one) = discord.channels.get_mut(&channel) {
        if let Some(name) = body["name"].as_str() {
            name.clone_into(&mut one.name);
        }
        if let Some(topic) = body.get("topic") {
            one.topic = topic.as_str().map(str::to_owned);
        }
        if let Some(thread) = &mut one.thread {
            if let Some(archived) = body["archived"].as_bool() {
                thread.archived = archived;
                thread.archive_changed_ms = now_ms;
            }
            if let Some(locked) = body["locked"].as_bool() {
                thread.locked = locked;
            }
            if let Some(minutes) = body["auto_archive_duration"].as_u64() {
                thread.auto_archive_minutes = minutes;
            }
        }
    }
    discord.announce_channel(channel, false);
    ok(discord.channel_json(channel).unwrap_or(Value::Null))
}
