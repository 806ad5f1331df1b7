//! Posts one team's question: a state machine whose steps are committed before the next one starts.
//!
//! 1. Record the intent: round number, question and nonce.
//! 2. Find the message in the channel, or send it ([`super::delivery`]).
//! 3. Record the id of the message.
//! 4. Start the thread.
//! 5. Record that the thread exists.
//!
//! The state on disk names the next step, so a crash needs no recovery code. Example:
//!
//! * 09:00:00 The intent of round 12 is committed.
//! * 09:00:01 Discord receives the message. The process is killed before it reads the response.
//! * 09:00:20 After the restart the scheduler sees an intent without a message id, and starts the
//!   job. Step 2 finds the question in the channel and step 3 records it. Nothing is posted twice.
//! * 09:00:21 Step 4 fails with 500. The backoff delays it, and the job repeats this step only: a
//!   failure after the message was sent is never treated as a failure of the message.
//! * 09:00:23 Step 4 succeeds. If the first request had created the thread, error 160004 counts as
//!   success.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tracing::Instrument as _;

use super::alerts;
use super::delivery::{DeliveryKind, Outcome, Outgoing, StepError, TeamDelivery};
use crate::bot::context::BotContext;
use crate::bot::discord::rest::{ApiError, HistoryMessage};
use crate::bot::interactions::custom_id::ComponentId;
use crate::bot::question_pool::{question_pool, update_with_pool};
use crate::bot::render;
use crate::bot::render::daily::LevelDisplay;
use crate::bot::render::user_error::PostingProblem;
use quizloop_bank::QuestionRef;
use quizloop_core::id::MessageId;
use quizloop_core::posting::PostStep;
use quizloop_core::question_pool::QuestionPool;
use quizloop_core::round::{Round, ThreadStatus};
use quizloop_core::team::Team;
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedTeam;

/// Minutes after the last reply until Discord archives a thread (Discord docs, resources/channel,
/// "Start Thread from Message": 60, 1440, 4320 or 10080).
const ARCHIVE_MINUTES: u16 = 1440;

/// "Cannot execute action on this channel type".
const WRONG_CHANNEL_TYPE: isize = 50_024;

/// Returns how much later than due `now` is.
fn lag(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(due)).unwrap_or(Duration::ZERO)
}

/// Returns why no question of the pool can be posted.
const fn no_question(pool: &QuestionPool<'_>) -> StepError {
    if pool.is_empty() {
        StepError::EmptyBank
    } else {
        StepError::NoQuestion
    }
}

/// The posting job of one team.
pub struct PostJob<'a> {
    delivery: TeamDelivery<'a>,
}

/// Allows other jobs to post the team when it is dropped, also by a panic.
struct PostingGuard<'a>(&'a PostJob<'a>);

impl Drop for PostingGuard<'_> {
    fn drop(&mut self) {
        self.0
            .delivery
            .ctx
            .posting
            .remove(&self.0.delivery.team.key());
    }
}

impl<'a> PostJob<'a> {
    /// Returns the job for a team.
    pub const fn new(ctx: &'a Arc<BotContext>, team: LoadedTeam) -> Self {
        let kind = DeliveryKind::Question;
        let delivery = TeamDelivery { ctx, team, kind };
        Self { delivery }
    }

    /// Runs steps until none is due or one fails. Returns at once if another job is posting this
    /// team.
    pub async fn run(&self) {
        let key = self.delivery.team.key();
        if self.delivery.ctx.posting.insert(key) {
            let _guard = PostingGuard(self);
            // Error level, so that warnings keep these fields if `RUST_LOG` hides everything below.
            let span = tracing::error_span!("post", guild = %key.guild, channel = %key.channel);
            self.run_steps().instrument(span).await;
        }
    }

    async fn run_steps(&self) {
        // A question that was found, or whose thread is started only now, may have replies already.
        let mut may_have_replies = true;
        loop {
            let Some(now) = self.delivery.ctx.trusted_now() else {
                return;
            };
            let Some(next) = self.delivery.team.read(|team| self.next_step(team, now)) else {
                return;
            };
            let step = match next {
                PostStep::Begin { day, due } => self.record_intent(day, due).await,
                PostStep::Deliver => {
                    self.delivery
                        .deliver(Team::pending_post, self)
                        .await
                        .map(|outcome| {
                            may_have_replies = outcome != Outcome::Sent;
                        })
                }
                PostStep::CreateThread => self.start_thread().await,
                PostStep::Wait(_) | PostStep::Idle => return,
            };
            if let Err(error) = step {
                return self.on_step_error(next, error, now).await;
            }
            // The post closes the round before, whose replies are read a last time. Members may also
            // have replied before the message id was recorded.
            let is_late_thread = next == PostStep::CreateThread && may_have_replies;
            if next == PostStep::Deliver || is_late_thread {
                self.delivery
                    .ctx
                    .backfill
                    .request_team(self.delivery.team.key());
            }
        }
    }

    /// Returns the team's next step. Skips a thread that is in backoff, so that it does not delay
    /// the next question.
    fn next_step(&self, team: &Team, now: Timestamp) -> PostStep {
        let in_backoff = self
            .delivery
            .retry_at(now)
            .is_some_and(|retry_at| retry_at > now);
        match team.next_post_step(now) {
            PostStep::CreateThread if in_backoff => team.next_question_step(now),
            next => next,
        }
    }

    /// Step 1: records the intent.
    async fn record_intent(&self, day: jiff::civil::Date, due: Timestamp) -> Result<(), StepError> {
        let TeamDelivery { ctx, team, .. } = &self.delivery;
        let questions = ctx.questions(team.guild().id());
        let pool = question_pool(&questions);
        let no_question = no_question(&pool);
        let begin = |team: &mut Team, pool: QuestionPool<'_>| {
            if !team.can_begin_round(day) {
                // An admin's order came first.
                return Ok(None);
            }
            let round = ctx.with_rng(|rng| Some(team.begin_round(day, due, pool, rng)?.number));
            if let Some(delivery) = team.pending_post().filter(|_| round.is_some()) {
                self.delivery.begin(&delivery);
            }
            round.map(Some).ok_or(no_question)
        };
        let round = self.update(pool, begin).await?;
        failpoint::hit("post.intended");
        if let Some(round) = round.transpose()?.flatten() {
            tracing::info!(round, %day, "question due");
        }
        ctx.health.team_has_question(team.key());
        Ok(())
    }

    /// Changes the team, with the questions that it may post now, and waits until the change is
    /// saved.
    async fn update<'q, R>(
        &self,
        pool: QuestionPool<'q>,
        change: impl FnOnce(&mut Team, QuestionPool<'q>) -> R,
    ) -> Result<Option<R>, StepError> {
        let (result, commit) = update_with_pool(&self.delivery.team, pool, change);
        let saved = commit.wait().await;
        saved.map(|()| result).map_err(|_| StepError::SaveFailed)
    }

    /// Returns the question of the round. If it has left the bank since the intent was recorded,
    /// another one is drawn.
    async fn question(&self) -> Result<(Round, QuestionRef), StepError> {
        let round = self.latest_round().ok_or(StepError::EmptyBank)?;
        if let Some(question) = self
            .delivery
            .ctx
            .question_of_round(self.delivery.team.guild().id(), &round)
        {
            return Ok((round, question));
        }
        let TeamDelivery { ctx, team, .. } = &self.delivery;
        let questions = ctx.questions(team.guild().id());
        let pool = question_pool(&questions);
        let no_question = no_question(&pool);
        let redraw =
            |team: &mut Team, pool: QuestionPool<'_>| ctx.with_rng(|rng| team.redraw(pool, rng));
        if self.update(pool, redraw).await? != Some(true) {
            return Err(no_question);
        }
        tracing::warn!(missing = %round.question, "question replaced: no longer in the bank");
        let round = self.latest_round().ok_or(StepError::EmptyBank)?;
        let question = self
            .delivery
            .ctx
            .question_of_round(self.delivery.team.guild().id(), &round);
        Ok((round, question.ok_or(StepError::EmptyBank)?))
    }

    /// Steps 4 and 5: starts the thread and records it.
    async fn start_thread(&self) -> Result<(), StepError> {
        let Some((round, message)) = self
            .latest_round()
            .and_then(|round| Some((round.clone(), round.message?)))
        else {
            return Ok(());
        };
        let question = self
            .delivery
            .ctx
            .question_of_round(self.delivery.team.guild().id(), &round);
        let text = question
            .as_ref()
            .map_or("Today's question", |question| question.question.as_str());
        let name = render::daily::thread_name(text);
        failpoint::hit("thread.starting");
        let result = self
            .delivery
            .ctx
            .rest
            .start_thread(
                self.delivery.team.channel(),
                message,
                &name,
                ARCHIVE_MINUTES,
            )
            .await;
        failpoint::hit("thread.started");
        let status = match result {
            Ok(()) => ThreadStatus::Created,
            Err(
                ApiError::Rejected {
                    code: WRONG_CHANNEL_TYPE,
                    ..
                }
                | ApiError::NotFound { .. },
            ) => ThreadStatus::Unavailable,
            Err(error) => return Err(StepError::Api(error)),
        };
        let (_, commit) = self.delivery.team.update(|team| {
            team.record_thread(message, status);
            team.posting_failure = None;
        });
        self.delivery
            .ctx
            .deliveries
            .end_backoff(self.delivery.key());
        // A failed save is harmless: starting an existing thread again counts as success.
        let _ = commit.wait().await;
        failpoint::hit("thread.saved");
        Ok(())
    }

    /// Edits the message of the round that the post has closed, if it hides level and topic.
    fn show_level_of_closed_round(&self) {
        let TeamDelivery { ctx, team, .. } = &self.delivery;
        let closed = team.read(|team| {
            let closed = team.posted_rounds().rev().nth(1)?;
            closed.message.filter(|_| closed.hides_level)
        });
        if let Some(message) = closed.flatten() {
            // The receiver is closed only during shutdown.
            let _ = ctx.stale_footers.send((team.key(), message));
        }
    }

    fn latest_round(&self) -> Option<Round> {
        self.delivery
            .team
            .read(|team| team.rounds().last().cloned())
            .flatten()
    }

    async fn on_step_error(&self, step: PostStep, error: StepError, now: Timestamp) {
        // No pause: its end would be a time of the wrong clock.
        if matches!(error, StepError::WrongClock) {
            return;
        }
        let retry_at = self.delivery.delay(&error, now);
        tracing::warn!(%error, %retry_at, "post step failed");
        let problem = match &error {
            StepError::Api(ApiError::Unauthorized) => {
                // The receiver is closed only during shutdown.
                let _ = self.delivery.ctx.fatal.send(ApiError::Unauthorized);
                return;
            }
            StepError::Api(error) if error.is_transient() => return,
            StepError::Api(error) if step == PostStep::CreateThread => {
                PostingProblem::Thread(error)
            }
            StepError::Api(error) => PostingProblem::Message(error),
            StepError::HistoryUnreadable => PostingProblem::HistoryUnreadable,
            StepError::EmptyBank => PostingProblem::EmptyBank,
            StepError::NoQuestion => PostingProblem::NoQuestion,
            StepError::SaveFailed
            | StepError::WrongClock
            | StepError::NotYet(_)
            | StepError::Obsolete => return,
        };
        if matches!(error, StepError::EmptyBank | StepError::NoQuestion) {
            let team = self.delivery.team.key();
            self.delivery.ctx.health.team_lacks_question(team);
        }
        alerts::alert_admin(self.delivery.ctx, &self.delivery.team, problem).await;
    }
}

impl Outgoing for PostJob<'_> {
    async fn send(&self) -> Result<MessageId, StepError> {
        let role = self.delivery.team.read(|team| team.settings.role).flatten();
        let (round, question) = self.question().await?;
        // The round is not open yet. Another team may have the question open.
        let guild = self.delivery.team.guild();
        let hides_level = guild.read(|guild| guild.hides_level(&question.id)) == Some(true);
        let level = LevelDisplay::hidden_if(round.hides_level || hides_level);
        let mut message = render::daily::post(&question, &round, 0, level).nonce(&round.nonce);
        if let Some(role) = role {
            message = message.mention_role(role);
        }
        failpoint::hit("post.sending");
        let sent = self
            .delivery
            .ctx
            .rest
            .send_message(self.delivery.team.channel(), &message)
            .await;
        failpoint::hit("post.sent");
        Ok(sent?)
    }

    async fn record(
        &self,
        message: MessageId,
        found: Option<&HistoryMessage>,
    ) -> Result<(), StepError> {
        let found_question = found.and_then(posted_question);
        // From here on until the history was read once more.
        let key = self.delivery.team.key();
        self.delivery.ctx.backfill.caught_up.forget_team(key);
        let (round, commit) = self.delivery.team.update(|team| {
            if let Some(question) = &found_question {
                team.adopt_question(question);
            }
            team.record_post(message);
            team.posting_failure = None;
            team.rounds().last().map(|round| (round.number, round.due))
        });
        if let Some((round, due)) = round.flatten() {
            let was_found = found.is_some();
            tracing::info!(round, message_id = %message, was_found, "question posted");
            self.delivery
                .ctx
                .health
                .round_posted(lag(due, self.delivery.ctx.clock.now()));
        }
        // A failed save is harmless: the next attempt finds the message in the channel.
        let _ = commit.wait().await;
        failpoint::hit("post.posted");
        self.show_level_of_closed_round();
        Ok(())
    }

    async fn abandon(&self) -> Result<(), StepError> {
        let now = self.delivery.ctx.trusted_now();
        let now = now.ok_or(StepError::WrongClock)?;
        self.delivery.ctx.health.round_abandoned();
        let abandon = |team: &mut Team| team.abandon_round(now);
        self.delivery.update(abandon).await.map(drop)
    }
}

/// Returns the question of a daily message, from its buttons.
fn posted_question(message: &HistoryMessage) -> Option<String> {
    let mut ids = message.custom_ids.iter();
    ids.find_map(|custom_id| match ComponentId::parse(custom_id)? {
        ComponentId::Answer { question } => Some(question),
        _ => None,
    })
}
