//! Gateway events as plain values, so that the rest of the bot does not depend on serenity's event
//! types.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use quizloop_core::id::{ChannelId, GuildId, MessageId, RoleId, UserId, snowflake_time};

/// How long Discord accepts the first response to an interaction (Discord docs,
/// interactions/receiving-and-responding, "Responding to an Interaction").
pub const RESPONSE_TIME: Duration = Duration::from_secs(3);

/// An event from Discord's gateway other than an [`Interaction`].
#[derive(Debug)]
pub enum Event {
    /// A session began. Events since the previous session may be missing.
    Ready {
        /// The shard of the session.
        shard: u32,
        /// The bot's own user id.
        user_id: UserId,
        /// The guilds of this shard.
        guilds: Vec<GuildId>,
    },
    /// A guild became available: at the start of a session, after an outage, or because the bot was
    /// added.
    GuildCreate {
        guild: GuildId,
        /// Its channels and active threads, as far as the bot can see them.
        activity: GuildActivity,
    },
    /// The bot was removed from a guild.
    GuildDelete(GuildId),
    /// A channel or thread was deleted.
    ChannelDelete { guild: GuildId, channel: ChannelId },
    /// A channel or its permissions changed.
    ChannelUpdate { guild: GuildId, channel: ChannelId },
    /// A thread was archived, locked or renamed, or the like.
    ThreadUpdate {
        guild: GuildId,
        thread: ChannelId,
        /// The newest message in the thread; it may have been deleted since.
        last_message: Option<MessageId>,
    },
    /// The bot can see channels that were hidden before.
    AccessGained(GuildId),
    /// A role changed, and with it perhaps permissions of the bot.
    RoleUpdate(GuildId),
    /// A message was posted in a guild.
    MessageCreate(IncomingMessage),
    /// Serenity could not decode an event that the bot uses. If its most important parts can be
    /// read nevertheless, they follow as another event.
    Undecoded {
        /// Discord's name of the event.
        kind: &'static str,
    },
}

/// The newest messages of a guild's channels and threads, as Discord names them when the guild
/// becomes available. `None` as a message means that Discord named none. The message may have been
/// deleted since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuildActivity {
    pub channels: BTreeMap<ChannelId, Option<MessageId>>,
    /// The active threads; `None` if Discord did not send them.
    pub threads: Option<BTreeMap<ChannelId, Option<MessageId>>>,
}

impl GuildActivity {
    /// Drops all channels and threads but those for which `keep` returns true.
    pub fn retain(&mut self, keep: impl Fn(ChannelId) -> bool) {
        self.channels.retain(|channel, _| keep(*channel));
        if let Some(threads) = &mut self.threads {
            threads.retain(|thread, _| keep(*thread));
        }
    }
}

/// The parts of a message that decide whether it counts as a reply. The text is not needed, so it
/// is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IncomingMessage {
    pub guild: GuildId,
    /// The channel or thread.
    pub channel: ChannelId,
    pub message: MessageId,
    pub author: UserId,
    /// Whether a person wrote it, so that it may be a reply: message type 0 or 19, neither a bot nor
    /// a webhook as author, and not forwarded.
    pub may_be_reply: bool,
    /// The message to which it replies.
    pub reply_to: Option<MessageId>,
}

/// The kind of an interaction and its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InteractionData {
    /// A slash command: the name of the command and of its subcommand, separated by a space.
    Command(String),
    /// A message command: its name, and the message in whose menu *Apps* a member chose it.
    MessageCommand {
        name: String,
        target: Box<TargetMessage>,
    },
    /// A request for suggestions for an option of a command.
    Autocomplete {
        command: String,
        option: String,
        /// The text that the member has typed so far.
        typed: String,
    },
    /// A press of a button, or a choice from a menu.
    Component {
        custom_id: String,
        /// The values that the member chose from a menu; empty for a button.
        values: Vec<String>,
        /// The message with the button or the menu.
        message: MessageId,
    },
    /// A submitted modal.
    ModalSubmit {
        custom_id: String,
        /// The texts by the custom ids of their fields; empty text for an empty field.
        values: HashMap<String, String>,
        /// The message whose button opened the modal, if a button opened it.
        message: Option<MessageId>,
    },
}

impl InteractionData {
    /// Returns the name of the command, also for its suggestions.
    pub fn command(&self) -> Option<&str> {
        match self {
            Self::Command(command)
            | Self::Autocomplete { command, .. }
            | Self::MessageCommand { name: command, .. } => Some(command),
            Self::Component { .. } | Self::ModalSubmit { .. } => None,
        }
    }
}

/// The message on which a member ran a message command. Discord sends its text without the message
/// content intent. The text is shown to the member and never kept or logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetMessage {
    pub message: IncomingMessage,
    pub text: String,
}

/// The value of an option of a slash command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionValue {
    Text(String),
    Flag(bool),
    Number(i64),
    User(UserId),
    Role(RoleId),
    Channel(ChannelId),
    Attachment(AttachedFile),
}

/// A file that a member chose for an option of a slash command.
#[derive(Clone, PartialEq, Eq)]
pub struct AttachedFile {
    pub name: String,
    /// The size in bytes, as Discord states it.
    pub size: u64,
    /// Where it can be downloaded. Everyone who has the URL can do so, so it must not appear in
    /// logs.
    pub url: String,
}

/// Leaves the URL out.
impl fmt::Debug for AttachedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {} bytes", self.name, self.size)
    }
}

/// A member ran a command, pressed a button, submitted a modal or is typing an option. The bot must
/// respond within [`RESPONSE_TIME`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    pub id: u64,
    /// Authorises the answer. A secret for 15 minutes, so it must not appear in logs.
    pub token: String,
    pub data: InteractionData,
    /// The options by name.
    pub options: HashMap<String, OptionValue>,
    /// `None` in a direct message.
    pub guild: Option<GuildId>,
    /// The channel or thread.
    pub channel: ChannelId,
    pub user: UserId,
    /// Whether the member may manage the guild.
    pub is_admin: bool,
    /// When it arrived, by the machine's monotonic time.
    pub received_at: Instant,
}

impl Interaction {
    /// Returns when the member sent it, by Discord's clock. What is stored and later compared with
    /// the times of messages takes this time, because the machine's clock may differ.
    pub fn created_at(&self) -> Timestamp {
        snowflake_time(self.id)
    }

    /// Returns how much time is left for the first response.
    pub fn time_left(&self, now: Instant) -> Duration {
        RESPONSE_TIME.saturating_sub(now.saturating_duration_since(self.received_at))
    }

    /// Returns whether it arrived so long ago that Discord accepts no response any more.
    pub fn is_expired(&self, now: Instant) -> bool {
        self.time_left(now).is_zero()
    }

    /// Returns a text option.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.options.get(name)? {
            OptionValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a yes-or-no option; `false` if it was not given.
    pub fn flag(&self, name: &str) -> bool {
        self.optional_flag(name) == Some(true)
    }

    /// Returns a yes-or-no option.
    pub fn optional_flag(&self, name: &str) -> Option<bool> {
        match self.options.get(name)? {
            OptionValue::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    /// Returns a number option; `None` for a negative number.
    pub fn number(&self, name: &str) -> Option<u32> {
        match self.options.get(name)? {
            OptionValue::Number(number) => u32::try_from(*number).ok(),
            _ => None,
        }
    }

    /// Returns a member option.
    pub fn user(&self, name: &str) -> Option<UserId> {
        match self.options.get(name)? {
            OptionValue::User(user) => Some(*user),
            _ => None,
        }
    }

    /// Returns a role option.
    pub fn role(&self, name: &str) -> Option<RoleId> {
        match self.options.get(name)? {
            OptionValue::Role(role) => Some(*role),
            _ => None,
        }
    }

    /// Returns an attachment option.
    pub fn attachment(&self, name: &str) -> Option<&AttachedFile> {
        match self.options.get(name)? {
            OptionValue::Attachment(file) => Some(file),
            _ => None,
        }
    }

    /// Returns a channel option.
    pub fn channel(&self, name: &str) -> Option<ChannelId> {
        match self.options.get(name)? {
            OptionValue::Channel(channel) => Some(*channel),
            _ => None,
        }
    }
}
