//! Messages.

use serde_json::Value;

/// Kinds of messages (Discord docs, resources/message, "Message Types").
pub mod kind {
    /// Somebody wrote.
    pub const DEFAULT: u8 = 0;
    /// Discord tells that a thread was started.
    pub const THREAD_CREATED: u8 = 18;
    /// Somebody replied to a message.
    pub const REPLY: u8 = 19;
    /// The answer to a slash command.
    pub const CHAT_INPUT_COMMAND: u8 = 20;
    /// The first one in a thread, showing the message it was started from.
    pub const THREAD_STARTER: u8 = 21;
    /// The answer to a command of the context menu.
    pub const CONTEXT_MENU_COMMAND: u8 = 23;
}

/// Flags (Discord docs, resources/message, "Message Flags").
pub mod flag {
    /// Embeds are not shown.
    pub const SUPPRESS_EMBEDS: u64 = 1 << 2;
    /// A thread was started from it.
    pub const HAS_THREAD: u64 = 1 << 5;
    /// Only one member sees it.
    pub const EPHEMERAL: u64 = 1 << 6;
    /// "… is thinking".
    pub const LOADING: u64 = 1 << 7;
    /// Nobody's device rings.
    pub const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;
}

/// Another message that one points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageReference {
    /// Its channel.
    pub channel: u64,
    /// The message; of a type-18 message there is none.
    pub message: Option<u64>,
}

/// Whom a message names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Users.
    pub users: Vec<u64>,
    /// Roles.
    pub roles: Vec<u64>,
    /// Everyone.
    pub everyone: bool,
}

/// One emoji under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The character itself, or `name:id`.
    pub emoji: String,
    /// Who reacted, in order.
    pub users: Vec<u64>,
}

/// The interaction that a message answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InteractionMetadata {
    /// The interaction.
    pub id: u64,
    /// 2 command, 3 component, 5 modal.
    pub kind: u8,
    /// Who asked.
    pub user: u64,
    /// The command's name with subcommands; empty otherwise.
    pub name: String,
    /// The message whose component was used.
    pub source_message: Option<u64>,
}

/// A message.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// Id.
    pub id: u64,
    /// Channel or thread.
    pub channel: u64,
    /// User, bot or webhook.
    pub author: u64,
    /// See [`kind`].
    pub kind: u8,
    /// Text.
    pub content: String,
    /// Embeds as Discord shows them.
    pub embeds: Vec<Value>,
    /// Rows of components.
    pub components: Vec<Value>,
    /// Files.
    pub attachments: Vec<Value>,
    /// Stickers.
    pub stickers: Vec<Value>,
    /// See [`flag`].
    pub flags: u64,
    /// When it was written, in Unix milliseconds.
    pub written_ms: i64,
    /// When it was last edited.
    pub edited_ms: Option<i64>,
    /// Whom it names, as far as that was allowed.
    pub mentions: Mentions,
    /// Users whose device rang.
    pub pinged: Vec<u64>,
    /// The message it replies to.
    pub reference: Option<MessageReference>,
    /// Emoji under it.
    pub reactions: Vec<Reaction>,
    /// As it was sent.
    pub nonce: Option<Value>,
    /// The webhook that wrote it.
    pub webhook: Option<u64>,
    /// The interaction it answers.
    pub interaction: Option<InteractionMetadata>,
    /// The one member who sees it.
    pub ephemeral_for: Option<u64>,
}

impl Message {
    /// Whether `user` can see it, channel permissions aside.
    pub fn is_visible_to(&self, user: u64) -> bool {
        self.ephemeral_for.is_none_or(|one| one == user)
    }
}
