//! The steps of a post, each committed before the next.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::backoff::Backoff;
use super::context::{BotContext, TeamKey};
use super::exactly_once::{PendingMessage, SendOutcome, StepError};
use super::rest::ApiError;
use super::{alerts, render, replies};
use crate::failpoint;
use crate::practice::id::MessageId;
use crate::practice::posting::PostStep;
use crate::practice::round::{Round, ThreadStatus};
use crate::practice::team::Team;

/// Threads stay in the channel's list for a day after the last reply (Discord docs,
/// resources/channel, "Start Thread from Message": 60, 1440, 4320 or 10080 minutes).
const ARCHIVE_MINUTES: u16 = 1440;

/// "Cannot execute action on this channel type".
const WRONG_CHANNEL_TYPE: isize = 50_024;

/// How long after it was due something happened now.
fn lag(due: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(due)).unwrap_or(Duration::ZERO)
}

/// One team being posted.
pub struct PostJob<'a> {
    /// The desk.
    pub ctx: &'a Arc<BotContext>,
    /// The team.
    pub key: TeamKey,
}

/// Others may work on the team when this is dropped, also by a panic.
struct PostingGuard<'a>(&'a PostJob<'a>);

impl Drop for PostingGuard<'_> {
    fn drop(&mut self) {
        self.0.ctx.posting.remove(&self.0.key);
    }
}

impl PostJob<'_> {
    /// Takes step after step until nothing is to be done or a step fails. If somebody is at it already, that is left to
    /// them.
    pub async fn run(&self) {
        if self.ctx.posting.insert(self.key) {
            let _end = PostingGuard(self);
            self.run_steps().await;
        }
    }

    async fn run_steps(&self) {
        // An intent made here was never sent; any other may have been.
        let mut first_attempt = false;
        loop {
            let now = self.ctx.clock.now();
            let Some(next) = self
                .ctx
                .read_team(self.key, |team| self.next_step(team, now))
            else {
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
            // What was there before us may have replies that we did not take for replies.
            let early =
                next == PostStep::Post && self.ctx.early_replies.remove(&self.key).is_some();
            if !first_attempt || early {
                tokio::spawn(replies::backfill_team(Arc::clone(self.ctx), self.key));
            }
        }
    }

    /// As the team says, except that a thread in trouble does not keep a due question waiting.
    fn next_step(&self, team: &Team, now: Timestamp) -> PostStep {
        let held = self
            .ctx
            .post_backoff
            .get(&self.key)
            .is_some_and(|held| held.until > now);
        match team.next_post_step(now) {
            PostStep::CreateThread if held => team.next_question_step(now),
            next => next,
        }
    }

    /// Step 1: the intent goes to disk.
    async fn record_intent(&self, day: jiff::civil::Date, due: Timestamp) -> Result<(), StepError> {
        let ids = self.ctx.bank.ids();
        let (number, commit) = self.ctx.update_team(self.key, |team| {
            self.ctx.with_rng(|rng| {
                team.begin_round(day, due, &ids, rng)
                    .map(|round| round.number)
            })
        });
        commit.wait().await.map_err(|_| StepError::SaveFailed)?;
        failpoint::hit("post.intended");
        if let Some(round) = number.flatten() {
            tracing::info!(guild = %self.key.guild, channel = %self.key.channel, round, %day, "a question is due");
        }
        Ok(())
    }

    /// Steps 2 and 3: the message is found or sent, and its id goes to disk.
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
            // That was today's question.
            SendOutcome::Deleted => return self.drop_round().await,
        };
        let (_, commit) = self.ctx.update_team(self.key, |team| {
            team.record_post(message);
            team.posting_failure = None;
        });
        tracing::info!(guild = %self.key.guild, channel = %self.key.channel, round = round.number, %message, "posted");
        self.ctx
            .health
            .round_posted(lag(round.due, self.ctx.clock.now()));
        self.ctx.post_backoff.remove(&self.key);
        // If the disk fails now, the message is there all the same and will be found again.
        let _ = commit.wait().await;
        failpoint::hit("post.posted");
        Ok(())
    }

    async fn send_message(&self, round: &Round) -> Result<MessageId, ApiError> {
        let role = self
            .ctx
            .read_team(self.key, |team| team.settings.role)
            .flatten();
        let question = self.ctx.question_of_round(round);
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

    /// Steps 4 and 5: the thread is started, and that goes to disk.
    async fn start_thread(&self) -> Result<(), StepError> {
        let Some((round, message)) = self
            .latest_round()
            .and_then(|round| Some((round.clone(), round.message?)))
        else {
            return Ok(());
        };
        let question = self
            .ctx
            .question_of_round(&round)
            .map_or("Today's question", |question| question.question.as_str());
        let name = render::daily::thread_name(question);
        failpoint::hit("thread.starting");
        let started = self
            .ctx
            .rest
            .start_thread(self.key.channel, message, &name, ARCHIVE_MINUTES)
            .await;
        failpoint::hit("thread.started");
        let state = match started {
            Ok(()) => ThreadStatus::Created,
            Err(
                ApiError::Rejected {
                    code: WRONG_CHANNEL_TYPE,
                    ..
                }
                | ApiError::NotFound { .. },
            ) => ThreadStatus::Unavailable,
            Err(failure) => return Err(StepError::Api(failure)),
        };
        let (_, commit) = self.ctx.update_team(self.key, |team| {
            team.record_thread(message, state);
            team.posting_failure = None;
        });
        self.ctx.post_backoff.remove(&self.key);
        // The thread is there; starting it again would be harmless.
        let _ = commit.wait().await;
        failpoint::hit("thread.saved");
        Ok(())
    }

    /// The time for an intent is over: it counts if its message is there after all.
    async fn abandon(&self) -> Result<(), StepError> {
        let Some(round) = self.latest_round() else {
            return Ok(());
        };
        let found = self.pending_message(&round).find_before_giving_up().await?;
        let Some(message) = found else {
            tracing::warn!(guild = %self.key.guild, channel = %self.key.channel, day = %round.day, "no question could be posted on that day");
            return self.drop_round().await;
        };
        let posted = |team: &mut Team| team.record_post(message);
        let (_, commit) = self.ctx.update_team(self.key, posted);
        commit.wait().await.map_err(|_| StepError::SaveFailed)
    }

    async fn drop_round(&self) -> Result<(), StepError> {
        self.ctx.health.round_abandoned();
        let (_, commit) = self.ctx.update_team(self.key, Team::abandon_round);
        self.ctx.post_backoff.remove(&self.key);
        commit.wait().await.map_err(|_| StepError::SaveFailed)
    }

    fn pending_message(&self, round: &Round) -> PendingMessage<'_> {
        PendingMessage {
            ctx: self.ctx,
            key: self.key,
            due: round.due,
            label: round.label(),
        }
    }

    fn latest_round(&self) -> Option<Round> {
        self.ctx
            .read_team(self.key, |team| team.rounds().last().cloned())
            .flatten()
    }

    async fn on_step_error(&self, error: StepError, now: Timestamp) {
        let passing = error.is_transient();
        let before = self.ctx.post_backoff.get(&self.key).map(|held| *held);
        let backoff = Backoff::after(before, passing, now);
        self.ctx.post_backoff.insert(self.key, backoff);
        let StepError::Api(failure) = error else {
            tracing::warn!(guild = %self.key.guild, channel = %self.key.channel, "not posted: the state could not be saved");
            return;
        };
        tracing::warn!(guild = %self.key.guild, channel = %self.key.channel, %failure, again = %backoff.until, "a step of a post failed");
        if failure == ApiError::Unauthorized {
            // The receiver is gone only when the process is ending.
            let _ = self.ctx.fatal.send(failure);
        } else if !passing {
            alerts::alert_admin(self.ctx, self.key, &failure).await;
        }
    }
}
