//! State of the simulated Discord: guilds, channels, members, messages, commands and interactions.
//!
//! The types are plain data, for a test to read and to change. Permissions and limits are checked
//! where the bot sends requests, and in [`client`](super::client) for users.

mod channel;
mod command;
mod guild;
mod interaction;
mod message;
mod stored_file;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

pub use channel::{Channel, Overwrite, ThreadState, kind};
pub use command::{Command, Commands, kind as command_kind};
pub use guild::{Guild, Member, Role, User};
pub(crate) use interaction::token_of;
pub use interaction::{Interaction, InteractionKind, InteractionState};
pub use message::{
    InteractionMetadata, Mentions, Message, MessageKey, MessageReference, Reaction, flag,
    kind as message_kind,
};
pub(crate) use stored_file::{StoredFile, StoredFiles, UploadedFile};

use super::clock::SandboxClock;
use super::faults::FaultRules;
use super::gateway::GatewayState;
use super::log::TrafficLog;
use super::rest::limits::RequestCounter;
use super::snowflake::Snowflakes;

/// Complete state of a sandbox. It is kept behind one lock: [`Sandbox::read`](super::Sandbox::read) and
/// [`Sandbox::with`](super::Sandbox::with) give access to it.
#[derive(Debug)]
pub struct Discord {
    /// Application under test.
    pub app: App,
    /// Users by id, including bots.
    pub users: BTreeMap<u64, User>,
    /// Guilds by id, including those without the bot.
    pub guilds: BTreeMap<u64, Guild>,
    /// Channels, threads and direct-message channels by id.
    pub channels: BTreeMap<u64, Channel>,
    /// Messages by channel and id, oldest first.
    pub messages: BTreeMap<u64, BTreeMap<u64, Message>>,
    /// Registered commands.
    pub commands: Commands,
    /// Interactions by id.
    pub interactions: BTreeMap<u64, Interaction>,
    /// Nonces of sent messages, by author and nonce: time in Unix milliseconds, channel, message.
    pub(crate) nonces: BTreeMap<(u64, String), (i64, u64, u64)>,
    /// Connections and sessions of the gateway.
    pub gateway: GatewayState,
    /// Injected REST faults.
    pub(crate) faults: FaultRules,
    /// Counter of requests per second.
    pub(crate) limits: RequestCounter,
    /// Files that the bot attached, and those that members uploaded for options of commands.
    pub(crate) files: StoredFiles,
    /// Log of requests and gateway frames.
    pub log: TrafficLog,
    /// Clock of the sandbox.
    pub clock: Arc<SandboxClock>,
    ids: Snowflakes,
}

/// Application under test and its bot user.
#[derive(Debug, Clone)]
pub struct App {
    /// Id of the application and of its bot user.
    pub id: u64,
    /// Name.
    pub name: String,
    /// Bot token, without the prefix "Bot ".
    pub token: String,
    /// User who owns the application.
    pub owner: u64,
    /// Bits of the enabled privileged intents.
    pub privileged_intents: u64,
    /// What people see of the application, and how it can be installed.
    pub profile: AppProfile,
}

/// The parts of an application that its bot can edit.
#[derive(Debug, Clone)]
pub struct AppProfile {
    /// Text in the bot's profile.
    pub description: String,
    /// At most five words about what it does.
    pub tags: Vec<String>,
    /// The link in the bot's profile, as in the application object.
    pub install_params: Option<Value>,
    /// The installation contexts, as in the application object.
    pub integration_types: Map<String, Value>,
}

/// The profile of an application that nobody has edited: it can be added to guilds and to users'
/// accounts, as Discord sets up new applications.
impl Default for AppProfile {
    fn default() -> Self {
        let contexts = ["0", "1"].map(|context| (context.to_owned(), json!({})));
        Self {
            description: String::new(),
            tags: Vec::new(),
            install_params: None,
            integration_types: contexts.into_iter().collect(),
        }
    }
}

impl Discord {
    /// Creates an empty model that contains only the application and its bot user.
    pub(crate) fn new(app: App, clock: Arc<SandboxClock>, gateway: GatewayState) -> Self {
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
            log: TrafficLog::default(),
            clock,
            ids: Snowflakes::default(),
            app,
        };
        let (id, name) = (discord.app.id, discord.app.name.clone());
        discord.users.insert(id, User::bot(id, &name));
        discord
    }

    /// Returns a new snowflake id with the time of the clock.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.ids.next(self.clock.now_ms())
    }

    /// Returns the channel whose permission overwrites apply: the parent of a thread, otherwise the
    /// channel itself.
    pub fn parent_of<'a>(&'a self, channel: &'a Channel) -> &'a Channel {
        match (channel.is_thread(), channel.parent) {
            (true, Some(parent)) => self.channels.get(&parent).unwrap_or(channel),
            _ => channel,
        }
    }

    /// Returns the permissions of `user` in a channel or thread. Both users of a direct-message
    /// channel have all permissions in it.
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

    /// Returns a message in any channel.
    pub fn find_message(&self, id: u64) -> Option<&Message> {
        self.messages.values().find_map(|channel| channel.get(&id))
    }

    /// Returns a message of a channel.
    pub fn message(&self, channel: u64, id: u64) -> Option<&Message> {
        self.messages.get(&channel)?.get(&id)
    }

    /// Returns a message of a channel for modification.
    pub fn message_mut(&mut self, channel: u64, id: u64) -> Option<&mut Message> {
        self.messages.get_mut(&channel)?.get_mut(&id)
    }

    /// Returns the threads of a channel, including archived ones.
    pub fn threads_of(&self, channel: u64) -> impl Iterator<Item = &Channel> {
        self.channels
            .values()
            .filter(move |one| one.is_thread() && one.parent == Some(channel))
    }

    /// Returns the channels of a guild, without threads.
    pub fn channels_of(&self, guild: u64) -> impl Iterator<Item = &Channel> {
        self.channels
            .values()
            .filter(move |one| one.guild == Some(guild) && !one.is_thread())
    }

    /// Returns the threads of a guild that are not archived.
    pub fn active_threads_of(&self, guild: u64) -> impl Iterator<Item = &Channel> {
        self.channels.values().filter(move |one| {
            one.guild == Some(guild) && one.thread.as_ref().is_some_and(|thread| !thread.archived)
        })
    }

    /// Returns whether the bot is a member of a guild.
    pub fn bot_is_in(&self, guild: u64) -> bool {
        self.guilds
            .get(&guild)
            .is_some_and(|guild| guild.members.contains_key(&self.app.id))
    }
}

/// Flag of an application with the `MESSAGE_CONTENT` intent (Discord docs, resources/application,
/// "Application Flags"). This is the variant for bots that do not need a review.
const GATEWAY_MESSAGE_CONTENT_LIMITED: u64 = 1 << 19;

impl App {
    /// Returns the public flags of the application.
    pub const fn flags(&self) -> u64 {
        if self.has_message_content() {
            GATEWAY_MESSAGE_CONTENT_LIMITED
        } else {
            0
        }
    }

    /// Returns whether the `MESSAGE_CONTENT` intent is enabled.
    pub const fn has_message_content(&self) -> bool {
        self.privileged_intents & super::gateway::intent::MESSAGE_CONTENT != 0
    }

    /// Returns whether `token` is the bot token, with or without the prefix "Bot ".
    pub fn is_token(&self, token: Option<&str>) -> bool {
        token.is_some_and(|token| token.strip_prefix("Bot ").unwrap_or(token) == self.token)
    }
}
