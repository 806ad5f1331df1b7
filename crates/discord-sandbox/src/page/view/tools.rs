//! The tools: active faults, the bot's permissions, and the log.

use std::sync::Arc;

use serde::Serialize;

use super::log::{LogLine, lines};
use crate::SandboxState;
use crate::faults::FaultTiming;
use crate::model::{Discord, Guild};
use crate::permission;

/// The content of the tools panel.
#[derive(Debug, Serialize)]
pub struct ToolsView {
    faults: Vec<FaultItem>,
    guilds: Vec<GuildPermissions>,
    gateway_refuses: bool,
    /// Whether Discord's API description is loaded.
    described: bool,
    lines: Vec<LogLine>,
}

#[derive(Debug, Serialize)]
struct FaultItem {
    id: u64,
    what: &'static str,
    route: String,
    /// How many times it still applies; `None` means until it is removed.
    times: Option<u32>,
    after: bool,
}

/// The bot's permissions in a guild.
#[derive(Debug, Serialize)]
struct GuildPermissions {
    id: String,
    name: String,
    permissions: Vec<PermissionItem>,
}

#[derive(Debug, Serialize)]
struct PermissionItem {
    name: &'static str,
    granted: bool,
}

/// Builds the content of the tools panel.
pub async fn tools(shared: &Arc<SandboxState>) -> ToolsView {
    let lines = lines(shared).await;
    shared.read(|discord| ToolsView {
        faults: faults(discord),
        guilds: discord
            .guilds
            .values()
            .filter(|guild| discord.bot_is_in(guild.id))
            .map(|guild| guild_permissions(discord, guild))
            .collect(),
        gateway_refuses: discord.gateway.refuse_connections,
        described: shared.check.is_some(),
        lines,
    })
}

fn faults(discord: &Discord) -> Vec<FaultItem> {
    let listed = discord.faults.list().into_iter().map(|one| FaultItem {
        id: one.id,
        what: one.fault,
        route: one.rule.route.unwrap_or_else(|| "any request".to_owned()),
        times: one.rule.times,
        after: one.rule.when == FaultTiming::After,
    });
    listed.collect()
}

fn guild_permissions(discord: &Discord, guild: &Guild) -> GuildPermissions {
    let own = permission::in_guild(guild, discord.app.id);
    let permissions = permission::BY_NAME
        .iter()
        .map(|(name, bit)| PermissionItem {
            name,
            granted: own & bit != 0,
        });
    GuildPermissions {
        id: guild.id.to_string(),
        name: guild.name.clone(),
        permissions: permissions.collect(),
    }
}
