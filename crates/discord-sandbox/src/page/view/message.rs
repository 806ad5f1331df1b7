//! Messages as one member sees them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::PageViewer;
use super::component::{ComponentRow, rows};
use super::embed::{EmbedItem, MediaItem, attachments, embed};
use super::people::{UserItem, user_item};
use crate::model::{Message, flag, message_kind};
use crate::page::markdown::{MarkdownPart, parse};

/// Maximum messages shown of a channel.
const MAX_MESSAGES: usize = 120;
/// How long consecutive messages of an author are grouped under one name, in milliseconds.
const GROUP_WINDOW_MS: i64 = 7 * 60 * 1000;
/// Maximum length of the quote above a reply, in characters.
const QUOTE_MAX: usize = 90;

/// An entry of the message list.
#[derive(Debug, Serialize)]
pub struct MessageEntry {
    /// Identifies the entry across refreshes.
    key: String,
    /// The date heading above the message, if a new day starts.
    day: Option<String>,
    message: MessageItem,
}

/// A message.
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are independent properties of a message"
)]
#[derive(Debug, Serialize)]
pub struct MessageItem {
    id: String,
    author: UserItem,
    /// `Today at 09:00`.
    when: String,
    /// The full date and time, for a tooltip.
    full: String,
    /// `09:00`, beside grouped messages.
    time: String,
    /// Whether it is grouped with the message above.
    together: bool,
    /// "said", "started" (a thread was started) or "starter" (the first message of a thread).
    kind: &'static str,
    /// The message it replies to.
    replies_to: Option<Quote>,
    /// The name of the user who was added to a thread.
    added: String,
    /// The command that produced it, and its user.
    used: Option<CommandUse>,
    text: Vec<MarkdownPart>,
    /// The unrendered text, for editing.
    source: String,
    embeds: Vec<EmbedItem>,
    pictures: Vec<MediaItem>,
    rows: Vec<ComponentRow>,
    reactions: Vec<ReactionItem>,
    thread: Option<ThreadItem>,
    ephemeral: bool,
    thinking: bool,
    edited: bool,
    /// Whether the viewer is the author.
    own: bool,
    /// Whether it mentions the viewer.
    names_me: bool,
}

#[derive(Debug, Serialize)]
struct Quote {
    author: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct CommandUse {
    by: String,
    command: String,
}

#[derive(Debug, Serialize)]
struct ReactionItem {
    emoji: String,
    count: usize,
    /// The names of the users.
    who: String,
    mine: bool,
}

#[derive(Debug, Serialize)]
struct ThreadItem {
    id: String,
    name: String,
    messages: u64,
}

/// Returns the newest messages of a channel, oldest first.
pub fn entries(viewer: &PageViewer<'_>, channel: u64) -> Vec<MessageEntry> {
    let all = viewer.discord.messages.get(&channel);
    let newest_first = all.into_iter().flat_map(|all| all.values().rev());
    let mut newest: Vec<&Message> = newest_first
        .filter(|one| one.is_visible_to(viewer.user))
        .take(MAX_MESSAGES)
        .collect();
    newest.reverse();
    let mut before: Option<&Message> = None;
    let mut entries = Vec::new();
    for one in newest {
        let day = date(viewer, one.written_ms);
        let is_new_day = before.is_none_or(|last| date(viewer, last.written_ms) != day);
        let mut message = message_item(viewer, one);
        message.together = !is_new_day && before.is_some_and(|last| is_grouped(last, one));
        entries.push(MessageEntry {
            key: one.id.to_string(),
            day: is_new_day.then(|| day.strftime("%A, %-d %B %Y").to_string()),
            message,
        });
        before = Some(one);
    }
    entries
}

fn is_grouped(last: &Message, one: &Message) -> bool {
    last.author == one.author
        && one.written_ms - last.written_ms < GROUP_WINDOW_MS
        && one.reference.is_none()
        && one.interaction.is_none()
        && last.ephemeral_for == one.ephemeral_for
        && last.kind != message_kind::THREAD_STARTER
        && last.kind != message_kind::THREAD_CREATED
        && last.kind != message_kind::RECIPIENT_ADD
}

fn local(viewer: &PageViewer<'_>, ms: i64) -> jiff::ZonedDateTime {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned_datetime(viewer.calendar.zone.clone())
}

fn date(viewer: &PageViewer<'_>, ms: i64) -> jiff::civil::Date {
    local(viewer, ms).date()
}

fn when(viewer: &PageViewer<'_>, ms: i64) -> String {
    let written = local(viewer, ms);
    let today = local(viewer, viewer.discord.clock.now_ms()).date();
    let day = if written.date() == today {
        "Today at"
    } else if today
        .yesterday()
        .is_ok_and(|yesterday| yesterday == written.date())
    {
        "Yesterday at"
    } else {
        "%a, %-d %b %Y,"
    };
    written.strftime(&format!("{day} %H:%M")).to_string()
}

fn message_item(viewer: &PageViewer<'_>, one: &Message) -> MessageItem {
    let discord = viewer.discord;
    // A thread starts with a copy of the message it was started from.
    let starter = (one.kind == message_kind::THREAD_STARTER)
        .then(|| {
            one.reference
                .and_then(|to| discord.message(to.channel, to.message?))
        })
        .flatten();
    let of = starter.unwrap_or(one);
    let names = viewer.names(of.channel);
    let written = local(viewer, of.written_ms);
    MessageItem {
        id: of.id.to_string(),
        author: user_item(viewer, of.author, Some(of.channel)),
        when: when(viewer, of.written_ms),
        full: written.strftime("%A, %-d %B %Y at %H:%M").to_string(),
        time: written.strftime("%H:%M").to_string(),
        together: false,
        kind: match one.kind {
            message_kind::THREAD_STARTER => "starter",
            message_kind::THREAD_CREATED => "started",
            message_kind::RECIPIENT_ADD => "added",
            _ => "said",
        },
        replies_to: (one.kind == message_kind::REPLY).then(|| quote(viewer, one)),
        added: added(viewer, one),
        used: command_use(viewer, of),
        text: parse(&of.content, &names),
        source: of.content.clone(),
        embeds: of.embeds.iter().map(|one| embed(one, &names)).collect(),
        pictures: attachments(&of.attachments),
        rows: rows(viewer, of),
        reactions: reactions(viewer, of),
        thread: if starter.is_some() {
            None
        } else {
            thread(viewer, of)
        },
        ephemeral: of.ephemeral_for.is_some(),
        thinking: of.flags & flag::LOADING != 0,
        edited: of.edited_ms.is_some(),
        own: of.author == viewer.user,
        names_me: of.mentions.users.contains(&viewer.user) || of.mentions.everyone,
    }
}

fn added(viewer: &PageViewer<'_>, one: &Message) -> String {
    let guild = viewer.discord.guild_of(one.channel);
    let user = one.mentions.users.first();
    user.filter(|_| one.kind == message_kind::RECIPIENT_ADD)
        .map(|user| viewer.discord.display_name(guild, *user))
        .unwrap_or_default()
}

fn quote(viewer: &PageViewer<'_>, one: &Message) -> Quote {
    let discord = viewer.discord;
    let to = one
        .reference
        .and_then(|to| discord.message(to.channel, to.message?));
    let Some(to) = to.filter(|to| to.is_visible_to(viewer.user)) else {
        return Quote {
            author: String::new(),
            text: "Original message was deleted".to_owned(),
        };
    };
    let embedded = || to.embeds.first().and_then(|embed| embed["title"].as_str());
    let text = Some(to.content.as_str()).filter(|text| !text.is_empty());
    let text = text.or_else(embedded).unwrap_or("Attachment");
    Quote {
        author: discord.display_name(discord.guild_of(one.channel), to.author),
        text: text.chars().take(QUOTE_MAX).collect(),
    }
}

fn command_use(viewer: &PageViewer<'_>, one: &Message) -> Option<CommandUse> {
    let interaction = one
        .interaction
        .as_ref()
        .filter(|interaction| !interaction.name.is_empty())?;
    Some(CommandUse {
        by: viewer
            .discord
            .display_name(viewer.discord.guild_of(one.channel), interaction.user),
        command: match interaction.target_message {
            Some(_) => interaction.name.clone(),
            None => format!("/{}", interaction.name),
        },
    })
}

fn reactions(viewer: &PageViewer<'_>, one: &Message) -> Vec<ReactionItem> {
    let guild = viewer.discord.guild_of(one.channel);
    let shown = one.reactions.iter().map(|reaction| {
        let who: Vec<String> = reaction
            .users
            .iter()
            .map(|user| viewer.discord.display_name(guild, *user))
            .collect();
        ReactionItem {
            emoji: reaction.emoji.clone(),
            count: reaction.users.len(),
            who: who.join(", "),
            mine: reaction.users.contains(&viewer.user),
        }
    });
    shown.collect()
}

fn thread(viewer: &PageViewer<'_>, one: &Message) -> Option<ThreadItem> {
    let started = match one.kind {
        message_kind::THREAD_CREATED => one.reference?.channel,
        _ if one.flags & flag::HAS_THREAD != 0 => one.id,
        _ => return None,
    };
    let channel = viewer.discord.channels.get(&started)?;
    Some(ThreadItem {
        id: started.to_string(),
        name: channel.name.clone(),
        messages: channel
            .thread
            .as_ref()
            .map_or(0, |thread| thread.message_count),
    })
}

/// Returns a string from the bot's JSON; empty if it is missing.
pub fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json[key].as_str().unwrap_or_default()
}
