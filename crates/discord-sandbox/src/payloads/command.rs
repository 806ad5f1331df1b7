//! JSON of application commands.

use serde_json::{Value, json};

use super::guild::merge;
use super::id;
use crate::model::Command;

/// Returns a command object, with the default values that Discord adds.
pub fn command(app: u64, command: &Command) -> Value {
    let mut json = merge(
        command.body.clone(),
        json!({
            "id": id(command.id),
            "application_id": id(app),
            "version": id(command.version),
            "type": command.kind,
            "name": command.name,
        }),
    );
    let defaults = [
        ("default_member_permissions", Value::Null),
        ("description", json!("")),
        ("nsfw", json!(false)),
    ];
    for (key, value) in defaults {
        if json.get(key).is_none() {
            json[key] = value;
        }
    }
    if let Some(guild) = command.guild {
        json["guild_id"] = id(guild);
    }
    json
}
