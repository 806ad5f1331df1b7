//! Endpoints for threads: start, join and leave, members, and lists of archived private threads
//! (Discord docs, resources/channel).

use serde_json::Value;

use super::channels::{NAME_MAX, auto_archive, channel_with_permissions, visible_channel};
use super::error_response::{self, ErrorResponse};
use super::route::Route;
use super::validation::FieldErrors;
use super::{ApiRequest, HandlerResult, no_content, ok};
use crate::messages::NewThread;
use crate::model::{Channel, Discord, MessageKey, kind};
use crate::payloads;
use crate::permission::{
    CREATE_PRIVATE_THREADS, CREATE_PUBLIC_THREADS, MANAGE_THREADS, Permissions,
    READ_MESSAGE_HISTORY, SEND_MESSAGES_IN_THREADS, VIEW_CHANNEL,
};

/// Maximum slow mode (`rate_limit_per_user`), in seconds.
const SLOW_MODE_MAX: u64 = 21_600;

pub fn handle(discord: &mut Discord, route: &Route, request: &ApiRequest) -> HandlerResult {
    let channel = route.channel().unwrap_or_default();
    match route {
        Route::StartThread { message, .. } => start(discord, channel, *message, request),
        Route::StartThreadWithoutMessage { .. } => start_without_message(discord, channel, request),
        Route::AddThreadMember { user, .. } => add_member(discord, channel, *user),
        Route::RemoveThreadMember { user, .. } => remove_member(discord, channel, *user),
        Route::ArchivedPrivateThreads { .. } => {
            let needed = READ_MESSAGE_HISTORY | MANAGE_THREADS;
            archived_private(discord, channel, needed, request)
        }
        Route::JoinedArchivedPrivateThreads { .. } => {
            archived_private(discord, channel, READ_MESSAGE_HISTORY, request)
        }
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

/// Starts a thread without a message. Its default type is a private thread (Discord docs,
/// resources/channel, "Start Thread without Message").
fn start_without_message(
    discord: &mut Discord,
    channel: u64,
    request: &ApiRequest,
) -> HandlerResult {
    let parent = visible_channel(discord, channel)?.kind;
    let kind = match request.body.get("type").filter(|one| !one.is_null()) {
        Some(kind) => kind.as_u64().and_then(|kind| u8::try_from(kind).ok()),
        None => Some(kind::PRIVATE_THREAD),
    };
    let needed = match (parent, kind) {
        (kind::TEXT, Some(kind::PRIVATE_THREAD)) => CREATE_PRIVATE_THREADS,
        (kind::TEXT, Some(kind::PUBLIC_THREAD))
        | (kind::ANNOUNCEMENT, Some(kind::ANNOUNCEMENT_THREAD)) => CREATE_PUBLIC_THREADS,
        _ => return Err(error_response::not_in_this_channel_type()),
    };
    channel_with_permissions(discord, channel, needed)?;
    let mut errors = FieldErrors::default();
    let name = request.body["name"].as_str().unwrap_or_default().trim();
    errors.check_length("name", name, 1, NAME_MAX);
    let archive_minutes = auto_archive(&request.body, &mut errors);
    errors.finish()?;
    let options = NewThread {
        kind: kind.unwrap_or(kind::PRIVATE_THREAD),
        name,
        archive_minutes,
        invitable: request.body["invitable"].as_bool().unwrap_or(true),
    };
    let me = discord.app.id;
    let thread = discord.start_thread_without_message(channel, me, options);
    let json = discord.channel_json(thread).unwrap_or(Value::Null);
    Ok((201, Some(json)))
}

/// Returns the thread if the bot may change its members: it must be able to write in it, and it must
/// not be archived (Discord docs, resources/channel, "Add Thread Member").
fn thread_with_members(discord: &Discord, thread: u64) -> Result<&Channel, ErrorResponse> {
    let one = visible_channel(discord, thread)?;
    if !one.is_thread() {
        return Err(error_response::not_in_this_channel_type());
    }
    let one = channel_with_permissions(discord, thread, SEND_MESSAGES_IN_THREADS)?;
    if one.is_archived() {
        return Err(error_response::archived_thread());
    }
    Ok(one)
}

/// Adds a member, who must be able to see the thread's channel. Only moderators and the owner may
/// add others to a private thread that is not invitable.
fn add_member(discord: &mut Discord, thread: u64, user: u64) -> HandlerResult {
    let me = discord.app.id;
    let one = thread_with_members(discord, thread)?;
    let is_closed = one
        .thread
        .as_ref()
        .is_some_and(|state| state.invitable == Some(false) && state.owner != me);
    if is_closed {
        channel_with_permissions(discord, thread, MANAGE_THREADS)?;
    }
    if !discord.users.contains_key(&user) {
        return Err(error_response::unknown_user());
    }
    let guild = one.guild.and_then(|guild| discord.guilds.get(&guild));
    if guild.is_none_or(|guild| !guild.members.contains_key(&user)) {
        return Err(error_response::unknown_member());
    }
    if discord.permissions(discord.parent_of(one), user) & VIEW_CHANNEL == 0 {
        return Err(error_response::missing_access());
    }
    discord.add_thread_member(thread, me, user);
    no_content()
}

/// Removes a member. It takes a moderator, or the owner of a private thread.
fn remove_member(discord: &mut Discord, thread: u64, user: u64) -> HandlerResult {
    let one = thread_with_members(discord, thread)?;
    let is_owner = one.is_private()
        && one
            .thread
            .as_ref()
            .is_some_and(|state| state.owner == discord.app.id);
    if !is_owner {
        channel_with_permissions(discord, thread, MANAGE_THREADS)?;
    }
    discord.remove_thread_member(thread, user);
    no_content()
}

/// Default and maximum number of threads per page.
const THREADS_PAGE: (usize, usize) = (50, 100);

/// Lists a channel's archived private threads that the bot can see, newest first: all of them, or
/// those that it has joined (Discord docs, resources/channel, "List Private Archived Threads" and
/// "List Joined Private Archived Threads").
fn archived_private(
    discord: &Discord,
    channel: u64,
    needed: Permissions,
    request: &ApiRequest,
) -> HandlerResult {
    let one = channel_with_permissions(discord, channel, needed)?;
    if one.kind != kind::TEXT {
        return Err(error_response::not_in_this_channel_type());
    }
    let me = discord.app.id;
    let only_joined = needed & MANAGE_THREADS == 0;
    let is_joined = |one: &Channel| {
        let state = one.thread.as_ref();
        state.is_some_and(|state| state.members.contains(&me))
    };
    let limit = request
        .query
        .get("limit")
        .and_then(|text| text.parse().ok());
    let limit = limit.unwrap_or(THREADS_PAGE.0).clamp(1, THREADS_PAGE.1);
    let before = request.query.get("before");
    let mut threads: Vec<&Channel> = discord
        .threads_of(channel)
        .filter(|one| one.is_private() && one.is_archived())
        .filter(|one| !only_joined || is_joined(one))
        .filter(|one| {
            let Some(before) = before else { return true };
            // By id among the joined threads, by the time of archiving among all.
            let archived_ms = one.thread.as_ref().map(|state| state.archive_changed_ms);
            let time = before.parse::<jiff::Timestamp>().ok();
            let is_older_id = before.parse().is_ok_and(|id: u64| one.id < id);
            is_older_id || time.is_some_and(|time| archived_ms < Some(time.as_millisecond()))
        })
        .collect();
    threads.sort_by_key(|one| {
        let archived_ms = one.thread.as_ref().map(|state| state.archive_changed_ms);
        std::cmp::Reverse(if only_joined {
            (None, one.id)
        } else {
            (archived_ms, one.id)
        })
    });
    let has_more = threads.len() > limit;
    threads.truncate(limit);
    let joined = threads.iter().filter(|one| is_joined(one));
    ok(serde_json::json!({
        "threads": threads.iter().map(|one| payloads::channel::thread(one, Some(me))).collect::<Value>(),
        "members": joined.map(|one| payloads::channel::thread_member(one, me)).collect::<Value>(),
        "has_more": has_more,
    }))
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
