//! Buttons and select menus.

use serde::Serialize;
use serde_json::Value;

use super::PageViewer;
use super::message::text;
use crate::model::{Discord, Guild, Message};

/// A row of components.
#[derive(Debug, Serialize)]
pub struct ComponentRow {
    buttons: Vec<ButtonItem>,
    menu: Option<SelectMenu>,
}

#[derive(Debug, Serialize)]
struct ButtonItem {
    id: String,
    label: String,
    emoji: String,
    /// "primary", "secondary", "success", "danger" or "link".
    style: &'static str,
    url: String,
    disabled: bool,
}

#[derive(Debug, Serialize)]
struct SelectMenu {
    id: String,
    placeholder: String,
    min: u64,
    max: u64,
    disabled: bool,
    choices: Vec<SelectChoice>,
}

#[derive(Debug, Serialize)]
struct SelectChoice {
    value: String,
    label: String,
    description: String,
    emoji: String,
    chosen: bool,
}

/// Returns the component rows of a message.
pub fn rows(viewer: &PageViewer<'_>, message: &Message) -> Vec<ComponentRow> {
    let row = |row: &Value| {
        let inner = row["components"].as_array().map_or(&[][..], Vec::as_slice);
        let menu = inner.iter().find(|one| one["type"] != 2);
        ComponentRow {
            buttons: inner
                .iter()
                .filter(|one| one["type"] == 2)
                .map(button)
                .collect(),
            menu: menu.map(|one| self::menu(viewer, message.channel, one)),
        }
    };
    message.components.iter().map(row).collect()
}

fn button(json: &Value) -> ButtonItem {
    ButtonItem {
        id: text(json, "custom_id").to_owned(),
        label: text(json, "label").to_owned(),
        emoji: text(&json["emoji"], "name").to_owned(),
        style: match json["style"].as_u64() {
            Some(1) => "primary",
            Some(3) => "success",
            Some(4) => "danger",
            Some(5) => "link",
            _ => "secondary",
        },
        url: text(json, "url").to_owned(),
        disabled: json["disabled"] == true,
    }
}

fn menu(viewer: &PageViewer<'_>, channel: u64, json: &Value) -> SelectMenu {
    let guild = viewer.guild_of(channel);
    let options = json["options"].as_array().map_or(&[][..], Vec::as_slice);
    SelectMenu {
        id: text(json, "custom_id").to_owned(),
        placeholder: json["placeholder"]
            .as_str()
            .unwrap_or("Make a selection")
            .to_owned(),
        min: json["min_values"].as_u64().unwrap_or(1),
        max: json["max_values"].as_u64().unwrap_or(1),
        disabled: json["disabled"] == true,
        choices: match (json["type"].as_u64(), guild) {
            (Some(3), _) => options.iter().map(choice).collect(),
            (Some(kind), Some(guild)) => entity_choices(viewer.discord, guild, kind),
            _ => Vec::new(),
        },
    }
}

fn choice(json: &Value) -> SelectChoice {
    SelectChoice {
        value: text(json, "value").to_owned(),
        label: text(json, "label").to_owned(),
        description: text(json, "description").to_owned(),
        emoji: text(&json["emoji"], "name").to_owned(),
        chosen: json["default"] == true,
    }
}

/// Returns the choices of a menu of users (5), roles (6), both (7) or channels (8).
fn entity_choices(discord: &Discord, guild: &Guild, kind: u64) -> Vec<SelectChoice> {
    let entity = |id: u64, label: String| SelectChoice {
        value: id.to_string(),
        label,
        description: String::new(),
        emoji: String::new(),
        chosen: false,
    };
    let mut entities = Vec::new();
    if matches!(kind, 5 | 7) {
        let users = guild.members.keys();
        entities.extend(users.map(|id| entity(*id, discord.display_name(Some(guild.id), *id))));
    }
    if matches!(kind, 6 | 7) {
        entities.extend(
            guild
                .roles
                .values()
                .map(|role| entity(role.id, format!("@{}", role.name.trim_start_matches('@')))),
        );
    }
    if kind == 8 {
        entities.extend(
            discord
                .channels_of(guild.id)
                .map(|one| entity(one.id, format!("#{}", one.name))),
        );
    }
    entities
}
