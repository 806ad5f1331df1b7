//! JSON of messages, as a viewer receives them.

use serde_json::{Value, json};

use super::channel::thread;
use super::guild::{merge, partial_member};
use super::user::user;
use super::{id, ids, maybe_id, maybe_time, time};
use crate::model::{
    Channel, Discord, InteractionKind, InteractionMetadata, Message, Reaction, User, flag,
    message_kind,
};

/// Recipient of a message object.
#[derive(Debug, Clone, Copy)]
pub struct MessageViewer {
    /// User id. It determines `me` in reactions and whether a message is the viewer's own.
    pub user: u64,
    /// Whether the viewer has the `MESSAGE_CONTENT` intent.
    pub can_read_content: bool,
}

/// Returns a message object, as in REST responses.
pub fn message(discord: &Discord, one: &Message, viewer: MessageViewer) -> Value {
    let mut json = without_reference(discord, one, viewer);
    if let Some(reference) = one.reference {
        json["message_reference"] = reference_of(discord, one, reference.message);
        json["message_reference"]["channel_id"] = id(reference.channel);
        if one.kind != message_kind::THREAD_CREATED {
            let target = reference
                .message
                .and_then(|id| discord.message(reference.channel, id));
            json["referenced_message"] = target.map_or(Value::Null, |target| {
                without_reference(discord, target, viewer)
            });
        }
    }
    match &one.json {
        Some(fields) => merge(json, fields.clone()),
        None => json,
    }
}

/// Returns a message object, as in gateway events: with the guild id and the author's member
/// object.
pub fn event_message(discord: &Discord, one: &Message, viewer: MessageViewer) -> Value {
    let mut json = message(discord, one, viewer);
    let Some(channel) = discord.channels.get(&one.channel) else {
        return json;
    };
    json["channel_type"] = json!(channel.kind);
    let Some(guild) = channel.guild.and_then(|id| discord.guilds.get(&id)) else {
        return json;
    };
    json["guild_id"] = id(guild.id);
    if let Some(member) = guild.members.get(&one.author) {
        json["member"] = partial_member(member);
    }
    let with_member = |mentioned: &u64| {
        let member = guild.members.get(mentioned)?;
        let user = user(discord.users.get(mentioned)?);
        Some(merge(user, json!({ "member": partial_member(member) })))
    };
    json["mentions"] = one.mentions.users.iter().filter_map(with_member).collect();
    json
}

/// Returns whether a viewer receives content, embeds, attachments and components. Without the
/// intent these are empty, except in the viewer's own messages, in messages that mention the
/// viewer, and in direct messages (Discord docs, events/gateway, "Message Content Intent").
fn is_readable(discord: &Discord, one: &Message, viewer: MessageViewer) -> bool {
    let is_direct = || {
        discord
            .channels
            .get(&one.channel)
            .is_some_and(|channel| channel.guild.is_none())
    };
    viewer.can_read_content
        || one.author == viewer.user
        || one.mentions.users.contains(&viewer.user)
        || is_direct()
}

fn without_reference(discord: &Discord, one: &Message, viewer: MessageViewer) -> Value {
    let readable = is_readable(discord, one, viewer);
    let list = |values: &Vec<Value>| json!(if readable { values.as_slice() } else { &[] });
    let mentioned = one
        .mentions
        .users
        .iter()
        .filter_map(|id| discord.users.get(id));
    let mut json = json!({
        "id": id(one.id),
        "channel_id": id(one.channel),
        "type": one.kind,
        "author": author(discord, one),
        "content": if readable { one.content.as_str() } else { "" },
        "embeds": list(&one.embeds),
        "components": list(&one.components),
        "attachments": list(&one.attachments),
        "timestamp": time(one.written_ms),
        "edited_timestamp": maybe_time(one.edited_ms),
        "flags": one.flags,
        "mentions": mentioned.map(user).collect::<Value>(),
        "mention_roles": ids(&one.mentions.roles),
        "mention_everyone": one.mentions.everyone,
        "pinned": false,
        "tts": false,
    });
    if !one.reactions.is_empty() {
        let reactions = one.reactions.iter().map(|one| reaction(one, viewer.user));
        json["reactions"] = reactions.collect();
    }
    if !one.stickers.is_empty() {
        json["sticker_items"] = json!(one.stickers);
    }
    if let Some(nonce) = one.nonce.as_ref().filter(|_| one.author == viewer.user) {
        json["nonce"] = nonce.clone();
    }
    add_origin(discord, one, &mut json);
    add_location(discord, one, &mut json);
    json
}

fn author(discord: &Discord, one: &Message) -> Value {
    discord
        .users
        .get(&one.author)
        .map_or_else(|| user(&User::human(one.author, "Deleted User")), user)
}

fn add_origin(discord: &Discord, one: &Message, json: &mut Value) {
    if let Some(webhook) = one.webhook {
        json["webhook_id"] = id(webhook);
    }
    if let Some(interaction) = &one.interaction {
        // Interaction responses are webhook messages of the application.
        json["application_id"] = id(discord.app.id);
        json["webhook_id"] = id(discord.app.id);
        json["interaction_metadata"] = metadata(discord, interaction);
    }
}

fn metadata(discord: &Discord, interaction: &InteractionMetadata) -> Value {
    let mut json = json!({
        "id": id(interaction.id),
        "type": interaction.kind,
        "user": discord.users.get(&interaction.user).map(user),
        "authorizing_integration_owners": {},
    });
    if !interaction.name.is_empty() {
        json["name"] = json!(interaction.name);
        json["command_type"] = json!(1);
    }
    if let Some(target) = interaction.target_message {
        json["command_type"] = json!(3);
        json["target_message_id"] = id(target);
    }
    if let Some(source) = interaction.source_message {
        json["interacted_message_id"] = id(source);
    }
    if interaction.kind == InteractionKind::Modal as u8 {
        json = modal_metadata(json, interaction.source_message.is_some());
    }
    json
}

/// Moves what led to a modal into `triggering_interaction_metadata` (Discord docs,
/// resources/message, "Modal Submit Interaction Metadata Structure"). The id of the interaction that
/// opened the modal is not known here, so it has that of the modal.
fn modal_metadata(mut json: Value, by_component: bool) -> Value {
    let mut triggering = json.clone();
    triggering["type"] = if by_component {
        json!(InteractionKind::Component as u8)
    } else {
        json!(InteractionKind::Command as u8)
    };
    if let Some(fields) = json.as_object_mut() {
        fields.remove("interacted_message_id");
    }
    json["triggering_interaction_metadata"] = triggering;
    json
}

fn add_location(discord: &Discord, one: &Message, json: &mut Value) {
    if one.flags & flag::HAS_THREAD != 0
        && let Some(channel) = discord.channels.get(&one.id)
    {
        json["thread"] = thread(channel, None);
    }
    if discord
        .channels
        .get(&one.channel)
        .is_some_and(Channel::is_thread)
    {
        let position = discord.messages.get(&one.channel).map_or(0, |all| {
            all.range(..one.id)
                .filter(|(_, other)| other.ephemeral_for.is_none())
                .count()
        });
        json["position"] = json!(position);
    }
}

fn reference_of(discord: &Discord, one: &Message, message: Option<u64>) -> Value {
    let guild = discord
        .channels
        .get(&one.channel)
        .and_then(|channel| channel.guild);
    let mut json = json!({ "type": 0, "guild_id": maybe_id(guild) });
    if let Some(message) = message {
        json["message_id"] = id(message);
    }
    json
}

fn reaction(one: &Reaction, viewer: u64) -> Value {
    json!({
        "emoji": emoji(&one.emoji),
        "count": one.users.len(),
        "count_details": { "burst": 0, "normal": one.users.len() },
        "burst_colors": [],
        "me_burst": false,
        "me": one.users.contains(&viewer),
    })
}

/// Returns an emoji object. `emoji` is a Unicode emoji, or `name:id` for a custom emoji.
pub fn emoji(emoji: &str) -> Value {
    match emoji.rsplit_once(':') {
        Some((name, id)) => json!({ "id": id, "name": name }),
        None => json!({ "id": null, "name": emoji }),
    }
}
