//! The wrap-up: the message that ends a round's day in its thread. It says how many members have
//! answered, and it changes no window: replies count until the next question.
//!
//! Like a weekly report it is sent exactly once ([`super::delivery`]). Its time is fixed when the
//! round opens, so a changed setting applies from the next question on; a team that switches
//! wrap-ups off gets none from then on. For example, a question comes at 09:00 and the wrap-up at
//! 17:00:
//!
//! 1. [`Team::record_post`] plans the wrap-up for 17:00. A question that comes at 16:30, because the
//!    bot was offline, gets none: members need time to answer.
//! 2. At 17:00 [`Team::begin_wrap_up`] records the intent, and the bot sends the message.
//! 3. [`Team::record_wrap_up`] records the message's id, or [`Team::abandon_wrap_up`] that there is
//!    none.
//!
//! A wrap-up may be as late as a question, and not later than the end of its day. Once the next
//! question is out, the round has none any more.

use std::cmp::Reverse;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::delivery::{Delivery, Label};
use super::id::{ChannelId, MessageId};
use super::round::{Round, base36};
use super::schedule::{MIN_ANSWER_TIME, Schedule};
use super::self_assessment::PointCounts;
use super::team::Team;

/// Minimum number of assessments before missed points are shown to a team: in a smaller number,
/// members could be recognised.
pub const MIN_ASSESSMENTS: usize = 4;

/// Maximum number of key points that a wrap-up names.
pub const POINTS_IN_WRAP_UP: usize = 2;

/// The wrap-up of an open round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrapUp {
    /// When it is due, fixed when the round opened.
    pub due: Timestamp,
    pub state: WrapUpState,
}

/// State of a wrap-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WrapUpState {
    /// Not begun yet.
    Planned,
    /// The intent is recorded, so a message may exist.
    Pending,
    /// Posted with this message.
    Posted(MessageId),
    /// Expired, refused by Discord, or deleted.
    Abandoned,
}

/// The next step for a team's wrap-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrapUpStep {
    /// A wrap-up is due: save the intent with [`Team::begin_wrap_up`].
    Begin { due: Timestamp },
    /// A wrap-up has no message: deliver it ([`Team::pending_wrap_up`]), then call
    /// [`Team::record_wrap_up`] or [`Team::abandon_wrap_up`].
    Deliver,
    /// Nothing to do until this time.
    Wait(Timestamp),
    /// Nothing to do.
    Idle,
}

impl WrapUp {
    /// Returns the wrap-up of a round that opened at `opened`; `None` if the team has no wrap-ups, or
    /// if members would have less than `MIN_ANSWER_TIME` to answer before it.
    pub(crate) fn of_round(day: Date, opened: Timestamp, schedule: &Schedule) -> Option<Box<Self>> {
        let due = schedule.wrap_up_due_at(day)?;
        let is_early_enough = due.duration_since(opened) >= MIN_ANSWER_TIME;
        let state = WrapUpState::Planned;
        is_early_enough.then(|| Box::new(Self { due, state }))
    }

    /// Whether the wrap-up has neither a message nor was given up.
    const fn is_unfinished(&self) -> bool {
        matches!(self.state, WrapUpState::Planned | WrapUpState::Pending)
    }
}

impl Round {
    /// Returns the indices of the key points that were missed in at least half of the assessments,
    /// most often first, for a question that has `points` key points. Empty if there are fewer than
    /// [`MIN_ASSESSMENTS`].
    pub fn often_missed(&self, points: usize) -> Vec<usize> {
        let PointCounts { assessed, missed } = self.assessments.counts(points);
        if (assessed as usize) < MIN_ASSESSMENTS {
            return Vec::new();
        }
        let is_often = |(_, missed): &(usize, u32)| missed.saturating_mul(2) >= assessed;
        let mut often: Vec<_> = missed.into_iter().enumerate().filter(is_often).collect();
        often.sort_by_key(|(index, missed)| (Reverse(*missed), *index));
        let indices = often.into_iter().map(|(index, _)| index);
        indices.take(POINTS_IN_WRAP_UP).collect()
    }

    /// Returns the text of the wrap-up's footer, by which the bot recognises it in the thread.
    pub fn wrap_up_label(&self) -> String {
        format!("Wrap-up of {}", self.day)
    }
}

/// Returns the nonce of the wrap-up in a thread: at most 13 + 8 characters. A question's nonce has
/// no hyphen.
pub(crate) fn wrap_up_nonce(thread: ChannelId) -> String {
    format!("{}-wrap-up", base36(thread.get()))
}

impl Team {
    /// Returns the open round with its unfinished wrap-up.
    fn unfinished_wrap_up(&self) -> Option<(&Round, &WrapUp)> {
        let round = self.open_round()?;
        let wrap_up = round.wrap_up.as_deref()?;
        wrap_up.is_unfinished().then_some((round, wrap_up))
    }

    fn wrap_up_mut(&mut self) -> Option<&mut WrapUp> {
        let number = self.unfinished_wrap_up()?.0.number;
        self.round_mut(number)?.wrap_up.as_deref_mut()
    }

    /// Whether a wrap-up may be sent for a round at all.
    fn can_have_wrap_up(&self, round: &Round) -> bool {
        self.settings.schedule.wrap_up_at.is_some()
            && round.voided_by.is_none()
            && round.thread_id().is_some()
    }

    /// Returns until when a wrap-up may be sent: like a question, within the catch-up limit and on
    /// its day.
    fn latest_wrap_up(&self, round: &Round, wrap_up: &WrapUp) -> Timestamp {
        self.settings.schedule.latest_start(round.day, wrap_up.due)
    }

    /// Returns the next step for the wrap-up of the open round.
    pub fn next_wrap_up_step(&self, now: Timestamp) -> WrapUpStep {
        let Some((round, wrap_up)) = self.unfinished_wrap_up() else {
            return WrapUpStep::Idle;
        };
        let due = wrap_up.due;
        if wrap_up.state == WrapUpState::Pending {
            return WrapUpStep::Deliver;
        }
        if !self.can_have_wrap_up(round) || now > self.latest_wrap_up(round, wrap_up) {
            return WrapUpStep::Idle;
        }
        if now < due {
            WrapUpStep::Wait(due)
        } else {
            WrapUpStep::Begin { due }
        }
    }

    /// Returns until when the wrap-up of the open round may come; `None` if none is expected.
    pub(crate) fn wrap_up_expected_until(&self) -> Option<Timestamp> {
        let (round, wrap_up) = self.unfinished_wrap_up()?;
        self.can_have_wrap_up(round)
            .then(|| self.latest_wrap_up(round, wrap_up))
    }

    /// Step 1: records the intent to send the wrap-up. Returns false if none is due.
    pub fn begin_wrap_up(&mut self, now: Timestamp) -> bool {
        let is_due = matches!(self.next_wrap_up_step(now), WrapUpStep::Begin { .. });
        if let Some(wrap_up) = self.wrap_up_mut().filter(|_| is_due) {
            wrap_up.state = WrapUpState::Pending;
        }
        is_due
    }

    /// Returns the round whose wrap-up has an intent but no message yet.
    pub fn round_to_wrap_up(&self) -> Option<&Round> {
        let (round, wrap_up) = self.unfinished_wrap_up()?;
        (wrap_up.state == WrapUpState::Pending).then_some(round)
    }

    /// Returns the delivery of the wrap-up that has no message yet.
    pub fn pending_wrap_up(&self) -> Option<Delivery> {
        let round = self.round_to_wrap_up()?;
        let (question, wrap_up) = (round.message?, round.wrap_up.as_deref()?);
        let place = question.thread();
        let window = if self.can_have_wrap_up(round) {
            Timestamp::MIN..=self.latest_wrap_up(round, wrap_up)
        } else {
            // Switched off since, void, or the thread was deleted.
            Timestamp::MAX..=Timestamp::MIN
        };
        Some(Delivery {
            place,
            label: Label::Text(round.wrap_up_label()),
            nonce: Some(wrap_up_nonce(place)),
            older: Some(question),
            window,
        })
    }

    /// Step 3: records the message.
    pub fn record_wrap_up(&mut self, message: MessageId) {
        self.finish_wrap_up(WrapUpState::Posted(message));
        self.wrap_up_failure = None;
    }

    /// Gives the intended wrap-up up: the round has none.
    pub fn abandon_wrap_up(&mut self) {
        self.finish_wrap_up(WrapUpState::Abandoned);
    }

    fn finish_wrap_up(&mut self, state: WrapUpState) {
        let wrap_up = self.wrap_up_mut();
        if let Some(wrap_up) = wrap_up.filter(|one| one.state == WrapUpState::Pending) {
            wrap_up.state = state;
        }
    }
}
