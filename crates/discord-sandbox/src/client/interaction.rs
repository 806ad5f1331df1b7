//! Interactions as the gateway sends them (Discord docs, interactions/receiving-and-responding,
//! "Interaction Structure").

use std::time::Instant;

use serde_json::{Value, json};

use super::super::gateway::GatewayEvent;
use super::super::model::{
    Discord, Interaction, InteractionKind, InteractionState, Message, MessageKey,
    kind as channel_kind, token_of,
};
use super::super::payloads::message::MessageViewer;
use super::super::payloads::{self, id};

/// Maximum size of a response's attachment in bytes (Discord docs, reference, "Uploading Files").
const ATTACHMENT_MAX: u64 = 10 * 1024 * 1024;

/// An interaction to send to the bot.
pub struct InteractionRequest {
    /// The kind of interaction.
    pub kind: InteractionKind,
    /// The user.
    pub user: u64,
    /// The channel.
    pub channel: u64,
    /// The command with its subcommands; empty for other kinds.
    pub name: String,
    /// The `data` of the interaction.
    pub data: Value,
    /// Message whose component was used, if any.
    pub source_message: Option<MessageKey>,
}

/// Creates the interaction and sends it to the bot; returns its id.
pub fn dispatch_interaction(discord: &mut Discord, request: InteractionRequest) -> u64 {
    let number = discord.next_id();
    let token = token_of(number);
    let payload = payload(discord, &request, number, &token);
    let target = request.data["target_id"].as_str();
    let target_message = target.and_then(|id| id.parse().ok());
    let guild = discord.guild_of(request.channel);
    discord.record_interaction(Interaction {
        id: number,
        token,
        kind: request.kind,
        user: request.user,
        channel: request.channel,
        guild,
        created_at: Instant::now(),
        created_ms: discord.clock.now_ms(),
        state: InteractionState::Pending,
        name: request.name,
        source_message: request.source_message,
        target_message,
        original: None,
        follow_ups: Vec::new(),
    });
    discord.dispatch_to_guild(guild, &GatewayEvent::new("INTERACTION_CREATE", 0, payload));
    number
}

fn payload(discord: &Discord, request: &InteractionRequest, number: u64, token: &str) -> Value {
    let mut json = json!({
        "id": id(number),
        "application_id": id(discord.app.id),
        "type": request.kind as u8,
        "data": request.data,
        "channel_id": id(request.channel),
        "token": token,
        "version": 1,
        "locale": "en-US",
        "entitlements": [],
        "entitlement_sku_ids": [],
        "attachment_size_limit": ATTACHMENT_MAX,
        "authorizing_integration_owners": {},
        "context": 1,
    });
    let Some(channel) = discord.channels.get(&request.channel) else {
        return json;
    };
    json["channel"] = payloads::channel::interaction_channel(discord, channel, request.user);
    json["app_permissions"] = json!(discord.permissions(channel, discord.app.id).to_string());
    if let Some(source) = request.source_message
        && let Some(message) = discord.message(source.channel, source.message)
    {
        json["message"] = source_message_json(discord, message);
    }
    let Some(guild) = channel.guild.and_then(|id| discord.guilds.get(&id)) else {
        json["user"] = discord
            .users
            .get(&request.user)
            .map_or(Value::Null, payloads::user::user);
        json["context"] = json!(if channel.kind == channel_kind::DM {
            1
        } else {
            2
        });
        return json;
    };
    let own = discord.permissions(channel, request.user);
    let mut member = discord
        .member_json(Some(guild.id), request.user)
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

/// Returns the JSON of a message as an interaction carries it: the one whose component was used, or
/// the one on which a message command was run. Its content is always readable (Discord docs,
/// events/gateway, "Message Content Intent").
pub fn source_message_json(discord: &Discord, message: &Message) -> Value {
    let viewer = MessageViewer {
        user: discord.app.id,
        can_read_content: true,
    };
    payloads::message::message(discord, message, viewer)
}
