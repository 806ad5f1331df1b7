//! The bot about itself: where the gateway is, who it is, where it is, whom it can write to.

use serde_json::{Value, json};

use super::problem;
use super::route::Route;
use super::{Answer, Call, done, ok};
use crate::sandbox::gateway::login::SESSIONS_A_DAY;
use crate::sandbox::model::Discord;
use crate::sandbox::permission;
use crate::sandbox::wire::{self, id};

pub fn handle(discord: &mut Discord, route: &Route, call: &Call) -> Answer {
    match route {
        Route::Gateway => ok(json!({ "url": discord.gateway.url })),
        Route::GatewayBot => gateway_bot(discord),
        Route::Me => user(discord, discord.app.id, true),
        Route::User { user: one } => user(discord, *one, false),
        Route::MyGuilds => ok(my_guilds(discord)),
        Route::LeaveGuild { guild } => leave(discord, *guild),
        Route::OpenDirectMessages => open_direct(discord, call),
        _ => application(discord),
    }
}

fn gateway_bot(discord: &Discord) -> Answer {
    let started = discord.gateway.started_today(discord.clock.now_ms());
    ok(json!({
        "url": discord.gateway.url,
        "shards": discord.gateway.starts.shards,
        "session_start_limit": {
            "total": SESSIONS_A_DAY,
            "remaining": SESSIONS_A_DAY.saturating_sub(started),
            "reset_after": 86_400_000,
            "max_concurrency": discord.gateway.starts.max_concurrency,
        },
    }))
}

fn user(discord: &Discord, one: u64, is_own: bool) -> Answer {
    let user = discord.users.get(&one).ok_or_else(problem::unknown_user)?;
    ok(if is_own {
        wire::user::own_user(user)
    } else {
        wire::user::user(user)
    })
}

fn application(discord: &Discord) -> Answer {
    let owner = discord
        .users
        .get(&discord.app.owner)
        .or_else(|| discord.users.get(&discord.app.id));
    let owner = owner.ok_or_else(problem::unknown_user)?;
    let guilds = discord
        .guilds
        .keys()
        .filter(|guild| discord.bot_is_in(**guild))
        .count();
    ok(wire::guild::application(&discord.app, owner, guilds))
}

fn my_guilds(discord: &Discord) -> Value {
    let mine = discord
        .guilds
        .values()
        .filter(|guild| guild.members.contains_key(&discord.app.id));
    mine.map(|guild| {
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

fn leave(discord: &mut Discord, guild: u64) -> Answer {
    if !discord.bot_is_in(guild) {
        return Err(problem::unknown_guild());
    }
    discord.remove_bot(guild);
    done()
}

fn open_direct(discord: &mut Discord, call: &Call) -> Answer {
    let recipient = call.body["recipient_id"]
        .as_str()
        .and_then(|id| id.parse().ok());
    let user = recipient
        .and_then(|id| discord.users.get(&id))
        .ok_or_else(problem::unknown_user)?;
    if user.bot {
        return Err(problem::cannot_message_user());
    }
    let (me, user) = (discord.app.id, user.id);
    let channel = discord.direct_channel(me, user);
    ok(discord.channel_json(channel).unwrap_or(Value::Null))
}
