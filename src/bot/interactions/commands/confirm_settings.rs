//! The confirmation of `/setup` and `/team settings` before they change which questions a team asks.
//!
//! A wrong word in a filter can leave a team with a week of questions. So the bot first says what a
//! choice leaves, and saves it after a press. Options that leave the choice as it is are saved at
//! once.

use super::{CommandResult, require_admin, setup, team};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::custom_id::SettingsAction;
use crate::bot::interactions::drafts::{DraftId, DraftKey};
use crate::bot::interactions::settings_draft::{SettingsCommand, SettingsDraft};
use crate::bot::render::message::Message;
use crate::bot::render::settings_draft as render;
use crate::bot::render::user_error::UserError;
use quizloop_core::question_pool::QuestionPool;
use quizloop_core::team::TeamSettings;
use quizloop_store::{LoadedGuild, LoadedTeam};

/// A command that changes which questions a team asks.
pub struct ChangedChoice<'a> {
    pub command: SettingsCommand,
    pub team: &'a LoadedTeam,
    /// The settings until now; `None` for a new team.
    pub before: Option<&'a TeamSettings>,
    pub after: &'a TeamSettings,
    /// The server's questions.
    pub pool: &'a QuestionPool<'a>,
}

/// Keeps the options of the command, and asks whether to save them.
pub fn ask(ctx: &BotContext, interaction: &Interaction, change: &ChangedChoice<'_>) -> Message {
    let id = DraftId(ctx.with_rng(rand::RngExt::random));
    let channel = change.team.channel();
    let draft = SettingsDraft {
        command: change.command,
        channel,
        options: interaction.options.clone(),
    };
    let size = draft.size();
    let key = draft_key(interaction, change.team.guild(), id);
    ctx.settings_drafts.put(key, ctx.uptime(), draft, size);
    let changed = render::ChangedSettings {
        channel,
        before: change.before,
        after: change.after,
        today: change.after.schedule.zone.date(interaction.created_at()),
    };
    render::ask(&changed, change.pool, id).ephemeral()
}

fn draft_key(interaction: &Interaction, guild: &LoadedGuild, id: DraftId) -> DraftKey {
    DraftKey {
        id,
        guild: guild.id(),
        user: interaction.user,
    }
}

/// Handles a press of *Save* or *Cancel*.
pub async fn on_button(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    action: SettingsAction,
    id: DraftId,
) -> CommandResult {
    require_admin(interaction)?;
    let key = draft_key(interaction, guild, id);
    // Taken, so that a second press, or *Cancel* while this one is saved, changes nothing.
    let draft = ctx.settings_drafts.take(key, ctx.uptime());
    let draft = draft.ok_or_else(|| UserError::InvalidOption(render::gone()))?;
    if action == SettingsAction::Cancel {
        return Ok(render::cancelled());
    }
    let team = &guild.team(draft.channel);
    let command = &Interaction {
        options: draft.options.clone(),
        ..interaction.clone()
    };
    let saved = match draft.command {
        SettingsCommand::Setup => setup::save(ctx, command, team).await,
        SettingsCommand::TeamSettings => team::save_settings(ctx, command, team).await,
    };
    if saved.is_err() {
        let size = draft.size();
        ctx.settings_drafts.put(key, ctx.uptime(), draft, size);
    }
    saved
}
