//! The channel list, and the selected channel and thread.

use serde::Serialize;

use super::PageViewer;
use super::message::{self, MessageEntry};
use super::unread::{Unread, unread};
use crate::client::message_commands;
use crate::model::{Channel, kind};
use crate::page::read_marks::ReadMarks;
use crate::permission::{SEND_MESSAGES, SEND_MESSAGES_IN_THREADS, VIEW_CHANNEL};

/// Maximum threads of a channel in the list; older ones are opened from their messages.
const THREADS_SHOWN: usize = 5;

/// A guild in the list.
#[derive(Debug, Serialize)]
pub struct GuildItem {
    name: String,
    channels: Vec<ChannelItem>,
}

/// A channel or thread in the list.
#[derive(Debug, Serialize)]
pub struct ChannelItem {
    id: String,
    name: String,
    /// Whether it is the selected one.
    here: bool,
    /// Whether it is a private thread.
    private: bool,
    unread: Unread,
    threads: Vec<ChannelItem>,
}

/// A channel or thread with its messages.
#[derive(Debug, Serialize)]
pub struct ChannelView {
    id: String,
    name: String,
    /// "text", "thread" or "direct".
    kind: &'static str,
    archived: bool,
    /// Whether it is a private thread, with the names of its members.
    private: bool,
    members: String,
    /// Whether the viewer may write.
    writable: bool,
    /// The names of the message commands, which are in the menu *Apps* of each message.
    apps: Vec<String>,
    entries: Vec<MessageEntry>,
}

fn is_visible(viewer: &PageViewer<'_>, channel: &Channel) -> bool {
    viewer.discord.permissions(channel, viewer.user) & VIEW_CHANNEL != 0
}

/// Whether a channel is in the channel list: text channels and the viewer's direct messages.
fn is_listed(viewer: &PageViewer<'_>, channel: &Channel) -> bool {
    let has_kind = matches!(channel.kind, kind::TEXT | kind::ANNOUNCEMENT | kind::DM);
    has_kind && is_visible(viewer, channel)
}

/// Returns the requested channel, or the first in which the bot has posted, or the last of the
/// first guild: `general` usually comes first and the team's channel after it.
pub fn selected_channel(viewer: &PageViewer<'_>, requested: Option<u64>) -> Option<u64> {
    let discord = viewer.discord;
    let requested = requested.and_then(|id| discord.channels.get(&id));
    if let Some(one) = requested.filter(|one| is_listed(viewer, one)) {
        return Some(one.id);
    }
    let mut all: Vec<&Channel> = discord.channels.values().collect();
    all.retain(|one| one.guild.is_some() && is_listed(viewer, one));
    all.sort_by_key(|one| (one.guild, one.position));
    let has_bot = |one: &&&Channel| {
        let written = discord.messages.get(&one.id);
        written.is_some_and(|all| all.values().any(|one| one.author == discord.app.id))
    };
    let first_guild = all.first().and_then(|one| one.guild);
    let last = || all.iter().rfind(|one| one.guild == first_guild);
    all.iter().find(has_bot).or_else(last).map(|one| one.id)
}

/// Returns the requested thread if it belongs to the channel.
pub fn selected_thread(
    viewer: &PageViewer<'_>,
    channel: Option<u64>,
    requested: Option<u64>,
) -> Option<u64> {
    let one = viewer.discord.channels.get(&requested?)?;
    let belongs = one.is_thread() && one.parent == channel && is_visible(viewer, one);
    belongs.then_some(one.id)
}

/// Returns the list of guilds, with direct messages at the end.
pub fn guilds(
    viewer: &PageViewer<'_>,
    marks: &ReadMarks,
    channel: Option<u64>,
    thread: Option<u64>,
) -> Vec<GuildItem> {
    let discord = viewer.discord;
    let item = |one: &Channel| ChannelItem {
        id: one.id.to_string(),
        name: channel_name(viewer, one),
        here: channel == Some(one.id) || thread == Some(one.id),
        private: one.is_private(),
        unread: unread(viewer, marks, one),
        threads: Vec::new(),
    };
    let with_threads = |one: &Channel| {
        let mut threads: Vec<_> = discord
            .threads_of(one.id)
            .filter(|thread| !thread.is_archived() && is_visible(viewer, thread))
            .map(item)
            .collect();
        let old = threads.len().saturating_sub(THREADS_SHOWN);
        threads.drain(..old);
        ChannelItem {
            threads,
            ..item(one)
        }
    };
    let mut guilds: Vec<GuildItem> = Vec::new();
    for guild in discord
        .guilds
        .values()
        .filter(|guild| guild.members.contains_key(&viewer.user))
    {
        let mut channels: Vec<_> = discord.channels_of(guild.id).collect();
        channels.retain(|one| is_listed(viewer, one));
        channels.sort_by_key(|one| one.position);
        guilds.push(GuildItem {
            name: guild.name.clone(),
            channels: channels.into_iter().map(with_threads).collect(),
        });
    }
    let direct = discord.channels.values().filter(|one| one.kind == kind::DM);
    let direct: Vec<_> = direct
        .filter(|one| is_visible(viewer, one))
        .map(item)
        .collect();
    if !direct.is_empty() {
        guilds.push(GuildItem {
            name: "Direct messages".to_owned(),
            channels: direct,
        });
    }
    guilds
}

/// Returns a channel's name; for direct messages, the other participant's name.
fn channel_name(viewer: &PageViewer<'_>, channel: &Channel) -> String {
    let other = channel.recipients.iter().find(|id| **id != viewer.user);
    match other {
        Some(other) if channel.kind == kind::DM => viewer.discord.display_name(None, *other),
        _ => channel.name.clone(),
    }
}

/// Returns the names of a thread's members.
fn member_names(viewer: &PageViewer<'_>, channel: &Channel) -> String {
    let members = channel.thread.iter().flat_map(|thread| &thread.members);
    let name = |user: &u64| viewer.discord.display_name(channel.guild, *user);
    members.map(name).collect::<Vec<_>>().join(", ")
}

/// Returns a channel or thread with its messages.
pub fn channel_view(viewer: &PageViewer<'_>, id: u64) -> ChannelView {
    let channel = viewer.discord.channels.get(&id);
    let permissions = channel.map_or(0, |one| viewer.discord.permissions(one, viewer.user));
    let is_thread = channel.is_some_and(Channel::is_thread);
    let needed = if is_thread {
        SEND_MESSAGES_IN_THREADS
    } else {
        SEND_MESSAGES
    };
    ChannelView {
        id: id.to_string(),
        name: channel
            .map(|one| channel_name(viewer, one))
            .unwrap_or_default(),
        kind: match channel.map(|one| one.kind) {
            Some(kind::DM) => "direct",
            _ if is_thread => "thread",
            _ => "text",
        },
        archived: channel.is_some_and(Channel::is_archived),
        private: channel.is_some_and(Channel::is_private),
        members: channel
            .map(|one| member_names(viewer, one))
            .unwrap_or_default(),
        writable: permissions & needed != 0,
        apps: message_commands(viewer.discord, id, viewer.user),
        entries: message::entries(viewer, id),
    }
}
