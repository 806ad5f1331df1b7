//! `/progress`: a chart of a member's rounds and practice, which only the member sees.

use super::slash_command::{
    Access, Action, CommandHandler, CommandKind, Help, SlashCommand, Visibility,
};
use super::{CommandResult, resolve_team};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::progress::progress;
use crate::bot::render::progress as render;
use crate::bot::render::user_error::UserError;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_core::zone::Zone;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "progress",
    description: "See your last 26 weeks, what you know, and what to repeat",
    access: Access::Everyone,
    kind: CommandKind::Single(Action {
        options: Vec::new,
        autocomplete: &[],
        visibility: Visibility::Ephemeral,
        help: Help::Unlisted,
        handler: CommandHandler::Async(|ctx, interaction, guild| {
            Box::pin(run(ctx, interaction, guild))
        }),
    }),
};

/// Shows the member's chart with the rounds of the channel's team, or without rounds if the guild
/// has no team.
pub async fn run(ctx: &BotContext, interaction: &Interaction, guild: GuildId) -> CommandResult {
    let key = match resolve_team(ctx, interaction, guild) {
        Ok(key) => Some(key),
        Err(UserError::TeamNotFound) => None,
        Err(error) => return Err(error),
    };
    let now = ctx.clock.now();
    let collect = |state: &Guild| {
        let team = key.and_then(|key| state.team(key.channel));
        let zone = team.map_or_else(Zone::utc, |team| team.settings.schedule.zone.clone());
        progress(state, team, &ctx.bank, interaction.user, zone.date(now))
    };
    let stored = ctx.store.read(guild, collect);
    let progress = stored.unwrap_or_else(|| collect(&Guild::new(guild)));
    let chart = ctx.chart_renderer.render(&progress).await;
    Ok(render::progress(&progress, chart))
}
