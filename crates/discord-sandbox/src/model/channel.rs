//! Channels, threads and direct-message channels.

use std::collections::BTreeSet;

/// Channel types (Discord docs, resources/channel, "Channel Types").
pub mod kind {
    /// Text channel.
    pub const TEXT: u8 = 0;
    /// Direct-message channel.
    pub const DM: u8 = 1;
    /// Announcement channel.
    pub const ANNOUNCEMENT: u8 = 5;
    /// Thread in an announcement channel.
    pub const ANNOUNCEMENT_THREAD: u8 = 10;
    /// Public thread in a text channel.
    pub const PUBLIC_THREAD: u8 = 11;
    /// Private thread in a text channel. Only its members and moderators see it.
    pub const PRIVATE_THREAD: u8 = 12;
    /// Forum channel. It contains threads and takes no messages itself.
    pub const FORUM: u8 = 15;
}

/// Permission overwrite of a channel, for a role or a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overwrite {
    /// Id of the role or the member.
    pub id: u64,
    /// Whether `id` is a member's.
    pub is_member: bool,
    /// Bits of the allowed permissions.
    pub allow: u64,
    /// Bits of the denied permissions.
    pub deny: u64,
}

/// Additional state of a thread.
#[derive(Debug, Clone)]
pub struct ThreadState {
    /// Whether the thread is archived. A new message unarchives it.
    pub archived: bool,
    /// Whether the thread is locked. Only members with "Manage Threads" can unarchive it.
    pub locked: bool,
    /// Minutes without a message after which the thread is archived.
    pub auto_archive_minutes: u64,
    /// Creation time in Unix milliseconds.
    pub created_ms: i64,
    /// Time at which `archived` last changed, in Unix milliseconds.
    pub archive_changed_ms: i64,
    /// Whether members of a private thread may add others; `None` in other threads.
    pub invitable: Option<bool>,
    /// User who started the thread.
    pub owner: u64,
    /// Users who joined the thread.
    pub members: BTreeSet<u64>,
    /// Number of messages in the thread, without the starter message and deleted messages.
    pub message_count: u64,
    /// Number of messages ever sent in the thread. Deletions do not decrease it.
    pub total_sent: u64,
}

/// Channel, thread or direct-message channel.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Id. A thread has the id of its starter message, if it was started from one.
    pub id: u64,
    /// Guild, or `None` for a direct-message channel.
    pub guild: Option<u64>,
    /// Channel type; see [`kind`].
    pub kind: u8,
    /// Name; empty for a direct-message channel.
    pub name: String,
    /// Topic, shown above the messages.
    pub topic: Option<String>,
    /// Position in the channel list, from 0.
    pub position: u64,
    /// Parent channel of a thread.
    pub parent: Option<u64>,
    /// Permission overwrites.
    pub overwrites: Vec<Overwrite>,
    /// Newest message. A deleted message stays the newest one, as on Discord.
    pub last_message: Option<u64>,
    /// State of a thread; `None` for other channels.
    pub thread: Option<ThreadState>,
    /// The two users of a direct-message channel; otherwise empty.
    pub recipients: Vec<u64>,
}

impl Channel {
    /// Creates an empty channel of a guild.
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

    /// Creates the direct-message channel of two users.
    pub fn dm(id: u64, recipients: [u64; 2]) -> Self {
        Self {
            guild: None,
            recipients: recipients.to_vec(),
            ..Self::new(id, 0, kind::DM, "")
        }
    }

    /// Returns whether this is a thread.
    pub const fn is_thread(&self) -> bool {
        self.thread.is_some()
    }

    /// Returns whether this is a private thread.
    pub const fn is_private(&self) -> bool {
        self.kind == kind::PRIVATE_THREAD
    }

    /// Returns whether this is an archived thread.
    pub fn is_archived(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| thread.archived)
    }

    /// Returns whether messages can be sent to this channel itself (not to a forum).
    pub const fn takes_messages(&self) -> bool {
        self.kind != kind::FORUM
    }
}
