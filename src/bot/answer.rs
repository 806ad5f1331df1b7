//! Answering a member within Discord's three seconds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::commands;
use super::desk::Desk;
use super::event::{Ask, Call};
use super::flood::{Verdict, Wish};
use super::reminders;
use super::render::user_error::UserError;
use super::response::Response;
use super::rest::ApiError;
use crate::failpoint;
use crate::health::Outcome;

/// Discord closes an interaction that has no answer after 3 s (Discord docs,
/// interactions/receiving-and-responding). If ours is not ready after this time, because the disk or
/// Discord is slow, we announce it and fill it in later.
const ANNOUNCE_AFTER: Duration = Duration::from_millis(1500);

/// The answer to an interaction in Discord's form (Discord docs, interactions/receiving-and-responding,
/// "Interaction Callback Type").
#[derive(Serialize)]
struct Callback<'a, D> {
    #[serde(rename = "type")]
    kind: u8,
    data: &'a D,
}

impl<'a, D> Callback<'a, D> {
    const fn new(kind: u8, data: &'a D) -> Self {
        Self { kind, data }
    }
}

const MESSAGE: u8 = 4;
const LATER: u8 = 5;
const UPDATE_LATER: u8 = 6;
const UPDATE: u8 = 7;
const SUGGESTIONS: u8 = 8;
const FORM: u8 = 9;

/// How an answer that takes long is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Announce {
    /// As a message for the member alone.
    Private,
    /// As a message for all.
    Public,
    /// As a change of the message with the button.
    Change,
}

/// Answers a call.
pub async fn answer(desk: Arc<Desk>, call: Call) {
    let start = Instant::now();
    let (outcome, sent) = match desk.floods.ask(call.user, wish(&call), desk.uptime()) {
        Verdict::Go => (Outcome::Answered, respond(&desk, &call).await),
        Verdict::Wait { wait, first } => {
            if first {
                tracing::info!(guild = ?call.guild, member = %call.user, "a member asks too fast and has to wait");
            }
            (Outcome::Cooled, slow_down(&desk, &call, wait).await)
        }
    };
    let outcome = if sent.is_ok() {
        outcome
    } else {
        Outcome::Failed
    };
    desk.vitals
        .answered(commands::label(&call.ask), outcome, start.elapsed());
    if let Err(failure) = sent {
        // What was typed is nobody's business.
        let ask = match &call.ask {
            Ask::Command(name) | Ask::Suggest { command: name, .. } => name,
            Ask::Press { .. } => "a button",
            Ask::Submit { .. } => "a form",
        };
        tracing::warn!(guild = ?call.guild, ask, %failure, "a member got no answer");
    }
}

fn wish(call: &Call) -> Wish {
    match call.ask {
        Ask::Command(_) | Ask::Press { .. } | Ask::Submit { .. } => Wish::Answer,
        Ask::Suggest { .. } => Wish::Suggestions,
    }
}

/// The cheapest answer there is: neither the store nor the bank is asked.
async fn slow_down(desk: &Desk, call: &Call, wait: Duration) -> Result<(), ApiError> {
    let response = match wish(call) {
        Wish::Suggestions => Response::Suggestions(Vec::new()),
        Wish::Answer => {
            let until = desk.clock.now().saturating_add(wait);
            Response::New(UserError::RateLimited(until.unwrap_or(Timestamp::MAX)).message())
        }
    };
    send(desk, call, &response).await?;
    Ok(())
}

async fn respond(desk: &Desk, call: &Call) -> Result<(), ApiError> {
    let said = first_answer(desk, call).await?;
    if said == Said::Message {
        reminders::report_dm_failures(desk, call).await;
    }
    Ok(())
}

/// What a member was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// A message, after which more may be said.
    Message,
    /// A form or suggestions.
    Other,
}

async fn first_answer(desk: &Desk, call: &Call) -> Result<Said, ApiError> {
    let response = commands::respond(desk, call);
    tokio::pin!(response);
    tokio::select! {
        biased;
        response = &mut response => send(desk, call, &response).await,
        () = tokio::time::sleep(ANNOUNCE_AFTER) => {
            announce(desk, call).await?;
            let response = response.await;
            fill_in(desk, call, response).await?;
            Ok(Said::Message)
        }
    }
}

async fn send(desk: &Desk, call: &Call, response: &Response) -> Result<Said, ApiError> {
    failpoint::pass("answer.ready");
    let (id, token) = (call.id, call.token.as_str());
    let rest = &desk.rest;
    let said = match response {
        Response::New(message) => {
            let callback = Callback::new(MESSAGE, message);
            rest.respond(id, token, &callback, message.file.as_ref())
                .await?;
            Said::Message
        }
        Response::Ready(message) => {
            rest.respond(id, token, &Callback::new(MESSAGE, message), None)
                .await?;
            Said::Message
        }
        Response::Update(message) => {
            let callback = Callback::new(UPDATE, message);
            rest.respond(id, token, &callback, message.file.as_ref())
                .await?;
            Said::Message
        }
        Response::Modal(modal) => {
            rest.respond(id, token, &Callback::new(FORM, modal), None)
                .await?;
            Said::Other
        }
        Response::Suggestions(choices) => {
            let data = json!({ "choices": choices });
            rest.respond(id, token, &Callback::new(SUGGESTIONS, &data), None)
                .await?;
            Said::Other
        }
    };
    Ok(said)
}

async fn announce(desk: &Desk, call: &Call) -> Result<(), ApiError> {
    let private = json!({ "flags": 64 });
    let nothing = json!({});
    let callback = match how(call) {
        Announce::Private => Callback::new(LATER, &private),
        Announce::Public => Callback::new(LATER, &nothing),
        Announce::Change => Callback::new(UPDATE_LATER, &nothing),
    };
    desk.rest
        .respond(call.id, &call.token, &callback, None)
        .await
}

fn how(call: &Call) -> Announce {
    match &call.ask {
        Ask::Command(name) if name == "leaderboard" => Announce::Public,
        Ask::Press { custom_id, .. } if commands::updates(custom_id) => Announce::Change,
        // Only a form that a button opened has a message that it can change.
        Ask::Submit {
            custom_id,
            message: Some(_),
            ..
        } if commands::changes(custom_id) => Announce::Change,
        Ask::Command(_) | Ask::Suggest { .. } | Ask::Press { .. } | Ask::Submit { .. } => {
            Announce::Private
        }
    }
}

async fn fill_in(desk: &Desk, call: &Call, response: Response) -> Result<(), ApiError> {
    match response {
        Response::New(message) | Response::Update(message) => {
            let file = message.file.as_ref();
            desk.rest
                .edit_original_response(&call.token, &message, file)
                .await
        }
        Response::Ready(message) => {
            desk.rest
                .edit_original_response(&call.token, &message, None)
                .await
        }
        // Nothing that gives a form waits, so none comes late; who sees this all the same presses again.
        Response::Modal(_) => {
            desk.rest
                .edit_original_response(&call.token, &UserError::ModalTooLate.message(), None)
                .await
        }
        // Suggestions can't be announced; whoever still types asks again.
        Response::Suggestions(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<F>(_: impl FnOnce(Arc<Desk>, Call) -> F) -> usize {
        size_of::<F>()
    }

    /// Each answer under way holds one of these, and a future that is passed on by value is easily held several times.
    #[test]
    fn an_answer_under_way_is_small() {
        let size = size_of_future(answer);
        assert!(size < 4096, "{size} bytes");
    }
}
