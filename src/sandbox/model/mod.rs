//! What the sandbox's Discord knows: guilds, channels, members, messages, commands and interactions.
//!
//! Plain data with its own consistency; who may do what is decided in `rest` and `user`.

mod channel;
mod command;
mod guild;
mod interaction;
mod message;
mod stored_file;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use channel::{Channel, Overwrite, ThreadState, kind};
pub use command::{Command, Commands};
pub use guild::{Guild, Member, Role, User};
pub use interaction::{Interaction, InteractionKind, InteractionState, token_of};
pub use message::{
    InteractionMetadata, Mentions, Message, MessageReference, Reaction, flag, kind as message_kind,
};
pub use stored_file::{StoredFile, StoredFiles};

use super::clock::SandboxClock;
use super::faults::FaultRules;
use super::gateway::GatewayState;
use super::log::TrafficLog;
use super::rest::limits::RequestCounter;
use super::snowflake::Snowflakes;

/// Everything, behind one lock.
#[derive(Debug)]
pub struct Discord {
    /// The application that is under test.
    pub app: App,
    /// People and bots.
    pub users: BTreeMap<u64, User>,
    /// Guilds, also those without the bot.
    pub guilds: BTreeMap<u64, Guild>,
    /// Channels, threads and direct messages.
    pub channels: BTreeMap<u64, Channel>,
    /// Messages by channel, the oldest first.
    pub messages: BTreeMap<u64, BTreeMap<u64, Message>>,
    /// Registered commands.
    pub commands: Commands,
    /// Interactions by id.
    pub interactions: BTreeMap<u64, Interaction>,
    /// Nonces of messages, by author and text: when, in which channel, which message.
    pub nonces: BTreeMap<(u64, String), (i64, u64, u64)>,
    /// Sessions of the gateway.
    pub gateway: GatewayState,
    /// What went wrong on purpose.
    pub faults: FaultRules,
    /// How many requests come in a second.
    pub limits: RequestCounter,
    /// Files that the bot attached.
    pub files: StoredFiles,
    /// What was asked and answered.
    pub log: TrafficLog,
    /// The clock everything is stamped by.
    pub clock: Arc<SandboxClock>,
    ids: Snowflakes,
}

/// The application and its bot user.
#[derive(Debug, Clone)]
pub struct App {
    /// The application's id, which is the bot user's too.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its token, without "Bot ".
    pub token: String,
    /// The user who made it.
    pub owner: u64,
    /// Privileged intents that are switched on for it.
    pub privileged_intents: u64,
}

impl Discord {
    /// A Discord with nothing in it but the application.
    pub fn new(app: App, clock: Arc<SandboxClock>, gateway: GatewayState) -> Self {
        let mut discord = Self {
            users: BTreeMap::new(),
            guilds: BTreeMap::new(),
            channels: BTreeMap::new(),
            messages: BTreeMap::new(),
            commands: Commands::default(),
            interactions: BTreeMap::new(),
            nonces: BTreeMap::new(),
            gateway,
            faults: FaultRules::default(),
            limits: RequestCounter::default(),
            files: StoredFiles::default(),
            log: TrafficLog::new(super::log::MAX_ENTRIES),
            clock,
            ids: Snowflakes::default(),
            app,
        };
        let (id, name) = (discord.app.id, discord.app.name.clone());
        discord.users.insert(id, User::bot(id, &name));
        discord
    }

    /// A new id, stamped with the time of the clock.
    pub fn next_id(&mut self) -> u64 {
        self.ids.next(self.clock.now_ms())
    }

    /// The channel whose overwrites count: of a thread its parent.
    pub fn parent_of<'a>(&'a self, channel: &'a Channel) -> &'a Channel {
        match (channel.is_thread(), channel.parent) {
            (true, Some(parent)) => self.channels.get(&parent).unwrap_or(channel),
            _ => channel,
        }
    }

    /// What `user` may do in a channel or thread. In direct messages everything that is possible there.
    pub fn permissions(&self, channel: &Channel, user: u64) -> u64 {
        let Some(guild) = channel.guild.and_then(|id| self.guilds.get(&id)) else {
            return if channel.recipients.contains(&user) {
                super::permission::ALL
            } else {
                0
            };
        };
        super::permission::in_channel(guild, self.parent_of(channel), user)
    }

    /// A message wherever it is.
    pub fn find_message(&self, id: u64) -> Option<&Message> {
        self.messages.values().find_map(|channel| channel.get(&id))
    }

    /// A message of a channel.
    pub fn message(&self, channel: u64, id: u64) -> Option<&Message> {
        self.messages.get(&channel)?.get(&id)
    }

    /// A message of a channel, to change it.
    pub fn message_mut(&mut self, channel: u64, id: u64) -> Option<&mut Message> {
        self.messages.get_mut(&channel)?.get_mut(&id)
    }

    /// The threads of a channel.
    pub fn threads_of(&self, channel: u64) -> impl Iterator<Item = &Channel> {
        self.channels
            .values()
            .filter(move |one| one.is_thread() && one.parent == Some(channel))
    }

    /// The channels of a guild that are not threads.
    pub fn channels_of(&self, guild: u64) -> impl Iterator<Item = &Channel> {
        self.channels
            .values()
            .filter(move |one| one.guild == Some(guild) && !one.is_thread())
    }

    /// The active threads of a guild.
    pub fn active_threads_of(&self, guild: u64) -> impl Iterator<Item = &Channel> {
        self.channels.values().filter(move |one| {
            one.guild == Some(guild) && one.thread.as_ref().is_some_and(|thread| !thread.archived)
        })
    }

    /// Whether the bot is in a guild that can be reached.
    pub fn bot_is_in(&self, guild: u64) -> bool {
        self.guilds
            .get(&guild)
            .is_some_and(|guild| guild.members.contains_key(&self.app.id))
    }
}

/// The application has the `MESSAGE_CONTENT` intent (Discord docs, resources/application, "Application
/// Flags": the limited variant, for bots that need no review).
const GATEWAY_MESSAGE_CONTENT_LIMITED: u64 = 1 << 19;

impl App {
    /// The application's public flags.
    pub const fn flags(&self) -> u64 {
        if self.has_message_content() {
            GATEWAY_MESSAGE_CONTENT_LIMITED
        } else {
            0
        }
    }

    /// Whether it may read what others write.
    pub const fn has_message_content(&self) -> bool {
        self.privileged_intents & super::gateway::intent::MESSAGE_CONTENT != 0
    }

    /// Whether this is the token, with or without "Bot ".
    pub fn is_token(&self, token: Option<&str>) -> bool {
        token.is_some_and(|token| token.strip_prefix("Bot ").unwrap_or(token) == self.token)
    }
}
