//! `/answer` and the button "Model answer": the reveal.

use serde_json::{Value, json};

use super::{Said, team_of};
use crate::bank::Question;
use crate::bot::desk::{Desk, TeamKey};
use crate::bot::event::{Ask, Call};
use crate::bot::render::message::Message;
use crate::bot::render::reveal;
use crate::bot::render::user_error::UserError;
use crate::bot::response::Response;
use crate::practice::id::{ChannelId, GuildId};
use crate::practice::round::Round;

/// The command in Discord's form.
pub fn definition() -> Value {
    json!({
        "name": "answer",
        "description": "Show the model answer and how to answer",
        "contexts": [0],
        "options": [
            { "type": 3, "name": "question", "description": "Another question of the bank, by its words, id or number", "autocomplete": true },
            { "type": 5, "name": "public", "description": "Show it to everybody" },
        ],
    })
}

/// The answer to the question that was named, or of the round of the channel or thread.
pub async fn run(desk: &Desk, call: &Call, guild: GuildId) -> Result<Response, UserError> {
    let public = call.flag("public");
    if let Some(text) = call.text("question") {
        let question = named(desk, text)?;
        // The open question is asked for like this as well.
        let here = round_here(desk, call, guild).ok();
        let Some((key, round)) = here.filter(|(_, here)| here.question == question.id) else {
            return Ok(if public {
                Response::New(reveal::answer(question))
            } else {
                desk.reveals.private(question)
            });
        };
        return show(desk, call, key, &round, public).await;
    }
    let (key, round) = round_here(desk, call, guild)?;
    show(desk, call, key, &round, public).await
}

/// The button on a daily message, which works also when its round is not known any more.
pub fn pressed(
    desk: &Desk,
    call: &Call,
    guild: GuildId,
    question: &str,
) -> Result<Response, UserError> {
    let question = known(desk, question)?;
    let Ask::Press { message, .. } = &call.ask else {
        return Err(UserError::StaleComponent);
    };
    let key = TeamKey {
        guild,
        channel: call.channel,
    };
    let spoiled = desk.team(key, |team| {
        let number = team.round_by_message(*message)?.number;
        team.needs_reveal_confirmation(number, call.user)
            .then_some(number)
    });
    Ok(match spoiled.flatten() {
        Some(number) => {
            let confirm = reveal::confirm(key.channel, number, false, question);
            Response::New(confirm.ephemeral())
        }
        None => desk.reveals.private(question),
    })
}

/// "Show it anyway": what that means for the streak is on disk before anything is shown.
pub async fn confirmed(
    desk: &Desk,
    call: &Call,
    key: TeamKey,
    (number, public, question): (u32, bool, &str),
) -> Said {
    let question = known(desk, question)?;
    let now = desk.clock.now();
    if desk.team(key, |team| {
        team.needs_reveal_confirmation(number, call.user)
    }) == Some(true)
    {
        let _awaited_below = desk.change_team(key, |team| team.peek(number, call.user, now));
    }
    // Also who presses again must not see it before the look is on disk.
    let settled = desk.store.latest_commit(key.guild).wait().await;
    settled.map_err(|_| UserError::SaveFailed)?;
    if !public {
        return Ok(reveal::answer(question));
    }
    let round = desk.team(key, |team| team.round(number).map(Shown::of));
    let round = round.flatten().ok_or(UserError::StaleComponent)?;
    publish(desk, key, &round, question).await
}

async fn show(
    desk: &Desk,
    call: &Call,
    key: TeamKey,
    round: &Shown,
    public: bool,
) -> Result<Response, UserError> {
    let question = known(desk, &round.question)?;
    if desk.team(key, |team| {
        team.needs_reveal_confirmation(round.number, call.user)
    }) == Some(true)
    {
        let confirm = reveal::confirm(key.channel, round.number, public, question);
        return Ok(Response::New(confirm.ephemeral()));
    }
    if !public {
        return Ok(desk.reveals.private(question));
    }
    let message = if round.thread == Some(call.channel) {
        reveal::answer(question)
    } else {
        publish(desk, key, round, question).await?.ephemeral()
    };
    Ok(Response::New(message))
}

/// Posts the answer where the team talks about the round.
async fn publish(desk: &Desk, key: TeamKey, round: &Shown, question: &Question) -> Said {
    let place = round.thread.unwrap_or(key.channel);
    desk.rest
        .send_message(place, &reveal::answer(question))
        .await
        .map_err(|failure| {
            UserError::Discord(format!("The answer could not be posted. {failure}."))
        })?;
    Ok(Message::text(format!(
        "The answer is in <#{place}> for everybody."
    )))
}

/// What a reveal needs of a round: a whole one has a list of all who replied.
pub struct Shown {
    number: u32,
    /// The id of its question.
    pub question: String,
    thread: Option<ChannelId>,
}

impl Shown {
    fn of(round: &Round) -> Self {
        Self {
            number: round.number,
            question: round.question.clone(),
            thread: round.thread_id(),
        }
    }
}

/// The round of the thread a call comes from, or the newest one of the team.
pub fn round_here(desk: &Desk, call: &Call, guild: GuildId) -> Result<(TeamKey, Shown), UserError> {
    let key = team_of(desk, call, guild)?;
    let round = desk.team(key, |team| {
        let of_thread = team.round_by_message(call.channel.starter_message());
        of_thread.or_else(|| team.open_round()).map(Shown::of)
    });
    Ok((key, round.flatten().ok_or(UserError::RoundNotFound)?))
}

fn known<'a>(desk: &'a Desk, id: &str) -> Result<&'a Question, UserError> {
    desk.bank
        .get(id)
        .ok_or_else(|| UserError::QuestionNotFound(id.to_owned()))
}

/// A question by its id, or else the best match for what somebody typed without picking.
fn named<'a>(desk: &'a Desk, text: &str) -> Result<&'a Question, UserError> {
    let found = desk.bank.get(text.trim());
    let found = found.or_else(|| desk.bank.search(text, 1).first().copied());
    found.ok_or_else(|| UserError::QuestionNotFound(text.to_owned()))
}
