//! Posts one team's question: a state machine whose steps are committed before the next one starts.
//!
//! 1. Record the intent: round number, question and nonce.
//! 2. Find the message in the channel, or send it ([`super::exactly_once`]).
//! 3. Record the id of the message.
//! 4. Start the thread.
//! 5. Record that the thread exists.
//!
//! The state on disk names the next step, so a crash needs no recovery code. Example:
//!
//! * 09:00:00 The intent of round 12 is committed.
//! * 09:00:01 Discord receives the message. The process is killed before it reads the response.
//! * 09:00:20 After the restart the scheduler sees an intent without a message id, and starts the
//!   job. Step 2 finds round 12 in the channel and step 3 records it. Nothing is posted twice.
//! * 09:00:21 Step 4 fails with 500. The backoff delays it, and the job repeats this step only: a
//!   failure after the message was sent is never treated as a failure of the message.
//! * 09:00:23 Step 4 succeeds. If the first request had created the thread, error 160004 counts as
//!   success.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tracing::Instrument as _;

use super::alerts;
use super::backoff::Backoff;
use super::exactly_once::{PendingMessage, SendOutcome, StepError};
use crate::bot::context::BotContext;
use crate::bot::discord::rest::ApiError;
use crate::bot::{render, replies};
use quizloop_core::id::{MessageId, TeamKey};
use quizloop_core::posting::PostStep;
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

/// The posting job of one team.
pub struct PostJob<'a> {
    ctx: &'a Arc<BotContext>,
    team: LoadedTeam,
    key: TeamKey,
}

/// Allows other jobs to post the team when it is dropped, also by a panic.
struct PostingGuard<'a>(&'a PostJob<'a>);

impl Drop for PostingGuard<'_> {
    fn drop(&mut self) {
        self.0.ctx.posting.remove(&self.0.key);
    }
}

impl<'a> PostJob<'a> {
    /// Returns the job for a team.
    pub const fn new(ctx: &'a Arc<BotContext>, team: LoadedTeam) -> Self {
        let key = team.key();
        Self { ctx, team, key }
    }

    /// Runs steps until none is due or one fails. Returns at once if another job is posting this
    /// team.
    pub async fn run(&self) {
        if self.ctx.posting.insert(self.key) {
            let _guard = PostingGuard(self);
            // Error level, so that warnings keep these fields if `RUST_LOG` hides everything below.
            let span =
                tracing::error_span!("post", guild = %self.key.guild, channel = %self.key.channel);
            self.run_steps().instrument(span).await;
        }
    }

    async fn run_steps(&self) {
        // An intent recorded by this job was never sent. Any other intent may have been.
        let mut first_attempt = false;
        loop {
            let now = self.ctx.clock.now();
            let Some(next) = self.team.read(|team| self.next_step(team, now)) else {
                return;
            };
            let step = match next {
                PostStep::Begin { day, due } => {
                    first_attempt = true;
                    self.record_intent(day, due).await
                }
                PostStep::Post => self.post_message(first_attempt).await,
                PostStep::Abandon => self.abandon().await,
                PostStep::CreateThread => self.start_thread().await,
                PostStep::Wait(_) | PostStep::Idle => return,
            };
            if let Err(error) = step {
                return self.on_step_error(error, now).await;
            }
            // Members may have replied before the message id was recorded. Those replies were not
            // counted, so they are read from the channel's history.
            let has_early_reply =
                next == PostStep::Post && self.ctx.early_replies.remove(&self.key).is_some();
            if !first_attempt || has_early_reply {
                tokio::spawn(replies::backfill_team(Arc::clone(self.ctx), self.key));
            }
        }
    }

    /// Returns the team's next step. Skips a thread that is in backoff, so that it does not delay
    /// the next question.
    fn next_step(&self, team: &Team, now: Timestamp) -> PostStep {
        let in_backoff = self
            .ctx
            .post_backoff
            .get(&self.key)
            .is_some_and(|backoff| backoff.until > now);
        match team.next_post_step(now) {
            PostStep::CreateThread if in_backoff => team.next_question_step(now),
            next => next,
        }
    }

    /// Step 1: records the intent.
    async fn record_intent(&self, day: jiff::civil::Date, due: Timestamp) -> Result<(), StepError> {
        let ids = self.ctx.questions(self.key.guild).ids();
        let (number, commit) = self.team.update(|team| {
            self.ctx.with_rng(|rng| {
                team.begin_round(day, due, &ids, rng)
                    .map(|round| round.number)
            })
        });
        commit.wait().await.map_err(|_| StepError::SaveFailed)?;
        failpoint::hit("post.intended");
        if let Some(round) = number.flatten() {
            tracing::info!(round, %day, "question due");
        }
        Ok(())
    }

    /// Steps 2 and 3: finds or sends the message, and records its id.
    async fn post_message(&self, first_attempt: bool) -> Result<(), StepError> {
        let Some(round) = self.latest_round() else {
            return Ok(());
        };
        let message = match self
            .pending_message(&round)
            .ensure_sent(first_attempt, self.send_message(&round))
            .await?
        {
            SendOutcome::Sent(message) => message,
            // A moderator has deleted the message: today's question is not posted again.
            SendOutcome::Deleted => return self.drop_round().await,
        };
        let (_, commit) = self.team.update(|team| {
            team.record_post(message);
            team.posting_failure = None;
        });
        tracing::info!(round = round.number, message_id = %message, "question posted");
        self.ctx
            .health
            .round_posted(lag(round.due, self.ctx.clock.now()));
        self.ctx.post_backoff.remove(&self.key);
        // A failed save is harmless: the next attempt finds the message in the channel.
        let _ = commit.wait().await;
        failpoint::hit("post.posted");
        Ok(())
    }

    async fn send_message(&self, round: &Round) -> Result<MessageId, ApiError> {
        let role = self.team.read(|team| team.settings.role).flatten();
        let question = self.ctx.question_of_round(self.key.guild, round);
        let Some(question) = question else {
            return Err(ApiError::Rejected {
                status: 0,
                code: 0,
                message: format!(
                    "the question \"{}\" is not in the bank any more",
                    round.question
                ),
            });
        };
        let mut message = render::daily::post(question, round, 0).nonce(&round.nonce);
        if let Some(role) = role {
            message = message.mention_role(role);
        }
        failpoint::hit("post.sending");
        let sent = self.ctx.rest.send_message(self.key.channel, &message).await;
        failpoint::hit("post.sent");
        sent
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
            .ctx
            .question_of_round(self.key.guild, &round)
            .map_or("Today's question", |question| question.question.as_str());
        let name = render::daily::thread_name(question);
        failpoint::hit("thread.starting");
        let result = self
            .ctx
            .rest
            .start_thread(self.key.channel, message, &name, ARCHIVE_MINUTES)
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
        let (_, commit) = self.team.update(|team| {
            team.record_thread(message, status);
            team.posting_failure = None;
        });
        self.ctx.post_backoff.remove(&self.key);
        // A failed save is harmless: starting an existing thread again counts as success.
        let _ = commit.wait().await;
        failpoint::hit("thread.saved");
        Ok(())
    }

    /// Gives up an expired intent, unless its message is in the channel.
    async fn abandon(&self) -> Result<(), StepError> {
        let Some(round) = self.latest_round() else {
            return Ok(());
        };
        let found = self.pending_message(&round).find_before_giving_up().await?;
        let Some(message) = found else {
            tracing::warn!(day = %round.day, "question skipped: it could not be posted");
            return self.drop_round().await;
        };
        let (_, commit) = self.team.update(|team| team.record_post(message));
        commit.wait().await.map_err(|_| StepError::SaveFailed)
    }

    async fn drop_round(&self) -> Result<(), StepError> {
        self.ctx.health.round_abandoned();
        let (_, commit) = self.team.update(Team::abandon_round);
        self.ctx.post_backoff.remove(&self.key);
        commit.wait().await.map_err(|_| StepError::SaveFailed)
    }

    fn pending_message(&self, round: &Round) -> PendingMessage<'_> {
        PendingMessage {
            ctx: self.ctx,
            team: &self.team,
            due: round.due,
            labels: round.labels(),
        }
    }

    fn latest_round(&self) -> Option<Round> {
        self.team
            .read(|team| team.rounds().last().cloned())
            .flatten()
    }

    async fn on_step_error(&self, error: StepError, now: Timestamp) {
        let is_transient = error.is_transient();
        let previous = self.ctx.post_backoff.get(&self.key).map(|backoff| *backoff);
        let backoff = Backoff::after(previous, is_transient, now);
        self.ctx.post_backoff.insert(self.key, backoff);
        let retry_at = backoff.until;
        let StepError::Api(error) = error else {
            tracing::warn!(%retry_at, "post failed: the state could not be saved");
            return;
        };
        tracing::warn!(%error, %retry_at, "post step failed");
        if error == ApiError::Unauthorized {
            // The receiver is closed only during shutdown.
            let _ = self.ctx.fatal.send(error);
        } else if !is_transient {
            alerts::alert_admin(self.ctx, &self.team, &error).await;
        }
    }
}
