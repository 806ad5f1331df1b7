//! Endpoints for guilds (Discord docs, resources/guild). A guild without the bot is unknown to it.

use serde_json::{Value, json};

use super::error_response::{self, ErrorResponse};
use super::route::Route;
use super::{HandlerResult, ok};
use crate::model::{Discord, Guild};
use crate::payloads;
use crate::permission::VIEW_CHANNEL;

pub fn handle(discord: &Discord, route: &Route) -> HandlerResult {
    let guild = bot_guild(discord, route.guild().unwrap_or_default())?;
    match route {
        Route::GuildChannels { .. } => ok(discord
            .channels_of(guild.id)
            .map(payloads::channel::channel)
            .collect()),
        Route::GuildRoles { .. } => ok(guild.roles.values().map(payloads::guild::role).collect()),
        Route::GuildMember { user, .. } => {
            let member = discord.member_json(Some(guild.id), *user);
            ok(member.ok_or_else(error_response::unknown_member)?)
        }
        Route::ActiveThreads { .. } => ok(active_threads(discord, guild)),
        _ => ok(payloads::guild::guild(guild)),
    }
}

/// Returns a guild of which the bot is a member.
fn bot_guild(discord: &Discord, guild: u64) -> Result<&Guild, ErrorResponse> {
    discord
        .guilds
        .get(&guild)
        .filter(|guild| guild.members.contains_key(&discord.app.id))
        .ok_or_else(error_response::unknown_guild)
}

fn active_threads(discord: &Discord, guild: &Guild) -> Value {
    let me = discord.app.id;
    let threads: Vec<_> = discord
        .active_threads_of(guild.id)
        .filter(|thread| discord.permissions(thread, me) & VIEW_CHANNEL != 0)
        .collect();
    let joined = threads.iter().filter(|one| {
        one.thread
            .as_ref()
            .is_some_and(|thread| thread.members.contains(&me))
    });
    json!({
        "threads": threads.iter().rev().map(|one| payloads::channel::thread(one, Some(me))).collect::<Value>(),
        "members": joined.map(|one| payloads::channel::thread_member(one, me)).collect::<Value>(),
        "has_more": false,
    })
}
