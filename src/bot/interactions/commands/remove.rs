//! Removes a team, after a confirmation.

use super::{CommandResult, require_admin};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::render::team as render;
use crate::bot::render::user_error::UserError;
use quizloop_core::guild::Guild;
use quizloop_store::LoadedTeam;
use quizloop_store::deleted::restorable_until;

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
    let channel = team.channel();
    let deleted_at = interaction.created_at();
    let only_team = |guild: &Guild| guild.with_only_team(channel);
    let kept = team.guild().keep_copy(only_team, deleted_at).await;
    let is_kept = kept.map_err(|_| UserError::SaveFailed)?;
    let remove = |guild: &mut Guild| guild.remove_team(channel);
    if let Some((_, commit)) = team.guild().update(remove) {
        commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    }
    ctx.deliveries.retry_team(team.key());
    ctx.health.team_has_question(team.key());
    let guild = team.guild().id();
    if is_kept {
        tracing::info!(
            %guild,
            %channel,
            until = %restorable_until(deleted_at),
            "team removed; data deleted, can be restored with: quizloop state restore {guild} \
             --deleted"
        );
    } else {
        tracing::info!(%guild, %channel, "team without a question removed");
    }
    Ok(render::removed(channel))
}
