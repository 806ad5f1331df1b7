//! `/progress`: a chart of a member's rounds and practice, which only the member sees.

use super::slash_command::{
    Access, Action, CommandHandler, CommandKind, Help, SlashCommand, Visibility,
};
use super::{CommandResult, resolve_team};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::progress::progress;
use crate::bot::render::interview::progress_line;
use crate::bot::render::pair;
use crate::bot::render::progress as render;
use crate::bot::render::user_error::UserError;
use quizloop_core::guild::Guild;
use quizloop_core::zone::Zone;
use quizloop_store::LoadedGuild;

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
pub async fn run(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
) -> CommandResult {
    let team = match resolve_team(interaction, guild) {
        Ok(team) => Some(team),
        Err(UserError::TeamNotFound) => None,
        Err(error) => return Err(error),
    };
    let now = interaction.created_at();
    let collect = |state: &Guild| {
        let team = team.as_ref().and_then(|team| state.team(team.channel()));
        let zone = team.map_or_else(Zone::utc, |team| team.settings.schedule.zone.clone());
        let questions = ctx.questions(guild.id());
        progress(state, team, &questions, interaction.user, zone.date(now))
    };
    let progress = guild.read_or_empty(collect);
    let chart = ctx.chart_renderer.render(&progress).await;
    let message = render::progress(&progress, chart);
    let held = &progress.interviews;
    let lines = [
        progress_line(held),
        pair::progress_line(held.mock_interviews),
    ];
    Ok(render::with_lines(message, lines.into_iter().flatten()))
}
