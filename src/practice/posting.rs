//! Posting a round exactly once: the steps, and which of them is next.
//!
//! Each step is committed before the next one is taken, so a crash at any moment leaves a team from
//! which [`Team::next_post_step`] knows how to go on.

use jiff::Timestamp;
use jiff::civil::Date;
use rand::Rng;

use super::id::MessageId;
use super::round::{Round, ThreadStatus, Window, nonce};
use super::schedule::Due;
use super::team::Team;

/// What is to be done for a team now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostStep {
    /// A question is due: make the round with [`Team::begin_round`].
    Begin {
        /// The local day.
        day: Date,
        /// The due time.
        due: Timestamp,
    },
    /// The newest round has no message: look for it in the channel, else post it, then [`Team::record_post`].
    Post,
    /// The newest round has no message and its time is over: look for it once more, else [`Team::abandon_round`].
    Abandon,
    /// The newest round's thread is to be started, then [`Team::record_thread`].
    CreateThread,
    /// Nothing until then.
    Wait(Timestamp),
    /// Nothing at all.
    Idle,
}

impl Team {
    /// What is to be done now.
    pub fn next_post_step(&self, now: Timestamp) -> PostStep {
        if let Some(round) = self.rounds.last() {
            if round.message.is_none() {
                return if self.is_expired(round, now) {
                    PostStep::Abandon
                } else {
                    PostStep::Post
                };
            }
            if round.thread == ThreadStatus::Pending {
                return PostStep::CreateThread;
            }
        }
        self.next_question_step(now)
    }

    /// When the next question is due, whatever else is still to be done.
    pub fn next_question_step(&self, now: Timestamp) -> PostStep {
        match self.due(now) {
            Due::Now { day, at } => PostStep::Begin { day, due: at },
            Due::Later { at, .. } => PostStep::Wait(at),
            Due::Never => PostStep::Idle,
        }
    }

    /// Whether an intent may not be posted any more: another day, or past the catch-up limit.
    fn is_expired(&self, round: &Round, now: Timestamp) -> bool {
        let schedule = &self.settings.schedule;
        schedule.zone.date(now) != round.day || now.duration_since(round.due) > schedule.catch_up
    }

    /// Step 1: makes the next round of `bank`, the ids of all questions. Its day is over with it, so
    /// neither the schedule nor an admin gets a second question on that day. `None` if there is an
    /// unfinished round, the day had its question, or the bank is empty.
    pub fn begin_round(
        &mut self,
        day: Date,
        due: Timestamp,
        bank: &[&str],
        rng: &mut impl Rng,
    ) -> Option<&Round> {
        let unfinished = self
            .rounds
            .last()
            .is_some_and(|round| round.message.is_none());
        if unfinished || self.last_day.is_some_and(|last| day <= last) {
            return None;
        }
        let draw = self.deck.draw(bank, rng)?;
        self.last_day = Some(day);
        self.skip = self.skip.filter(|skip| *skip > day);
        self.rounds.push(Round {
            number: u32::try_from(self.rounds.len() + 1).ok()?,
            day,
            question: draw.question,
            remaining: draw.remaining,
            due,
            nonce: nonce(self.channel, due),
            message: None,
            thread: ThreadStatus::Pending,
            read_up_to: None,
            voided_by: None,
            window: Window::default(),
        });
        self.rounds.last()
    }

    /// Step 3: the message is there. The round opens, and the window of the one before closes.
    /// Returns false if there was no intent to fulfil.
    pub fn record_post(&mut self, message: MessageId) -> bool {
        let newer = self
            .open_round()
            .is_none_or(|open| open.message < Some(message));
        let Some(round) = self.rounds.last_mut() else {
            return false;
        };
        if round.message.is_some() || !newer {
            return false;
        }
        round.message = Some(message);
        let number = round.number;
        self.close_round(number - 1, message.time());
        self.prune_deleted_members();
        true
    }

    /// Step 5: the thread is there, or can't be.
    pub fn record_thread(&mut self, message: MessageId, thread: ThreadStatus) {
        if let Some(round) = self
            .rounds
            .iter_mut()
            .rev()
            .find(|round| round.message == Some(message))
        {
            round.thread = thread;
        }
    }

    /// Drops an intent that was never posted: that day has no round, and its question comes next.
    pub fn abandon_round(&mut self) -> Option<Round> {
        let round = self.rounds.pop_if(|round| round.message.is_none())?;
        self.deck.put_back(&round.question);
        Some(round)
    }

    fn close_round(&mut self, number: u32, at: Timestamp) {
        let Some(round) = self.round_mut(number) else {
            return;
        };
        // Nobody waits for yesterday's thread: replies to the message itself are counted.
        if round.thread == ThreadStatus::Pending {
            round.thread = ThreadStatus::Unavailable;
        }
        let results: Vec<_> = round
            .window
            .members()
            .map(|user| (user, round.window.result(user, Some(at))))
            .collect();
        for (user, result) in results {
            self.members.entry(user).or_default().record(number, result);
        }
        if let Some(older) = number
            .checked_sub(1)
            .and_then(|number| self.round_mut(number))
        {
            older.window.replies.clear();
        }
    }
}
