//! The tools: what goes wrong on purpose, what the bot may do, what was said.

use std::sync::Arc;

use serde::Serialize;

use super::log::{Line, lines};
use crate::sandbox::Shared;
use crate::sandbox::faults::When;
use crate::sandbox::model::{Discord, Guild};
use crate::sandbox::permission;

/// Everything in the tools.
#[derive(Debug, Serialize)]
pub struct Tools {
    faults: Vec<Fault>,
    guilds: Vec<Granted>,
    gateway_refuses: bool,
    /// Whether Discord's description is at hand.
    described: bool,
    lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Fault {
    id: u64,
    what: &'static str,
    route: String,
    /// How often it still strikes; nothing for always.
    times: Option<u32>,
    after: bool,
}

/// What the bot may do in a guild.
#[derive(Debug, Serialize)]
struct Granted {
    id: String,
    name: String,
    permissions: Vec<Permission>,
}

#[derive(Debug, Serialize)]
struct Permission {
    name: &'static str,
    granted: bool,
}

/// Looks at the tools.
pub async fn tools(shared: &Arc<Shared>) -> Tools {
    let lines = lines(shared).await;
    shared.read(|discord| Tools {
        faults: faults(discord),
        guilds: discord
            .guilds
            .values()
            .filter(|guild| discord.bot_is_in(guild.id))
            .map(|guild| granted(discord, guild))
            .collect(),
        gateway_refuses: discord.gateway.refuse,
        described: shared.description.is_some(),
        lines,
    })
}

fn faults(discord: &Discord) -> Vec<Fault> {
    let listed = discord.faults.list().into_iter().map(|one| Fault {
        id: one.id,
        what: one.fault,
        route: one.rule.route.unwrap_or_else(|| "any request".to_owned()),
        times: one.rule.times,
        after: one.rule.when == When::After,
    });
    listed.collect()
}

fn granted(discord: &Discord, guild: &Guild) -> Granted {
    let own = permission::in_guild(guild, discord.app.id);
    let permissions = permission::NAMED.iter().map(|(name, bit)| Permission {
        name,
        granted: own & bit != 0,
    });
    Granted {
        id: guild.id.to_string(),
        name: guild.name.clone(),
        permissions: permissions.collect(),
    }
}
