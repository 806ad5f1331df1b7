//! Interactions as the gateway sends them (Discord docs, interactions/receiving-and-responding,
//! "Interaction Structure").

use std::time::Instant;

use serde_json::{Value, json};

use super::super::gateway::Event;
use super::super::model::{
    Discord, Interaction, InteractionKind, InteractionState, Message, kind as channel_kind,
    token_of,
};
use super::super::wire::message::Reader;
use super::super::wire::{self, id};

/// Bytes an attachment of an answer may have (Discord docs, reference, "Uploading Files").
const ATTACHMENT_MAX: u64 = 10 * 1024 * 1024;

/// What is about to be sent to the bot.
pub struct Asked {
    /// What was done.
    pub kind: InteractionKind,
    /// Who did it.
    pub user: u64,
    /// Where.
    pub channel: u64,
    /// The command with its subcommands, or nothing.
    pub name: String,
    /// The `data` of the interaction.
    pub data: Value,
    /// Channel and message of the component that was used.
    pub pressed: Option<(u64, u64)>,
}

/// Makes the interaction and sends it to the bot.
pub fn ask(discord: &mut Discord, asked: Asked) -> u64 {
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
            .map_or(Value::Null, wire::user::user);
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
