//! Messages and threads as a member sees them.

use serde::Serialize;
use serde_json::Value;

use super::super::Sandbox;
use super::super::model::{Channel, Discord, Message, flag};
use super::super::permission::VIEW_CHANNEL;

/// A message as one member sees it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are independent marks on a message"
)]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MessageView {
    /// Id.
    pub id: u64,
    /// Channel or thread.
    pub channel: u64,
    /// Who wrote it.
    pub author: u64,
    /// The author's name in this guild.
    pub author_name: String,
    /// Whether the author is a bot or webhook.
    pub by_bot: bool,
    /// Discord's message type.
    pub kind: u8,
    /// Text.
    pub content: String,
    /// Embeds.
    pub embeds: Vec<Value>,
    /// Rows of components.
    pub components: Vec<Value>,
    /// Files.
    pub attachments: Vec<Value>,
    /// Stickers.
    pub stickers: Vec<Value>,
    /// Emoji with who used them.
    pub reactions: Vec<(String, Vec<u64>)>,
    /// "Only you can see this."
    pub ephemeral: bool,
    /// "… is thinking."
    pub thinking: bool,
    /// Whether it was edited.
    pub edited: bool,
    /// When it was written, in Unix milliseconds.
    pub written_ms: i64,
    /// The message it replies to.
    pub replies_to: Option<u64>,
    /// The thread that was started from it.
    pub thread: Option<u64>,
    /// Whose device rang.
    pub pinged: Vec<u64>,
}

/// A button as a member sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ButtonView {
    /// What is written on it.
    pub label: String,
    /// What is sent when it is pressed; empty for a link.
    pub custom_id: String,
    /// Whether it can't be pressed.
    pub disabled: bool,
}

/// A thread as a member sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThreadView {
    /// Id: that of the message it was started from.
    pub id: u64,
    /// Name.
    pub name: String,
    /// Who started it.
    pub owner: u64,
    /// Whether it is archived.
    pub archived: bool,
    /// Whether it is locked.
    pub locked: bool,
}

impl MessageView {
    /// The message as `discord` shows it.
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

    /// Its buttons, in order.
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
    /// The messages of a channel or thread as a member sees them, the oldest first; none if they can't
    /// see the channel.
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

    /// One message, whoever may see it.
    pub fn message(&self, message: u64) -> Option<MessageView> {
        self.read(|discord| Some(MessageView::new(discord, discord.find_message(message)?)))
    }

    /// Whose device rang for a message.
    pub fn pings(&self, message: u64) -> Vec<u64> {
        self.read(|discord| {
            discord
                .find_message(message)
                .map_or(Vec::new(), |one| one.pinged.clone())
        })
    }

    /// The threads of a channel, the oldest first.
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
