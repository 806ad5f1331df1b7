//! Endpoints after the initial response to an interaction: edits and follow-ups (Discord docs,
//! interactions/receiving-and-responding, "Followup Messages").

use super::callback::create_response;
use super::error_response::{self, ErrorResponse};
use super::message_body::{BodyPurpose, MessageBody};
use super::messages::{apply_edit, message_json};
use super::route::Route;
use super::{ApiRequest, HandlerResult, no_content, ok};
use crate::model::{Discord, InteractionState, MessageKey, flag};

/// How long an interaction token is valid, in milliseconds (Discord docs,
/// interactions/receiving-and-responding).
const TOKEN_LIFETIME_MS: i64 = 15 * 60 * 1000;

pub fn handle(discord: &mut Discord, route: &Route, request: &ApiRequest) -> HandlerResult {
    match route {
        Route::FollowUp { app, token } => create_followup(
            discord,
            interaction_by_token(discord, *app, token)?,
            request,
        ),
        Route::Original { app, token } => get(discord, original_message(discord, *app, token)?),
        Route::EditOriginal { app, token } => {
            let interaction = interaction_by_token(discord, *app, token)?;
            let original = original_message(discord, *app, token)?;
            edit(discord, interaction, original, request)
        }
        Route::DeleteOriginal { app, token } => {
            delete(discord, original_message(discord, *app, token)?)
        }
        Route::FollowUpMessage {
            app,
            token,
            message,
        } => get(discord, followup_message(discord, *app, token, *message)?),
        Route::EditFollowUp {
            app,
            token,
            message,
        } => {
            let interaction = interaction_by_token(discord, *app, token)?;
            let followup = followup_message(discord, *app, token, *message)?;
            edit(discord, interaction, followup, request)
        }
        Route::DeleteFollowUp {
            app,
            token,
            message,
        } => delete(discord, followup_message(discord, *app, token, *message)?),
        _ => Err(error_response::not_found()),
    }
}

/// Returns the id of the interaction with a valid token.
///
/// # Errors
///
/// Returns 50027 if the token has expired, and 10015 if it is unknown or the interaction has no
/// initial response yet.
fn interaction_by_token(discord: &Discord, app: u64, token: &str) -> Result<u64, ErrorResponse> {
    let found = discord
        .interaction_of(token)
        .filter(|_| app == discord.app.id);
    let one = found.ok_or_else(error_response::unknown_webhook)?;
    if discord.clock.now_ms() - one.created_ms > TOKEN_LIFETIME_MS
        || one.state == InteractionState::Failed
    {
        return Err(error_response::invalid_webhook_token());
    }
    if one.state == InteractionState::Pending {
        return Err(error_response::unknown_webhook());
    }
    Ok(one.id)
}

fn original_message(discord: &Discord, app: u64, token: &str) -> Result<MessageKey, ErrorResponse> {
    let id = interaction_by_token(discord, app, token)?;
    discord
        .interactions
        .get(&id)
        .and_then(|one| one.original)
        .ok_or_else(error_response::unknown_message)
}

fn followup_message(
    discord: &Discord,
    app: u64,
    token: &str,
    message: u64,
) -> Result<MessageKey, ErrorResponse> {
    let id = interaction_by_token(discord, app, token)?;
    let one = discord
        .interactions
        .get(&id)
        .ok_or_else(error_response::unknown_webhook)?;
    let belongs = one.follow_ups.contains(&message)
        || one
            .original
            .is_some_and(|original| original.message == message);
    if belongs {
        Ok(MessageKey {
            channel: one.channel,
            message,
        })
    } else {
        Err(error_response::unknown_message())
    }
}

fn get(discord: &Discord, key: MessageKey) -> HandlerResult {
    let MessageKey { channel, message } = key;
    discord
        .message(channel, message)
        .ok_or_else(error_response::unknown_message)?;
    ok(message_json(discord, channel, message))
}

fn edit(
    discord: &mut Discord,
    interaction: u64,
    target: MessageKey,
    request: &ApiRequest,
) -> HandlerResult {
    let MessageKey { channel, message } = target;
    let draft = MessageBody::parse(&request.body, &request.uploads, BodyPurpose::Edit)?;
    let was_loading = stop_loading(discord, target);
    if let Err(error) = apply_edit(discord, target, &draft) {
        if was_loading && let Some(one) = discord.message_mut(channel, message) {
            one.flags |= flag::LOADING;
        }
        return Err(error);
    }
    finish_deferred(discord, interaction, target);
    ok(message_json(discord, channel, message))
}

/// Records that the deferred response is complete, if the edited message is the original response.
fn finish_deferred(discord: &mut Discord, interaction: u64, edited: MessageKey) {
    if let Some(one) = discord.interactions.get_mut(&interaction)
        && one.original == Some(edited)
    {
        one.state = match one.state {
            InteractionState::DeferredUpdate => InteractionState::Updated,
            InteractionState::DeferredMessage => InteractionState::Answered,
            ref other => other.clone(),
        };
    }
}

/// Clears the loading flag of a message. Returns whether it was set.
fn stop_loading(discord: &mut Discord, key: MessageKey) -> bool {
    let Some(one) = discord.message_mut(key.channel, key.message) else {
        return false;
    };
    let was_loading = one.flags & flag::LOADING != 0;
    one.flags &= !flag::LOADING;
    was_loading
}

fn create_followup(discord: &mut Discord, interaction: u64, request: &ApiRequest) -> HandlerResult {
    let draft = MessageBody::parse(&request.body, &request.uploads, BodyPurpose::Interaction)?;
    let one = discord
        .interactions
        .get(&interaction)
        .ok_or_else(error_response::unknown_webhook)?;
    // After a deferred response, the first follow-up completes it instead of creating a message.
    if let (InteractionState::DeferredMessage, Some(original)) = (&one.state, one.original) {
        return edit(discord, interaction, original, request);
    }
    let one = one.clone();
    let MessageKey { channel, message } = create_response(discord, &one, &draft);
    if let Some(one) = discord.interactions.get_mut(&interaction) {
        one.follow_ups.push(message);
    }
    ok(message_json(discord, channel, message))
}

fn delete(discord: &mut Discord, key: MessageKey) -> HandlerResult {
    if discord.delete_message(key.channel, key.message) {
        no_content()
    } else {
        Err(error_response::unknown_message())
    }
}
