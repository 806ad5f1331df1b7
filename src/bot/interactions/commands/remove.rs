//! Removes a team, after a confirmation.

use super::{CommandResult, require_admin};
use crate::bot::context::{BotContext, TeamKey};
use crate::bot::gateway::event::Interaction;
use crate::bot::render::team as render;
use crate::bot::render::user_error::UserError;
use quizloop_core::guild::Guild;

/// Asks the admin to confirm the removal.
pub fn ask_confirmation(ctx: &BotContext, key: TeamKey) -> CommandResult {
    let message = ctx.read_team(key, |team| {
        if team.managed {
            Err(UserError::ManagedByConfig)
        } else {
            Ok(render::confirm_removal(team))
        }
    });
    Ok(message.ok_or(UserError::TeamNotFound)??.ephemeral())
}

/// Removes the team after the confirmation.
pub async fn on_confirm(
    ctx: &BotContext,
    interaction: &Interaction,
    key: TeamKey,
) -> CommandResult {
    require_admin(interaction)?;
    match ctx.read_team(key, |team| team.managed) {
        None => return Err(UserError::TeamNotFound),
        Some(true) => return Err(UserError::ManagedByConfig),
        Some(false) => {}
    }
    let remove = |guild: &mut Guild| guild.remove_team(key.channel);
    if let Some((_, commit)) = ctx.store.update(key.guild, remove) {
        commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    }
    ctx.deliveries.retry_team(key);
    Ok(render::removed(key.channel))
}
