//! `/quiz`: practice at any time, for the member alone.

use serde_json::{Value, json};

use super::Said;
use crate::bank::{Level, Question};
use crate::bot::desk::{Desk, team_at};
use crate::bot::event::Call;
use crate::bot::press::Quiz;
use crate::bot::quiz::Empty;
use crate::bot::render::quiz::{Open, quiz};
use crate::bot::render::trouble::Sorry;
use crate::practice::id::GuildId;
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
        ],
    })
}

/// A first question.
pub fn run(desk: &Desk, call: &Call, guild: GuildId) -> Said {
    let chosen = |name| call.text(name).map(ToOwned::to_owned);
    let start = Quiz {
        question: String::new(),
        topic: chosen("topic").map(|topic| topic.trim().to_lowercase().replace(' ', "-")),
        level: chosen("level"),
    };
    Ok(next(desk, call, guild, &start)?.ephemeral())
}

/// Another question of the same topic and level.
pub fn next(desk: &Desk, call: &Call, guild: GuildId, before: &Quiz) -> Said {
    let level = match &before.level {
        Some(level) => Some(level.parse::<Level>().map_err(|_| Sorry::NothingLikeIt)?),
        None => None,
    };
    let fitting: Vec<&Question> = desk.bank.pick(before.topic.as_deref(), level).collect();
    let (open, zone) = around(desk, call, guild);
    let day = zone.date(desk.clock.now());
    let member = (guild, call.user);
    // The one on the message is never "another", also after a restart.
    if let Some(shown) = desk.bank.get(&before.question) {
        desk.quizzes.remember(member, day, shown.number);
    }
    let question = desk
        .random(|rng| desk.quizzes.choose(member, day, &fitting, &open, rng))
        .map_err(|empty| match empty {
            Empty::NothingLikeIt => Sorry::NothingLikeIt,
            Empty::AllAskedToday => Sorry::AllAskedToday,
        })?;
    let now = Quiz {
        question: question.id.clone(),
        ..before.clone()
    };
    Ok(quiz(question, &now, Open::Question))
}

/// The same question with its hint.
pub fn hint(desk: &Desk, at: &Quiz) -> Said {
    shown(desk, at, Open::Hint)
}

/// The same question with its answer.
pub fn answer(desk: &Desk, at: &Quiz) -> Said {
    shown(desk, at, Open::Answer)
}

fn shown(desk: &Desk, at: &Quiz, open: Open) -> Said {
    let question = desk.bank.get(&at.question);
    let question = question.ok_or_else(|| Sorry::NoQuestion(at.question.clone()))?;
    Ok(quiz(question, at, open))
}

/// The questions of open rounds, which are not for practice, and the zone that says which day it is.
fn around(desk: &Desk, call: &Call, guild: GuildId) -> (Vec<String>, Zone) {
    desk.store
        .read(guild, |state| {
            let open =
                |team: &crate::practice::team::Team| Some(team.open_round()?.question.clone());
            let near = team_at(state, call.channel).or_else(|| state.teams().values().next());
            let zone = near.map_or(Zone::utc(), |team| team.settings.schedule.zone.clone());
            (state.teams().values().filter_map(open).collect(), zone)
        })
        .unwrap_or_else(|| (Vec::new(), Zone::utc()))
}
