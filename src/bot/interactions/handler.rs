//! Answers interactions within Discord's three seconds.
//!
//! A handler has [`DEFER_AFTER`] to finish. If it needs longer, because the disk or Discord is
//! slow, the bot defers the response and edits it later. Example: a member runs `/team credit`
//! while a save takes two seconds. After 1.5 s the member sees "Quizloop is thinking…", and after 2
//! s the result.
//!
//! Discord refuses a response after three seconds. Then nothing is sent: neither a response, nor a
//! deferral, nor a message that follows it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use tracing::{Instrument as _, Span, info_span};

use super::response::Response;
use super::user_rate_limit::{Decision, RequestKind};
use super::{commands, member_notes};
use crate::bot::context::BotContext;
use crate::bot::discord::rest::{ApiError, Unanswered};
use crate::bot::gateway::event::{Interaction, InteractionData};
use crate::bot::render::file::File;
use crate::bot::render::message::Message;
use crate::bot::render::user_error::UserError;
use crate::bot::scheduler::reminders;
use crate::health::{DropReason, InteractionOutcome};
use quizloop_failpoint as failpoint;

/// How long after its arrival an interaction is deferred: half of the time within which Discord
/// accepts a response, so that the deferral arrives in time.
pub const DEFER_AFTER: Duration = Duration::from_millis(1500);

/// Why an interaction got no response.
#[derive(Debug, thiserror::Error)]
enum ResponseError {
    /// Discord accepts no response any more.
    #[error("Discord has closed the interaction")]
    Expired,
    #[error(transparent)]
    Api(#[from] ApiError),
}

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
    let outcome = match sent {
        Ok(()) => outcome,
        Err(ResponseError::Expired) => {
            ctx.interactions.count_dropped(DropReason::Expired, 1);
            return;
        }
        Err(ResponseError::Api(error)) => {
            tracing::warn!(%error, "interaction could not be answered");
            InteractionOutcome::Failed
        }
    };
    ctx.health.interaction_finished(
        commands::metric_label(&interaction.data),
        outcome,
        interaction.received_at.elapsed(),
    );
}

fn request_kind(interaction: &Interaction) -> RequestKind {
    match interaction.data {
        InteractionData::Command(_)
        | InteractionData::MessageCommand { .. }
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
) -> Result<(), ResponseError> {
    let response = match request_kind(interaction) {
        RequestKind::Autocomplete => Response::Autocomplete(Vec::new()),
        RequestKind::Interaction => {
            let until = ctx.clock.now().saturating_add(retry_after);
            let error = UserError::RateLimited(until.unwrap_or(Timestamp::MAX));
            commands::refuse_unhandled(ctx, interaction, &error)
        }
    };
    send(ctx, interaction, &response).await?;
    Ok(())
}

async fn respond(ctx: &BotContext, interaction: &Interaction) -> Result<(), ResponseError> {
    let kind = respond_or_defer(ctx, interaction).await?;
    if let ResponseKind::Message { is_private } = kind {
        reminders::report_dm_failures(ctx, interaction).await;
        // Boxed, because it seldom has anything to do, and each interaction in progress holds its size.
        Box::pin(commands::suggest::report_decisions(ctx, interaction)).await;
        if is_private {
            Box::pin(member_notes::send(ctx, interaction)).await;
        }
    }
    Ok(())
}

/// The kind of a sent response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ResponseKind {
    /// A message; follow-up messages are possible.
    Message {
        /// Whether only the member sees it.
        is_private: bool,
    },
    /// A modal or suggestions.
    Other,
}

async fn respond_or_defer(
    ctx: &BotContext,
    interaction: &Interaction,
) -> Result<ResponseKind, ResponseError> {
    let response = commands::respond(ctx, interaction);
    tokio::pin!(response);
    let defer_at = interaction.received_at + DEFER_AFTER;
    tokio::select! {
        biased;
        response = &mut response => send(ctx, interaction, &response).await,
        () = tokio::time::sleep_until(defer_at.into()) => {
            let deferred = defer(ctx, interaction).await;
            // Without a deferral the handler ends as well: it may have changed something already.
            let response = response.await;
            deferred?;
            let is_private = is_private(&response);
            edit_original_response(ctx, interaction, response).await?;
            Ok(ResponseKind::Message { is_private })
        }
    }
}

async fn send(
    ctx: &BotContext,
    interaction: &Interaction,
    response: &Response,
) -> Result<ResponseKind, ResponseError> {
    failpoint::hit("answer.ready");
    let message_kind = ResponseKind::Message {
        is_private: is_private(response),
    };
    let kind = match response {
        Response::New(message) => {
            let message = &*ctx.rest.link_commands(message);
            let callback = Callback::new(MESSAGE, message);
            send_callback(ctx, interaction, &callback, message.file.as_ref()).await?;
            message_kind
        }
        Response::Cached(message) => {
            send_callback(ctx, interaction, &Callback::new(MESSAGE, message), None).await?;
            message_kind
        }
        Response::CachedUpdate(message) => {
            let callback = Callback::new(UPDATE_MESSAGE, message);
            send_callback(ctx, interaction, &callback, None).await?;
            message_kind
        }
        Response::Update(message) => {
            let message = &*ctx.rest.link_commands(message);
            let callback = Callback::new(UPDATE_MESSAGE, message);
            send_callback(ctx, interaction, &callback, message.file.as_ref()).await?;
            message_kind
        }
        Response::Modal(modal) => {
            send_callback(ctx, interaction, &Callback::new(MODAL, modal), None).await?;
            ResponseKind::Other
        }
        Response::Autocomplete(choices) => {
            let data = json!({ "choices": choices });
            let callback = Callback::new(AUTOCOMPLETE_RESULT, &data);
            send_callback(ctx, interaction, &callback, None).await?;
            ResponseKind::Other
        }
    };
    Ok(kind)
}

/// Whether only the member sees a response. A button whose message is replaced is on a private one.
fn is_private(response: &Response) -> bool {
    match response {
        Response::New(message) => message.is_ephemeral(),
        Response::Cached(message) => message.is_ephemeral(),
        Response::Update(_) | Response::CachedUpdate(_) => true,
        Response::Modal(_) | Response::Autocomplete(_) => false,
    }
}

/// Sends the first response, unless Discord accepts none any more.
async fn send_callback<D: Serialize>(
    ctx: &BotContext,
    interaction: &Interaction,
    callback: &Callback<'_, D>,
    file: Option<&File>,
) -> Result<(), ResponseError> {
    let time_left = interaction.time_left(Instant::now());
    if time_left.is_zero() {
        return Err(ResponseError::Expired);
    }
    let unanswered = Unanswered {
        id: interaction.id,
        token: &interaction.token,
        time_left,
    };
    Ok(ctx.rest.respond(unanswered, callback, file).await?)
}

async fn defer(ctx: &BotContext, interaction: &Interaction) -> Result<(), ResponseError> {
    let ephemeral = json!({ "flags": 64 });
    let empty = json!({});
    let callback = match deferral_for(interaction) {
        Deferral::Ephemeral => Callback::new(DEFERRED_MESSAGE, &ephemeral),
        Deferral::Public => Callback::new(DEFERRED_MESSAGE, &empty),
        Deferral::Update => Callback::new(DEFERRED_UPDATE, &empty),
    };
    send_callback(ctx, interaction, &callback, None).await
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
        | InteractionData::MessageCommand { .. }
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
    use std::collections::HashMap;

    use super::*;
    use crate::bot::fuzzing::fixture;

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

    /// Handles a command that arrived that long ago. Returns how many were dropped by it.
    fn dropped_after(age: Duration) -> u64 {
        let received_at = Instant::now().checked_sub(age).unwrap();
        let mut dropped = 0;
        fixture::with(|ctx, runtime| {
            let interaction = Interaction {
                id: 1,
                token: "token".into(),
                data: InteractionData::Command("help".to_owned()),
                options: HashMap::new(),
                guild: Some(fixture::GUILD),
                channel: fixture::CHANNEL,
                user: fixture::ADA,
                is_admin: false,
                received_at,
            };
            let count = || ctx.health.dropped_interactions(DropReason::Expired);
            let before = count();
            runtime.block_on(handle_interaction(Arc::clone(ctx), interaction));
            dropped = count() - before;
        });
        dropped
    }

    #[test]
    fn nothing_is_sent_once_discord_has_closed_the_interaction() {
        assert_eq!(dropped_after(Duration::from_secs(3)), 1);
    }
}
