//! Removes a team, after a confirmation.

use super::{CommandResult, require_admin};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::render::team as render;
use crate::bot::render::user_error::UserError;
use quizloop_core::guild::Guild;
use quizloop_store::LoadedTeam;

/// Asks the admin to confirm the removal.
pub fn ask_confirmation(team: &LoadedTeam) -> CommandResult {
    let message = team.read(|team| {
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
    team: &LoadedTeam,
) -> CommandResult {
    require_admin(interaction)?;
    match team.read(|team| team.managed) {
        None => return Err(UserError::TeamNotFound),
        Some(true) => return Err(UserError::ManagedByConfig),
        Some(false) => {}
    }
    let remove = |guild: &mut Guild| guild.remove_team(team.channel());
    if let Some((_, commit)) = team.guild().update(remove) {
        commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    }
    ctx.deliveries.retry_team(team.key());
    Ok(render::removed(team.channel()))
}
