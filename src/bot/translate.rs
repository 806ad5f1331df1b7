//! From serenity's events to our plain ones.

use std::collections::HashMap;

use jiff::Timestamp;
use serenity::all::{
    CommandData, CommandDataOption, CommandDataOptionValue, CommandInteraction,
    ComponentInteraction, GuildChannel, Interaction, Message, MessageType, PartialGuildChannel,
    Permissions, Ready, UnavailableGuild,
};

use super::event::{Ask, Call, Event, Value, Wrote};
use crate::practice::id::{ChannelId, GuildId, MessageId, RoleId, UserId};

/// A new session.
pub fn ready(ready: &Ready) -> Event {
    Event::Ready {
        me: UserId::new(ready.user.id.get()),
        guilds: ready
            .guilds
            .iter()
            .map(|guild| GuildId::new(guild.id.get()))
            .collect(),
    }
}

/// A guild is gone, unless Discord only can't reach it now.
pub fn guild_gone(guild: &UnavailableGuild) -> Option<Event> {
    (!guild.unavailable).then(|| Event::GuildGone(GuildId::new(guild.id.get())))
}

/// A channel was deleted.
pub fn channel_gone(channel: &GuildChannel) -> Event {
    Event::ChannelGone {
        guild: GuildId::new(channel.guild_id.get()),
        channel: ChannelId::new(channel.id.get()),
    }
}

/// A thread was deleted.
pub fn thread_gone(thread: &PartialGuildChannel) -> Event {
    Event::ChannelGone {
        guild: GuildId::new(thread.guild_id.get()),
        channel: ChannelId::new(thread.id.get()),
    }
}

/// A channel changed.
pub fn channel_changed(channel: &GuildChannel) -> Event {
    Event::ChannelChanged {
        guild: GuildId::new(channel.guild_id.get()),
        channel: ChannelId::new(channel.id.get()),
    }
}

/// A message in a guild.
pub fn wrote(message: &Message, guild: GuildId) -> Wrote {
    // Discord docs, resources/message, "Message Types": 0 DEFAULT, 19 REPLY. All others are made by
    // Discord or by commands.
    let kind = matches!(
        message.kind,
        MessageType::Regular | MessageType::InlineReply
    );
    let author = &message.author;
    let person = kind && !author.bot && !author.system && message.webhook_id.is_none();
    let to = message
        .message_reference
        .as_ref()
        .and_then(|reference| reference.message_id);
    Wrote {
        guild,
        channel: ChannelId::new(message.channel_id.get()),
        message: MessageId::new(message.id.get()),
        author: UserId::new(author.id.get()),
        person,
        to: to.map(|to| MessageId::new(to.get())),
    }
}

/// A member asks for something; none for kinds of interactions that we never offer.
pub fn asked(interaction: &Interaction, heard: Timestamp) -> Option<Event> {
    let call = match interaction {
        Interaction::Command(command) => command_call(command, heard, None),
        Interaction::Autocomplete(command) => {
            let focused = command.data.autocomplete()?;
            let option = (focused.name.to_owned(), focused.value.to_owned());
            command_call(command, heard, Some(option))
        }
        Interaction::Component(component) => component_call(component, heard),
        _ => return None,
    };
    Some(Event::Asked(Box::new(call)))
}

fn command_call(
    command: &CommandInteraction,
    heard: Timestamp,
    typing: Option<(String, String)>,
) -> Call {
    let (name, options) = flatten(&command.data);
    let ask = match typing {
        Some((option, typed)) => Ask::Suggest {
            command: name,
            option,
            typed,
        },
        None => Ask::Command(name),
    };
    let permissions = command
        .member
        .as_ref()
        .and_then(|member| member.permissions);
    Call {
        id: command.id.get(),
        token: command.token.clone(),
        ask,
        options,
        guild: command.guild_id.map(|guild| GuildId::new(guild.get())),
        channel: ChannelId::new(command.channel_id.get()),
        user: UserId::new(command.user.id.get()),
        admin: may_manage(permissions),
        heard,
    }
}

fn component_call(component: &ComponentInteraction, heard: Timestamp) -> Call {
    let permissions = component
        .member
        .as_ref()
        .and_then(|member| member.permissions);
    Call {
        id: component.id.get(),
        token: component.token.clone(),
        ask: Ask::Press {
            custom_id: component.data.custom_id.clone(),
            message: MessageId::new(component.message.id.get()),
        },
        options: HashMap::new(),
        guild: component.guild_id.map(|guild| GuildId::new(guild.get())),
        channel: ChannelId::new(component.channel_id.get()),
        user: UserId::new(component.user.id.get()),
        admin: may_manage(permissions),
        heard,
    }
}

fn may_manage(permissions: Option<Permissions>) -> bool {
    permissions.is_some_and(|permissions| {
        permissions.intersects(Permissions::MANAGE_GUILD | Permissions::ADMINISTRATOR)
    })
}

/// The command's full name and the options of its innermost part.
fn flatten(data: &CommandData) -> (String, HashMap<String, Value>) {
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
    let named = |option: &CommandDataOption| Some((option.name.clone(), value(&option.value)?));
    (name, options.iter().filter_map(named).collect())
}

fn value(value: &CommandDataOptionValue) -> Option<Value> {
    Some(match value {
        CommandDataOptionValue::String(text)
        | CommandDataOptionValue::Autocomplete { value: text, .. } => Value::Text(text.clone()),
        CommandDataOptionValue::Boolean(flag) => Value::Flag(*flag),
        CommandDataOptionValue::Integer(number) => Value::Number(*number),
        CommandDataOptionValue::User(user) => Value::User(UserId::new(user.get())),
        CommandDataOptionValue::Role(role) => Value::Role(RoleId::new(role.get())),
        CommandDataOptionValue::Channel(channel) => Value::Channel(ChannelId::new(channel.get())),
        _ => return None,
    })
}
