//! Endpoints for the gateway, the current user, the application and direct messages.

use serde_json::{Value, json};

use super::error_response;
use super::route::Route;
use super::{ApiRequest, HandlerResult, no_content, ok};
use crate::gateway::handshake::MAX_SESSIONS_PER_DAY;
use crate::model::Discord;
use crate::payloads::{self, id};
use crate::permission;

pub fn handle(discord: &mut Discord, route: &Route, request: &ApiRequest) -> HandlerResult {
    match route {
        Route::Gateway => ok(json!({ "url": discord.gateway.url })),
        Route::GatewayBot => gateway_bot(discord),
        Route::Me => get_user(discord, discord.app.id, true),
        Route::User { user: one } => get_user(discord, *one, false),
        Route::MyGuilds => ok(bot_guilds(discord)),
        Route::LeaveGuild { guild } => leave_guild(discord, *guild),
        Route::OpenDirectMessages => open_dm(discord, request),
        _ => application(discord),
    }
}

fn gateway_bot(discord: &Discord) -> HandlerResult {
    let started = discord
        .gateway
        .sessions_started_today(discord.clock.now_ms());
    ok(json!({
        "url": discord.gateway.url,
        "shards": discord.gateway.session_start_limit.shards,
        "session_start_limit": {
            "total": MAX_SESSIONS_PER_DAY,
            "remaining": MAX_SESSIONS_PER_DAY.saturating_sub(started),
            "reset_after": 86_400_000,
            "max_concurrency": discord.gateway.session_start_limit.max_concurrency,
        },
    }))
}

fn get_user(discord: &Discord, one: u64, is_own: bool) -> HandlerResult {
    let user = discord
        .users
        .get(&one)
        .ok_or_else(error_response::unknown_user)?;
    ok(if is_own {
        payloads::user::own_user(user)
    } else {
        payloads::user::user(user)
    })
}

/// Returns the application of the bot.
pub fn application(discord: &Discord) -> HandlerResult {
    let owner = discord
        .users
        .get(&discord.app.owner)
        .or_else(|| discord.users.get(&discord.app.id));
    let owner = owner.ok_or_else(error_response::unknown_user)?;
    let guilds = discord
        .guilds
        .keys()
        .filter(|guild| discord.bot_is_in(**guild))
        .count();
    ok(payloads::guild::application(&discord.app, owner, guilds))
}

fn bot_guilds(discord: &Discord) -> Value {
    let joined = discord
        .guilds
        .values()
        .filter(|guild| guild.members.contains_key(&discord.app.id));
    joined
        .map(|guild| {
            json!({
                "id": id(guild.id),
                "name": guild.name,
                "icon": null,
                "banner": null,
                "owner": guild.owner == discord.app.id,
                "permissions": permission::in_guild(guild, discord.app.id).to_string(),
                "features": [],
            })
        })
        .collect()
}

fn leave_guild(discord: &mut Discord, guild: u64) -> HandlerResult {
    if !discord.bot_is_in(guild) {
        return Err(error_response::unknown_guild());
    }
    discord.remove_bot(guild);
    no_content()
}

fn open_dm(discord: &mut Discord, request: &ApiRequest) -> HandlerResult {
    let recipient = request.body["recipient_id"]
        .as_str()
        .and_then(|id| id.parse().ok());
    let user = recipient
        .and_then(|id| discord.users.get(&id))
        .ok_or_else(error_response::unknown_user)?;
    if user.bot {
        return Err(error_response::cannot_message_user());
    }
    let (me, user) = (discord.app.id, user.id);
    let channel = discord.dm_channel(me, user);
    ok(discord.channel_json(channel).unwrap_or(Value::Null))
}
