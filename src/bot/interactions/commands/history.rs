//! `/history`: the past questions of the channel's team, newest first.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::quiz::{parse_topic, topic_choices};
use super::slash_command::{
    Access, Action, Autocomplete, CommandHandler, CommandKind, Help, SlashCommand, Visibility,
};
use super::{CommandResult, update_message};
use crate::bot::context::{BotContext, team_for_channel};
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::response::Response;
use crate::bot::render::daily::LevelDisplay;
use crate::bot::render::history::{self as render, HistoryEntry, HistoryPage, PAGE_SIZE};
use crate::bot::render::message::Message;
use crate::bot::render::user_error::UserError;
use quizloop_bank::GuildQuestions;
use quizloop_core::guild::Guild;
use quizloop_core::id::UserId;
use quizloop_core::round::Round;
use quizloop_core::streak::{RoundOutcome, replay};
use quizloop_core::team::Team;
use quizloop_store::LoadedGuild;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "history",
    description: "List this channel's past questions, and what you did with each",
    access: Access::Everyone,
    kind: CommandKind::Single(Action {
        options,
        autocomplete: &[("topic", Autocomplete::InGuild(topic_choices))],
        visibility: Visibility::Ephemeral,
        help: Help::Line(|| {
            "`/history` lists past questions with links to their threads, and what you did with each."
                .into()
        }),
        handler: CommandHandler::Sync(run),
    }),
};

fn options() -> Vec<Value> {
    vec![
        json!({ "type": 3, "name": "topic", "description": "Only questions on this topic", "autocomplete": true }),
    ]
}

/// The rounds that a member asks for.
struct HistoryRequest<'a> {
    topic: Option<&'a str>,
    /// The page, counted from 0.
    page: usize,
}

/// Shows the first page.
fn run(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let topic = interaction.text("topic").map(parse_topic);
    let request = HistoryRequest {
        topic: topic.as_deref(),
        page: 0,
    };
    show(ctx, interaction, guild, &request)
}

/// Turns to a page.
pub fn on_page_button(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    page: usize,
    topic: Option<&str>,
) -> Response {
    let request = HistoryRequest { topic, page };
    update_message(show(ctx, interaction, guild, &request))
}

/// Shows a page of the team of the channel or thread. Questions of other channels are not listed,
/// because the member may be unable to see these channels.
fn show(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    request: &HistoryRequest<'_>,
) -> CommandResult {
    let questions = ctx.questions(guild.id());
    let message = guild.read_or_empty(|state| render_page(state, &questions, interaction, request));
    Ok(message?.ephemeral())
}

fn render_page(
    guild: &Guild,
    questions: &GuildQuestions,
    interaction: &Interaction,
    request: &HistoryRequest<'_>,
) -> Result<Message, UserError> {
    let team = team_for_channel(guild, interaction.channel).ok_or(match guild.teams().len() {
        0 => UserError::TeamNotFound,
        _ => UserError::NotInTeamChannel,
    })?;
    team.open_round().ok_or(UserError::RoundNotFound)?;
    let is_chosen = |round: &&Round| {
        let Some(topic) = request.topic else {
            return true;
        };
        let question = questions.get(&round.question);
        // A hidden topic must not be found by a filter.
        question.is_some_and(|question| question.topic == topic)
            && !guild.hides_level(&round.question)
    };
    let rounds: Vec<&Round> = team.posted_rounds().rev().filter(is_chosen).collect();
    if let Some(topic) = request.topic.filter(|_| rounds.is_empty()) {
        return Ok(render::no_question_on(topic));
    }
    let outcomes = outcomes(team, interaction.user);
    let page = render::existing_page(request.page, rounds.len());
    let shown = rounds.iter().skip(page * PAGE_SIZE).take(PAGE_SIZE);
    let entries = shown.map(|&round| HistoryEntry {
        round,
        question: questions.get(&round.question),
        level: LevelDisplay::hidden_if(guild.hides_level(&round.question)),
        replied: team.reply_count(round.number),
        outcome: outcomes.get(&round.number).copied(),
    });
    Ok(render::history(&HistoryPage {
        guild: guild.id(),
        channel: team.channel,
        topic: request.topic,
        page,
        total: rounds.len(),
        entries: entries.collect(),
    }))
}

/// Returns what a member did in each round, by the round's number. A round before their first reply
/// has an outcome only if it is open or void.
fn outcomes(team: &Team, member: UserId) -> HashMap<u32, RoundOutcome> {
    let open = team
        .open_round()
        .map(|open| (open.number, RoundOutcome::Open { peeked: false }));
    let void = team.posted_rounds().filter_map(|round| {
        let by = round.voided_by?;
        Some((round.number, RoundOutcome::Void(by)))
    });
    let mut outcomes: HashMap<u32, RoundOutcome> = open.into_iter().chain(void).collect();
    let ledger = team.ledger(member);
    let replayed = replay(&ledger, team.rounds());
    outcomes.extend(replayed.map(|(round, outcome, _)| (round.number, outcome)));
    outcomes
}
