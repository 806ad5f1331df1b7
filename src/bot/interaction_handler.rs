//! Answering a member within Discord's three seconds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::commands;
use super::context::BotContext;
use super::event::{Interaction, InteractionData};
use super::reminders;
use super::render::user_error::UserError;
use super::response::Response;
use super::rest::ApiError;
use super::user_rate_limit::{Decision, RequestKind};
use crate::failpoint;
use crate::health::InteractionOutcome;

/// Discord closes an interaction that has no answer after 3 s (Discord docs,
/// interactions/receiving-and-responding). If ours is not ready after this time, because the disk or
/// Discord is slow, we announce it and fill it in later.
const DEFER_AFTER: Duration = Duration::from_millis(1500);

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
const DEFERRED_MESSAGE: u8 = 5;
const DEFERRED_UPDATE: u8 = 6;
const UPDATE_MESSAGE: u8 = 7;
const AUTOCOMPLETE_RESULT: u8 = 8;
const MODAL: u8 = 9;

/// How an answer that takes long is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deferral {
    /// As a message for the member alone.
    Ephemeral,
    /// As a message for all.
    Public,
    /// As a change of the message with the button.
    Update,
}

/// Answers a call.
pub async fn handle_interaction(ctx: Arc<BotContext>, interaction: Interaction) {
    let start = Instant::now();
    let (outcome, sent) = match ctx.rate_limiter.check(
        interaction.user,
        request_kind(&interaction),
        ctx.uptime(),
    ) {
        Decision::Allow => (
            InteractionOutcome::Answered,
            respond(&ctx, &interaction).await,
        ),
        Decision::Deny {
            retry_after: wait,
            is_first: first,
        } => {
            if first {
                tracing::info!(guild = ?interaction.guild, member = %interaction.user, "a member asks too fast and has to wait");
            }
            (
                InteractionOutcome::RateLimited,
                reject_rate_limited(&ctx, &interaction, wait).await,
            )
        }
    };
    let outcome = if sent.is_ok() {
        outcome
    } else {
        InteractionOutcome::Failed
    };
    ctx.health.interaction_finished(
        commands::metric_label(&interaction.data),
        outcome,
        start.elapsed(),
    );
    if let Err(failure) = sent {
        // What was typed is nobody's business.
        let ask = match &interaction.data {
            InteractionData::Command(name)
            | InteractionData::Autocomplete { command: name, .. } => name,
            InteractionData::Component { .. } => "a button",
            InteractionData::ModalSubmit { .. } => "a form",
        };
        tracing::warn!(guild = ?interaction.guild, ask, %failure, "a member got no answer");
    }
}

fn request_kind(interaction: &Interaction) -> RequestKind {
    match interaction.data {
        InteractionData::Command(_)
        | InteractionData::Component { .. }
        | InteractionData::ModalSubmit { .. } => RequestKind::Interaction,
        InteractionData::Autocomplete { .. } => RequestKind::Autocomplete,
    }
}

/// The cheapest answer there is: neither the store nor the bank is asked.
async fn reject_rate_limited(
    ctx: &BotContext,
    interaction: &Interaction,
    wait: Duration,
) -> Result<(), ApiError> {
    let response = match request_kind(interaction) {
        RequestKind::Autocomplete => Response::Autocomplete(Vec::new()),
        RequestKind::Interaction => {
            let until = ctx.clock.now().saturating_add(wait);
            Response::New(UserError::RateLimited(until.unwrap_or(Timestamp::MAX)).message())
        }
    };
    send(ctx, interaction, &response).await?;
    Ok(())
}

async fn respond(ctx: &BotContext, interaction: &Interaction) -> Result<(), ApiError> {
    let kind = respond_or_defer(ctx, interaction).await?;
    if kind == ResponseKind::Message {
        reminders::report_dm_failures(ctx, interaction).await;
    }
    Ok(())
}

/// What a member was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ResponseKind {
    /// A message, after which more may be said.
    Message,
    /// A form or suggestions.
    Other,
}

async fn respond_or_defer(
    ctx: &BotContext,
    interaction: &Interaction,
) -> Result<ResponseKind, ApiError> {
    let response = commands::respond(ctx, interaction);
    tokio::pin!(response);
    tokio::select! {
        biased;
        response = &mut response => send(ctx, interaction, &response).await,
        () = tokio::time::sleep(DEFER_AFTER) => {
            defer(ctx, interaction).await?;
            let response = response.await;
            edit_original_response(ctx, interaction, response).await?;
            Ok(ResponseKind::Message)
        }
    }
}

async fn send(
    ctx: &BotContext,
    interaction: &Interaction,
    response: &Response,
) -> Result<ResponseKind, ApiError> {
    failpoint::hit("answer.ready");
    let (id, token) = (interaction.id, interaction.token.as_str());
    let rest = &ctx.rest;
    let kind = match response {
        Response::New(message) => {
            let callback = Callback::new(MESSAGE, message);
            rest.respond(id, token, &callback, message.file.as_ref())
                .await?;
            ResponseKind::Message
        }
        Response::Cached(message) => {
            rest.respond(id, token, &Callback::new(MESSAGE, message), None)
                .await?;
            ResponseKind::Message
        }
        Response::Update(message) => {
            let callback = Callback::new(UPDATE_MESSAGE, message);
            rest.respond(id, token, &callback, message.file.as_ref())
                .await?;
            ResponseKind::Message
        }
        Response::Modal(modal) => {
            rest.respond(id, token, &Callback::new(MODAL, modal), None)
                .await?;
            ResponseKind::Other
        }
        Response::Autocomplete(choices) => {
            let data = json!({ "choices": choices });
            rest.respond(id, token, &Callback::new(AUTOCOMPLETE_RESULT, &data), None)
                .await?;
            ResponseKind::Other
        }
    };
    Ok(kind)
}

async fn defer(ctx: &BotContext, interaction: &Interaction) -> Result<(), ApiError> {
    let private = json!({ "flags": 64 });
    let nothing = json!({});
    let callback = match deferral_for(interaction) {
        Deferral::Ephemeral => Callback::new(DEFERRED_MESSAGE, &private),
        Deferral::Public => Callback::new(DEFERRED_MESSAGE, &nothing),
        Deferral::Update => Callback::new(DEFERRED_UPDATE, &nothing),
    };
    ctx.rest
        .respond(interaction.id, &interaction.token, &callback, None)
        .await
}

fn deferral_for(interaction: &Interaction) -> Deferral {
    match &interaction.data {
        InteractionData::Command(name) if name == "leaderboard" => Deferral::Public,
        InteractionData::Component { custom_id, .. }
            if commands::component_updates_message(custom_id) =>
        {
            Deferral::Update
        }
        // Only a form that a button opened has a message that it can change.
        InteractionData::ModalSubmit {
            custom_id,
            message: Some(_),
            ..
        } if commands::modal_updates_message(custom_id) => Deferral::Update,
        InteractionData::Command(_)
        | InteractionData::Autocomplete { .. }
        | InteractionData::Component { .. }
        | InteractionData::ModalSubmit { .. } => Deferral::Ephemeral,
    }
}

async fn edit_original_response(
    ctx: &BotContext,
    interaction: &Interaction,
    response: Response,
) -> Result<(), ApiError> {
    match response {
        Response::New(message) | Response::Update(message) => {
            let file = message.file.as_ref();
            ctx.rest
                .edit_original_response(&interaction.token, &message, file)
                .await
        }
        Response::Cached(message) => {
            ctx.rest
                .edit_original_response(&interaction.token, &message, None)
                .await
        }
        // Nothing that gives a form waits, so none comes late; who sees this all the same presses again.
        Response::Modal(_) => {
            ctx.rest
                .edit_original_response(
                    &interaction.token,
                    &UserError::ModalTooLate.message(),
                    None,
                )
                .await
        }
        // Suggestions can't be announced; whoever still types asks again.
        Response::Autocomplete(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<F>(_: impl FnOnce(Arc<BotContext>, Interaction) -> F) -> usize {
        size_of::<F>()
    }

    /// Each answer under way holds one of these, and a future that is passed on by value is easily held several times.
    #[test]
    fn an_answer_under_way_is_small() {
        let size = size_of_future(handle_interaction);
        assert!(size < 4096, "{size} bytes");
    }
}
