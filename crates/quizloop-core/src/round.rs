//! One posted question of one team: its day, question, message, thread and window.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::id::{ChannelId, MessageId, UserId};
use super::ledger::{Actor, RoundResult};
use super::self_assessment::Assessments;
use super::wrap_up::WrapUp;

/// Maximum length of a nonce in characters (Discord docs, resources/message, "Create Message").
pub const NONCE_MAX: usize = 25;

/// State of a round's thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThreadStatus {
    /// Not started yet.
    #[serde(rename = "wanted")]
    Pending,
    /// Started. Its id is the id of the round's message.
    #[serde(rename = "there")]
    Created,
    /// Cannot be started: a permission is missing, or the channel does not support threads. Replies
    /// to the message itself are counted instead.
    #[serde(rename = "refused")]
    Unavailable,
}

/// Why a round has its question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DrawReason {
    /// It was next in the order of the team's programme.
    #[default]
    Order,
    /// It is a repeat, and was not taken from the deck.
    Repeat,
    /// An admin chose it.
    Chosen,
}

impl DrawReason {
    pub fn is_order(&self) -> bool {
        *self == Self::Order
    }
}

/// One posted question of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// Numbered from 1, without gaps.
    pub number: u32,
    /// The team's local date when the round was created. A later change of zone does not change it.
    pub day: Date,
    /// Question id.
    pub question: String,
    /// How many unseen questions the deck had left after this one.
    #[serde(rename = "left")]
    pub remaining: usize,
    /// Why it was asked.
    #[serde(default, skip_serializing_if = "DrawReason::is_order")]
    pub reason: DrawReason,
    /// When it was due. A round that an admin posts by hand is due immediately.
    pub due: Timestamp,
    /// Nonce of the message: Discord uses it to detect a second attempt to post the same round.
    pub nonce: String,
    /// The message, once it is known to exist. Until then the round is only an intent.
    pub message: Option<MessageId>,
    /// State of the message's thread.
    pub thread: ThreadStatus,
    /// The thread has been read without a gap up to this message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "read_to")]
    pub read_up_to: Option<MessageId>,
    /// Whether level and topic of the question are hidden until its answer is revealed. Fixed when
    /// the round is created: a changed setting neither reveals an open question nor hides what
    /// members have seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hides_level: bool,
    /// The admin who voided the round for all members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "void")]
    pub voided_by: Option<Actor>,
    /// The wrap-up; `None` if the round has none, and once the round is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_up: Option<Box<WrapUp>>,
    /// Replies and peeks with their times.
    #[serde(default, skip_serializing_if = "Window::is_empty")]
    pub window: Window,
    /// Self-assessments of members who answered it.
    #[serde(default, skip_serializing_if = "Assessments::is_empty")]
    pub assessments: Assessments,
}

impl Round {
    /// Returns when the round opened: the creation time of its message.
    pub fn opened_at(&self) -> Option<Timestamp> {
        self.message.map(MessageId::time)
    }

    /// Returns the thread in which members reply, if it exists.
    pub fn thread_id(&self) -> Option<ChannelId> {
        match self.thread {
            ThreadStatus::Created => self.message.map(MessageId::thread),
            ThreadStatus::Pending | ThreadStatus::Unavailable => None,
        }
    }

    /// Returns the text with which the daily message's footer begins. The bot recognises its message
    /// by it ([`super::delivery::Label::Question`]).
    pub fn label(&self) -> String {
        format!("Question {} · {}", self.number, self.day)
    }
}

/// Returns a nonce that is unique to a round.
///
/// It consists of the channel and the second of creation, both in base 36: at most 13 + 1 + 7
/// characters. The channel is part of it because Discord compares nonces across all messages of an
/// author.
pub fn nonce(channel: ChannelId, created: Timestamp) -> String {
    let second = u64::try_from(created.as_second()).unwrap_or(0);
    format!("{}.{}", base36(channel.get()), base36(second))
}

pub(super) fn base36(mut number: u64) -> String {
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

/// Replies to a round and peeks at its answer, with the times that decide which came first.
///
/// Replies are kept for the two newest rounds, so that late and reordered events still lead to the
/// right result. For older rounds only the results in the ledger remain. Peeks are rare and are
/// kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The first reply of each member; empty in all but the two newest rounds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replies: BTreeMap<UserId, MessageId>,
    /// When each member chose to see the model answer before replying.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[serde(rename = "looks")]
    pub peeks: BTreeMap<UserId, Timestamp>,
    /// The members to whom a milestone that they reached with this round was mentioned; empty in all
    /// but the two newest rounds.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub milestones: BTreeSet<UserId>,
}

impl Window {
    fn is_empty(&self) -> bool {
        self.replies.is_empty() && self.peeks.is_empty() && self.milestones.is_empty()
    }

    /// Returns the member's result. `closed` is when the window closed, or `None` while it is open.
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

    /// Returns the members who replied, then those who peeked. A member can occur twice.
    pub fn members(&self) -> impl Iterator<Item = UserId> {
        self.replies.keys().chain(self.peeks.keys()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::snowflake_at;

    #[test]
    fn a_nonce_fits_discords_limit_and_names_the_channel() {
        let now: Timestamp = "2026-03-27T08:00:00Z".parse().unwrap();
        let longest = nonce(ChannelId::new(u64::MAX), Timestamp::MAX);
        assert!(longest.len() <= NONCE_MAX, "{longest}");
        assert_ne!(nonce(ChannelId::new(1), now), nonce(ChannelId::new(2), now));
        assert_eq!(nonce(ChannelId::new(35), now), "z.tcjsw0");
    }

    #[test]
    fn the_time_of_the_reply_decides() {
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
            milestones: BTreeSet::new(),
        };
        let closed = Some(at("2026-03-27T08:00:00Z"));
        assert_eq!(window.result(ada, closed), RoundResult::Answered);
        assert_eq!(window.result(lin, closed), RoundResult::Late);
        assert_eq!(window.result(lin, None), RoundResult::Answered);
        assert_eq!(window.result(sam, closed), RoundResult::PeekedFirst);
    }
}
