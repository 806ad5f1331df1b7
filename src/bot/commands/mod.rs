//! The slash commands and buttons: one file a command, with its definition and its handler.
//!
//! Handlers take the desk and a plain `Call`; what they say comes from [`super::render`].

mod answer;
mod feedback;
mod help;
mod hint;
mod leaderboard;
mod privacy;
mod progress;
mod quiz;
mod remind;
mod remove;
mod settings;
pub mod setup;
mod streak;
mod team;

use std::collections::HashMap;

use serde_json::{Value, json};

use super::desk::{Desk, TeamKey, team_at};
use super::event::{Ask, Call};
use super::press::{Form, Press, Privacy};
use super::render::message::Message;
use super::render::text::truncate;
use super::render::user_error::UserError;
use super::response::{Response, SUGGESTIONS_MAX, Suggestion};
use crate::bank::Question;
use crate::practice::id::GuildId;
use crate::store::{GuildPin, LoadError};

/// The longest name of a choice (Discord docs, interactions/application-commands, "Option Choice").
const CHOICE_NAME_MAX: usize = 100;

/// What a handler gives: a message, or the reason why there is none.
pub type Said = Result<Message, UserError>;

/// All commands in Discord's form, for the bulk registration.
pub fn definitions() -> Value {
    json!([
        quiz::definition(),
        answer::definition(),
        hint::definition(),
        streak::definition(),
        leaderboard::definition(),
        progress::definition(),
        remind::definition(),
        privacy::definition(),
        help::definition(),
        setup::definition(),
        team::definition(),
    ])
}

/// The answer to a call.
pub async fn respond(desk: &Desk, call: &Call) -> Response {
    let _pin = match at_hand(desk, call).await {
        Ok(pin) => pin,
        Err(sorry) => return Response::New(sorry.message()),
    };
    match &call.ask {
        Ask::Command(name) => told(command(desk, call, name).await),
        Ask::Press {
            custom_id, values, ..
        } => press(desk, call, custom_id, values).await,
        Ask::Submit {
            custom_id, values, ..
        } => submitted(desk, call, custom_id, values).await,
        Ask::Suggest {
            command,
            option,
            typed,
        } => Response::Suggestions(suggest(desk, command, option, typed)),
    }
}

/// Keeps the guild in memory for as long as it is needed, if it is needed.
async fn at_hand(desk: &Desk, call: &Call) -> Result<Option<GuildPin>, UserError> {
    // Suggestions and forms come from the bank alone, and neither can be announced and filled in later.
    let needs_none = match &call.ask {
        Ask::Suggest { .. } => true,
        Ask::Press { custom_id, .. } => {
            Press::parse(custom_id).is_some_and(|press| press.opens_form())
        }
        Ask::Command(_) | Ask::Submit { .. } => false,
    };
    let Some(guild) = call.guild.filter(|_| !needs_none) else {
        return Ok(None);
    };
    match desk.store.load(guild).await {
        Ok(pin) => Ok(Some(pin)),
        // What was asked just before a server became another process's must not be answered as if nothing were known
        // of it.
        Err(LoadError::Unavailable) => Err(UserError::OwnedElsewhere),
        Err(LoadError::Database(error)) => {
            tracing::warn!(%guild, %error, "a server can't be fetched; a member is told to try again");
            Err(UserError::LoadFailed)
        }
    }
}

/// The names of all commands, for counting.
const NAMES: [&str; 11] = [
    "quiz",
    "answer",
    "hint",
    "streak",
    "leaderboard",
    "progress",
    "remind",
    "privacy",
    "help",
    "setup",
    "team",
];

/// A word for what was asked, one of a fixed list: what Discord or a member sends never gets into a label.
pub fn label(ask: &Ask) -> &'static str {
    match ask {
        Ask::Command(name) => {
            let first = name.split(' ').next().unwrap_or_default();
            NAMES
                .into_iter()
                .find(|name| *name == first)
                .unwrap_or("other")
        }
        Ask::Press { .. } => "button",
        Ask::Submit { .. } => "form",
        Ask::Suggest { .. } => "suggest",
    }
}

/// Whether pressing that button changes the message it is on.
pub fn updates(custom_id: &str) -> bool {
    matches!(
        Press::parse(custom_id),
        Some(
            Press::Reveal { .. }
                | Press::Quiz { .. }
                | Press::Privacy(
                    Privacy::Hide | Privacy::Show | Privacy::Delete | Privacy::DeleteForGood
                )
                | Press::Remove { .. }
                | Press::PostNow { .. }
                | Press::Reports { .. }
                | Press::CloseReport { .. }
        )
    )
}

/// Whether sending that form changes the message whose button opened it.
pub fn changes(custom_id: &str) -> bool {
    match Form::parse(custom_id) {
        Some(Form::Quiz(_)) => true,
        Some(Form::Report { .. }) | None => false,
    }
}

async fn command(desk: &Desk, call: &Call, name: &str) -> Result<Response, UserError> {
    let guild = call.guild.ok_or(UserError::GuildOnly)?;
    let said = match name {
        "quiz" => quiz::run(desk, call, guild),
        "answer" => return answer::run(desk, call, guild).await,
        "hint" => hint::run(desk, call, guild),
        "streak" => streak::run(desk, call, guild),
        "leaderboard" => leaderboard::run(desk, call, guild),
        "progress" => progress::run(desk, call, guild).await,
        "privacy" => Ok(privacy::run(desk, call, guild)),
        "help" => Ok(super::render::help::help(call.admin).ephemeral()),
        name if name.starts_with("remind ") => remind::run(desk, call, guild, name).await,
        "setup" => setup::run(desk, call, guild).await,
        other => team::run(desk, call, guild, other).await,
    };
    said.map(Response::New)
}

async fn press(desk: &Desk, call: &Call, custom_id: &str, values: &[String]) -> Response {
    let (Some(press), Some(guild)) = (Press::parse(custom_id), call.guild) else {
        return new(Err(UserError::StaleComponent));
    };
    match press {
        Press::Hint { question } => new(hint::pressed(desk, &question)),
        Press::Answer { question } => told(answer::pressed(desk, call, guild, &question)),
        Press::Streak => new(streak::run(desk, call, guild)),
        Press::Reveal {
            channel,
            round,
            public,
            question,
        } => {
            let key = TeamKey { guild, channel };
            update(answer::confirmed(desk, call, key, (round, public, &question)).await)
        }
        Press::Quiz { step, at } => quiz::pressed(desk, call, guild, (step, &at), values).await,
        Press::Privacy(step) => privacy::pressed(desk, call, guild, step).await,
        Press::Report { question } => feedback::ask(desk, &question),
        Press::Reports { page } => update(feedback::list(desk, call, guild, page)),
        Press::CloseReport { page } => {
            update(feedback::close(desk, call, guild, (page, values)).await)
        }
        Press::PostNow { channel } => {
            update(team::post_now(desk, call, TeamKey { guild, channel }).await)
        }
        Press::Remove { channel } => {
            update(remove::confirmed(desk, call, TeamKey { guild, channel }).await)
        }
    }
}

/// What is done with a form.
async fn submitted(
    desk: &Desk,
    call: &Call,
    custom_id: &str,
    written: &HashMap<String, String>,
) -> Response {
    match Form::parse(custom_id) {
        Some(Form::Quiz(at)) => {
            let text = written.get(super::render::quiz::ANSWER_FIELD);
            update(quiz::written(desk, &at, text.map_or("", String::as_str)))
        }
        Some(Form::Report { question }) => {
            new(feedback::sent(desk, call, &question, written).await)
        }
        None => new(Err(UserError::StaleComponent)),
    }
}

fn new(said: Said) -> Response {
    told(said.map(Response::New))
}

/// A response, or the refusal as a new message.
fn told(said: Result<Response, UserError>) -> Response {
    said.unwrap_or_else(|sorry| Response::New(sorry.message()))
}

/// A message that takes the place of the one with the button; a refusal comes beside it.
fn update(said: Said) -> Response {
    match said {
        Ok(message) => Response::Update(message),
        Err(sorry) => Response::New(sorry.message()),
    }
}

fn suggest(desk: &Desk, command: &str, option: &str, typed: &str) -> Vec<Suggestion> {
    match (command, option) {
        ("answer", "question") => questions(&desk.bank.search(typed, SUGGESTIONS_MAX)),
        (_, "topic") => topics(desk, typed),
        (_, "timezone") => setup::zones(typed),
        (_, "days") => setup::days(typed),
        _ => Vec::new(),
    }
}

fn questions(found: &[&Question]) -> Vec<Suggestion> {
    let suggestion = |question: &&Question| Suggestion {
        name: truncate(
            &format!(
                "{:03} · {}",
                question.number,
                question.question.replace('`', "")
            ),
            CHOICE_NAME_MAX,
        ),
        value: question.id.clone(),
    };
    found.iter().map(suggestion).collect()
}

fn topics(desk: &Desk, typed: &str) -> Vec<Suggestion> {
    let typed = typed.to_lowercase().replace(' ', "-");
    let fits = |topic: &&str| topic.contains(&typed);
    let suggestion = |topic: &str| Suggestion {
        name: super::render::daily::topic_label(topic),
        value: topic.to_owned(),
    };
    desk.bank
        .topics()
        .filter(fits)
        .take(SUGGESTIONS_MAX)
        .map(suggestion)
        .collect()
}

/// The team a call is about: the one it names, the one of the channel or thread it comes from, or the
/// only one of the guild.
fn team_of(desk: &Desk, call: &Call, guild: GuildId) -> Result<TeamKey, UserError> {
    let chosen = call.channel("channel");
    let found = desk.store.read(guild, |state| {
        if let Some(chosen) = chosen {
            return state
                .team(chosen)
                .map(|team| team.channel)
                .ok_or(UserError::TeamNotFound);
        }
        if let Some(team) = team_at(state, call.channel) {
            return Ok(team.channel);
        }
        match state.teams().keys().collect::<Vec<_>>().as_slice() {
            [] => Err(UserError::TeamNotFound),
            [only] => Ok(**only),
            _ => Err(UserError::AmbiguousTeam),
        }
    });
    let channel = found.unwrap_or(Err(UserError::TeamNotFound))?;
    Ok(TeamKey { guild, channel })
}

fn admins_only(call: &Call) -> Result<(), UserError> {
    if call.admin {
        Ok(())
    } else {
        Err(UserError::AdminsOnly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_its_label_and_nothing_else_has_one() {
        for definition in definitions().as_array().unwrap() {
            let name = definition["name"].as_str().unwrap();
            let with_subcommand = format!("{name} status");
            assert_eq!(label(&Ask::Command(with_subcommand)), name);
        }
        assert_eq!(label(&Ask::Command("streak\"} 1".into())), "other");
    }
}
