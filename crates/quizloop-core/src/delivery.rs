//! Sending a message exactly once: what to do next, decided from what is known of the message.
//!
//! Discord has no transaction that covers a message and our state, so a process that dies between
//! sending and saving can't know whether the message exists. A [`Delivery`] describes one intended
//! message, [`MessageStatus`] is what a process knows of it, and [`Delivery::next_step`] decides.
//! Questions, wrap-ups and weekly reports are sent this way; nothing here depends on what is sent.
//!
//! 1. The intent is saved before anything is sent.
//! 2. A message that may exist is searched for, and sent only if it is certainly not there.
//! 3. If the request takes a nonce, Discord recognises a second request for some minutes. A request
//!    without one is repeated only after `REQUEST_SETTLES`.
//!
//! Example: process A saves the intent of a question and sends it, and the machine loses power
//! before the response arrives. Process B starts, and knows only that the message may exist
//! ([`MessageStatus::MaybeSent`]).
//!
//! * If Discord has created the message, B finds it by its label and records its id.
//! * If the request never arrived, B finds nothing and sends the message.
//! * If the request arrives during B's search, B finds nothing and sends the same nonce. Discord
//!   returns A's message to B.
//! * If the bot may not read the channel's history, Discord returns an empty page, which says
//!   nothing. B holds the message until the permission is granted or the time for it is over.
//!
//! An intent of this process is not proof that nothing was sent, because the state may be a restored
//! backup: yesterday's state does not know the question that was posted today. So the first intent
//! after a start is searched for as well ([`MessageStatus::of_new_intent`]).

use std::ops::RangeInclusive;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::id::{ChannelId, MessageId};

/// How long a request without a nonce may still take effect after the bot stopped waiting for it.
/// Four times as long as the bot waits for a response.
pub(crate) const REQUEST_SETTLES: SignedDuration = SignedDuration::from_secs(60);

/// How the bot recognises one of its messages: by the text with which a footer begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    /// The question of a day. Its number is ignored, because a channel has at most one question a
    /// day, and a state that is a restored backup counts fewer rounds than were posted.
    Question(Date),
    /// This text.
    Text(String),
}

/// The words before the number of a question: the present one, and that of earlier versions. A
/// message that was sent just before an upgrade has the earlier one.
const QUESTION_WORDS: [&str; 2] = ["Question ", "Round "];

impl Label {
    /// Whether a footer begins with the label, followed by a space or nothing.
    pub fn is_in(&self, footer: &str) -> bool {
        let ends = |rest: &str| rest.is_empty() || rest.starts_with(' ');
        match self {
            Self::Text(text) => footer.strip_prefix(text.as_str()).is_some_and(ends),
            Self::Question(day) => {
                let mut words = QUESTION_WORDS.iter();
                let numbered = words.find_map(|word| footer.strip_prefix(word));
                numbered
                    .map(|rest| rest.trim_start_matches(|digit: char| digit.is_ascii_digit()))
                    .and_then(|rest| rest.strip_prefix(&format!(" · {day}")))
                    .is_some_and(ends)
            }
        }
    }
}

/// A message that is to be sent exactly once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The channel or thread in which the message appears.
    pub place: ChannelId,
    /// Recognises the message.
    pub label: Label,
    /// The nonce of the request; `None` if the request takes none.
    pub nonce: Option<String>,
    /// A message in `place` that is older than this one, or the one that `place` is the thread of;
    /// the search begins with it. It is an id and not a time, because the machine's clock may differ
    /// from Discord's. `None`: the search begins a day before the newest message.
    pub older: Option<MessageId>,
    /// When the message may be sent. Outside of it the intent is given up, unless the message
    /// exists.
    pub window: RangeInclusive<Timestamp>,
}

/// What a process knows of an intended message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageStatus {
    /// This process recorded the intent, in a state that was not compared with Discord yet.
    Unverified,
    /// No request has created it.
    NotSent,
    /// A request may have created it.
    MaybeSent {
        /// When this process sent a request that was not answered; `None` if another process may
        /// have sent one.
        requested: Option<Timestamp>,
    },
    /// A request may have created it, and the bot may not read the place.
    Unreadable,
    /// It exists.
    Sent(MessageId),
    /// It existed, and was deleted.
    Deleted,
}

/// The next step of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStep {
    /// Search for the message.
    Search,
    /// Send the request.
    Send,
    /// Record the message.
    Record(MessageId),
    /// Give the intent up.
    Abandon,
    /// Do nothing until the bot may read the place.
    Hold,
    /// Do nothing until this time.
    Wait(Timestamp),
}

/// The result of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchResult {
    /// The place contains the message.
    Found(MessageId),
    /// The bot can read the place, and the message is not there.
    Absent,
    /// The bot may not read the place.
    Unreadable,
}

/// The result of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestResult {
    /// Discord created the message, or had created it for an earlier request with that nonce.
    Created(MessageId),
    /// An earlier request with that nonce created the message, and it was deleted.
    Deleted,
    /// Discord refused the request, so it had no effect.
    Refused,
    /// It is unknown whether the request had an effect.
    Unanswered,
}

impl MessageStatus {
    /// Returns the status of a message whose intent this process has just recorded.
    /// `state_is_verified`: this process has searched for a message of this kind whose intent it had
    /// recorded itself.
    /// If not, the state may be a restored backup.
    pub const fn of_new_intent(state_is_verified: bool) -> Self {
        if state_is_verified {
            Self::NotSent
        } else {
            Self::Unverified
        }
    }

    /// Returns the status after a search.
    #[must_use]
    pub const fn after_search(self, result: SearchResult) -> Self {
        match (result, self) {
            (SearchResult::Found(message), _) => Self::Sent(message),
            // That the state is a backup is unlikely. It is no reason to post nothing.
            (SearchResult::Absent, _) | (SearchResult::Unreadable, Self::Unverified) => {
                Self::NotSent
            }
            (SearchResult::Unreadable, _) => Self::Unreadable,
        }
    }

    /// Returns the status after a request that was sent at `requested`.
    #[must_use]
    pub const fn after_request(self, result: RequestResult, requested: Timestamp) -> Self {
        match result {
            RequestResult::Created(message) => Self::Sent(message),
            RequestResult::Deleted => Self::Deleted,
            RequestResult::Refused => self,
            RequestResult::Unanswered => Self::MaybeSent {
                requested: Some(requested),
            },
        }
    }
}

impl Delivery {
    /// Returns the next step.
    pub fn next_step(&self, status: MessageStatus, now: Timestamp) -> DeliveryStep {
        let in_time = self.window.contains(&now);
        match status {
            MessageStatus::Sent(message) => DeliveryStep::Record(message),
            MessageStatus::NotSent if in_time => DeliveryStep::Send,
            MessageStatus::Unreadable if in_time => DeliveryStep::Hold,
            MessageStatus::NotSent | MessageStatus::Unreadable | MessageStatus::Deleted => {
                DeliveryStep::Abandon
            }
            MessageStatus::Unverified => DeliveryStep::Search,
            MessageStatus::MaybeSent { requested } => match self.settles_at(requested, now) {
                Some(at) => DeliveryStep::Wait(at),
                None => DeliveryStep::Search,
            },
        }
    }

    /// Returns until when a request without a nonce may still take effect.
    fn settles_at(&self, requested: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let requested = requested.filter(|_| self.nonce.is_none())?;
        let settles = requested.checked_add(REQUEST_SETTLES).ok()?;
        // If the clock was set back since, waiting for that time may take long.
        (requested..settles).contains(&now).then_some(settles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_label_is_recognised_whatever_the_number_and_the_version() {
        let label = Label::Question(date(2026, 3, 27));
        for own in [
            "Question 4 · 2026-03-27",
            "Question 12 · 2026-03-27 · reply in the thread",
            "Round 4 · 2026-03-27 · 3 answers",
        ] {
            assert!(label.is_in(own), "{own}");
        }
        for other in [
            "Question 4 · 2026-03-26",
            "Question 4 · 2026-03-271",
            "A Question 4 · 2026-03-27",
            "Question 4",
            "2026-03-27",
            "",
        ] {
            assert!(!label.is_in(other), "{other}");
        }
        let week = Label::Text("Week of 2026-03-23".into());
        assert!(week.is_in("Week of 2026-03-23") && week.is_in("Week of 2026-03-23 · more"));
        assert!(!week.is_in("Week of 2026-03-231") && !week.is_in("Week of 2026-03-30"));
    }
}
