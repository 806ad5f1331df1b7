//! `/leaderboard`, a public message.

use serde_json::{Value, json};

use super::slash_command::{
    Access, Action, CommandHandler, CommandKind, Help, SlashCommand, Visibility,
};
use super::{CommandResult, resolve_team};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::render::streak::leaderboard;
use crate::bot::render::user_error::UserError;
use quizloop_core::leaderboard::Period;
use quizloop_store::LoadedGuild;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "leaderboard",
    description: "See who answered the most questions",
    access: Access::Everyone,
    kind: CommandKind::Single(Action {
        options,
        autocomplete: &[],
        visibility: Visibility::Public,
        help: Help::Line(|| "`/leaderboard` shows who answered the most this month.".into()),
        handler: CommandHandler::Sync(run),
    }),
};

fn options() -> Vec<Value> {
    vec![
        json!({ "type": 3, "name": "period", "description": "The time period (default: this month)", "choices": [
            { "name": "this month", "value": "month" },
            { "name": "all time", "value": "all" },
        ] }),
    ]
}

/// Shows the leaderboard of the channel's team.
pub fn run(_: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    let now = interaction.created_at();
    let message = guild.read(|state| {
        let team = state.team(team.channel())?;
        let period = match interaction.text("period") {
            Some("all") => Period::AllTime,
            _ => Period::Month(team.settings.schedule.zone.date(now)),
        };
        let mut rows = team.leaderboard(period);
        rows.retain(|row| !state.is_hidden(row.user));
        Some(leaderboard(&rows, period))
    });
    message.flatten().ok_or(UserError::TeamNotFound)
}
