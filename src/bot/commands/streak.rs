//! `/streak` and the streak button.

use serde_json::{Value, json};

use super::{CommandResult, resolve_team};
use crate::bot::context::BotContext;
use crate::bot::event::Interaction;
use crate::bot::render::streak::{StreakView, streak};
use crate::bot::render::user_error::UserError;
use quizloop_core::id::GuildId;
use quizloop_core::streak::replay;

/// Number of rounds that `/streak why` explains.
const EXPLAINED_ROUNDS: usize = 14;

pub fn definition() -> Value {
    json!({
        "name": "streak",
        "description": "See how many questions in a row you have answered",
        "contexts": [0],
        "options": [
            { "type": 6, "name": "member", "description": "Another member's streak" },
            { "type": 5, "name": "why", "description": "Explain the last 14 questions" },
        ],
    })
}

/// Shows a member's streak in the channel's team.
pub fn run(ctx: &BotContext, interaction: &Interaction, guild: GuildId) -> CommandResult {
    let key = resolve_team(ctx, interaction, guild)?;
    let member = interaction.user("member").unwrap_or(interaction.user);
    let message = ctx.store.read(guild, |state| {
        let team = state.team(key.channel).ok_or(UserError::TeamNotFound)?;
        if member != interaction.user && state.is_hidden(member) {
            return Err(UserError::StreakHidden);
        }
        let ledger = team.ledger(member);
        let mut rounds: Vec<_> = replay(&ledger, team.rounds())
            .map(|(round, entry, _)| (round, entry))
            .collect();
        let explained_count = if interaction.flag("why") {
            EXPLAINED_ROUNDS
        } else {
            0
        };
        let recent_rounds = rounds.split_off(rounds.len().saturating_sub(explained_count));
        Ok(streak(&StreakView {
            member,
            is_own: member == interaction.user,
            streak: team.streak(member),
            recent_rounds,
        }))
    });
    Ok(message.unwrap_or(Err(UserError::TeamNotFound))?.ephemeral())
}
