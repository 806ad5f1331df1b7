//! Messages and threads as a member sees them.

use serde::Serialize;
use serde_json::Value;

use super::super::Sandbox;
use super::super::model::{Channel, Discord, Message, flag};
use super::super::permission::VIEW_CHANNEL;

/// A message as one member sees it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are independent properties of a message"
)]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MessageView {
    /// The message's id.
    pub id: u64,
    /// The channel or thread.
    pub channel: u64,
    /// The author's id.
    pub author: u64,
    /// The author's name in this guild.
    pub author_name: String,
    /// Whether the author is a bot or webhook.
    pub by_bot: bool,
    /// Discord's message type.
    pub kind: u8,
    /// The text.
    pub content: String,
    /// The embeds.
    pub embeds: Vec<Value>,
    /// The rows of components.
    pub components: Vec<Value>,
    /// The attached files.
    pub attachments: Vec<Value>,
    /// The stickers.
    pub stickers: Vec<Value>,
    /// Each emoji with the users who reacted with it.
    pub reactions: Vec<(String, Vec<u64>)>,
    /// Whether Discord shows "Only you can see this".
    pub ephemeral: bool,
    /// Whether Discord shows "… is thinking".
    pub thinking: bool,
    /// Whether it was edited.
    pub edited: bool,
    /// When it was sent, in Unix milliseconds.
    pub written_ms: i64,
    /// The message it replies to.
    pub replies_to: Option<u64>,
    /// The thread that was started from it.
    pub thread: Option<u64>,
    /// The users who got a notification.
    pub pinged: Vec<u64>,
}

/// A button as a member sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ButtonView {
    /// The label.
    pub label: String,
    /// The custom id; empty for a link.
    pub custom_id: String,
    /// Whether it is disabled.
    pub disabled: bool,
}

/// A thread as a member sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThreadView {
    /// The id, which is that of the message the thread was started from.
    pub id: u64,
    /// The name.
    pub name: String,
    /// The user who started it.
    pub owner: u64,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether it is locked.
    pub locked: bool,
}

impl MessageView {
    /// Builds the view of a message.
    pub fn new(discord: &Discord, one: &Message) -> Self {
        let has_thread =
            one.flags & flag::HAS_THREAD != 0 && discord.channels.contains_key(&one.id);
        Self {
            id: one.id,
            channel: one.channel,
            author: one.author,
            author_name: discord.display_name(discord.guild_of(one.channel), one.author),
            by_bot: discord.users.get(&one.author).is_some_and(|user| user.bot),
            kind: one.kind,
            content: one.content.clone(),
            embeds: one.embeds.clone(),
            components: one.components.clone(),
            attachments: one.attachments.clone(),
            stickers: one.stickers.clone(),
            reactions: one
                .reactions
                .iter()
                .map(|one| (one.emoji.clone(), one.users.clone()))
                .collect(),
            ephemeral: one.ephemeral_for.is_some(),
            thinking: one.flags & flag::LOADING != 0,
            edited: one.edited_ms.is_some(),
            written_ms: one.written_ms,
            replies_to: one.reference.and_then(|to| to.message),
            thread: has_thread.then_some(one.id),
            pinged: one.pinged.clone(),
        }
    }

    /// Returns the buttons in order.
    pub fn buttons(&self) -> Vec<ButtonView> {
        let rows = self
            .components
            .iter()
            .filter_map(|row| row["components"].as_array());
        let buttons = rows.flatten().filter(|one| one["type"] == 2);
        buttons
            .map(|one| ButtonView {
                label: one["label"].as_str().unwrap_or_default().to_owned(),
                custom_id: one["custom_id"].as_str().unwrap_or_default().to_owned(),
                disabled: one["disabled"].as_bool().unwrap_or(false),
            })
            .collect()
    }
}

impl Sandbox {
    /// Returns the messages of a channel or thread as a member sees them, oldest first; empty if
    /// the member can't see the channel.
    pub fn messages(&self, channel: u64, as_user: u64) -> Vec<MessageView> {
        self.read(|discord| {
            if !can_see(discord, channel, as_user) {
                return Vec::new();
            }
            let all = discord
                .messages
                .get(&channel)
                .into_iter()
                .flat_map(|all| all.values());
            all.filter(|one| one.is_visible_to(as_user))
                .map(|one| MessageView::new(discord, one))
                .collect()
        })
    }

    /// Returns a message, without a check of permissions.
    pub fn message(&self, message: u64) -> Option<MessageView> {
        self.read(|discord| Some(MessageView::new(discord, discord.find_message(message)?)))
    }

    /// Returns the users who got a notification for a message.
    pub fn pings(&self, message: u64) -> Vec<u64> {
        self.read(|discord| {
            discord
                .find_message(message)
                .map_or(Vec::new(), |one| one.pinged.clone())
        })
    }

    /// Returns the threads of a channel, oldest first.
    pub fn threads(&self, channel: u64) -> Vec<ThreadView> {
        self.read(|discord| {
            discord
                .threads_of(channel)
                .filter_map(thread_view)
                .collect()
        })
    }
}

fn thread_view(one: &Channel) -> Option<ThreadView> {
    let thread = one.thread.as_ref()?;
    Some(ThreadView {
        id: one.id,
        name: one.name.clone(),
        owner: thread.owner,
        archived: thread.archived,
        locked: thread.locked,
    })
}

/// Whether a member can see a channel.
pub fn can_see(discord: &Discord, channel: u64, user: u64) -> bool {
    let channel = discord.channels.get(&channel);
    channel.is_some_and(|one| discord.permissions(one, user) & VIEW_CHANNEL != 0)
}
