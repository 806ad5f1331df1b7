//! Answers interactions within Discord's three seconds.
//!
//! A handler has [`DEFER_AFTER`] to finish. If it needs longer, because the disk or Discord is
//! slow, the bot defers the response and edits it later. Example: a member runs `/team credit`
//! while a save takes two seconds. After 1.5 s the member sees "Quizloop is thinking…", and after 2
//! s the result.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use tracing::{Instrument as _, Span, info_span};

use super::commands;
use super::response::Response;
use super::user_rate_limit::{Decision, RequestKind};
use crate::bot::context::BotContext;
use crate::bot::discord::rest::ApiError;
use crate::bot::gateway::event::{Interaction, InteractionData};
use crate::bot::render::message::Message;
use crate::bot::render::user_error::UserError;
use crate::bot::scheduler::reminders;
use crate::health::InteractionOutcome;
use quizloop_failpoint as failpoint;

/// How long a handler may take before the response is deferred.
///
/// Discord closes an interaction that has no response after 3 s (Discord docs,
/// interactions/receiving-and-responding).
const DEFER_AFTER: Duration = Duration::from_millis(1500);

/// The body of an interaction response. The constants below are its types (Discord docs,
/// interactions/receiving-and-responding, "Interaction Callback Type").
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

/// How a response is deferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deferral {
    /// A message that only the member sees.
    Ephemeral,
    /// A message that everybody in the channel sees.
    Public,
    /// A change of the message with the button.
    Update,
}

/// Handles an interaction, inside a tracing span that identifies it.
pub fn handle_interaction(
    ctx: Arc<BotContext>,
    interaction: Interaction,
) -> impl Future<Output = ()> + Send {
    // Not an async function: its future would hold the inner one twice.
    let span = interaction_span(&interaction);
    handle(ctx, interaction).instrument(span)
}

/// Returns the span for all log lines about an interaction.
///
/// It never contains the interaction's token or a text that a member typed. Custom ids and values
/// of components come from the member's client, so only the name of a known component is recorded.
fn interaction_span(interaction: &Interaction) -> Span {
    info_span!(
        "interaction",
        id = %interaction.id,
        guild = interaction.guild.map(display),
        channel = %interaction.channel,
        command = interaction.data.command(),
        component = commands::component_label(&interaction.data),
    )
}

async fn handle(ctx: Arc<BotContext>, interaction: Interaction) {
    let start = Instant::now();
    let kind = request_kind(&interaction);
    let decision = ctx.rate_limiter.check(interaction.user, kind, ctx.uptime());
    let (outcome, sent) = match decision {
        Decision::Allow => (
            InteractionOutcome::Answered,
            respond(&ctx, &interaction).await,
        ),
        Decision::Deny {
            retry_after,
            is_first,
        } => {
            if is_first {
                tracing::info!(member = %interaction.user, "member rate limited");
            }
            (
                InteractionOutcome::RateLimited,
                reject_rate_limited(&ctx, &interaction, retry_after).await,
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
    if let Err(error) = sent {
        tracing::warn!(%error, "interaction could not be answered");
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

/// Answers a rate-limited member without use of the store or the bank.
async fn reject_rate_limited(
    ctx: &BotContext,
    interaction: &Interaction,
    retry_after: Duration,
) -> Result<(), ApiError> {
    let response = match request_kind(interaction) {
        RequestKind::Autocomplete => Response::Autocomplete(Vec::new()),
        RequestKind::Interaction => {
            let until = ctx.clock.now().saturating_add(retry_after);
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

/// The kind of a sent response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ResponseKind {
    /// A message; follow-up messages are possible.
    Message,
    /// A modal or suggestions.
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
            let message = &*rest.link_commands(message);
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
        Response::CachedUpdate(message) => {
            rest.respond(id, token, &Callback::new(UPDATE_MESSAGE, message), None)
                .await?;
            ResponseKind::Message
        }
        Response::Update(message) => {
            let message = &*rest.link_commands(message);
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
    let ephemeral = json!({ "flags": 64 });
    let empty = json!({});
    let callback = match deferral_for(interaction) {
        Deferral::Ephemeral => Callback::new(DEFERRED_MESSAGE, &ephemeral),
        Deferral::Public => Callback::new(DEFERRED_MESSAGE, &empty),
        Deferral::Update => Callback::new(DEFERRED_UPDATE, &empty),
    };
    ctx.rest
        .respond(interaction.id, &interaction.token, &callback, None)
        .await
}

fn deferral_for(interaction: &Interaction) -> Deferral {
    match &interaction.data {
        InteractionData::Command(name) if commands::answers_publicly(name) => Deferral::Public,
        InteractionData::Component { custom_id, .. }
            if commands::component_updates_message(custom_id) =>
        {
            Deferral::Update
        }
        // Only a modal that a button opened has a message that it can change.
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
        // An error, or a question back: the message with the button stays as it is.
        Response::New(message) if deferral_for(interaction) == Deferral::Update => {
            ctx.rest.create_followup(&interaction.token, &message).await
        }
        // The deferral was private, and an edit can't change that.
        Response::New(message)
            if !message.is_ephemeral() && deferral_for(interaction) == Deferral::Ephemeral =>
        {
            let note = Message::text("Here it is, for everyone:").ephemeral();
            ctx.rest
                .edit_original_response(&interaction.token, &note, None)
                .await?;
            ctx.rest.create_followup(&interaction.token, &message).await
        }
        Response::New(message) | Response::Update(message) => {
            let message = &*ctx.rest.link_commands(&message);
            let file = message.file.as_ref();
            ctx.rest
                .edit_original_response(&interaction.token, message, file)
                .await
        }
        Response::Cached(message) | Response::CachedUpdate(message) => {
            ctx.rest
                .edit_original_response(&interaction.token, &message, None)
                .await
        }
        // Discord accepts a modal only as the first response. Handlers that return one don't wait,
        // so this is not expected; the message asks the member to press the button again.
        Response::Modal(_) => {
            ctx.rest
                .edit_original_response(
                    &interaction.token,
                    &UserError::ModalTooLate.message(),
                    None,
                )
                .await
        }
        // Suggestions can't be deferred. The member's client asks again with the next letter.
        Response::Autocomplete(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<F>(_: impl FnOnce(Arc<BotContext>, Interaction) -> F) -> usize {
        size_of::<F>()
    }

    /// Each interaction in progress holds one of these. A future that is passed by value is easily
    /// stored several times.
    #[test]
    fn future_of_an_interaction_is_small() {
        let size = size_of_future(handle_interaction);
        assert!(size < 4096, "{size} bytes");
    }
}
