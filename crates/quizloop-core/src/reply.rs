//! Counting of replies.
//!
//! A reply counts by its own timestamp. When, how often and in which order the bot receives it does
//! not matter.

use jiff::Timestamp;

use super::id::{MessageId, UserId};
use super::ledger::RoundResult;
use super::team::Team;

/// Outcome of counting a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyOutcome {
    /// The member's first reply to that round.
    First {
        round: u32,
        /// The recorded result.
        result: RoundResult,
    },
    /// The member had already replied to that round.
    Repeat,
    /// The message belongs to no round.
    NoRound,
    /// The member's data was deleted after they wrote the message.
    BeforeDeletion,
}

impl Team {
    /// Counts a member's message in the thread of the round with message `posted`, or in reply to
    /// that message.
    pub fn count_reply(
        &mut self,
        posted: MessageId,
        user: UserId,
        reply: MessageId,
    ) -> ReplyOutcome {
        let Some(number) = self.round_by_message(posted).map(|round| round.number) else {
            return ReplyOutcome::NoRound;
        };
        if self.was_deleted(user, reply) {
            return ReplyOutcome::BeforeDeletion;
        }
        let before = self.own_result(user, number);
        let result = self.record_reply(number, user, reply);
        self.members.entry(user).or_default().record(number, result);
        if before.replied() {
            return ReplyOutcome::Repeat;
        }
        ReplyOutcome::First {
            round: number,
            result,
        }
    }

    /// Whether that message is the member's first reply to a recent round.
    pub fn is_first_reply(&self, posted: MessageId, user: UserId, reply: MessageId) -> bool {
        self.round_by_message(posted)
            .is_some_and(|round| round.window.replies.get(&user) == Some(&reply))
    }

    /// Whether counting a reply would change anything. Most messages in a busy thread do not.
    pub fn is_new_reply(&self, posted: MessageId, user: UserId, reply: MessageId) -> bool {
        let Some(round) = self.round_by_message(posted) else {
            return false;
        };
        if self.was_deleted(user, reply) {
            return false;
        }
        let first = round.window.replies.get(&user);
        if self.is_recent(round.number) {
            return first.is_none_or(|first| reply < *first);
        }
        let peek = round.window.peeks.get(&user).copied();
        let before = self.own_result(user, round.number);
        result_for_closed_round(before, reply.time(), self.closed_at(round.number), peek) != before
    }

    /// Whether the round is one of the two newest: the replies with their times and the members'
    /// ticks are still kept.
    pub(super) fn is_recent(&self, number: u32) -> bool {
        self.open_round()
            .is_some_and(|open| number + 1 >= open.number)
    }

    /// Records that the thread of a round, or the channel if `thread_of` is `None`, was read up to
    /// that message without a gap.
    pub fn record_read_up_to(&mut self, thread_of: Option<u32>, message: MessageId) {
        let read_up_to = match thread_of {
            None => Some(&mut self.read_up_to),
            Some(number) => self.round_mut(number).map(|round| &mut round.read_up_to),
        };
        if let Some(read_up_to) = read_up_to {
            *read_up_to = (*read_up_to).max(Some(message));
        }
    }

    /// Records that no message up to that one was missed in the channel and its threads. Ignored
    /// if a newer question has been posted since: its replies may have come before it was known.
    pub fn record_caught_up(&mut self, message: MessageId) {
        if self.can_be_caught_up(message) {
            self.caught_up_to = Some(message);
        }
    }

    /// Whether [`Team::record_caught_up`] would change anything.
    pub fn can_be_caught_up(&self, message: MessageId) -> bool {
        let open = self.open_round().and_then(|round| round.message);
        open.is_some_and(|open| open <= message) && self.caught_up_to < Some(message)
    }

    /// Returns a member's result in a round.
    pub fn result(&self, user: UserId, number: u32) -> RoundResult {
        self.members
            .get(&user)
            .map_or(RoundResult::Nothing, |ledger| ledger.result(number))
    }

    /// Returns a member's own result in a round: what it would be without credit.
    pub(super) fn own_result(&self, user: UserId, number: u32) -> RoundResult {
        self.members
            .get(&user)
            .map_or(RoundResult::Nothing, |ledger| ledger.own_result(number))
    }

    fn record_reply(&mut self, number: u32, user: UserId, reply: MessageId) -> RoundResult {
        let closed = self.closed_at(number);
        let recent = self
            .open_round()
            .is_some_and(|open| number + 1 >= open.number);
        let before = self.own_result(user, number);
        let Some(round) = self.round_mut(number) else {
            return before;
        };
        if !recent {
            let peek = round.window.peeks.get(&user).copied();
            return result_for_closed_round(before, reply.time(), closed, peek);
        }
        let first = round.window.replies.entry(user).or_insert(reply);
        *first = reply.min(*first);
        round.window.result(user, closed)
    }
}

/// Returns the result after a reply to a round whose replies are no longer kept.
fn result_for_closed_round(
    before: RoundResult,
    reply: Timestamp,
    closed: Option<Timestamp>,
    peek: Option<Timestamp>,
) -> RoundResult {
    let in_time = closed.is_some_and(|closed| reply < closed);
    match before {
        RoundResult::Answered | RoundResult::Credited => before,
        _ if in_time && peek.is_none_or(|peek| reply < peek) => RoundResult::Answered,
        _ if in_time => RoundResult::PeekedFirst,
        RoundResult::PeekedFirst => before,
        RoundResult::Nothing | RoundResult::Peeked | RoundResult::Late => RoundResult::Late,
    }
}
