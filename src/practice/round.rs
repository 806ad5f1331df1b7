//! One posted question of one team: its day, question, message, thread and window.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::id::{ChannelId, MessageId, UserId};
use super::ledger::{Actor, RoundResult};

/// Discord takes nonces of at most 25 characters (Discord docs, resources/message, "Create Message").
pub const NONCE_MAX: usize = 25;

/// What became of a round's thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThreadStatus {
    /// It is still to be started.
    #[serde(rename = "wanted")]
    Pending,
    /// It is there, with the id of the round's message.
    #[serde(rename = "there")]
    Created,
    /// It can't be started, for lack of a permission or because the channel has no threads. Replies
    /// to the message itself are counted.
    #[serde(rename = "refused")]
    Unavailable,
}

/// A question of a team's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// From 1, without gaps.
    pub number: u32,
    /// The team's local date when the round was created; a later change of zone does not touch it.
    pub day: Date,
    /// The id of the question.
    pub question: String,
    /// How many unseen questions the deck then had left.
    #[serde(rename = "left")]
    pub remaining: usize,
    /// When it was due. An admin's "post now" is due at once.
    pub due: Timestamp,
    /// With this Discord recognises a second attempt to post the same round.
    pub nonce: String,
    /// The message, once it is known to be there. Until then the round is only an intent.
    pub message: Option<MessageId>,
    /// The thread on the message.
    pub thread: ThreadStatus,
    /// Up to this message the thread has been read without a gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "read_to")]
    pub read_up_to: Option<MessageId>,
    /// Who voided the round for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "void")]
    pub voided_by: Option<Actor>,
    /// Replies and looks with their times.
    #[serde(default, skip_serializing_if = "Window::is_empty")]
    pub window: Window,
}

impl Round {
    /// When the round opened: the moment its message was created.
    pub fn opened_at(&self) -> Option<Timestamp> {
        self.message.map(MessageId::time)
    }

    /// The thread in which people reply, if there is one.
    pub fn thread_id(&self) -> Option<ChannelId> {
        match self.thread {
            ThreadStatus::Created => self.message.map(MessageId::thread),
            ThreadStatus::Pending | ThreadStatus::Unavailable => None,
        }
    }

    /// The text at the end of the daily message that tells this round from all others, also when
    /// the bot looks for it after a crash.
    pub fn label(&self) -> String {
        format!("Round {} · {}", self.number, self.day)
    }
}

/// A nonce that no other round has: channel and second of creation, both in base 36, are at most
/// 13 + 1 + 7 characters. The channel is in it because Discord compares all messages of an author.
pub fn nonce(channel: ChannelId, created: Timestamp) -> String {
    let second = u64::try_from(created.as_second()).unwrap_or(0);
    format!("{}.{}", base36(channel.get()), base36(second))
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(number % 36).unwrap_or(0);
        digits.extend(char::from_digit(digit, 36));
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

/// Who replied to a round and who looked at its answer, with the times that decide which came first.
///
/// Replies are kept for the two newest rounds, so that events that come late or out of order still
/// end in the right result; for older rounds the ledger's marks stand for them. Looks are few and stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The first reply of each member; empty in all but the two newest rounds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replies: BTreeMap<UserId, MessageId>,
    /// When a member chose to see the model answer before replying.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[serde(rename = "looks")]
    pub peeks: BTreeMap<UserId, Timestamp>,
}

impl Window {
    fn is_empty(&self) -> bool {
        self.replies.is_empty() && self.peeks.is_empty()
    }

    /// The member's result, with the moment at which the window closed, if it has.
    pub fn result(&self, user: UserId, closed: Option<Timestamp>) -> RoundResult {
        let peek = self.peeks.get(&user);
        match self.replies.get(&user).map(|reply| reply.time()) {
            None if peek.is_some() => RoundResult::Peeked,
            None => RoundResult::Nothing,
            Some(reply) if closed.is_some_and(|closed| reply >= closed) => RoundResult::Late,
            Some(reply) if peek.is_some_and(|peek| *peek <= reply) => RoundResult::PeekedFirst,
            Some(_) => RoundResult::Answered,
        }
    }

    /// Everybody who replied or looked.
    pub fn members(&self) -> impl Iterator<Item = UserId> {
        self.replies.keys().chain(self.peeks.keys()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice::id::snowflake_at;

    #[test]
    fn a_nonce_fits_discords_limit_and_names_the_channel() {
        let now: Timestamp = "2026-03-27T08:00:00Z".parse().unwrap();
        let longest = nonce(ChannelId::new(u64::MAX), Timestamp::MAX);
        assert!(longest.len() <= NONCE_MAX, "{longest}");
        assert_ne!(nonce(ChannelId::new(1), now), nonce(ChannelId::new(2), now));
        assert_eq!(nonce(ChannelId::new(35), now), "z.tcjsw0");
    }

    #[test]
    fn the_reply_s_own_time_decides() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let message = |text| MessageId::new(snowflake_at(at(text)));
        let (ada, lin, sam) = (UserId::new(1), UserId::new(2), UserId::new(3));
        let window = Window {
            replies: [
                (ada, message("2026-03-27T07:59:59Z")),
                (lin, message("2026-03-27T08:00:00Z")),
                (sam, message("2026-03-27T07:30:00Z")),
            ]
            .into(),
            peeks: [(sam, at("2026-03-27T07:00:00Z"))].into(),
        };
        let closed = Some(at("2026-03-27T08:00:00Z"));
        assert_eq!(window.result(ada, closed), RoundResult::Answered);
        assert_eq!(window.result(lin, closed), RoundResult::Late);
        assert_eq!(window.result(lin, None), RoundResult::Answered);
        assert_eq!(window.result(sam, closed), RoundResult::PeekedFirst);
    }
}
