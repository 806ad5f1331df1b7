//! Starting, joining and leaving threads.

use serde_json::Value;

use super::channels::{NAME_MAX, allowed, auto_archive, visible};
use super::form::Form;
use super::problem;
use super::route::Route;
use super::{Answer, Call, done};
use crate::sandbox::model::{Discord, kind};
use crate::sandbox::permission::{CREATE_PUBLIC_THREADS, READ_MESSAGE_HISTORY};

/// The longest slow mode, in seconds.
const SLOW_MODE_MAX: u64 = 21_600;

pub fn handle(discord: &mut Discord, route: &Route, call: &Call) -> Answer {
    let channel = route.channel().unwrap_or_default();
    match route {
        Route::StartThread { message, .. } => start(discord, (channel, *message), call),
        Route::JoinThread { .. } => join(discord, channel, true),
        _ => join(discord, channel, false),
    }
}

fn start(discord: &mut Discord, from: (u64, u64), call: &Call) -> Answer {
    let (channel, message) = from;
    let one = visible(discord, channel)?;
    if !matches!(one.kind, kind::TEXT | kind::ANNOUNCEMENT) {
        return Err(problem::not_in_this_channel_type());
    }
    allowed(
        discord,
        channel,
        CREATE_PUBLIC_THREADS | READ_MESSAGE_HISTORY,
    )?;
    let starter = discord
        .message(channel, message)
        .filter(|one| one.seen_only_by.is_none());
    starter.ok_or_else(problem::unknown_message)?;
    let mut form = Form::default();
    let name = call.body["name"].as_str().unwrap_or_default().trim();
    form.length("name", name, 1, NAME_MAX);
    let minutes = auto_archive(&call.body, &mut form);
    if call.body["rate_limit_per_user"]
        .as_u64()
        .is_some_and(|one| one > SLOW_MODE_MAX)
    {
        let message = "int value should be less than or equal to 21600.";
        form.wrong("rate_limit_per_user", "NUMBER_TYPE_MAX", message);
    }
    form.finish()?;
    if discord.channels.contains_key(&message) {
        return Err(problem::thread_exists());
    }
    let me = discord.app.id;
    discord.start_thread(from, me, name, minutes);
    Ok((
        201,
        Some(discord.channel_json(message).unwrap_or(Value::Null)),
    ))
}

fn join(discord: &mut Discord, channel: u64, joins: bool) -> Answer {
    let one = visible(discord, channel)?;
    if !one.is_thread() {
        return Err(problem::not_in_this_channel_type());
    }
    if one.is_archived() {
        return Err(problem::archived_thread());
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
    done()
}
