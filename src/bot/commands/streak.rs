//! `/streak` and the button "My streak".

use serde_json::{Value, json};

use super::{CommandResult, resolve_team};
use crate::bot::context::BotContext;
use crate::bot::event::Interaction;
use crate::bot::render::streak::{StreakView, streak};
use crate::bot::render::user_error::UserError;
use crate::practice::id::GuildId;
use crate::practice::streak::replay;

/// So many rounds `/streak why` explains.
const EXPLAINED_ROUNDS: usize = 14;

/// The command in Discord's form.
pub fn definition() -> Value {
    json!({
        "name": "streak",
        "description": "How many rounds in a row you have answered",
        "contexts": [0],
        "options": [
            { "type": 6, "name": "member", "description": "Somebody else's streak" },
            { "type": 5, "name": "why", "description": "With what happened in each of the last 14 rounds" },
        ],
    })
}

/// A member's streak in the team of the channel.
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
        let explained = if interaction.flag("why") {
            EXPLAINED_ROUNDS
        } else {
            0
        };
        let why = rounds.split_off(rounds.len().saturating_sub(explained));
        Ok(streak(&StreakView {
            member,
            is_own: member == interaction.user,
            streak: team.streak(member),
            recent_rounds: why,
        }))
    });
    Ok(message.unwrap_or(Err(UserError::TeamNotFound))?.ephemeral())
}
