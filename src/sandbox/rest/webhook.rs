//! What follows the first answer to an interaction: its edits and follow-ups.

use serde_json::Value;

use super::callback::respond;
use super::draft::{Draft, Purpose};
use super::messages::{apply_edit, json_of};
use super::problem::{self, Problem};
use super::route::Route;
use super::{Answer, Call, done, ok};
use crate::sandbox::model::{Discord, InteractionState, flag};

/// How long a token lives, in milliseconds (Discord docs, interactions/receiving-and-responding).
const TOKEN_MS: i64 = 15 * 60 * 1000;

pub fn handle(discord: &mut Discord, route: &Route, call: &Call) -> Answer {
    match route {
        Route::FollowUp { app, token } => follow_up(discord, of_token(discord, *app, token)?, call),
        Route::Original { app, token } => get(discord, original(discord, *app, token)?),
        Route::EditOriginal { app, token } => {
            let interaction = of_token(discord, *app, token)?;
            let place = original(discord, *app, token)?;
            edit(discord, interaction, place, call)
        }
        Route::DeleteOriginal { app, token } => delete(discord, original(discord, *app, token)?),
        Route::FollowUpMessage {
            app,
            token,
            message,
        } => get(discord, followed(discord, *app, token, *message)?),
        Route::EditFollowUp {
            app,
            token,
            message,
        } => {
            let interaction = of_token(discord, *app, token)?;
            let place = followed(discord, *app, token, *message)?;
            edit(discord, interaction, place, call)
        }
        Route::DeleteFollowUp {
            app,
            token,
            message,
        } => delete(discord, followed(discord, *app, token, *message)?),
        _ => Err(problem::not_found()),
    }
}

/// The interaction of a token that still lives.
fn of_token(discord: &Discord, app: u64, token: &str) -> Result<u64, Problem> {
    let found = discord
        .interaction_of(token)
        .filter(|_| app == discord.app.id);
    let one = found.ok_or_else(problem::unknown_webhook)?;
    if discord.clock.now_ms() - one.asked_ms > TOKEN_MS || one.state == InteractionState::Failed {
        return Err(problem::invalid_webhook_token());
    }
    if one.state == InteractionState::Waiting {
        return Err(problem::unknown_webhook());
    }
    Ok(one.id)
}

fn original(discord: &Discord, app: u64, token: &str) -> Result<(u64, u64), Problem> {
    let id = of_token(discord, app, token)?;
    let place = discord.interactions.get(&id).and_then(|one| one.original);
    place.ok_or_else(problem::unknown_message)
}

fn followed(discord: &Discord, app: u64, token: &str, message: u64) -> Result<(u64, u64), Problem> {
    let id = of_token(discord, app, token)?;
    let one = discord
        .interactions
        .get(&id)
        .ok_or_else(problem::unknown_webhook)?;
    let is_ours = one.follow_ups.contains(&message)
        || one
            .original
            .is_some_and(|(_, original)| original == message);
    if is_ours {
        Ok((one.channel, message))
    } else {
        Err(problem::unknown_message())
    }
}

fn get(discord: &Discord, (channel, message): (u64, u64)) -> Answer {
    discord
        .message(channel, message)
        .ok_or_else(problem::unknown_message)?;
    ok(json_of(discord, channel, message))
}

fn edit(discord: &mut Discord, interaction: u64, place: (u64, u64), call: &Call) -> Answer {
    let (channel, message) = place;
    let draft = Draft::parse(&call.body, &call.uploads, Purpose::Edit)?;
    let was_loading = stop_loading(discord, place);
    if let Err(problem) = apply_edit(discord, place, &draft) {
        if was_loading && let Some(one) = discord.message_mut(channel, message) {
            one.flags |= flag::LOADING;
        }
        return Err(problem);
    }
    settle(discord, interaction, place);
    ok(json_of(discord, channel, message))
}

/// The answer that was announced is there.
fn settle(discord: &mut Discord, interaction: u64, place: (u64, u64)) {
    if let Some(one) = discord.interactions.get_mut(&interaction)
        && one.original == Some(place)
    {
        one.state = match one.state {
            InteractionState::Acknowledged => InteractionState::Updated,
            InteractionState::Thinking => InteractionState::Answered,
            ref other => other.clone(),
        };
    }
}

fn stop_loading(discord: &mut Discord, place: (u64, u64)) -> bool {
    let Some(one) = discord.message_mut(place.0, place.1) else {
        return false;
    };
    let was_loading = one.flags & flag::LOADING != 0;
    one.flags &= !flag::LOADING;
    was_loading
}

fn follow_up(discord: &mut Discord, interaction: u64, call: &Call) -> Answer {
    let draft = Draft::parse(&call.body, &call.uploads, Purpose::Interaction)?;
    let one = discord
        .interactions
        .get(&interaction)
        .ok_or_else(problem::unknown_webhook)?;
    // The first follow-up after "thinking" is the answer that was announced.
    if let (InteractionState::Thinking, Some(place)) = (&one.state, one.original) {
        return edit(discord, interaction, place, call);
    }
    let one = one.clone();
    let (channel, message) = respond(discord, &one, &draft);
    if let Some(one) = discord.interactions.get_mut(&interaction) {
        one.follow_ups.push(message);
    }
    ok(json_of(discord, channel, message))
}

fn delete(discord: &mut Discord, (channel, message): (u64, u64)) -> Answer {
    let gone: Option<Value> = discord
        .delete_message(channel, message)
        .then_some(Value::Null);
    gone.ok_or_else(problem::unknown_message)?;
    done()
}
