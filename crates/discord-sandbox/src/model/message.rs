//! Messages.

use serde_json::Value;

/// Message types (Discord docs, resources/message, "Message Types").
pub mod kind {
    /// Ordinary message.
    pub const DEFAULT: u8 = 0;
    /// System message: a user was added to a thread.
    pub const RECIPIENT_ADD: u8 = 1;
    /// System message: a thread was started.
    pub const THREAD_CREATED: u8 = 18;
    /// Reply to a message.
    pub const REPLY: u8 = 19;
    /// Response to a slash command.
    pub const CHAT_INPUT_COMMAND: u8 = 20;
    /// First message of a thread. It refers to the message on which the thread was started.
    pub const THREAD_STARTER: u8 = 21;
    /// Response to a context-menu command.
    pub const CONTEXT_MENU_COMMAND: u8 = 23;
}

/// Message flags (Discord docs, resources/message, "Message Flags").
pub mod flag {
    /// Embeds are not shown.
    pub const SUPPRESS_EMBEDS: u64 = 1 << 2;
    /// A thread was started on the message.
    pub const HAS_THREAD: u64 = 1 << 5;
    /// Only one member can see the message.
    pub const EPHEMERAL: u64 = 1 << 6;
    /// Deferred response, shown as "… is thinking".
    pub const LOADING: u64 = 1 << 7;
    /// The message triggers no notifications.
    pub const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;
}

/// Reference of a message to another message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageReference {
    /// Channel of the referenced message.
    pub channel: u64,
    /// Referenced message; `None` in a [`kind::THREAD_CREATED`] message, which refers to a thread.
    pub message: Option<u64>,
}

/// Mentions of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Mentioned users.
    pub users: Vec<u64>,
    /// Mentioned roles.
    pub roles: Vec<u64>,
    /// Whether `@everyone` or `@here` is mentioned.
    pub everyone: bool,
}

/// Reactions to a message with one emoji.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// Unicode emoji, or `name:id` for a custom emoji.
    pub emoji: String,
    /// Users who reacted, in order.
    pub users: Vec<u64>,
}

/// Metadata of the interaction to which a message responds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InteractionMetadata {
    /// Id of the interaction.
    pub id: u64,
    /// Type of the interaction: 2 command, 3 component, 5 modal.
    pub kind: u8,
    /// User who caused the interaction.
    pub user: u64,
    /// Name of the command, with subcommands; empty otherwise.
    pub name: String,
    /// Message whose component was used.
    pub source_message: Option<u64>,
    /// Message on which a message command was run.
    pub target_message: Option<u64>,
}

/// Channel and id of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageKey {
    /// Channel or thread.
    pub channel: u64,
    /// Id of the message.
    pub message: u64,
}

/// Message in a channel or thread.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// Id.
    pub id: u64,
    /// Channel or thread.
    pub channel: u64,
    /// User, bot or webhook.
    pub author: u64,
    /// Message type; see [`kind`].
    pub kind: u8,
    /// Text.
    pub content: String,
    /// Embeds as Discord returns them.
    pub embeds: Vec<Value>,
    /// Action rows with components.
    pub components: Vec<Value>,
    /// Attachment objects.
    pub attachments: Vec<Value>,
    /// Sticker items.
    pub stickers: Vec<Value>,
    /// Bits of [`flag`].
    pub flags: u64,
    /// Time of sending, in Unix milliseconds.
    pub written_ms: i64,
    /// Time of the last edit, in Unix milliseconds.
    pub edited_ms: Option<i64>,
    /// Mentions that were allowed.
    pub mentions: Mentions,
    /// Users who were notified.
    pub pinged: Vec<u64>,
    /// Message to which this one refers, such as the one that is replied to.
    pub reference: Option<MessageReference>,
    /// Reactions, one entry per emoji.
    pub reactions: Vec<Reaction>,
    /// Nonce as the sender wrote it: a string or an integer.
    pub nonce: Option<Value>,
    /// Webhook that sent the message.
    pub webhook: Option<u64>,
    /// Interaction to which the message responds.
    pub interaction: Option<InteractionMetadata>,
    /// The only member who sees an ephemeral message; `None` for a public message.
    pub ephemeral_for: Option<u64>,
    /// Whether an ephemeral message has vanished from its member's client: they dismissed it or
    /// restarted the client.
    pub vanished: bool,
    /// Fields that replace those of the message's JSON, for messages that this type can't express.
    pub json: Option<Value>,
}

impl Message {
    /// Returns whether `user` can see the message, apart from channel permissions.
    pub fn is_visible_to(&self, user: u64) -> bool {
        !self.vanished && self.ephemeral_for.is_none_or(|recipient| recipient == user)
    }
}
