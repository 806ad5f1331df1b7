//! Gateway intents (Discord docs, events/gateway, "List of Intents").

/// Guilds, channels, roles and threads.
pub const GUILDS: u64 = 1;
/// Joining, leaving and updated members. Privileged.
pub const GUILD_MEMBERS: u64 = 1 << 1;
/// Presence updates. Privileged.
pub const GUILD_PRESENCES: u64 = 1 << 8;
/// Messages in guilds.
pub const GUILD_MESSAGES: u64 = 1 << 9;
/// Reactions in guilds.
pub const GUILD_MESSAGE_REACTIONS: u64 = 1 << 10;
/// Direct messages.
pub const DIRECT_MESSAGES: u64 = 1 << 12;
/// Reactions in direct messages.
pub const DIRECT_MESSAGE_REACTIONS: u64 = 1 << 13;
/// Content of messages of other users. Privileged.
pub const MESSAGE_CONTENT: u64 = 1 << 15;

/// Intents that must be enabled for an application (Discord docs, events/gateway, "Privileged
/// Intents").
pub const PRIVILEGED: u64 = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT;
/// Intents that exist: bits 0–16, 20, 21, 24 and 25.
pub const KNOWN: u64 = 0x1_FFFF | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25;
