//! Buttons, select menus and modals as users use them.

use serde_json::{Map, Value, json};

use super::super::Sandbox;
use super::super::model::{Discord, InteractionKind, MessageKey};
use super::ClientError;
use super::interaction::{InteractionRequest, dispatch_interaction};
use super::options::{self, ResolveContext};
use super::outcome::{ClientOutcome, ModalView};
use super::view::can_see;

impl Sandbox {
    /// Presses a button or chooses from a menu, found by custom id or by label.
    pub async fn press(
        &self,
        message: u64,
        user: u64,
        component: &str,
        values: &[&str],
    ) -> ClientOutcome {
        let interaction = self.with(|discord| {
            let (channel, data) = press_data(discord, message, user, component, values)?;
            Ok(dispatch_interaction(
                discord,
                InteractionRequest {
                    kind: InteractionKind::Component,
                    user,
                    channel,
                    name: String::new(),
                    data,
                    source_message: Some(MessageKey { channel, message }),
                },
            ))
        });
        self.wait_for_outcome(interaction).await
    }

    /// Submits a modal. `fields` are texts by custom id; other inputs keep their initial values.
    pub async fn submit_modal(
        &self,
        user: u64,
        form: &ModalView,
        fields: &[(&str, &str)],
    ) -> ClientOutcome {
        let interaction = modal_data(form, fields).map(|data| {
            self.with(|discord| {
                dispatch_interaction(
                    discord,
                    InteractionRequest {
                        kind: InteractionKind::Modal,
                        user,
                        channel: form.channel,
                        name: String::new(),
                        data,
                        source_message: form.source_message.map(|message| MessageKey {
                            channel: form.channel,
                            message,
                        }),
                    },
                )
            })
        });
        self.wait_for_outcome(interaction).await
    }
}

/// Component type of a text between the inputs of a modal.
const TEXT_DISPLAY: u64 = 10;

fn modal_data(form: &ModalView, fields: &[(&str, &str)]) -> Result<Value, ClientError> {
    let rows = form.data["components"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let mut filled = Vec::new();
    for row in rows {
        // Discord sends displayed texts back as their type and id (Discord docs,
        // components/reference, "Text Display Interaction Response").
        if row["type"] == TEXT_DISPLAY {
            filled.push(json!({ "type": TEXT_DISPLAY, "id": row["id"] }));
            continue;
        }
        let inner = row["components"].as_array().map_or(&[][..], Vec::as_slice);
        let inputs: Result<Vec<_>, _> = inner.iter().map(|one| input(one, fields)).collect();
        filled.push(json!({ "type": 1, "id": row["id"], "components": inputs? }));
    }
    Ok(json!({ "custom_id": form.data["custom_id"], "components": filled }))
}

/// Default maximum length of a text input, in characters.
const TEXT_MAX: u64 = 4000;

fn input(one: &Value, fields: &[(&str, &str)]) -> Result<Value, ClientError> {
    let entered = fields
        .iter()
        .find(|(id, _)| one["custom_id"] == *id)
        .map(|(_, text)| *text);
    let text = entered
        .or_else(|| one["value"].as_str())
        .unwrap_or_default();
    let label = one["label"].as_str().unwrap_or_default();
    let length = text.chars().count() as u64;
    let is_required = one["required"].as_bool().unwrap_or(true);
    if length == 0 && is_required {
        return Err(ClientError::new(format!("{label} is required.")));
    }
    let (min, max) = (one["min_length"].as_u64(), one["max_length"].as_u64());
    if length > max.unwrap_or(TEXT_MAX) || (length > 0 && length < min.unwrap_or(0)) {
        return Err(ClientError::new(format!(
            "{label} is too long or too short."
        )));
    }
    Ok(
        json!({ "type": one["type"], "id": one["id"], "custom_id": one["custom_id"], "value": text }),
    )
}

/// Returns the channel of a message and the `data` for one of its components.
fn press_data(
    discord: &Discord,
    message: u64,
    user: u64,
    component: &str,
    values: &[&str],
) -> Result<(u64, Value), ClientError> {
    let one = discord
        .find_message(message)
        .filter(|one| one.is_visible_to(user) && can_see(discord, one.channel, user));
    let one = one.ok_or_else(|| ClientError::new("There is no such message."))?;
    let rows = one
        .components
        .iter()
        .filter_map(|row| row["components"].as_array());
    let found = rows
        .flatten()
        .find(|one| one["custom_id"] == component || one["label"] == component);
    let found =
        found.ok_or_else(|| ClientError::new(format!("There is no button {component}.")))?;
    if found["disabled"] == true {
        return Err(ClientError::new(format!(
            "The button {component} is disabled."
        )));
    }
    if found["custom_id"].is_null() {
        return Err(ClientError::new(format!("{component} is a link.")));
    }
    let mut data = json!({
        "id": found["id"],
        "custom_id": found["custom_id"],
        "component_type": found["type"],
    });
    if found["type"] != 2 {
        check_values(found, values)?;
        data["values"] = json!(values);
        let place = ResolveContext {
            discord,
            guild: discord.guild_of(one.channel),
            user,
        };
        let resolved = resolved(place, found, values)?;
        if !resolved.is_empty() {
            data["resolved"] = Value::Object(resolved);
        }
    }
    Ok((one.channel, data))
}

/// Resolves the chosen ids of a menu of users, roles or channels.
fn resolved(
    place: ResolveContext<'_>,
    select: &Value,
    values: &[&str],
) -> Result<Map<String, Value>, ClientError> {
    let mut resolved = Map::new();
    let kind = match select["type"].as_u64() {
        Some(5) => options::kind::USER,
        Some(6) => options::kind::ROLE,
        Some(7) => options::kind::MENTIONABLE,
        Some(8) => options::kind::CHANNEL,
        _ => return Ok(resolved),
    };
    for value in values {
        options::resolve(place, kind, &json!(value), &mut resolved)?;
    }
    Ok(resolved)
}

fn check_values(select: &Value, values: &[&str]) -> Result<(), ClientError> {
    let bound = |name: &str| select[name].as_u64().unwrap_or(1);
    let count = values.len() as u64;
    let (min, max) = (bound("min_values"), bound("max_values"));
    if count < min || count > max {
        return Err(ClientError::new(format!("Choose {min} to {max} options.")));
    }
    let options = select["options"].as_array();
    let is_option =
        |value: &str| options.is_none_or(|all| all.iter().any(|one| one["value"] == value));
    match values.iter().find(|value| !is_option(value)) {
        Some(value) => Err(ClientError::new(format!(
            "{value} is not an option of this menu."
        ))),
        None => Ok(()),
    }
}
