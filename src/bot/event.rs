//! What the gateway tells us, as plain values: nothing else in the bot handles serenity's events.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::practice::id::{ChannelId, GuildId, MessageId, RoleId, UserId};

/// Something that happened on Discord.
#[derive(Debug)]
pub enum Event {
    /// A new session: everything before it may have been missed.
    Ready {
        /// The shard whose session it is.
        shard: u32,
        /// The bot itself.
        user_id: UserId,
        /// The guilds of this shard.
        guilds: Vec<GuildId>,
    },
    /// A guild is there: at the start of a session, after an outage, or because the bot was added.
    GuildCreate(GuildId),
    /// The bot was removed from a guild.
    GuildDelete(GuildId),
    /// A channel or a thread was deleted.
    ChannelDelete {
        /// Its guild.
        guild: GuildId,
        /// The channel or thread.
        channel: ChannelId,
    },
    /// A channel, or what may be done in it, changed.
    ChannelUpdate {
        /// Its guild.
        guild: GuildId,
        /// The channel.
        channel: ChannelId,
    },
    /// Somebody wrote a message.
    MessageCreate(IncomingMessage),
    /// Somebody ran a command, pressed a button, sent a form or is typing an option.
    Interaction(Box<Interaction>),
}

/// A message as far as it can be a reply. Its text is not in here: it is never needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IncomingMessage {
    /// Where; none in a direct message.
    pub guild: GuildId,
    /// The channel or thread.
    pub channel: ChannelId,
    /// The message.
    pub message: MessageId,
    /// Who.
    pub author: UserId,
    /// Whether a person wrote it: of type 0 or 19 and by neither a bot nor a webhook.
    pub is_human: bool,
    /// The message to which it replies.
    pub reply_to: Option<MessageId>,
}

/// What a member asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InteractionData {
    /// A slash command: its name and that of its subcommand, with a space between.
    Command(String),
    /// Suggestions for an option of a command.
    Autocomplete {
        /// The command.
        command: String,
        /// The option.
        option: String,
        /// What is typed so far.
        typed: String,
    },
    /// A button or a menu, by its custom id, on that message.
    Component {
        /// The custom id.
        custom_id: String,
        /// What was chosen from a menu; empty for a button.
        values: Vec<String>,
        /// The message with the button or the menu.
        message: MessageId,
    },
    /// A form that was filled in.
    ModalSubmit {
        /// The custom id of the form.
        custom_id: String,
        /// What was written, by the names of the fields; an empty field is empty text.
        values: HashMap<String, String>,
        /// The message whose button opened the form, if it was a button.
        message: Option<MessageId>,
    },
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionValue {
    /// Text.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A member.
    User(UserId),
    /// A role.
    Role(RoleId),
    /// A channel, with its type (Discord docs, resources/channel, "Channel Types").
    Channel(ChannelId),
}

/// A member's question to the bot, which it must answer within three seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    /// The interaction's id.
    pub id: u64,
    /// With this token it is answered.
    pub token: String,
    /// What was asked.
    pub data: InteractionData,
    /// The options by name.
    pub options: HashMap<String, OptionValue>,
    /// Where; none in a direct message.
    pub guild: Option<GuildId>,
    /// The channel or thread.
    pub channel: ChannelId,
    /// Who.
    pub user: UserId,
    /// Whether the member may manage the guild.
    pub is_admin: bool,
    /// When we heard of it.
    pub received_at: Timestamp,
}

impl Interaction {
    /// A text option.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.options.get(name)? {
            OptionValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A yes-or-no option; no if it is missing.
    pub fn flag(&self, name: &str) -> bool {
        self.optional_flag(name) == Some(true)
    }

    /// A yes-or-no option, if it was given.
    pub fn optional_flag(&self, name: &str) -> Option<bool> {
        match self.options.get(name)? {
            OptionValue::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// A number option above 0.
    pub fn number(&self, name: &str) -> Option<u32> {
        match self.options.get(name)? {
            OptionValue::Number(number) => u32::try_from(*number).ok(),
            _ => None,
        }
    }

    /// A member option.
    pub fn user(&self, name: &str) -> Option<UserId> {
        match self.options.get(name)? {
            OptionValue::User(user) => Some(*user),
            _ => None,
        }
    }

    /// A role option.
    pub fn role(&self, name: &str) -> Option<RoleId> {
        match self.options.get(name)? {
            OptionValue::Role(role) => Some(*role),
            _ => None,
        }
    }

    /// A channel option.
    pub fn channel(&self, name: &str) -> Option<ChannelId> {
        match self.options.get(name)? {
            OptionValue::Channel(channel) => Some(*channel),
            _ => None,
        }
    }
}
