//! Channels, threads and direct messages.

use std::collections::BTreeSet;

/// Kinds of channels (Discord docs, resources/channel, "Channel Types").
pub mod kind {
    /// A text channel.
    pub const TEXT: u8 = 0;
    /// Direct messages.
    pub const DM: u8 = 1;
    /// An announcement channel.
    pub const ANNOUNCEMENT: u8 = 5;
    /// A thread in an announcement channel.
    pub const ANNOUNCEMENT_THREAD: u8 = 10;
    /// A thread that everyone can see.
    pub const PUBLIC_THREAD: u8 = 11;
    /// A forum.
    pub const FORUM: u8 = 15;
}

/// What a role or a member may do differently in a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overwrite {
    /// The role or member.
    pub id: u64,
    /// Whether `id` is a member.
    pub is_member: bool,
    /// Permissions given.
    pub allow: u64,
    /// Permissions taken.
    pub deny: u64,
}

/// What only threads have.
#[derive(Debug, Clone)]
pub struct ThreadState {
    /// Nobody writes there any more, unless that opens it again.
    pub archived: bool,
    /// Only who may manage threads can open it again.
    pub locked: bool,
    /// Minutes without a message after which it is hidden.
    pub auto_archive_minutes: u64,
    /// When it was started, in Unix milliseconds.
    pub created_ms: i64,
    /// When `archived` last changed, in Unix milliseconds.
    pub archive_changed_ms: i64,
    /// Who started it.
    pub owner: u64,
    /// Who joined.
    pub members: BTreeSet<u64>,
    /// Messages in it, without the starter.
    pub message_count: u64,
    /// As `message_count`, but it does not shrink.
    pub total_sent: u64,
}

/// A channel, a thread or direct messages.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Id; of a thread that of its starter message.
    pub id: u64,
    /// The guild, unless it is a direct message.
    pub guild: Option<u64>,
    /// See [`kind`].
    pub kind: u8,
    /// Name; empty in direct messages.
    pub name: String,
    /// What it is about.
    pub topic: Option<String>,
    /// Place in the list.
    pub position: u64,
    /// Of a thread its channel.
    pub parent: Option<u64>,
    /// Permission overwrites.
    pub overwrites: Vec<Overwrite>,
    /// The newest message, also if it was deleted.
    pub last_message: Option<u64>,
    /// Set for threads.
    pub thread: Option<ThreadState>,
    /// The two sides of direct messages.
    pub recipients: Vec<u64>,
}

impl Channel {
    /// An empty channel of a guild.
    pub fn new(id: u64, guild: u64, kind: u8, name: &str) -> Self {
        Self {
            id,
            guild: Some(guild),
            kind,
            name: name.to_owned(),
            topic: None,
            position: 0,
            parent: None,
            overwrites: Vec::new(),
            last_message: None,
            thread: None,
            recipients: Vec::new(),
        }
    }

    /// Direct messages between two users.
    pub fn dm(id: u64, recipients: [u64; 2]) -> Self {
        Self {
            guild: None,
            recipients: recipients.to_vec(),
            ..Self::new(id, 0, kind::DM, "")
        }
    }

    /// Whether it is a thread.
    pub const fn is_thread(&self) -> bool {
        self.thread.is_some()
    }

    /// Whether it is an archived thread.
    pub fn is_archived(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| thread.archived)
    }

    /// Whether messages can be written in it.
    pub const fn takes_messages(&self) -> bool {
        self.kind != kind::FORUM
    }
}
