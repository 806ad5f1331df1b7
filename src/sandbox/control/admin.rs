//! Making people, guilds, channels and members, as a seed does.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

use super::super::model::kind;
use super::super::{Sandbox, Shared};
use super::act::Answer;
use super::{Id, Wrong, answer};

#[derive(Debug, Deserialize)]
pub struct NewUser {
    name: String,
    /// Where they become a member.
    guild: Option<Id>,
    /// Whether they may manage it.
    #[serde(default)]
    admin: bool,
}

pub async fn user(State(shared): State<Arc<Shared>>, Json(new): Json<NewUser>) -> Answer {
    let sandbox = Sandbox::within(&shared);
    let name = named(&new.name)?;
    if let Some(guild) = new.guild {
        known_guild(&shared, guild)?;
    }
    let user = sandbox.add_user(name);
    if let Some(guild) = new.guild {
        sandbox.add_person(guild.0, user, new.admin);
    }
    answer(&json!({ "user": user }))
}

#[derive(Debug, Deserialize)]
pub struct NewGuild {
    name: String,
    owner: Id,
    /// Whether the bot is invited.
    #[serde(default)]
    bot: bool,
}

pub async fn guild(State(shared): State<Arc<Shared>>, Json(new): Json<NewGuild>) -> Answer {
    let sandbox = Sandbox::within(&shared);
    if !shared.read(|discord| discord.users.contains_key(&new.owner.0)) {
        return Err(Wrong::new(&"there is no such owner"));
    }
    let guild = sandbox.add_guild(named(&new.name)?, new.owner.0);
    if new.bot {
        sandbox.add_bot(guild);
    }
    answer(&json!({ "guild": guild }))
}

#[derive(Debug, Deserialize)]
pub struct NewChannel {
    name: String,
    guild: Id,
}

pub async fn channel(State(shared): State<Arc<Shared>>, Json(new): Json<NewChannel>) -> Answer {
    known_guild(&shared, new.guild)?;
    let name = named(&new.name)?;
    let channel = Sandbox::within(&shared).add_channel(new.guild.0, kind::TEXT, name);
    answer(&json!({ "channel": channel }))
}

fn named(name: &str) -> Result<&str, Wrong> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Wrong::new(&"a name is needed"));
    }
    Ok(name)
}

fn known_guild(shared: &Shared, guild: Id) -> Result<(), Wrong> {
    if shared.read(|discord| discord.guilds.contains_key(&guild.0)) {
        Ok(())
    } else {
        Err(Wrong::new(&"there is no such guild"))
    }
}
