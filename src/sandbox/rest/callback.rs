//! The first answer to an interaction (Discord docs, interactions/receiving-and-responding).

use std::time::Duration;

use serde_json::{Value, json};

use super::callback_form;
use super::draft::{Draft, Purpose};
use super::form::Form;
use super::messages::{apply_edit, json_of};
use super::problem::{self, Problem};
use super::{Answer, Call, done, ok};
use crate::sandbox::mention::{self, Allowed};
use crate::sandbox::model::{
    Discord, Interacted, Interaction, InteractionKind, InteractionState, Message, flag,
    message_kind,
};
use crate::sandbox::wire::id;

/// The first answer is due within this time, in real time.
pub const FIRST_ANSWER: Duration = Duration::from_secs(3);

/// Types of answers.
mod kind {
    pub const MESSAGE: u64 = 4;
    pub const THINKING: u64 = 5;
    pub const ACKNOWLEDGE: u64 = 6;
    pub const UPDATE: u64 = 7;
    pub const CHOICES: u64 = 8;
    pub const FORM: u64 = 9;
}

pub fn handle(discord: &mut Discord, interaction: u64, token: &str, call: &Call) -> Answer {
    let one = discord
        .interactions
        .get(&interaction)
        .filter(|one| one.token == token);
    let one = one.ok_or_else(problem::unknown_interaction)?;
    if one.state == InteractionState::Failed || one.asked.elapsed() > FIRST_ANSWER {
        return Err(problem::unknown_interaction());
    }
    if one.state != InteractionState::Waiting {
        return Err(problem::already_acknowledged());
    }
    let one = one.clone();
    let (state, original) = answer(discord, &one, call)?;
    if let Some(one) = discord.interactions.get_mut(&interaction) {
        one.state = state;
        one.original = original;
    }
    if call
        .query
        .get("with_response")
        .is_some_and(|value| value == "true")
    {
        return ok(response(discord, interaction, &call.body["type"]));
    }
    done()
}

type Answered = (InteractionState, Option<(u64, u64)>);

fn answer(discord: &mut Discord, one: &Interaction, call: &Call) -> Result<Answered, Problem> {
    let body = &call.body;
    let data = &body["data"];
    let is_typing = one.kind == InteractionKind::Autocomplete;
    let under = one.pressed;
    match body["type"].as_u64() {
        Some(kind::CHOICES) if is_typing => Ok((callback_form::choices(data)?, None)),
        Some(kind::MESSAGE) if !is_typing => {
            let draft = Draft::parse(data, &call.uploads, Purpose::Interaction)?;
            let place = respond(discord, one, &draft);
            Ok((InteractionState::Answered, Some(place)))
        }
        Some(kind::THINKING) if !is_typing => Ok(think(discord, one, data)),
        Some(kind::ACKNOWLEDGE) if !is_typing && under.is_some() => {
            Ok((InteractionState::Acknowledged, under))
        }
        Some(kind::UPDATE) if !is_typing && under.is_some() => {
            let draft = Draft::parse(data, &call.uploads, Purpose::Edit)?;
            if let Some(place) = under {
                apply_edit(discord, place, &draft)?;
            }
            Ok((InteractionState::Updated, under))
        }
        Some(kind::FORM) if !is_typing && one.kind != InteractionKind::Modal => {
            Ok((callback_form::form(data)?, None))
        }
        _ => Err(wrong_type(one)),
    }
}

fn wrong_type(one: &Interaction) -> Problem {
    let allowed = match (one.kind, one.pressed) {
        (InteractionKind::Autocomplete, _) => "8",
        (InteractionKind::Modal, None) => "4, 5",
        (InteractionKind::Modal, Some(_)) => "4, 5, 6, 7",
        (_, None) => "4, 5, 9",
        (_, Some(_)) => "4, 5, 6, 7, 9",
    };
    let mut form = Form::default();
    form.choice("type", allowed);
    form.finish().err().unwrap_or_else(problem::not_json)
}

/// Writes a message that answers an interaction.
pub fn respond(discord: &mut Discord, one: &Interaction, draft: &Draft) -> (u64, u64) {
    let mut message = blank(discord, one, draft.is_ephemeral());
    draft.fill(discord, &mut message);
    let allowed = draft.allowed.clone().unwrap_or(Allowed::users());
    mention::resolve(discord, &mut message, &allowed);
    (one.channel, discord.write(message))
}

/// An empty message that answers an interaction.
fn blank(discord: &Discord, one: &Interaction, is_ephemeral: bool) -> Message {
    let is_command = one.kind == InteractionKind::Command;
    Message {
        channel: one.channel,
        author: discord.app.id,
        kind: if is_command {
            message_kind::CHAT_INPUT_COMMAND
        } else {
            message_kind::DEFAULT
        },
        flags: if is_ephemeral { flag::EPHEMERAL } else { 0 },
        seen_only_by: is_ephemeral.then_some(one.user),
        interaction: Some(Interacted {
            id: one.id,
            kind: one.kind as u8,
            user: one.user,
            name: one.name.clone(),
            pressed: one.pressed.map(|(_, message)| message),
        }),
        ..Message::default()
    }
}

/// "… is thinking"; only the flag for an ephemeral answer counts, and it can't be changed later.
fn think(discord: &mut Discord, one: &Interaction, data: &Value) -> Answered {
    let is_ephemeral = data["flags"].as_u64().unwrap_or(0) & flag::EPHEMERAL != 0;
    let mut message = blank(discord, one, is_ephemeral);
    message.flags |= flag::LOADING;
    let id = discord.write(message);
    (InteractionState::Thinking, Some((one.channel, id)))
}

fn response(discord: &Discord, interaction: u64, kind: &Value) -> Value {
    let Some(one) = discord.interactions.get(&interaction) else {
        return Value::Null;
    };
    let mut json = json!({
        "interaction": {
            "id": id(interaction),
            "type": one.kind as u8,
            "response_message_loading": one.state == InteractionState::Thinking,
            "response_message_ephemeral": one.original.is_some_and(|(channel, message)| {
                discord.message(channel, message).is_some_and(|one| one.seen_only_by.is_some())
            }),
        },
    });
    if let Some((channel, message)) = one.original {
        json["interaction"]["response_message_id"] = id(message);
        // Discord's docs: present for types 4 and 7.
        if matches!(
            kind.as_u64(),
            Some(self::kind::MESSAGE | self::kind::UPDATE)
        ) {
            json["resource"] = json!({
                "type": kind,
                "message": json_of(discord, channel, message),
            });
        }
    }
    json
}
