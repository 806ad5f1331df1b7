//! Translates serenity's events to the bot's own.

use std::collections::HashMap;
use std::time::Instant;

use serde_json::Value;
use serenity::all::{
    ActionRowComponent, CommandData, CommandDataOption, CommandDataOptionValue,
    CommandDataResolved, CommandInteraction, ComponentInteraction, ComponentInteractionDataKind,
    Guild, GuildChannel, Interaction as SerenityInteraction, Message, MessageReferenceKind,
    MessageType, ModalInteraction, PartialGuildChannel, Permissions, Ready, ResolvedTarget,
    UnavailableGuild, UnknownEvent,
};

use super::event::{
    AttachedFile, Event, GuildActivity, IncomingMessage, Interaction, InteractionData, OptionValue,
    TargetMessage,
};
use crate::bot::discord::message_json::{self, items, snowflake};
use quizloop_core::id::{ChannelId, GuildId, MessageId, RoleId, UserId};

/// Translates the start of a session on a shard.
pub fn ready(ready: &Ready, shard: u32) -> Event {
    Event::Ready {
        shard,
        user_id: UserId::new(ready.user.id.get()),
        guilds: ready
            .guilds
            .iter()
            .map(|guild| GuildId::new(guild.id.get()))
            .collect(),
    }
}

pub fn guild_create(guild: &Guild) -> Event {
    let newest = |channel: &GuildChannel| {
        let message = channel.last_message_id;
        let message = message.map(|message| MessageId::new(message.get()));
        (ChannelId::new(channel.id.get()), message)
    };
    Event::GuildCreate {
        guild: GuildId::new(guild.id.get()),
        activity: GuildActivity {
            channels: guild.channels.values().map(newest).collect(),
            threads: Some(guild.threads.iter().map(newest).collect()),
        },
    }
}

/// Translates the removal from a guild; `None` if the guild is only unavailable because of an
/// outage.
pub fn guild_delete(guild: &UnavailableGuild) -> Option<Event> {
    (!guild.unavailable).then(|| Event::GuildDelete(GuildId::new(guild.id.get())))
}

pub fn channel_delete(channel: &GuildChannel) -> Event {
    Event::ChannelDelete {
        guild: GuildId::new(channel.guild_id.get()),
        channel: ChannelId::new(channel.id.get()),
    }
}

pub fn thread_delete(thread: &PartialGuildChannel) -> Event {
    Event::ChannelDelete {
        guild: GuildId::new(thread.guild_id.get()),
        channel: ChannelId::new(thread.id.get()),
    }
}

pub fn channel_update(channel: &GuildChannel) -> Event {
    Event::ChannelUpdate {
        guild: GuildId::new(channel.guild_id.get()),
        channel: ChannelId::new(channel.id.get()),
    }
}

pub fn thread_update(thread: &GuildChannel) -> Event {
    Event::ThreadUpdate {
        guild: GuildId::new(thread.guild_id.get()),
        thread: ChannelId::new(thread.id.get()),
        last_message: thread
            .last_message_id
            .map(|message| MessageId::new(message.get())),
    }
}

/// Events that the bot uses (Discord docs, events/gateway-events, "Receive Events").
const USED_EVENTS: [&str; 11] = [
    "CHANNEL_DELETE",
    "CHANNEL_UPDATE",
    "GUILD_CREATE",
    "GUILD_DELETE",
    "GUILD_ROLE_UPDATE",
    "INTERACTION_CREATE",
    "MESSAGE_CREATE",
    "READY",
    "THREAD_DELETE",
    "THREAD_LIST_SYNC",
    "THREAD_UPDATE",
];

/// Translates an event that serenity could not decode; `None` if the bot does not use events of
/// that kind.
pub fn undecoded(event: &UnknownEvent) -> Option<Event> {
    let kind = USED_EVENTS.into_iter().find(|kind| *kind == event.kind)?;
    Some(Event::Undecoded { kind })
}

/// Reads the most important parts of an event that serenity could not decode. Serenity refuses an
/// event if it can't decode any part of it, such as a component of a new kind.
pub fn recovered(event: &UnknownEvent) -> Option<Event> {
    let data = &event.value;
    let channel = |field: &str| snowflake(&data[field]).map(ChannelId::new);
    if event.kind == "GUILD_CREATE" {
        let newest = |channel: &Value| {
            let message = snowflake(&channel["last_message_id"]).map(MessageId::new);
            Some((ChannelId::new(snowflake(&channel["id"])?), message))
        };
        let newest_in = |field: &str| items(&data[field]).filter_map(newest).collect();
        let has_threads = data["threads"].is_array();
        return Some(Event::GuildCreate {
            guild: GuildId::new(snowflake(&data["id"])?),
            activity: GuildActivity {
                channels: newest_in("channels"),
                threads: has_threads.then(|| newest_in("threads")),
            },
        });
    }
    let guild = GuildId::new(snowflake(&data["guild_id"])?);
    match event.kind.as_str() {
        "CHANNEL_DELETE" | "THREAD_DELETE" => Some(Event::ChannelDelete {
            guild,
            channel: channel("id")?,
        }),
        "CHANNEL_UPDATE" => Some(Event::ChannelUpdate {
            guild,
            channel: channel("id")?,
        }),
        "THREAD_UPDATE" => Some(Event::ThreadUpdate {
            guild,
            thread: channel("id")?,
            last_message: snowflake(&data["last_message_id"]).map(MessageId::new),
        }),
        "THREAD_LIST_SYNC" => Some(Event::AccessGained(guild)),
        "GUILD_ROLE_UPDATE" => Some(Event::RoleUpdate(guild)),
        "MESSAGE_CREATE" => {
            let message = message_json::parse(data, guild, channel("channel_id")?).ok()?;
            Some(Event::MessageCreate(message.event))
        }
        _ => None,
    }
}

/// Translates a message in a guild.
pub fn message_create(message: &Message, guild: GuildId) -> IncomingMessage {
    // The same rule as for a message in JSON: `message_json::parse`.
    let is_reply_type = matches!(
        message.kind,
        MessageType::Regular | MessageType::InlineReply
    );
    let author = &message.author;
    let reference = message.message_reference.as_ref();
    let is_forward =
        reference.is_some_and(|reference| reference.kind == MessageReferenceKind::Forward);
    let may_be_reply = is_reply_type
        && !is_forward
        && !author.bot
        && !author.system
        && message.webhook_id.is_none();
    let reply_to = reference
        .filter(|reference| reference.kind == MessageReferenceKind::Default)
        .and_then(|reference| reference.message_id);
    IncomingMessage {
        guild,
        channel: ChannelId::new(message.channel_id.get()),
        message: MessageId::new(message.id.get()),
        author: UserId::new(author.id.get()),
        may_be_reply,
        reply_to: reply_to.map(|to| MessageId::new(to.get())),
    }
}

/// Translates an interaction; `None` for kinds that the bot does not use.
pub fn interaction_create(
    interaction: &SerenityInteraction,
    received_at: Instant,
) -> Option<Interaction> {
    match interaction {
        SerenityInteraction::Command(command) => Some(from_command(command, received_at, None)),
        SerenityInteraction::Autocomplete(command) => {
            let focused = command.data.autocomplete()?;
            let option = (focused.name.to_owned(), focused.value.to_owned());
            Some(from_command(command, received_at, Some(option)))
        }
        SerenityInteraction::Component(component) => Some(from_component(component, received_at)),
        SerenityInteraction::Modal(modal) => Some(from_modal(modal, received_at)),
        _ => None,
    }
}

fn from_command(
    command: &CommandInteraction,
    received_at: Instant,
    typing: Option<(String, String)>,
) -> Interaction {
    let (name, options) = flatten(&command.data);
    let data = match (typing, target(command)) {
        (Some((option, typed)), _) => InteractionData::Autocomplete {
            command: name,
            option,
            typed,
        },
        (None, Some(target)) => InteractionData::MessageCommand {
            name,
            target: Box::new(target),
        },
        (None, None) => InteractionData::Command(name),
    };
    let permissions = command
        .member
        .as_ref()
        .and_then(|member| member.permissions);
    Interaction {
        id: command.id.get(),
        token: command.token.clone(),
        data,
        options,
        guild: command.guild_id.map(|guild| GuildId::new(guild.get())),
        channel: ChannelId::new(command.channel_id.get()),
        user: UserId::new(command.user.id.get()),
        is_admin: can_manage_guild(permissions),
        received_at,
    }
}

/// Returns the message of a message command.
fn target(command: &CommandInteraction) -> Option<TargetMessage> {
    let guild = GuildId::new(command.guild_id?.get());
    match command.data.target()? {
        ResolvedTarget::Message(message) => Some(TargetMessage {
            message: message_create(message, guild),
            text: message.content.clone(),
        }),
        _ => None,
    }
}

fn from_component(component: &ComponentInteraction, received_at: Instant) -> Interaction {
    let permissions = component
        .member
        .as_ref()
        .and_then(|member| member.permissions);
    Interaction {
        id: component.id.get(),
        token: component.token.clone(),
        data: InteractionData::Component {
            custom_id: component.data.custom_id.clone(),
            values: selected_values(&component.data.kind),
            message: MessageId::new(component.message.id.get()),
        },
        options: HashMap::new(),
        guild: component.guild_id.map(|guild| GuildId::new(guild.get())),
        channel: ChannelId::new(component.channel_id.get()),
        user: UserId::new(component.user.id.get()),
        is_admin: can_manage_guild(permissions),
        received_at,
    }
}

/// Returns the values chosen from a string select, the only kind of menu that the bot uses.
fn selected_values(kind: &ComponentInteractionDataKind) -> Vec<String> {
    match kind {
        ComponentInteractionDataKind::StringSelect { values } => values.clone(),
        _ => Vec::new(),
    }
}

fn from_modal(modal: &ModalInteraction, received_at: Instant) -> Interaction {
    let permissions = modal.member.as_ref().and_then(|member| member.permissions);
    let message = modal.message.as_ref();
    Interaction {
        id: modal.id.get(),
        token: modal.token.clone(),
        data: InteractionData::ModalSubmit {
            custom_id: modal.data.custom_id.clone(),
            values: field_values(modal),
            message: message.map(|message| MessageId::new(message.id.get())),
        },
        options: HashMap::new(),
        guild: modal.guild_id.map(|guild| GuildId::new(guild.get())),
        channel: ChannelId::new(modal.channel_id.get()),
        user: UserId::new(modal.user.id.get()),
        is_admin: can_manage_guild(permissions),
        received_at,
    }
}

fn field_values(modal: &ModalInteraction) -> HashMap<String, String> {
    let fields = modal.data.components.iter().flat_map(|row| &row.components);
    let text = |field: &ActionRowComponent| match field {
        ActionRowComponent::InputText(input) => Some((
            input.custom_id.clone(),
            input.value.clone().unwrap_or_default(),
        )),
        _ => None,
    };
    fields.filter_map(text).collect()
}

fn can_manage_guild(permissions: Option<Permissions>) -> bool {
    permissions.is_some_and(|permissions| {
        permissions.intersects(Permissions::MANAGE_GUILD | Permissions::ADMINISTRATOR)
    })
}

/// Returns the full name of a command with its subcommand, and the options of the innermost one.
fn flatten(data: &CommandData) -> (String, HashMap<String, OptionValue>) {
    let (mut name, mut options) = (data.name.clone(), data.options.as_slice());
    while let [
        CommandDataOption {
            name: part,
            value:
                CommandDataOptionValue::SubCommand(inner)
                | CommandDataOptionValue::SubCommandGroup(inner),
            ..
        },
    ] = options
    {
        name = format!("{name} {part}");
        options = inner.as_slice();
    }
    let named = |option: &CommandDataOption| {
        let value = option_value(&option.value, &data.resolved)?;
        Some((option.name.clone(), value))
    };
    (name, options.iter().filter_map(named).collect())
}

fn option_value(
    value: &CommandDataOptionValue,
    resolved: &CommandDataResolved,
) -> Option<OptionValue> {
    Some(match value {
        CommandDataOptionValue::String(text)
        | CommandDataOptionValue::Autocomplete { value: text, .. } => {
            OptionValue::Text(text.clone())
        }
        CommandDataOptionValue::Boolean(flag) => OptionValue::Flag(*flag),
        CommandDataOptionValue::Integer(number) => OptionValue::Number(*number),
        CommandDataOptionValue::User(user) => OptionValue::User(UserId::new(user.get())),
        CommandDataOptionValue::Role(role) => OptionValue::Role(RoleId::new(role.get())),
        CommandDataOptionValue::Channel(channel) => {
            OptionValue::Channel(ChannelId::new(channel.get()))
        }
        CommandDataOptionValue::Attachment(id) => {
            let file = resolved.attachments.get(id)?;
            OptionValue::Attachment(AttachedFile {
                name: file.filename.clone(),
                size: u64::from(file.size),
                url: file.url.clone(),
            })
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn translate(
        kind: u8,
        data: &serde_json::Value,
        message: Option<serde_json::Value>,
    ) -> InteractionData {
        let mut interaction = json!({
            "id": "1", "application_id": "1", "type": kind, "token": "token", "version": 1, "guild_id": "2",
            "channel_id": "3", "locale": "en-US", "guild_locale": "en-US", "entitlements": [],
            "attachment_size_limit": 1, "app_permissions": "0", "data": data,
            "authorizing_integration_owners": {},
            "member": {
                "user": { "id": "4", "username": "lin", "discriminator": "0", "avatar": null }, "roles": [],
                "deaf": false, "mute": false, "flags": 0, "permissions": "0", "joined_at": "2026-01-01T00:00:00Z",
            },
        });
        if let Some(message) = message {
            interaction["message"] = message;
        }
        let interaction: SerenityInteraction = serde_json::from_value(interaction).unwrap();
        let interaction = interaction_create(&interaction, Instant::now()).unwrap();
        assert_eq!(
            (interaction.user, interaction.is_admin),
            (UserId::new(4), false)
        );
        interaction.data
    }

    fn message() -> serde_json::Value {
        json!({
            "id": "5", "channel_id": "3", "content": "", "timestamp": "2026-03-27T08:00:00Z", "edited_timestamp": null,
            "tts": false, "mention_everyone": false, "mentions": [], "mention_roles": [], "attachments": [],
            "embeds": [], "pinned": false, "type": 0,
            "author": { "id": "1", "username": "Quizloop", "discriminator": "0", "avatar": null, "bot": true },
        })
    }

    #[test]
    fn the_message_of_a_message_command_is_translated() {
        let mut target = message();
        target["content"] = "in my words".into();
        target["author"] =
            json!({ "id": "4", "username": "lin", "discriminator": "0", "avatar": null });
        let data = json!({
            "id": "9", "name": "Compare", "type": 3, "target_id": "5",
            "resolved": { "messages": { "5": target } },
        });
        let message = IncomingMessage {
            guild: GuildId::new(2),
            channel: ChannelId::new(3),
            message: MessageId::new(5),
            author: UserId::new(4),
            may_be_reply: true,
            reply_to: None,
        };
        let target = TargetMessage {
            message,
            text: "in my words".into(),
        };
        let expected = InteractionData::MessageCommand {
            name: "Compare".into(),
            target: Box::new(target),
        };
        assert_eq!(translate(2, &data, None), expected);
    }

    #[test]
    fn chosen_values_and_written_texts_are_translated() {
        let menu = json!({ "custom_id": "points", "component_type": 3, "values": ["2", "0"] });
        let pressed = InteractionData::Component {
            custom_id: "points".into(),
            values: vec!["2".into(), "0".into()],
            message: MessageId::new(5),
        };
        assert_eq!(translate(3, &menu, Some(message())), pressed);
        let field = |id: &str, text: &str| {
            let field = json!({ "type": 4, "id": 2, "custom_id": id, "value": text });
            json!({ "type": 1, "id": 1, "components": [field] })
        };
        let form = json!({ "custom_id": "mine", "components": [field("a", "in my words"), field("b", "")] });
        let written = [("a", "in my words"), ("b", "")];
        let sent = |message| InteractionData::ModalSubmit {
            custom_id: "mine".into(),
            values: written
                .map(|(id, text)| (id.to_owned(), text.to_owned()))
                .into(),
            message,
        };
        assert_eq!(
            translate(5, &form, Some(message())),
            sent(Some(MessageId::new(5)))
        );
        assert_eq!(translate(5, &form, None), sent(None));
    }
}
