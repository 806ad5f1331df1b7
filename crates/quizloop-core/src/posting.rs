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
//! Steps 2 and 3 are a [`Delivery`]: if the process crashes between them, Discord has the message but
//! the team does not, and the bot finds it in the channel. An intent that was not posted in time is
//! given up with [`Team::abandon_round`].

use jiff::Timestamp;
use jiff::civil::Date;
use rand::Rng;

use super::delivery::{Delivery, Label};
use super::id::MessageId;
use super::question_pool::QuestionPool;
use super::round::{DrawReason, Round, ThreadStatus, Window, nonce};
use super::schedule::Due;
use super::self_assessment::Assessments;
use super::team::Team;
use super::wrap_up::WrapUp;

/// The next step to post a team's question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostStep {
    /// A question is due: create the round with [`Team::begin_round`].
    Begin {
        /// The local day.
        day: Date,
        due: Timestamp,
    },
    /// The newest round has no message: deliver it ([`Team::pending_post`]), then call
    /// [`Team::record_post`] or [`Team::abandon_round`].
    Deliver,
    /// The newest round has no thread: start it, then call [`Team::record_thread`].
    CreateThread,
    /// Nothing to do until this time.
    Wait(Timestamp),
    /// Nothing to do.
    Idle,
}

/// A post that an admin ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderedPost {
    /// The number of the round.
    pub number: u32,
    /// Whether the round was created now.
    pub is_new: bool,
}

/// Why an admin's order to post is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderPostError {
    #[error("today's question was already posted")]
    AlreadyPosted,
    #[error("the question of {0} is not finished")]
    Unfinished(Date),
    #[error("no question may be posted")]
    NoQuestion,
    #[error("another team has the question open")]
    OpenElsewhere,
}

impl Team {
    /// Returns the next step.
    pub fn next_post_step(&self, now: Timestamp) -> PostStep {
        if let Some(round) = self.rounds.last() {
            if round.message.is_none() {
                return PostStep::Deliver;
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

    /// Returns the delivery of the round that has no message yet.
    pub fn pending_post(&self) -> Option<Delivery> {
        let round = self.unfinished_round()?;
        Some(Delivery {
            place: self.channel,
            label: Label::Question(round.day),
            nonce: Some(round.nonce.clone()),
            older: self.open_round().and_then(|open| open.message),
            window: self.settings.schedule.delivery_window(round.day, round.due),
        })
    }

    /// Returns the round that has no message yet.
    pub(crate) fn unfinished_round(&self) -> Option<&Round> {
        self.rounds.last().filter(|round| round.message.is_none())
    }

    /// Step 1: creates the next round with a question of the pool; see [`super::draw`]. Returns
    /// `None` if there is an unfinished round, if the schedule is done with the day, or if no
    /// question may be posted.
    pub fn begin_round<'a>(
        &mut self,
        day: Date,
        due: Timestamp,
        pool: impl Into<QuestionPool<'a>>,
        rng: &mut impl Rng,
    ) -> Option<&Round> {
        if !self.can_begin_round(day) {
            return None;
        }
        self.create_round(day, due, &pool.into(), rng)
    }

    /// Whether a round of that day can be created, if there is a question.
    pub fn can_begin_round(&self, day: Date) -> bool {
        let is_done = self.done_up_to(day).is_some_and(|last| day <= last);
        self.unfinished_round().is_none() && !is_done
    }

    /// Step 1, for an admin who orders today's question: also on a day without one in the schedule,
    /// and on a day whose question was given up. A round that is not posted yet is due again.
    ///
    /// # Errors
    ///
    /// Fails if today's question was posted, if a round of another day is not finished, or if no
    /// question may be posted.
    pub fn order_post<'a>(
        &mut self,
        now: Timestamp,
        pool: impl Into<QuestionPool<'a>>,
        rng: &mut impl Rng,
    ) -> Result<OrderedPost, OrderPostError> {
        self.order(now, &pool.into(), rng)
    }

    fn order(
        &mut self,
        now: Timestamp,
        pool: &QuestionPool<'_>,
        rng: &mut impl Rng,
    ) -> Result<OrderedPost, OrderPostError> {
        let today = self.settings.schedule.zone.date(now);
        if self.posted_rounds().any(|round| round.day == today) {
            return Err(OrderPostError::AlreadyPosted);
        }
        let mut unfinished = self.rounds.last_mut().filter(|last| last.message.is_none());
        if let Some(round) = &mut unfinished {
            if round.day != today {
                return Err(OrderPostError::Unfinished(round.day));
            }
            round.due = now;
            return Ok(OrderedPost {
                number: round.number,
                is_new: false,
            });
        }
        let round = self.create_round(today, now, pool, rng);
        let number = round.ok_or(OrderPostError::NoQuestion)?.number;
        Ok(OrderedPost {
            number,
            is_new: true,
        })
    }

    /// Like [`Team::order_post`], with a question that the admin chose.
    ///
    /// # Errors
    ///
    /// Fails without any change for the same reasons, if another team has the question open, or if
    /// today's round is not posted yet and has another question.
    pub fn order_post_of(
        &mut self,
        question: &str,
        now: Timestamp,
        pool: &QuestionPool<'_>,
        rng: &mut impl Rng,
    ) -> Result<OrderedPost, OrderPostError> {
        if !pool.is_free(question) {
            return Err(OrderPostError::OpenElsewhere);
        }
        let unfinished = self.unfinished_round();
        if let Some(round) = unfinished.filter(|round| round.question != question) {
            return Err(OrderPostError::Unfinished(round.day));
        }
        pool.find(question).ok_or(OrderPostError::NoQuestion)?;
        let before = self.chosen.replace(question.to_owned());
        let ordered = self.order(now, pool, rng);
        // Another question that was chosen for the next round stays chosen.
        self.chosen = before.filter(|before| ordered.is_err() || before != question);
        ordered
    }

    fn create_round(
        &mut self,
        day: Date,
        due: Timestamp,
        pool: &QuestionPool<'_>,
        rng: &mut impl Rng,
    ) -> Option<&Round> {
        let number = u32::try_from(self.rounds.len() + 1).ok()?;
        let (draw, reason) = self.draw(day, pool, rng)?;
        self.last_day = Some(day);
        self.skip = self.skip.filter(|skip| *skip > day);
        self.rounds.push(Round {
            number,
            day,
            question: draw.question,
            remaining: draw.remaining,
            reason,
            due,
            nonce: nonce(self.channel, due),
            message: None,
            thread: ThreadStatus::Pending,
            read_up_to: None,
            hides_level: self.settings.hides_level,
            voided_by: None,
            wrap_up: None,
            window: Window::default(),
            assessments: Assessments::default(),
        });
        self.rounds.last()
    }

    /// Draws another question for the round that has no message yet, because its question left the
    /// bank. Returns false if there is no such round, or if no question may be posted.
    pub fn redraw<'a>(&mut self, pool: impl Into<QuestionPool<'a>>, rng: &mut impl Rng) -> bool {
        let Some(round) = self.rounds.pop_if(|last| last.message.is_none()) else {
            return false;
        };
        self.put_back(&round);
        let drawn = self.draw(round.day, &pool.into(), rng);
        let is_drawn = drawn.is_some();
        self.rounds.push(match drawn {
            Some((draw, reason)) => Round {
                question: draw.question,
                remaining: draw.remaining,
                reason,
                ..round
            },
            None => round,
        });
        is_drawn
    }

    /// Sets the question of the round that has no message yet to the one of a message that was
    /// found: if the state is a restored backup, another question may have been posted than the one
    /// that was drawn.
    pub fn adopt_question(&mut self, question: &str) {
        let Some(mut round) = self.rounds.pop_if(|last| last.message.is_none()) else {
            return;
        };
        if round.question != question {
            self.put_back(&round);
            self.deck.mark_asked(question);
            question.clone_into(&mut round.question);
            round.reason = DrawReason::Order;
        }
        self.rounds.push(round);
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
        // Replies to a message that was not known were not counted, so they are read again.
        self.read_up_to = self.read_up_to.map(|read| read.min(message));
        // The history is read once more now, also if the process crashes before.
        self.caught_up_to = None;
        round.wrap_up = WrapUp::of_round(round.day, message.time(), &self.settings.schedule);
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

    /// Drops an intent that was not posted; its question counts as not asked. The schedule is done with
    /// its day; an admin may still order a post ([`Team::order_post`]). A day in the future, which
    /// only a wrong clock can have recorded, is taken back.
    pub fn abandon_round(&mut self, now: Timestamp) -> Option<Round> {
        let round = self.rounds.pop_if(|round| round.message.is_none())?;
        self.put_back(&round);
        let today = self.settings.schedule.zone.date(now);
        if self.last_day.is_some_and(|last| last > today) {
            let posted = self.posted_rounds().map(|round| round.day);
            self.last_day = posted.filter(|day| *day <= today).max();
        }
        Some(round)
    }

    fn close_round(&mut self, number: u32, at: Timestamp) {
        let Some(round) = self.round_mut(number) else {
            return;
        };
        round.wrap_up = None;
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
            older.window.milestones.clear();
            older.assessments.drop_members();
        }
    }
}
