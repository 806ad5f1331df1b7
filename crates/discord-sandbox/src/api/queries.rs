//! Queries: what a member sees, and the log.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_stream::wrappers::WatchStream;

use super::super::client::is_command_available;
use super::super::model::{Channel, Discord, Guild, command_kind, kind};
use super::super::permission::{ADMINISTRATOR, MANAGE_GUILD};
use super::super::{Sandbox, SandboxState};
use super::extract::QueryOf;
use super::{HttpError, Id, json_response};

/// Default number of log lines.
const LOG_LINES: usize = 200;

#[derive(Debug, Deserialize)]
pub struct StateQuery {
    /// The member; by default the one whom the page shows first.
    #[serde(rename = "as")]
    user: Option<Id>,
    /// The channel the member is in; adds the commands available there to the response.
    channel: Option<Id>,
}

#[derive(Debug, Deserialize)]
pub struct ChannelQuery {
    channel: Id,
    #[serde(rename = "as")]
    user: Id,
}

#[derive(Debug, Deserialize)]
pub struct LogQuery {
    last: Option<usize>,
}

pub async fn state(
    State(shared): State<Arc<SandboxState>>,
    QueryOf(query): QueryOf<StateQuery>,
) -> Result<Json<Value>, HttpError> {
    let reading = shared.clock.reading();
    let now = shared.clock.now_ms();
    let state = shared.read(|discord| {
        let user = match query.user {
            None => discord.default_person(),
            Some(Id(user)) if discord.users.contains_key(&user) => user,
            Some(Id(user)) => {
                let message = format!("no user has the id {user}: leave out \"as\" to see all ids");
                return Err(HttpError::not_found(&message));
            }
        };
        let guilds: Vec<Value> = discord
            .guilds
            .values()
            .map(|one| guild(discord, one, user))
            .collect();
        Ok(json!({
            "as": user,
            "guilds": guilds,
            "offered": query.channel.map_or(Vec::new(), |channel| available_commands(discord, channel.0, user)),
            "clock": { "now_ms": now, "flowing": reading.flowing },
            "bot": { "id": discord.app.id, "connected": discord.gateway.is_connected() },
        }))
    })?;
    json_response(&state)
}

/// Returns the slash commands that Discord's client lists for a user in a channel.
fn available_commands(discord: &Discord, channel: u64, user: u64) -> Vec<Value> {
    let is_available = |name: &str| is_command_available(discord, channel, user, name);
    let guild = discord.guild_of(channel);
    let all = discord.commands.available_in(guild);
    let listed = all.filter(|one| one.kind == command_kind::CHAT_INPUT && is_available(&one.name));
    listed.map(|one| one.body.clone()).collect()
}

fn guild(discord: &Discord, guild: &Guild, user: u64) -> Value {
    let people = guild
        .members
        .values()
        .filter_map(|member| discord.users.get(&member.user));
    let members: Vec<Value> = people
        .map(|one| json!({ "id": one.id, "name": guild.display_name(one), "bot": one.bot, "admin": is_admin(discord, guild, one.id) }))
        .collect();
    let channels: Vec<Value> = discord
        .channels_of(guild.id)
        .map(|one| channel(discord, one))
        .collect();
    let commands: Vec<&Value> = discord
        .commands
        .available_in(Some(guild.id))
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
    let permissions = discord
        .channels_of(guild.id)
        .next()
        .map_or(0, |channel| discord.permissions(channel, user));
    guild.owner == user || permissions & (ADMINISTRATOR | MANAGE_GUILD) != 0
}

fn channel(discord: &Discord, channel: &Channel) -> Value {
    let threads: Vec<Value> = discord
        .threads_of(channel.id)
        .map(|thread| json!({ "id": thread.id, "name": thread.name }))
        .collect();
    json!({ "id": channel.id, "name": channel.name, "text": channel.kind == kind::TEXT, "threads": threads })
}

pub async fn messages(
    State(shared): State<Arc<SandboxState>>,
    QueryOf(query): QueryOf<ChannelQuery>,
) -> Result<Json<Value>, HttpError> {
    json_response(&Sandbox::from_state(&shared).messages(query.channel.0, query.user.0))
}

pub async fn transcript(
    State(shared): State<Arc<SandboxState>>,
    QueryOf(query): QueryOf<ChannelQuery>,
) -> String {
    Sandbox::from_state(&shared).transcript(query.channel.0, query.user.0)
}

pub async fn log(
    State(shared): State<Arc<SandboxState>>,
    QueryOf(query): QueryOf<LogQuery>,
) -> Result<Json<Value>, HttpError> {
    let entries = Sandbox::from_state(&shared).log();
    let from = entries
        .len()
        .saturating_sub(query.last.unwrap_or(LOG_LINES));
    json_response(&entries.get(from..).unwrap_or_default())
}

/// Streams an event after each change. It does not say what changed; the page fetches its parts
/// again.
pub async fn events(
    State(shared): State<Arc<SandboxState>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = WatchStream::new(Sandbox::from_state(&shared).changes());
    Sse::new(changes.map(|count| Ok(Event::default().data(count.to_string()))))
        .keep_alive(KeepAlive::default())
}
