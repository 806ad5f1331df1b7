//! `/quiz`: practice at any time, for the member alone.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::{Value, json};

use super::Said;
use crate::bank::{Level, Question};
use crate::bot::desk::{Desk, team_at};
use crate::bot::event::Call;
use crate::bot::quiz::{Order, Quiz, Step};
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
pub fn run(desk: &Desk, call: &Call, guild: GuildId) -> Said {
    let level = call.text("level").map(str::parse::<Level>).transpose();
    let topic = call.text("topic");
    let start = Quiz {
        question: String::new(),
        topic: topic.map(|topic| topic.trim().to_lowercase().replace(' ', "-")),
        level: level.map_err(|_| UserError::NoMatchingQuestion)?,
        mode: mode(call.text("mode"))?,
        before: 0,
        order: Order::default(),
    };
    Ok(next(desk, call, guild, &start)?.ephemeral())
}

fn mode(word: Option<&str>) -> Result<PickMode, UserError> {
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
pub async fn pressed(
    desk: &Desk,
    call: &Call,
    guild: GuildId,
    (step, at): (Step, &Quiz),
    values: &[String],
) -> Response {
    super::update(match step {
        Step::Write => return Response::Modal(render::answer_modal(at)),
        Step::Hint => hint(desk, call, guild, at),
        Step::Answer => answer(desk, at, Attempt::Unknown),
        Step::Choose(place) => answer(desk, at, Attempt::Output(place)),
        Step::NoPoints => score(desk, call, guild, at, &[]).await,
        Step::Points => score(desk, call, guild, at, values).await,
        Step::Next => next(desk, call, guild, at),
    })
}

/// The model answer beside what the member wrote.
pub fn written(desk: &Desk, at: &Quiz, text: &str) -> Said {
    answer(desk, at, Attempt::Text(text))
}

/// The next question of the same topic, level and mode.
fn next(desk: &Desk, call: &Call, guild: GuildId, before: &Quiz) -> Said {
    let around = Around::of(desk, call, guild);
    let member = (guild, call.user);
    // The one on the message is never the next one, also after a restart.
    if let Some(shown) = desk.bank.get(&before.question) {
        desk.quizzes.remember(member, around.today, shown.number);
    }
    let pick = pick(desk, call, guild, before, &around)?;
    let question = find(desk, pick.question)?;
    desk.quizzes.remember(member, around.today, question.number);
    let at = Quiz {
        question: question.id.clone(),
        before: pick.review_count,
        order: desk.random(Order::random),
        ..before.clone()
    };
    let card = QuizHeader {
        reason: pick.reason,
        due: due(desk, call, guild, around.today),
    };
    Ok(render::question(question, &at, card, false))
}

fn pick<'a>(
    desk: &'a Desk,
    call: &Call,
    guild: GuildId,
    before: &Quiz,
    around: &Around,
) -> Result<PickedQuestion<'a>, UserError> {
    let asked = desk.quizzes.on((guild, call.user), around.today);
    let mut fitting = Vec::with_capacity(desk.bank.len());
    let mut asked_today = Vec::new();
    for question in desk.bank.pick(before.topic.as_deref(), before.level) {
        let id = question.id.as_str();
        if !around.open.contains(id) {
            fitting.push(id);
            asked_today.extend(asked.contains(question.number).then_some(id));
        }
    }
    asked_today.sort_unstable();
    let was_asked = |id: &str| asked_today.binary_search(&id).is_ok();
    let shown = desk.bank.get(&before.question);
    let choice = PickRequest {
        mode: before.mode,
        candidates: &fitting,
        shown: shown.map_or("", |question| &question.id),
        today: around.today,
    };
    let choose = |state: &Guild| desk.random(|rng| state.pick(call.user, &choice, was_asked, rng));
    let known = desk.store.read(guild, choose);
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

fn hint(desk: &Desk, call: &Call, guild: GuildId, at: &Quiz) -> Said {
    let around = Around::of(desk, call, guild);
    let question = find(desk, &at.question)?;
    let review = |state: &Guild| state.review(call.user, &at.question).copied();
    let review = desk.store.read(guild, review).flatten();
    let card = QuizHeader {
        reason: review.map_or(PickReason::New, |review| standing(&review, around.today)),
        due: due(desk, call, guild, around.today),
    };
    Ok(render::question(question, at, card, true))
}

/// Why a question that was reviewed before is asked.
fn standing(review: &Review, today: Date) -> PickReason {
    if review.is_due(today) {
        PickReason::Due
    } else if review.last == today && review.rating == Rating::Again {
        PickReason::Again
    } else {
        PickReason::Ahead
    }
}

fn answer(desk: &Desk, at: &Quiz, tried: Attempt<'_>) -> Said {
    Ok(render::answer(find(desk, &at.question)?, at, tried))
}

/// Enters the points a member says they made; what they are told is on disk.
async fn score(desk: &Desk, call: &Call, guild: GuildId, at: &Quiz, values: &[String]) -> Said {
    let question = find(desk, &at.question)?;
    let around = Around::of(desk, call, guild);
    let points = question.points.len();
    let made = made(values, points);
    let rated = NewRating {
        question: &question.id,
        review_count: at.before,
        rating: Rating::from_points(made, points),
        retention: around.retention,
        today: around.today,
    };
    let ((review, new), commit) = desk
        .store
        .upsert(guild, |state| state.rate(call.user, &rated));
    failpoint::pass("review.changed");
    // Also what was counted before may not be on disk yet.
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::pass("review.saved");
    let score = Score {
        points: (made, points),
        review,
        is_new: new,
        today: around.today,
        due: due(desk, call, guild, around.today),
    };
    Ok(render::score_message(question, at, &score))
}

/// How many different points were chosen; a menu of an older entry may name some that are gone.
fn made(values: &[String], points: usize) -> usize {
    let numbers = values.iter().filter_map(|value| value.parse().ok());
    let chosen: BTreeSet<usize> = numbers.filter(|number| *number < points).collect();
    chosen.len()
}

fn find<'a>(desk: &'a Desk, question: &str) -> Result<&'a Question, UserError> {
    let found = desk.bank.get(question);
    found.ok_or_else(|| UserError::QuestionNotFound(question.to_owned()))
}

/// How many reviews of questions that still exist are due.
fn due(desk: &Desk, call: &Call, guild: GuildId, today: Date) -> u32 {
    let there = |question: &str| desk.bank.get(question).is_some();
    let due = |state: &Guild| state.forecast(call.user, today, there)[0];
    desk.store.read(guild, due).unwrap_or(0)
}

/// What the place says where a member practises.
struct Around {
    /// The questions of open rounds, which are not for practice.
    open: BTreeSet<String>,
    /// The local date.
    today: Date,
    /// What the team wants to remember.
    retention: Retention,
}

impl Around {
    /// The team of the channel says which day it is; else any team of the server, else UTC.
    fn of(desk: &Desk, call: &Call, guild: GuildId) -> Self {
        let now = desk.clock.now();
        let look = |state: &Guild| {
            let teams = || state.teams().values().map(Box::as_ref);
            let near = team_at(state, call.channel).or_else(|| teams().next());
            let zone = near.map_or_else(Zone::utc, |team| team.settings.schedule.zone.clone());
            let open = |team: &Team| Some(team.open_round()?.question.clone());
            Self {
                open: teams().filter_map(open).collect(),
                today: zone.date(now),
                retention: near.map_or_else(Retention::default, |team| team.settings.retention),
            }
        };
        let known = desk.store.read(guild, look);
        known.unwrap_or_else(|| look(&Guild::new(guild)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_count_once_and_only_if_they_exist() {
        let values = ["0", "2", "2", "7", "x", "-1"].map(String::from);
        assert_eq!(made(&values, 4), 2);
        assert_eq!(made(&[], 4), 0);
    }
}
