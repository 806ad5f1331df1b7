//! How far each member has read each channel.

use std::collections::BTreeMap;

/// The newest messages that were shown on the page, by member and channel. They belong to the page
/// and not to [`Discord`](crate::model::Discord): bots don't learn what members have read.
#[derive(Debug, Default)]
pub(crate) struct ReadMarks(BTreeMap<(u64, u64), u64>);

impl ReadMarks {
    /// Marks a channel as read up to a message.
    pub fn mark(&mut self, user: u64, channel: u64, message: u64) {
        let newest = self.0.entry((user, channel)).or_default();
        *newest = message.max(*newest);
    }

    /// Returns the newest message that a member has seen in a channel; 0 if there is none.
    pub fn newest(&self, user: u64, channel: u64) -> u64 {
        self.0.get(&(user, channel)).copied().unwrap_or_default()
    }
}
