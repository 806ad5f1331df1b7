//! `/quiz`: practice at any time, for the member alone.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::CommandResult;
use crate::bank::{Level, Question};
use crate::bot::context::{BotContext, team_for_channel};
use crate::bot::event::Interaction;
use crate::bot::quiz::{OptionOrder, QuizAction, QuizState};
use crate::bot::render::quiz::{self as render, Attempt, QuizHeader, Score};
use crate::bot::render::user_error::UserError;
use crate::bot::response::Response;
use crate::failpoint;
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;
use crate::practice::members::NewRating;
use crate::practice::question_picker::{
    PickError, PickMode, PickReason, PickRequest, PickedQuestion,
};
use crate::practice::retention::Retention;
use crate::practice::review::{Rating, Review};
use crate::practice::team::Team;
use crate::practice::zone::Zone;

/// The command in Discord's form.
pub fn definition() -> Value {
    json!({
        "name": "quiz",
        "description": "Practise a question now, for yourself",
        "contexts": [0],
        "options": [
            { "type": 3, "name": "topic", "description": "Only questions of this topic", "autocomplete": true },
            { "type": 3, "name": "level", "description": "Only questions of this level", "choices": [
                { "name": "junior", "value": "junior" },
                { "name": "mid", "value": "mid" },
                { "name": "senior", "value": "senior" },
            ] },
            { "type": 3, "name": "mode", "description": "What comes; without it, what is due and then what is new", "choices": [
                { "name": "due: what comes back today", "value": "due" },
                { "name": "new: what I have not seen", "value": "new" },
                { "name": "mixed: both", "value": "mixed" },
            ] },
        ],
    })
}

/// A first question.
pub fn run(ctx: &BotContext, interaction: &Interaction, guild: GuildId) -> CommandResult {
    let level = interaction
        .text("level")
        .map(str::parse::<Level>)
        .transpose();
    let topic = interaction.text("topic");
    let start = QuizState {
        question: String::new(),
        topic: topic.map(|topic| topic.trim().to_lowercase().replace(' ', "-")),
        level: level.map_err(|_| UserError::NoMatchingQuestion)?,
        mode: parse_mode(interaction.text("mode"))?,
        reviews_before: 0,
        order: OptionOrder::default(),
    };
    Ok(next_question(ctx, interaction, guild, &start)?.ephemeral())
}

fn parse_mode(word: Option<&str>) -> Result<PickMode, UserError> {
    match word {
        None | Some("mixed") => Ok(PickMode::Mixed),
        Some("due") => Ok(PickMode::Due),
        Some("new") => Ok(PickMode::New),
        Some(_) => Err(UserError::InvalidOption(
            "mode: choose due, new or mixed.".into(),
        )),
    }
}

/// What comes of a button, the menu or the form.
pub async fn on_component(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
    (step, at): (QuizAction, &QuizState),
    values: &[String],
) -> Response {
    super::update_message(match step {
        QuizAction::Write => return Response::Modal(render::answer_modal(at)),
        QuizAction::Hint => hint(ctx, interaction, guild, at),
        QuizAction::Answer => answer(ctx, at, Attempt::Unknown),
        QuizAction::Choose(place) => answer(ctx, at, Attempt::Output(place)),
        QuizAction::NoPoints => score(ctx, interaction, guild, at, &[]).await,
        QuizAction::Points => score(ctx, interaction, guild, at, values).await,
        QuizAction::Next => next_question(ctx, interaction, guild, at),
    })
}

/// The model answer beside what the member wrote.
pub fn on_written_answer(ctx: &BotContext, at: &QuizState, text: &str) -> CommandResult {
    answer(ctx, at, Attempt::Text(text))
}

/// The next question of the same topic, level and mode.
fn next_question(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
    before: &QuizState,
) -> CommandResult {
    let around = PracticeContext::for_interaction(ctx, interaction, guild);
    let member = (guild, interaction.user);
    // The one on the message is never the next one, also after a restart.
    if let Some(shown) = ctx.bank.get(&before.question) {
        ctx.asked_today.remember(member, around.today, shown.number);
    }
    let pick = pick_question(ctx, interaction, guild, before, &around)?;
    let question = question_by_id(ctx, pick.question)?;
    ctx.asked_today
        .remember(member, around.today, question.number);
    let at = QuizState {
        question: question.id.clone(),
        reviews_before: pick.review_count,
        order: ctx.with_rng(OptionOrder::random),
        ..before.clone()
    };
    let card = QuizHeader {
        reason: pick.reason,
        due: due_count(ctx, interaction, guild, around.today),
    };
    Ok(render::question(question, &at, card, false))
}

fn pick_question<'a>(
    ctx: &'a BotContext,
    interaction: &Interaction,
    guild: GuildId,
    before: &QuizState,
    around: &PracticeContext,
) -> Result<PickedQuestion<'a>, UserError> {
    let asked = ctx
        .asked_today
        .asked_on((guild, interaction.user), around.today);
    let mut fitting = Vec::with_capacity(ctx.bank.len());
    let mut asked_today = Vec::new();
    for question in ctx.bank.filter(before.topic.as_deref(), before.level) {
        let id = question.id.as_str();
        if !around.open_questions.contains(id) {
            fitting.push(id);
            asked_today.extend(asked.contains(question.number).then_some(id));
        }
    }
    asked_today.sort_unstable();
    let was_asked = |id: &str| asked_today.binary_search(&id).is_ok();
    let shown = ctx.bank.get(&before.question);
    let choice = PickRequest {
        mode: before.mode,
        candidates: &fitting,
        shown: shown.map_or("", |question| &question.id),
        today: around.today,
    };
    let choose =
        |state: &Guild| ctx.with_rng(|rng| state.pick(interaction.user, &choice, was_asked, rng));
    let known = ctx.store.read(guild, choose);
    // Nothing is kept of this server yet.
    let picked = known.unwrap_or_else(|| choose(&Guild::new(guild)));
    picked.map_err(|nothing| match nothing {
        PickError::NoMatch => UserError::NoMatchingQuestion,
        PickError::NoneDue { next } => UserError::NothingDue {
            today: around.today,
            next,
        },
        PickError::AllSeen => UserError::NothingUnseen,
        PickError::AllAskedToday => UserError::AllAskedToday,
    })
}

fn hint(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
    at: &QuizState,
) -> CommandResult {
    let around = PracticeContext::for_interaction(ctx, interaction, guild);
    let question = question_by_id(ctx, &at.question)?;
    let review = |state: &Guild| state.review(interaction.user, &at.question).copied();
    let review = ctx.store.read(guild, review).flatten();
    let card = QuizHeader {
        reason: review.map_or(PickReason::New, |review| pick_reason(&review, around.today)),
        due: due_count(ctx, interaction, guild, around.today),
    };
    Ok(render::question(question, at, card, true))
}

/// Why a question that was reviewed before is asked.
fn pick_reason(review: &Review, today: Date) -> PickReason {
    if review.is_due(today) {
        PickReason::Due
    } else if review.last == today && review.rating == Rating::Again {
        PickReason::Again
    } else {
        PickReason::Ahead
    }
}

fn answer(ctx: &BotContext, at: &QuizState, tried: Attempt<'_>) -> CommandResult {
    Ok(render::answer(
        question_by_id(ctx, &at.question)?,
        at,
        tried,
    ))
}

/// Enters the points a member says they made; what they are told is on disk.
async fn score(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
    at: &QuizState,
    values: &[String],
) -> CommandResult {
    let question = question_by_id(ctx, &at.question)?;
    let around = PracticeContext::for_interaction(ctx, interaction, guild);
    let points = question.points.len();
    let made = count_points(values, points);
    let rated = NewRating {
        question: &question.id,
        review_count: at.reviews_before,
        rating: Rating::from_points(made, points),
        retention: around.retention,
        today: around.today,
    };
    let ((review, new), commit) = ctx
        .store
        .upsert(guild, |state| state.rate(interaction.user, &rated));
    failpoint::hit("review.changed");
    // Also what was counted before may not be on disk yet.
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::hit("review.saved");
    let score = Score {
        points: (made, points),
        review,
        is_new: new,
        today: around.today,
        due: due_count(ctx, interaction, guild, around.today),
    };
    Ok(render::score_message(question, at, &score))
}

/// How many different points were chosen; a menu of an older entry may name some that are gone.
fn count_points(values: &[String], points: usize) -> usize {
    let numbers = values.iter().filter_map(|value| value.parse().ok());
    let chosen: BTreeSet<usize> = numbers.filter(|number| *number < points).collect();
    chosen.len()
}

fn question_by_id<'a>(ctx: &'a BotContext, question: &str) -> Result<&'a Question, UserError> {
    let found = ctx.bank.get(question);
    found.ok_or_else(|| UserError::QuestionNotFound(question.to_owned()))
}

/// How many reviews of questions that still exist are due.
fn due_count(ctx: &BotContext, interaction: &Interaction, guild: GuildId, today: Date) -> u32 {
    let there = |question: &str| ctx.bank.get(question).is_some();
    let due = |state: &Guild| state.forecast(interaction.user, today, there)[0];
    ctx.store.read(guild, due).unwrap_or(0)
}

/// What the place says where a member practises.
struct PracticeContext {
    /// The questions of open rounds, which are not for practice.
    open_questions: BTreeSet<String>,
    /// The local date.
    today: Date,
    /// What the team wants to remember.
    retention: Retention,
}

impl PracticeContext {
    /// The team of the channel says which day it is; else any team of the server, else UTC.
    fn for_interaction(ctx: &BotContext, interaction: &Interaction, guild: GuildId) -> Self {
        let now = ctx.clock.now();
        let look = |state: &Guild| {
            let teams = || state.teams().values().map(Box::as_ref);
            let near = team_for_channel(state, interaction.channel).or_else(|| teams().next());
            let zone = near.map_or_else(Zone::utc, |team| team.settings.schedule.zone.clone());
            let open = |team: &Team| Some(team.open_round()?.question.clone());
            Self {
                open_questions: teams().filter_map(open).collect(),
                today: zone.date(now),
                retention: near.map_or_else(Retention::default, |team| team.settings.retention),
            }
        };
        let known = ctx.store.read(guild, look);
        known.unwrap_or_else(|| look(&Guild::new(guild)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_count_once_and_only_if_they_exist() {
        let values = ["0", "2", "2", "7", "x", "-1"].map(String::from);
        assert_eq!(count_points(&values, 4), 2);
        assert_eq!(count_points(&[], 4), 0);
    }
}
