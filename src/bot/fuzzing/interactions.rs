//! Interactions built from arbitrary bytes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::{discord_limits, fixture};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::{self, Interaction, InteractionData};
use crate::bot::interactions::commands;
use crate::bot::interactions::response::Response;
use quizloop_core::id::MessageId;

fn interaction(data: InteractionData) -> Interaction {
    let options = [("why".to_owned(), event::OptionValue::Flag(true))];
    Interaction {
        id: 1,
        token: "token".into(),
        data,
        options: HashMap::from(options),
        guild: Some(fixture::GUILD),
        channel: fixture::CHANNEL,
        user: fixture::ADA,
        is_admin: true,
        received_at: Instant::now(),
    }
}

/// Presses a button and submits a modal on the newest message, as an admin.
pub async fn send_custom_id(ctx: &Arc<BotContext>, custom_id: String) {
    let message =
        fixture::loaded(ctx).read(|guild| guild.team(fixture::CHANNEL)?.open_round()?.message);
    let message = message.flatten().unwrap_or(MessageId::new(1));
    let _ = commands::component_updates_message(&custom_id);
    let _ = commands::modal_updates_message(&custom_id);
    // A client may send values that the menu or modal did not offer.
    let values = vec![custom_id.clone(), String::new()];
    let fields = HashMap::from([(String::new(), custom_id.clone())]);
    let interactions = [
        InteractionData::Component {
            custom_id: custom_id.clone(),
            values,
            message,
        },
        InteractionData::ModalSubmit {
            custom_id,
            values: fields,
            message: Some(message),
        },
    ];
    for data in interactions {
        discord_limits::check(&commands::respond(ctx, &interaction(data)).await);
    }
}

/// Runs a command as an admin.
pub async fn command(ctx: &Arc<BotContext>, name: &str) -> Response {
    commands::respond(ctx, &interaction(InteractionData::Command(name.to_owned()))).await
}

/// Makes choices from bytes; after the last byte every choice is the first option.
struct Choices<'b>(&'b [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.byte()) % all.len()]
    }

    fn text(&mut self) -> String {
        let length = match self.byte() {
            // Maximum length of an option on Discord: 6,000 characters.
            255 => 6000,
            length => usize::from(length),
        };
        let bytes = self.0.get(..length).unwrap_or(self.0);
        self.0 = &self.0[bytes.len()..];
        let text = String::from_utf8_lossy(bytes);
        if length == 6000 && !text.is_empty() {
            return text.chars().cycle().take(6000).collect();
        }
        text.into_owned()
    }

    fn id(&mut self) -> String {
        let ids = [
            fixture::CHANNEL.get(),
            fixture::ADA.get(),
            fixture::GUILD.get(),
            7,
            1,
            u64::MAX,
            u64::MAX - 1,
        ];
        self.pick(&ids).to_string()
    }
}

/// Returns an `INTERACTION_CREATE`: a command with valid or invalid options, a button, a menu or a
/// modal.
pub fn payload(bytes: &[u8]) -> Value {
    let mut choices = Choices(bytes);
    let (kind, data) = match choices.byte() % 4 {
        0 | 1 => (2, data(&mut choices, false)),
        2 => (4, data(&mut choices, true)),
        _ => component_or_modal(&mut choices),
    };
    let permissions = choices.pick(&["32", "0", "8"]);
    let user = json!({ "id": fixture::ADA, "username": choices.text(), "discriminator": "0", "avatar": null });
    let mut interaction = json!({
        "id": "1", "application_id": "1", "type": kind, "token": "token", "version": 1,
        "guild_id": fixture::GUILD, "channel_id": choices.id(), "locale": "en-US", "guild_locale": "en-US",
        "entitlements": [], "attachment_size_limit": 1, "app_permissions": "0", "data": data,
        "authorizing_integration_owners": {},
        "member": { "user": user, "roles": [], "deaf": false, "mute": false, "flags": 0, "permissions": permissions,
            "joined_at": "2026-01-01T00:00:00Z" },
    });
    if kind == 3 || choices.byte() % 2 == 1 {
        interaction["message"] = message();
    }
    json!({ "op": 0, "s": 1, "t": "INTERACTION_CREATE", "d": interaction })
}

/// Returns type and data of a button, a menu or a modal.
fn component_or_modal(choices: &mut Choices<'_>) -> (u8, Value) {
    let custom_id: String = choices.text().chars().take(100).collect();
    match choices.byte() % 3 {
        0 => (3, json!({ "custom_id": custom_id, "component_type": 2 })),
        1 => {
            let values = [choices.text(), choices.text()];
            let data = json!({ "custom_id": custom_id, "component_type": 3, "values": values });
            (3, data)
        }
        _ => {
            let field = json!({ "type": 4, "custom_id": choices.text(), "value": choices.text() });
            let rows = [json!({ "type": 1, "components": [field] })];
            (5, json!({ "custom_id": custom_id, "components": rows }))
        }
    }
}

/// Returns a message of the bot in the form in which Discord sends it with a button.
fn message() -> Value {
    json!({
        "id": "5", "channel_id": fixture::CHANNEL, "content": "", "timestamp": "2026-03-27T08:00:00Z",
        "edited_timestamp": null, "tts": false, "mention_everyone": false, "mentions": [], "mention_roles": [],
        "attachments": [], "embeds": [], "pinned": false, "type": 0,
        "author": { "id": "1", "username": "Quizloop", "discriminator": "0", "avatar": null, "bot": true },
    })
}

/// Returns the data of a defined command, with some of its options.
fn data(choices: &mut Choices<'_>, typing: bool) -> Value {
    let commands = commands::definitions();
    let all = commands.as_array().into_iter().flatten();
    // A message command has no options in which one could type.
    let all: Vec<&Value> = all.filter(|one| !typing || one["type"] != 3).collect();
    let mut command = choices.pick(&all);
    let name = command["name"].clone();
    if command["type"] == 3 {
        return message_command_data(choices, &name);
    }
    // The names and types of the group and of the subcommand, outermost first.
    let mut path = Vec::new();
    loop {
        let is_parent = |option: &&Value| option["type"] == 1 || option["type"] == 2;
        let inner: Vec<&Value> = options_of(command).filter(is_parent).collect();
        if inner.is_empty() {
            break;
        }
        command = choices.pick(&inner);
        path.push((command["name"].clone(), command["type"].clone()));
    }
    let defined: Vec<&Value> = options_of(command).collect();
    let mut options: Vec<Value> = Vec::new();
    for option in &defined {
        if choices.byte() % 2 == 1 {
            let kind = option["type"].as_u64().unwrap_or(3);
            options.push(option_value(choices, &option["name"], kind));
        }
    }
    if typing {
        let mut focused = option_value(choices, &json!("topic"), 3);
        if let Some(option) = defined.iter().find(|option| option["autocomplete"] == true) {
            focused["name"] = option["name"].clone();
        }
        focused["focused"] = true.into();
        options.retain(|option| option["name"] != focused["name"]);
        options.push(focused);
    }
    for (name, kind) in path.into_iter().rev() {
        options = vec![json!({ "type": kind, "name": name, "options": options })];
    }
    json!({ "id": "9", "name": name, "type": 1, "options": options })
}

/// Returns the data of a message command on a message with any text.
fn message_command_data(choices: &mut Choices<'_>, name: &Value) -> Value {
    let mut target = message();
    target["content"] = choices.text().into();
    target["channel_id"] = choices.id().into();
    target["author"]["id"] = choices.id().into();
    target["author"]["bot"] = (choices.byte() % 2 == 1).into();
    let target_id = target["id"].clone();
    let messages = json!({ "5": target });
    json!({ "id": "9", "name": name, "type": 3, "target_id": target_id, "resolved": { "messages": messages } })
}

fn option_value(choices: &mut Choices<'_>, name: &Value, kind: u64) -> Value {
    let value = match kind {
        3 => json!(choices.text()),
        4 => json!(choices.pick(&[1_i64, 0, -1, 3, 99, i64::MAX, i64::MIN])),
        5 => json!(choices.byte() % 2 == 1),
        _ => json!(choices.id()),
    };
    json!({ "type": kind, "name": name, "value": value })
}

fn options_of(command: &Value) -> impl Iterator<Item = &Value> {
    command["options"].as_array().into_iter().flatten()
}
