//! Posting a round exactly once: the steps, and which step is next.
//!
//! Each step is saved durably before the next one starts, so after a crash at any moment
//! [`Team::next_post_step`] returns the step to continue with. For example, a question is due at
//! 09:00:
//!
//! 1. [`Team::begin_round`] records the intent: a round with a question and a nonce, without a
//!    message. The bot saves it.
//! 2. The bot sends the message to Discord.
//! 3. [`Team::record_post`] records the message's id. The bot saves it.
//! 4. The bot starts the thread.
//! 5. [`Team::record_thread`] records the thread. The bot saves it.
//!
//! If the process crashes between steps 2 and 3, Discord has the message but the team does not. On
//! the next start the step is [`PostStep::Post`]: the bot searches the channel for a message with
//! the round's label and finds it, so it continues with step 3 instead of sending a second message.
//! If the process crashes between steps 1 and 2, the search finds nothing and the bot sends the
//! message. If it only starts again on the next day, the step is [`PostStep::Abandon`]: after one
//! more search the bot drops the round and returns the question to the deck.

use jiff::Timestamp;
use jiff::civil::Date;
use rand::Rng;

use super::id::MessageId;
use super::round::{Round, ThreadStatus, Window, nonce};
use super::schedule::Due;
use super::team::Team;

/// The next step to post a team's question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostStep {
    /// A question is due: create the round with [`Team::begin_round`].
    Begin {
        /// The local day.
        day: Date,
        due: Timestamp,
    },
    /// The newest round has no message: search the channel for it, post it if it is missing, then
    /// call [`Team::record_post`].
    Post,
    /// The newest round has no message and has expired: search the channel once more, and call
    /// [`Team::abandon_round`] if the message is missing.
    Abandon,
    /// The newest round has no thread: start it, then call [`Team::record_thread`].
    CreateThread,
    /// Nothing to do until this time.
    Wait(Timestamp),
    /// Nothing to do.
    Idle,
}

impl Team {
    /// Returns the next step.
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

    /// Returns the step for the next question, ignoring an unfinished round.
    pub fn next_question_step(&self, now: Timestamp) -> PostStep {
        match self.due(now) {
            Due::Now { day, at } => PostStep::Begin { day, due: at },
            Due::Later { at, .. } => PostStep::Wait(at),
            Due::Never => PostStep::Idle,
        }
    }

    /// Whether it is too late to post an intent: on another day, or past the catch-up limit.
    fn is_expired(&self, round: &Round, now: Timestamp) -> bool {
        let schedule = &self.settings.schedule;
        schedule.zone.date(now) != round.day || now.duration_since(round.due) > schedule.catch_up
    }

    /// Step 1: creates the next round with a question of `bank`, the ids of all questions. Neither
    /// the schedule nor an admin gets a second question on that day. Returns `None` if there is an
    /// unfinished round, if the day already had a question, or if the bank is empty.
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

    /// Step 3: records the message. The round opens, and the window of the previous one closes.
    /// Returns false if there is no intent, or if the message is older than the open round's.
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

    /// Step 5: records that the thread was started or is unavailable.
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

    /// Drops an intent that was not posted: its day has no round, and its question is the next one.
    pub fn abandon_round(&mut self) -> Option<Round> {
        let round = self.rounds.pop_if(|round| round.message.is_none())?;
        self.deck.put_back(&round.question);
        Some(round)
    }

    fn close_round(&mut self, number: u32, at: Timestamp) {
        let Some(round) = self.round_mut(number) else {
            return;
        };
        // Yesterday's thread is no longer useful: replies to the message itself are counted.
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
