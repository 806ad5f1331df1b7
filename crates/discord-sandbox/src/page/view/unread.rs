//! The marks of unread messages in the channel list.

use serde::Serialize;

use super::PageViewer;
use crate::model::{Channel, Message, kind, message_kind};
use crate::page::read_marks::ReadMarks;

/// What a member has not read of a channel or thread.
#[derive(Debug, Default, Serialize)]
pub struct Unread {
    /// Whether there is a message of somebody else.
    any: bool,
    /// Number of messages that notified the member; in direct messages, of all.
    notified: usize,
}

/// Marks a channel that is shown to the viewer as read.
pub fn mark_read(viewer: &PageViewer<'_>, marks: &mut ReadMarks, channel: u64) {
    let all = viewer.discord.messages.get(&channel);
    if let Some(newest) = all.and_then(|all| all.keys().next_back()) {
        marks.mark(viewer.user, channel, *newest);
    }
}

/// Returns what the viewer has not read of a channel.
pub fn unread(viewer: &PageViewer<'_>, marks: &ReadMarks, channel: &Channel) -> Unread {
    let read = marks.newest(viewer.user, channel.id);
    let all = viewer.discord.messages.get(&channel.id);
    let newer = all.into_iter().flat_map(|all| all.range(read + 1..));
    let is_news = |one: &&Message| {
        one.author != viewer.user
            && one.ephemeral_for.is_none()
            // It repeats the message on which the thread was started.
            && one.kind != message_kind::THREAD_STARTER
    };
    let mut unread = Unread::default();
    for one in newer.map(|(_, one)| one).filter(is_news) {
        unread.any = true;
        let is_notified = channel.kind == kind::DM || one.pinged.contains(&viewer.user);
        unread.notified += usize::from(is_notified);
    }
    unread
}
