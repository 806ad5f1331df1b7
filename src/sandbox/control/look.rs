//! Reading: what a member sees, and the log.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_stream::wrappers::WatchStream;

use super::super::model::{Channel, Discord, Guild, kind};
use super::super::permission::{ADMINISTRATOR, MANAGE_GUILD};
use super::super::user::is_offered;
use super::super::{Sandbox, Shared};
use super::{Id, Wrong, answer};

/// Lines of the log that are given unless more are asked for.
const LOG_LINES: usize = 200;

#[derive(Debug, Deserialize)]
pub struct As {
    #[serde(rename = "as")]
    user: Id,
    /// Where one is: then the commands that are offered there are given as well.
    channel: Option<Id>,
}

#[derive(Debug, Deserialize)]
pub struct Where {
    channel: Id,
    #[serde(rename = "as")]
    user: Id,
}

#[derive(Debug, Deserialize)]
pub struct Last {
    last: Option<usize>,
}

pub async fn state(
    State(shared): State<Arc<Shared>>,
    Query(who): Query<As>,
) -> Result<Json<Value>, Wrong> {
    let reading = shared.clock.reading();
    let now = shared.clock.now_ms();
    let state = shared.read(|discord| {
        let guilds: Vec<Value> = discord
            .guilds
            .values()
            .map(|one| guild(discord, one, who.user.0))
            .collect();
        json!({
            "guilds": guilds,
            "offered": who.channel.map_or(Vec::new(), |channel| offered(discord, channel.0, who.user.0)),
            "clock": { "now_ms": now, "flowing": reading.flowing },
            "bot": { "id": discord.app.id, "connected": discord.gateway.is_connected() },
        })
    });
    answer(&state)
}

/// The commands that Discord's client would list there.
fn offered(discord: &Discord, channel: u64, user: u64) -> Vec<Value> {
    let may = |name: &str| is_offered(discord, (channel, user), name);
    let guild = discord.guild_of(channel);
    let all = discord.commands.offered_in(guild);
    let fitting = all.filter(|one| one.kind == 1 && may(&one.name));
    fitting.map(|one| one.body.clone()).collect()
}

fn guild(discord: &Discord, guild: &Guild, user: u64) -> Value {
    let people = guild
        .members
        .values()
        .filter_map(|member| discord.users.get(&member.user));
    let members: Vec<Value> = people
        .map(|one| json!({ "id": one.id, "name": guild.shown(one), "bot": one.bot, "admin": is_admin(discord, guild, one.id) }))
        .collect();
    let channels: Vec<Value> = discord
        .channels_of(guild.id)
        .map(|one| channel(discord, one))
        .collect();
    let commands: Vec<&Value> = discord
        .commands
        .offered_in(Some(guild.id))
        .map(|one| &one.body)
        .collect();
    json!({
        "id": guild.id,
        "name": guild.name,
        "members": members,
        "channels": channels,
        "commands": commands,
        "admin": is_admin(discord, guild, user),
        "roles": guild.roles.values().map(|role| json!({ "id": role.id, "name": role.name })).collect::<Vec<_>>(),
    })
}

fn is_admin(discord: &Discord, guild: &Guild, user: u64) -> bool {
    let may = discord
        .channels_of(guild.id)
        .next()
        .map_or(0, |channel| discord.permissions(channel, user));
    guild.owner == user || may & (ADMINISTRATOR | MANAGE_GUILD) != 0
}

fn channel(discord: &Discord, channel: &Channel) -> Value {
    let threads: Vec<Value> = discord
        .threads_of(channel.id)
        .map(|thread| json!({ "id": thread.id, "name": thread.name }))
        .collect();
    json!({ "id": channel.id, "name": channel.name, "text": channel.kind == kind::TEXT, "threads": threads })
}

pub async fn messages(
    State(shared): State<Arc<Shared>>,
    Query(place): Query<Where>,
) -> Result<Json<Value>, Wrong> {
    answer(&Sandbox::within(&shared).messages(place.channel.0, place.user.0))
}

pub async fn transcript(State(shared): State<Arc<Shared>>, Query(place): Query<Where>) -> String {
    Sandbox::within(&shared).transcript(place.channel.0, place.user.0)
}

pub async fn log(
    State(shared): State<Arc<Shared>>,
    Query(last): Query<Last>,
) -> Result<Json<Value>, Wrong> {
    let entries = Sandbox::within(&shared).log();
    let from = entries.len().saturating_sub(last.last.unwrap_or(LOG_LINES));
    answer(&entries.get(from..).unwrap_or_default())
}

/// An event whenever something may have changed; what, the page asks by itself.
pub async fn events(
    State(shared): State<Arc<Shared>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = WatchStream::new(Sandbox::within(&shared).changes());
    Sse::new(changes.map(|count| Ok(Event::default().data(count.to_string()))))
        .keep_alive(KeepAlive::default())
}
