//! Endpoints for application commands: list and bulk overwrite (Discord docs,
//! interactions/application-commands).

use serde_json::{Value, json};

use super::command_validation;
use super::error_response::{self, ErrorResponse};
use super::route::Route;
use super::{ApiRequest, HandlerResult, ok};
use crate::model::{Command, Discord};
use crate::payloads;
use crate::permission;

pub fn handle(discord: &mut Discord, route: &Route, request: &ApiRequest) -> HandlerResult {
    match route {
        Route::SetCommands { app, guild } => {
            check_scope(discord, *app, *guild)?;
            set_commands(discord, *guild, &request.body)
        }
        Route::ListCommands { app, guild } => {
            check_scope(discord, *app, *guild)?;
            ok(list_commands(discord, *guild))
        }
        _ => Err(error_response::not_found()),
    }
}

fn check_scope(discord: &Discord, app: u64, guild: Option<u64>) -> Result<(), ErrorResponse> {
    if app != discord.app.id {
        return Err(error_response::unknown_application());
    }
    if guild.is_some_and(|guild| !discord.bot_is_in(guild)) {
        return Err(error_response::missing_access());
    }
    Ok(())
}

fn list_commands(discord: &Discord, guild: Option<u64>) -> Value {
    let all = discord.commands.registered_in(guild).iter();
    all.map(|one| payloads::command::command(discord.app.id, one))
        .collect()
}

/// Maximum number of new commands per day, in each guild and globally (Discord docs,
/// interactions/application-commands, "Registering a Command").
const MAX_CREATES_PER_DAY: usize = 200;
/// Milliseconds per day.
const DAY_MS: i64 = 86_400_000;

fn count_creates(
    discord: &mut Discord,
    guild: Option<u64>,
    body: &Value,
) -> Result<(), ErrorResponse> {
    let now_ms = discord.clock.now_ms();
    let known = discord.commands.registered_in(guild);
    let is_new = |body: &&Value| !known.iter().any(|one| body["name"] == one.name);
    let new = body.as_array().into_iter().flatten().filter(is_new).count();
    let created = discord.commands.created_ms.entry(guild).or_default();
    created.retain(|at_ms| now_ms - at_ms < DAY_MS);
    if created.len() + new > MAX_CREATES_PER_DAY {
        return Err(error_response::too_many_creates());
    }
    created.extend(std::iter::repeat_n(now_ms, new));
    Ok(())
}

fn set_commands(discord: &mut Discord, guild: Option<u64>, body: &Value) -> HandlerResult {
    command_validation::check(body)?;
    count_creates(discord, guild, body)?;
    let mut set: Vec<Command> = Vec::new();
    for body in body.as_array().into_iter().flatten() {
        let body = normalized(body);
        let kind = body["type"]
            .as_u64()
            .and_then(|kind| u8::try_from(kind).ok())
            .unwrap_or(1);
        let name = body["name"].as_str().unwrap_or_default().to_owned();
        let is_same = |one: &&Command| one.name == name && one.kind == kind;
        let old = discord
            .commands
            .registered_in(guild)
            .iter()
            .find(is_same)
            .cloned();
        let new_id = discord.next_id();
        let (id, version) = match &old {
            Some(old) if old.body == body => (old.id, old.version),
            Some(old) => (old.id, new_id),
            None => (new_id, new_id),
        };
        set.push(Command {
            id,
            guild,
            kind,
            name,
            version,
            body,
        });
    }
    discord.commands.sets.insert(guild, set);
    ok(list_commands(discord, guild))
}

/// Returns a command's JSON as Discord stores it.
fn normalized(body: &Value) -> Value {
    let mut body = body.clone();
    if let Value::Object(body) = &mut body {
        // Null counts as absent. Serenity, for example, sends null for missing texts.
        body.retain(|_, value| !value.is_null());
        // Discord accepts an integer, which discord.py sends, and always returns a string.
        if let Some(permissions) = body.get_mut("default_member_permissions")
            && let Some(bits) = permission::parse_bits(permissions)
        {
            *permissions = json!(bits.to_string());
        }
    }
    body
}
