//! Posting a round exactly once: the steps, and which of them is next.
//!
//! Each step is committed before the next one is taken, so a crash at any moment leaves a team from
//! which [`Team::next`] knows how to go on.

use jiff::Timestamp;
use jiff::civil::Date;
use rand::Rng;

use super::id::MessageId;
use super::round::{Round, Thread, Window, nonce};
use super::schedule::Due;
use super::team::Team;

/// What is to be done for a team now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A question is due: make the round with [`Team::intend`].
    Intend {
        /// The local day.
        day: Date,
        /// The due time.
        due: Timestamp,
    },
    /// The newest round has no message: look for it in the channel, else post it, then [`Team::posted`].
    Post,
    /// The newest round has no message and its time is over: look for it once more, else [`Team::give_up`].
    GiveUp,
    /// The newest round's thread is to be started, then [`Team::threaded`].
    Thread,
    /// Nothing until then.
    Wait(Timestamp),
    /// Nothing at all.
    Rest,
}

impl Team {
    /// What is to be done now.
    pub fn next(&self, now: Timestamp) -> Next {
        if let Some(round) = self.rounds.last() {
            if round.message.is_none() {
                return if self.over(round, now) {
                    Next::GiveUp
                } else {
                    Next::Post
                };
            }
            if round.thread == Thread::Wanted {
                return Next::Thread;
            }
        }
        self.next_due(now)
    }

    /// When the next question is due, whatever else is still to be done.
    pub fn next_due(&self, now: Timestamp) -> Next {
        match self.due(now) {
            Due::Now { day, at } => Next::Intend { day, due: at },
            Due::Later { at, .. } => Next::Wait(at),
            Due::Never => Next::Rest,
        }
    }

    /// Whether an intent may not be posted any more: another day, or past the catch-up limit.
    fn over(&self, round: &Round, now: Timestamp) -> bool {
        let schedule = &self.settings.schedule;
        schedule.zone.date(now) != round.day || now.duration_since(round.due) > schedule.catch_up
    }

    /// Step 1: makes the next round of `bank`, the ids of all questions. Its day is over with it, so
    /// neither the schedule nor an admin gets a second question on that day. `None` if there is an
    /// unfinished round, the day had its question, or the bank is empty.
    pub fn intend(
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
            left: draw.left,
            due,
            nonce: nonce(self.channel, due),
            message: None,
            thread: Thread::Wanted,
            read_to: None,
            void: None,
            window: Window::default(),
        });
        self.rounds.last()
    }

    /// Step 3: the message is there. The round opens, and the window of the one before closes.
    /// Returns false if there was no intent to fulfil.
    pub fn posted(&mut self, message: MessageId) -> bool {
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
        self.close(number - 1, message.time());
        self.drop_forgotten();
        true
    }

    /// Step 5: the thread is there, or can't be.
    pub fn threaded(&mut self, message: MessageId, thread: Thread) {
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
    pub fn give_up(&mut self) -> Option<Round> {
        let round = self.rounds.pop_if(|round| round.message.is_none())?;
        self.deck.put_back(&round.question);
        Some(round)
    }

    fn close(&mut self, number: u32, at: Timestamp) {
        let Some(round) = self.round_mut(number) else {
            return;
        };
        // Nobody waits for yesterday's thread: replies to the message itself are counted.
        if round.thread == Thread::Wanted {
            round.thread = Thread::Refused;
        }
        let marks: Vec<_> = round
            .window
            .members()
            .map(|user| (user, round.window.mark(user, Some(at))))
            .collect();
        for (user, mark) in marks {
            self.members.entry(user).or_default().set(number, mark);
        }
        if let Some(older) = number
            .checked_sub(1)
            .and_then(|number| self.round_mut(number))
        {
            older.window.replies.clear();
        }
    }
}
