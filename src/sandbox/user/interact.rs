//! Commands, buttons, menus and forms as a user uses them, with the wait for the bot's answer.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

use super::super::Sandbox;
use super::super::gateway::Event;
use super::super::model::{
    Discord, Interaction, InteractionKind, InteractionState, Message, kind as channel_kind,
    token_of,
};
use super::super::permission::USE_APPLICATION_COMMANDS;
use super::super::rest::FIRST_ANSWER;
use super::super::wire::message::Reader;
use super::super::wire::{self, id};
use super::options::{Place, Typed};
use super::view::can_see;
use super::{MessageView, Refused};

/// How long, in real time, an answer that was announced is waited for.
const ANNOUNCED: Duration = Duration::from_secs(15);
/// Bytes an attachment of an answer may have (Discord docs, reference, "Uploading Files").
const ATTACHMENT_MAX: u64 = 10 * 1024 * 1024;
/// What Discord shows when the bot did not answer in time.
const NO_RESPONSE: &str = "The application did not respond";

/// What a user sees after they used a command or a component.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Outcome {
    /// A message, for all or for them alone.
    Message(MessageView),
    /// The message whose component was used, as it is now.
    Updated(MessageView),
    /// Nothing that can be seen: the bot has noticed.
    Acknowledged,
    /// A form was opened.
    Form(Value),
    /// "… is thinking", and nothing came.
    Thinking(MessageView),
    /// "The application did not respond."
    NoResponse(String),
    /// Discord's client would not even send it, for this reason.
    Failed(String),
}

impl Outcome {
    /// The message that is shown, if there is one.
    pub const fn message(&self) -> Option<&MessageView> {
        match self {
            Self::Message(view) | Self::Updated(view) | Self::Thinking(view) => Some(view),
            _ => None,
        }
    }
}

/// A choice that autocomplete offers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// What is shown.
    pub name: String,
    /// What is sent.
    pub value: Value,
}

/// What is about to be sent to the bot.
struct Asked {
    kind: InteractionKind,
    user: u64,
    channel: u64,
    name: String,
    data: Value,
    pressed: Option<(u64, u64)>,
}

impl Sandbox {
    /// Uses a slash command, such as `team void`, and waits for the answer.
    pub async fn command(
        &self,
        channel: u64,
        user: u64,
        typed: &str,
        options: &[(&str, Value)],
    ) -> Outcome {
        let asked = self.with(|discord| {
            let data = command_data(discord, (channel, user), typed, options, None)?;
            let (name, data) = data;
            Ok(ask(
                discord,
                Asked {
                    kind: InteractionKind::Command,
                    user,
                    channel,
                    name,
                    data,
                    pressed: None,
                },
            ))
        });
        self.outcome(asked).await
    }

    /// Types a part of an option's value; what the bot offers.
    ///
    /// # Errors
    ///
    /// There is no such command or option, or the bot did not answer.
    pub async fn autocomplete(
        &self,
        (channel, user): (u64, u64),
        typed: &str,
        (option, partial): (&str, &str),
        others: &[(&str, Value)],
    ) -> Result<Vec<Choice>, Refused> {
        let mut options = others.to_vec();
        options.push((option, json!(partial)));
        let interaction = self.with(|discord| {
            let (name, data) =
                command_data(discord, (channel, user), typed, &options, Some(option))?;
            Ok(ask(
                discord,
                Asked {
                    kind: InteractionKind::Autocomplete,
                    user,
                    channel,
                    name,
                    data,
                    pressed: None,
                },
            ))
        })?;
        match self.first_answer(interaction).await {
            InteractionState::Choices(choices) => Ok(choices.iter().map(choice).collect()),
            _ => Err(Refused::new("Loading options failed.")),
        }
    }

    /// Presses a button, or chooses from a menu: by custom id or by what is written on it.
    pub async fn press(
        &self,
        message: u64,
        user: u64,
        component: &str,
        values: &[&str],
    ) -> Outcome {
        let asked = self.with(|discord| {
            let (channel, data) = press_data(discord, message, user, component, values)?;
            Ok(ask(
                discord,
                Asked {
                    kind: InteractionKind::Component,
                    user,
                    channel,
                    name: String::new(),
                    data,
                    pressed: Some((channel, message)),
                },
            ))
        });
        self.outcome(asked).await
    }

    /// Sends a form that was opened by a command or a button. `fields` are texts by custom id.
    pub async fn submit_form(
        &self,
        (channel, user): (u64, u64),
        form: &Value,
        fields: &[(&str, &str)],
    ) -> Outcome {
        let rows = form["components"].as_array().cloned().unwrap_or_default();
        let filled: Vec<Value> = rows.iter().map(|row| filled(row, fields)).collect();
        let data = json!({ "custom_id": form["custom_id"], "components": filled });
        let asked = self.with(|discord| {
            Ok(ask(
                discord,
                Asked {
                    kind: InteractionKind::Modal,
                    user,
                    channel,
                    name: String::new(),
                    data,
                    pressed: None,
                },
            ))
        });
        self.outcome(asked).await
    }

    async fn outcome(&self, asked: Result<u64, Refused>) -> Outcome {
        let interaction = match asked {
            Ok(interaction) => interaction,
            Err(Refused(why)) => return Outcome::Failed(why),
        };
        let mut state = self.first_answer(interaction).await;
        if state == InteractionState::Thinking {
            let answered = |discord: &Discord| {
                let state = &discord.interactions.get(&interaction)?.state;
                (*state != InteractionState::Thinking).then(|| state.clone())
            };
            state = self
                .wait_for("the answer", ANNOUNCED, answered)
                .await
                .unwrap_or(state);
        }
        self.read(|discord| seen(discord, interaction, state))
    }

    /// How the interaction stands after the first answer, or after it was too late for one.
    async fn first_answer(&self, interaction: u64) -> InteractionState {
        let answered = |discord: &Discord| {
            let state = &discord.interactions.get(&interaction)?.state;
            (*state != InteractionState::Waiting).then(|| state.clone())
        };
        if let Ok(state) = self.wait_for("an answer", FIRST_ANSWER, answered).await {
            return state;
        }
        self.with(|discord| {
            let Some(one) = discord.interactions.get_mut(&interaction) else {
                return InteractionState::Failed;
            };
            if one.state == InteractionState::Waiting {
                one.state = InteractionState::Failed;
            }
            one.state.clone()
        })
    }
}

/// What the user sees of an interaction.
fn seen(discord: &Discord, interaction: u64, state: InteractionState) -> Outcome {
    let original = discord
        .interactions
        .get(&interaction)
        .and_then(|one| one.original);
    let message = original.and_then(|(channel, message)| discord.message(channel, message));
    let view = message.map(|one| MessageView::of(discord, one));
    match (state, view) {
        (InteractionState::Answered, Some(view)) => Outcome::Message(view),
        (InteractionState::Updated, Some(view)) => Outcome::Updated(view),
        (InteractionState::Thinking, Some(view)) => Outcome::Thinking(view),
        (InteractionState::Form(form), _) => Outcome::Form(form),
        (InteractionState::Failed | InteractionState::Waiting, _) => {
            Outcome::NoResponse(NO_RESPONSE.to_owned())
        }
        // An answer that the bot has deleted again leaves nothing to see.
        _ => Outcome::Acknowledged,
    }
}

fn choice(json: &Value) -> Choice {
    Choice {
        name: json["name"].as_str().unwrap_or_default().to_owned(),
        value: json["value"].clone(),
    }
}

fn filled(row: &Value, fields: &[(&str, &str)]) -> Value {
    let inner = row["components"].as_array().map_or(&[][..], Vec::as_slice);
    let input = |one: &Value| {
        let given = fields
            .iter()
            .find(|(id, _)| one["custom_id"] == *id)
            .map(|(_, text)| *text);
        json!({
            "type": one["type"],
            "custom_id": one["custom_id"],
            "value": given.or_else(|| one["value"].as_str()).unwrap_or_default(),
        })
    };
    json!({ "type": 1, "components": inner.iter().map(input).collect::<Value>() })
}

/// The command's full name and the `data` of its interaction.
fn command_data(
    discord: &Discord,
    (channel, user): (u64, u64),
    typed: &str,
    options: &[(&str, Value)],
    focused: Option<&str>,
) -> Result<(String, Value), Refused> {
    let one = discord
        .channels
        .get(&channel)
        .filter(|_| can_see(discord, channel, user));
    let one = one.ok_or_else(|| Refused::new("There is no such channel."))?;
    if one.is_archived() {
        return Err(Refused::new(
            "Commands can't be used in an archived thread.",
        ));
    }
    let command = Typed::find(discord, one.guild, typed)?;
    check_offered(discord, (channel, user), &command)?;
    let place = Place {
        discord,
        guild: one.guild,
        user,
    };
    let given: Vec<_> = options
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    Ok((command.name(), command.data(place, &given, focused)?))
}

/// Whether Discord's client offers a command to this user here.
fn check_offered(
    discord: &Discord,
    (channel, user): (u64, u64),
    command: &Typed<'_>,
) -> Result<(), Refused> {
    let refused = || Refused::new(format!("You can't use /{} here.", command.name()));
    let one = discord.channels.get(&channel).ok_or_else(refused)?;
    let body = &command.command.body;
    let context = u64::from(one.guild.is_none());
    let contexts = body["contexts"].as_array();
    if contexts.is_some_and(|all| !all.iter().any(|one| one.as_u64() == Some(context))) {
        return Err(refused());
    }
    let Some(guild) = one.guild else {
        return Ok(());
    };
    let own = discord.permissions(one, user);
    let needed = body["default_member_permissions"]
        .as_str()
        .and_then(|bits| bits.parse::<u64>().ok());
    // "0" means: administrators only.
    let needed = match needed {
        Some(0) => super::super::permission::ADMINISTRATOR,
        Some(bits) => bits,
        None => 0,
    };
    if own & USE_APPLICATION_COMMANDS == 0 || own & needed != needed || !discord.bot_is_in(guild) {
        return Err(refused());
    }
    Ok(())
}

/// The channel of a message, and the `data` for one of its components.
fn press_data(
    discord: &Discord,
    message: u64,
    user: u64,
    component: &str,
    values: &[&str],
) -> Result<(u64, Value), Refused> {
    let one = discord
        .find_message(message)
        .filter(|one| one.is_seen_by(user) && can_see(discord, one.channel, user));
    let one = one.ok_or_else(|| Refused::new("There is no such message."))?;
    let rows = one
        .components
        .iter()
        .filter_map(|row| row["components"].as_array());
    let found = rows
        .flatten()
        .find(|one| one["custom_id"] == component || one["label"] == component);
    let found = found.ok_or_else(|| Refused::new(format!("There is no button {component}.")))?;
    if found["disabled"] == true {
        return Err(Refused::new(format!(
            "The button {component} is switched off."
        )));
    }
    if found["custom_id"].is_null() {
        return Err(Refused::new(format!("{component} is a link.")));
    }
    let mut data = json!({
        "id": found["id"],
        "custom_id": found["custom_id"],
        "component_type": found["type"],
    });
    if found["type"] != 2 {
        check_values(found, values)?;
        data["values"] = json!(values);
    }
    Ok((one.channel, data))
}

fn check_values(select: &Value, values: &[&str]) -> Result<(), Refused> {
    let bound = |name: &str| select[name].as_u64().unwrap_or(1);
    let count = values.len() as u64;
    if count < bound("min_values") || count > bound("max_values") {
        return Err(Refused::new(
            "That is not the number of choices that is asked for.",
        ));
    }
    let offered = select["options"].as_array();
    let is_offered =
        |value: &str| offered.is_none_or(|all| all.iter().any(|one| one["value"] == value));
    match values.iter().find(|value| !is_offered(value)) {
        Some(value) => Err(Refused::new(format!("{value} is not offered."))),
        None => Ok(()),
    }
}

/// Makes the interaction and sends it to the bot.
fn ask(discord: &mut Discord, asked: Asked) -> u64 {
    let number = discord.next_id();
    let token = token_of(number);
    let payload = payload(discord, &asked, number, &token);
    let guild = discord.guild_of(asked.channel);
    discord.note_interaction(Interaction {
        id: number,
        token,
        kind: asked.kind,
        user: asked.user,
        channel: asked.channel,
        guild,
        asked: Instant::now(),
        asked_ms: discord.clock.now_ms(),
        state: InteractionState::Waiting,
        name: asked.name,
        pressed: asked.pressed,
        original: None,
        follow_ups: Vec::new(),
    });
    discord.dispatch_in(guild, &Event::new("INTERACTION_CREATE", 0, payload));
    number
}

fn payload(discord: &Discord, asked: &Asked, number: u64, token: &str) -> Value {
    let mut json = json!({
        "id": id(number),
        "application_id": id(discord.app.id),
        "type": asked.kind as u8,
        "data": asked.data,
        "channel_id": id(asked.channel),
        "token": token,
        "version": 1,
        "locale": "en-US",
        "entitlements": [],
        "entitlement_sku_ids": [],
        "attachment_size_limit": ATTACHMENT_MAX,
        "authorizing_integration_owners": {},
        "context": 1,
    });
    let Some(channel) = discord.channels.get(&asked.channel) else {
        return json;
    };
    json["channel"] = wire::channel::of_interaction(discord, channel, asked.user);
    json["app_permissions"] = json!(discord.permissions(channel, discord.app.id).to_string());
    if let Some((channel, message)) = asked.pressed
        && let Some(message) = discord.message(channel, message)
    {
        json["message"] = pressed_json(discord, message);
    }
    let Some(guild) = channel.guild.and_then(|id| discord.guilds.get(&id)) else {
        json["user"] = discord
            .users
            .get(&asked.user)
            .map_or(Value::Null, wire::guild::user);
        json["context"] = json!(if channel.kind == channel_kind::DM {
            1
        } else {
            2
        });
        return json;
    };
    let own = discord.permissions(channel, asked.user);
    let mut member = discord
        .member_json(Some(guild.id), asked.user)
        .unwrap_or_else(|| json!({}));
    member["permissions"] = json!(own.to_string());
    json["member"] = member;
    json["guild_id"] = id(guild.id);
    json["guild_locale"] = json!(guild.locale);
    json["guild"] = json!({ "id": id(guild.id), "locale": guild.locale, "features": [] });
    json["context"] = json!(0);
    json["authorizing_integration_owners"] = json!({ "0": id(guild.id) });
    json
}

/// The message whose component was used: always readable.
fn pressed_json(discord: &Discord, message: &Message) -> Value {
    let reader = Reader {
        user: discord.app.id,
        content: true,
    };
    wire::message::message(discord, message, reader)
}
