//! Creates users, guilds and channels.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

use super::super::model::kind;
use super::super::{Sandbox, SandboxState};
use super::actions::ApiResult;
use super::extract::BodyOf;
use super::{HttpError, Id, json_response};

#[derive(Debug, Deserialize)]
pub struct NewUser {
    name: String,
    /// The guild to join.
    guild: Option<Id>,
    /// Whether the user may manage the guild.
    #[serde(default)]
    admin: bool,
}

pub async fn user(
    State(shared): State<Arc<SandboxState>>,
    BodyOf(new): BodyOf<NewUser>,
) -> ApiResult {
    let sandbox = Sandbox::from_state(&shared);
    let name = non_empty_name(&new.name)?;
    if let Some(guild) = new.guild {
        check_guild(&shared, guild)?;
    }
    let user = sandbox.add_user(name);
    if let Some(guild) = new.guild {
        sandbox.join_guild(guild.0, user, new.admin);
    }
    json_response(&json!({ "user": user }))
}

#[derive(Debug, Deserialize)]
pub struct NewGuild {
    name: String,
    owner: Id,
    /// Whether the bot is invited.
    #[serde(default)]
    bot: bool,
}

pub async fn guild(
    State(shared): State<Arc<SandboxState>>,
    BodyOf(new): BodyOf<NewGuild>,
) -> ApiResult {
    let sandbox = Sandbox::from_state(&shared);
    if !shared.read(|discord| discord.users.contains_key(&new.owner.0)) {
        return Err(HttpError::bad_request(
            &"the owner is not a user of this sandbox",
        ));
    }
    let guild = sandbox.add_guild(non_empty_name(&new.name)?, new.owner.0);
    if new.bot {
        sandbox.add_bot(guild);
    }
    json_response(&json!({ "guild": guild }))
}

#[derive(Debug, Deserialize)]
pub struct NewChannel {
    name: String,
    guild: Id,
}

pub async fn channel(
    State(shared): State<Arc<SandboxState>>,
    BodyOf(new): BodyOf<NewChannel>,
) -> ApiResult {
    check_guild(&shared, new.guild)?;
    let name = non_empty_name(&new.name)?;
    let channel = Sandbox::from_state(&shared).add_channel(new.guild.0, kind::TEXT, name);
    json_response(&json!({ "channel": channel }))
}

fn non_empty_name(name: &str) -> Result<&str, HttpError> {
    let name = name.trim();
    if name.is_empty() {
        return Err(HttpError::bad_request(&"the name must not be empty"));
    }
    Ok(name)
}

fn check_guild(shared: &SandboxState, guild: Id) -> Result<(), HttpError> {
    if shared.read(|discord| discord.guilds.contains_key(&guild.0)) {
        Ok(())
    } else {
        Err(HttpError::bad_request(&"there is no guild with this id"))
    }
}
