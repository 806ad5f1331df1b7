//! `/streak` and the streak button.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::slash_command::{
    Access, Action, CommandHandler, CommandKind, Help, SlashCommand, Visibility,
};
use super::{CommandResult, resolve_team};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::render::streak::{
    AnswerCounts, EXPLAINED_ROUNDS, ExplainedRound, NextQuestion, StreakView, streak,
};
use crate::bot::render::user_error::UserError;
use crate::bot::replies;
use quizloop_core::id::UserId;
use quizloop_core::leaderboard::Period;
use quizloop_core::streak::replay;
use quizloop_core::team::Team;
use quizloop_store::LoadedGuild;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "streak",
    description: "See how many questions in a row you have answered",
    access: Access::Everyone,
    kind: CommandKind::Single(Action {
        options,
        autocomplete: &[],
        visibility: Visibility::Ephemeral,
        help: Help::Line(|| {
            format!(
                "`/streak` shows how many questions in a row you have answered; `why:True` explains the last {EXPLAINED_ROUNDS}."
            )
        }),
        handler: CommandHandler::Sync(run),
    }),
};

fn options() -> Vec<Value> {
    vec![
        json!({ "type": 6, "name": "member", "description": "Another member's streak" }),
        json!({ "type": 5, "name": "why", "description": format!("Explain the last {EXPLAINED_ROUNDS} questions") }),
    ]
}

/// Shows a member's streak in the channel's team.
pub fn run(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    replies::on_streak_request(ctx, team, interaction.channel, interaction.user);
    let member = interaction.user("member").unwrap_or(interaction.user);
    let is_own = member == interaction.user;
    // Misses are only for the member, and for admins, who may credit them.
    let is_explained = interaction.flag("why") && (is_own || interaction.is_admin);
    let questions = is_explained.then(|| ctx.questions(guild.id()));
    let message = guild.read(|state| {
        let team = state.team(team.channel()).ok_or(UserError::TeamNotFound)?;
        if member != interaction.user && state.is_hidden(member) {
            return Err(UserError::StreakHidden);
        }
        let today = team.settings.schedule.zone.date(interaction.created_at());
        let ledger = team.ledger(member);
        let recent_rounds = questions.as_ref().map_or_else(Vec::new, |questions| {
            let mut rounds: Vec<_> = replay(&ledger, team.rounds())
                .map(|(round, outcome, _)| ExplainedRound {
                    round,
                    outcome,
                    question: questions.get(&round.question),
                })
                .collect();
            rounds.split_off(rounds.len().saturating_sub(EXPLAINED_ROUNDS))
        });
        Ok(streak(&StreakView {
            member,
            is_own,
            streak: team.streak(member),
            next: next_question(team, member, today),
            answers: AnswerCounts {
                today,
                this_month: team.answered(member, Period::Month(today)),
                all_time: team.answered(member, Period::AllTime),
            },
            guild: guild.id(),
            channel: team.channel,
            recent_rounds,
        }))
    });
    Ok(message.unwrap_or(Err(UserError::TeamNotFound))?.ephemeral())
}

fn next_question(team: &Team, member: UserId, today: Date) -> NextQuestion {
    let open = team.open_round().filter(|_| team.can_answer(member));
    match open {
        Some(round) if round.day == today => NextQuestion::Today,
        Some(_) => NextQuestion::Open,
        None => NextQuestion::NotOut,
    }
}
