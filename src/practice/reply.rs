//! Counting replies and looks.
//!
//! A reply counts by its own time stamp, so it does not matter when, how often and in which order the
//! bot hears of it.

use jiff::Timestamp;

use super::id::{MessageId, UserId};
use super::ledger::Mark;
use super::team::Team;

/// What a reply was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The member's first reply to that round.
    First {
        /// The round.
        round: u32,
        /// What it was entered as.
        mark: Mark,
    },
    /// The member had replied to that round before.
    Again,
    /// It belongs to no round.
    NoRound,
    /// The member had their data deleted after they wrote it.
    Forgotten,
}

impl Team {
    /// Counts a person's message in the thread of the round that was posted with `posted`, or in
    /// reply to that message.
    pub fn reply(&mut self, posted: MessageId, user: UserId, reply: MessageId) -> Counted {
        let Some(number) = self.round_of(posted).map(|round| round.number) else {
            return Counted::NoRound;
        };
        if self.was_forgotten(user, reply) {
            return Counted::Forgotten;
        }
        let before = self.mark(user, number);
        let mark = self.enter_reply(number, user, reply);
        self.members.entry(user).or_default().set(number, mark);
        let credited = before == Mark::Credited;
        if before.replied() || credited && !self.is_first_reply(posted, user, reply) {
            return Counted::Again;
        }
        Counted::First {
            round: number,
            mark,
        }
    }

    /// Enters that a member chose to see the model answer of the open round before replying.
    /// Returns false, and changes nothing, if the round is not open or they replied before.
    pub fn look(&mut self, number: u32, user: UserId, at: Timestamp) -> bool {
        if self.open_round().map(|round| round.number) != Some(number)
            || self.mark(user, number) != Mark::Nothing
        {
            return false;
        }
        if let Some(round) = self.round_mut(number) {
            round.window.looks.entry(user).or_insert(at);
        }
        self.members
            .entry(user)
            .or_default()
            .set(number, Mark::Looked);
        true
    }

    /// Whether a member must be asked before the answer of that round is shown to them.
    pub fn spoils(&self, number: u32, user: UserId) -> bool {
        self.settings.reveal == super::team::Reveal::AfterReply
            && self
                .open_round()
                .is_some_and(|open| open.number == number && open.void.is_none())
            && self.mark(user, number) == Mark::Nothing
    }

    /// Whether that message is the member's first reply to a recent round.
    pub fn is_first_reply(&self, posted: MessageId, user: UserId, reply: MessageId) -> bool {
        self.round_of(posted)
            .is_some_and(|round| round.window.replies.get(&user) == Some(&reply))
    }

    /// Whether counting a reply would change anything. Most messages of a lively thread don't.
    pub fn would_count(&self, posted: MessageId, user: UserId, reply: MessageId) -> bool {
        let Some(round) = self.round_of(posted) else {
            return false;
        };
        if self.was_forgotten(user, reply) {
            return false;
        }
        let first = round.window.replies.get(&user);
        if self.is_recent(round.number) {
            return first.is_none_or(|first| reply < *first);
        }
        let look = round.window.looks.get(&user).copied();
        let before = self.mark(user, round.number);
        old_mark(before, reply.time(), self.closed(round.number), look) != before
    }

    /// Whether the times of that round's replies are kept.
    fn is_recent(&self, number: u32) -> bool {
        self.open_round()
            .is_some_and(|open| number + 1 >= open.number)
    }

    /// The thread of a round, or the channel, was read up to that message without a gap.
    pub fn read_to(&mut self, thread_of: Option<u32>, message: MessageId) {
        let read_to = match thread_of {
            None => Some(&mut self.read_to),
            Some(number) => self.round_mut(number).map(|round| &mut round.read_to),
        };
        if let Some(read_to) = read_to {
            *read_to = (*read_to).max(Some(message));
        }
    }

    /// A member's mark in a round.
    pub fn mark(&self, user: UserId, number: u32) -> Mark {
        self.members
            .get(&user)
            .map_or(Mark::Nothing, |ledger| ledger.mark(number))
    }

    fn enter_reply(&mut self, number: u32, user: UserId, reply: MessageId) -> Mark {
        let closed = self.closed(number);
        let recent = self
            .open_round()
            .is_some_and(|open| number + 1 >= open.number);
        let before = self.mark(user, number);
        let Some(round) = self.round_mut(number) else {
            return before;
        };
        if !recent {
            let look = round.window.looks.get(&user).copied();
            return old_mark(before, reply.time(), closed, look);
        }
        let first = round.window.replies.entry(user).or_insert(reply);
        *first = reply.min(*first);
        round.window.mark(user, closed)
    }
}

/// The mark after a reply to a round whose replies are not kept any more.
fn old_mark(
    before: Mark,
    reply: Timestamp,
    closed: Option<Timestamp>,
    look: Option<Timestamp>,
) -> Mark {
    let in_time = closed.is_some_and(|closed| reply < closed);
    match before {
        Mark::Answered | Mark::Credited => before,
        _ if in_time && look.is_none_or(|look| reply < look) => Mark::Answered,
        _ if in_time => Mark::LookedFirst,
        Mark::LookedFirst => before,
        Mark::Nothing | Mark::Looked | Mark::Late => Mark::Late,
    }
}
