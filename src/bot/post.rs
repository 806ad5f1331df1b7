//! The steps of a post, each committed before the next.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::backoff::Backoff;
use super::desk::{Desk, TeamKey};
use super::once::{Intent, Outcome, Stop};
use super::rest::Failure;
use super::{notice, render, replies};
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
pub struct Post<'a> {
    /// The desk.
    pub desk: &'a Arc<Desk>,
    /// The team.
    pub key: TeamKey,
}

/// Others may work on the team when this is dropped, also by a panic.
struct Posting<'a>(&'a Post<'a>);

impl Drop for Posting<'_> {
    fn drop(&mut self) {
        self.0.desk.posting.remove(&self.0.key);
    }
}

impl Post<'_> {
    /// Takes step after step until nothing is to be done or a step fails. If somebody is at it already, that is left to
    /// them.
    pub async fn go_on(&self) {
        if self.desk.posting.insert(self.key) {
            let _end = Posting(self);
            self.steps().await;
        }
    }

    async fn steps(&self) {
        // An intent made here was never sent; any other may have been.
        let mut fresh = false;
        loop {
            let now = self.desk.clock.now();
            let Some(next) = self.desk.team(self.key, |team| self.step_of(team, now)) else {
                return;
            };
            let step = match next {
                PostStep::Begin { day, due } => {
                    fresh = true;
                    self.intend(day, due).await
                }
                PostStep::Post => self.post(fresh).await,
                PostStep::Abandon => self.give_up().await,
                PostStep::CreateThread => self.start_thread().await,
                PostStep::Wait(_) | PostStep::Idle => return,
            };
            if let Err(stop) = step {
                return self.stopped(stop, now).await;
            }
            // What was there before us may have replies that we did not take for replies.
            let early = next == PostStep::Post && self.desk.early.remove(&self.key).is_some();
            if !fresh || early {
                tokio::spawn(replies::read_again(Arc::clone(self.desk), self.key));
            }
        }
    }

    /// As the team says, except that a thread in trouble does not keep a due question waiting.
    fn step_of(&self, team: &Team, now: Timestamp) -> PostStep {
        let held = self
            .desk
            .backoff
            .get(&self.key)
            .is_some_and(|held| held.until > now);
        match team.next_post_step(now) {
            PostStep::CreateThread if held => team.next_question_step(now),
            next => next,
        }
    }

    /// Step 1: the intent goes to disk.
    async fn intend(&self, day: jiff::civil::Date, due: Timestamp) -> Result<(), Stop> {
        let ids = self.desk.bank.ids();
        let (made, commit) = self.desk.change_team(self.key, |team| {
            self.desk.random(|rng| {
                team.begin_round(day, due, &ids, rng)
                    .map(|round| round.number)
            })
        });
        commit.wait().await.map_err(|_| Stop::NotSaved)?;
        failpoint::pass("post.intended");
        if let Some(round) = made.flatten() {
            tracing::info!(guild = %self.key.guild, channel = %self.key.channel, round, %day, "a question is due");
        }
        Ok(())
    }

    /// Steps 2 and 3: the message is found or sent, and its id goes to disk.
    async fn post(&self, fresh: bool) -> Result<(), Stop> {
        let Some(round) = self.newest() else {
            return Ok(());
        };
        let message = match self.intent(&round).fulfil(fresh, self.send(&round)).await? {
            Outcome::There(message) => message,
            // That was today's question.
            Outcome::Deleted => return self.drop_round().await,
        };
        let (_, commit) = self.desk.change_team(self.key, |team| {
            team.record_post(message);
            team.posting_failure = None;
        });
        tracing::info!(guild = %self.key.guild, channel = %self.key.channel, round = round.number, %message, "posted");
        self.desk
            .vitals
            .posted(lag(round.due, self.desk.clock.now()));
        self.desk.backoff.remove(&self.key);
        // If the disk fails now, the message is there all the same and will be found again.
        let _ = commit.wait().await;
        failpoint::pass("post.posted");
        Ok(())
    }

    async fn send(&self, round: &Round) -> Result<MessageId, Failure> {
        let role = self
            .desk
            .team(self.key, |team| team.settings.role)
            .flatten();
        let question = self.desk.question_of(round);
        let Some(question) = question else {
            return Err(Failure::Rejected {
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
            message = message.mentioning(role);
        }
        failpoint::pass("post.sending");
        let sent = self.desk.rest.send(self.key.channel, &message).await;
        failpoint::pass("post.sent");
        sent
    }

    /// Steps 4 and 5: the thread is started, and that goes to disk.
    async fn start_thread(&self) -> Result<(), Stop> {
        let Some((round, message)) = self
            .newest()
            .and_then(|round| Some((round.clone(), round.message?)))
        else {
            return Ok(());
        };
        let question = self
            .desk
            .question_of(&round)
            .map_or("Today's question", |question| question.question.as_str());
        let name = render::daily::thread_name(question);
        failpoint::pass("thread.starting");
        let started = self
            .desk
            .rest
            .start_thread(self.key.channel, message, &name, ARCHIVE_MINUTES)
            .await;
        failpoint::pass("thread.started");
        let state = match started {
            Ok(()) => ThreadStatus::Created,
            Err(
                Failure::Rejected {
                    code: WRONG_CHANNEL_TYPE,
                    ..
                }
                | Failure::Unknown { .. },
            ) => ThreadStatus::Unavailable,
            Err(failure) => return Err(Stop::Failed(failure)),
        };
        let (_, commit) = self.desk.change_team(self.key, |team| {
            team.record_thread(message, state);
            team.posting_failure = None;
        });
        self.desk.backoff.remove(&self.key);
        // The thread is there; starting it again would be harmless.
        let _ = commit.wait().await;
        failpoint::pass("thread.saved");
        Ok(())
    }

    /// The time for an intent is over: it counts if its message is there after all.
    async fn give_up(&self) -> Result<(), Stop> {
        let Some(round) = self.newest() else {
            return Ok(());
        };
        let found = self.intent(&round).look_once_more().await?;
        let Some(message) = found else {
            tracing::warn!(guild = %self.key.guild, channel = %self.key.channel, day = %round.day, "no question could be posted on that day");
            return self.drop_round().await;
        };
        let posted = |team: &mut Team| team.record_post(message);
        let (_, commit) = self.desk.change_team(self.key, posted);
        commit.wait().await.map_err(|_| Stop::NotSaved)
    }

    async fn drop_round(&self) -> Result<(), Stop> {
        self.desk.vitals.given_up();
        let (_, commit) = self.desk.change_team(self.key, Team::abandon_round);
        self.desk.backoff.remove(&self.key);
        commit.wait().await.map_err(|_| Stop::NotSaved)
    }

    fn intent(&self, round: &Round) -> Intent<'_> {
        Intent {
            desk: self.desk,
            key: self.key,
            due: round.due,
            label: round.label(),
        }
    }

    fn newest(&self) -> Option<Round> {
        self.desk
            .team(self.key, |team| team.rounds().last().cloned())
            .flatten()
    }

    async fn stopped(&self, stop: Stop, now: Timestamp) {
        let passing = stop.is_passing();
        let before = self.desk.backoff.get(&self.key).map(|held| *held);
        let backoff = Backoff::after(before, passing, now);
        self.desk.backoff.insert(self.key, backoff);
        let Stop::Failed(failure) = stop else {
            tracing::warn!(guild = %self.key.guild, channel = %self.key.channel, "not posted: the state could not be saved");
            return;
        };
        tracing::warn!(guild = %self.key.guild, channel = %self.key.channel, %failure, again = %backoff.until, "a step of a post failed");
        if failure == Failure::Token {
            // The receiver is gone only when the process is ending.
            let _ = self.desk.fatal.send(failure);
        } else if !passing {
            notice::trouble(self.desk, self.key, &failure).await;
        }
    }
}
