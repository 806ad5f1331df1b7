//! Adds a ✅ reaction to each counted reply.
//!
//! Discord's rate limit for reactions is low and applies per channel. Every channel therefore has
//! its own queue with one request at a time, and a thread with a hundred simultaneous replies does
//! not delay the others.
//!
//! A reaction that fails in passing is tried again until it succeeds. Where the bot lacks a
//! permission, no request is sent for half an hour: Discord bans an address that causes many
//! refusals.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::bot::context::BotContext;
use crate::bot::discord::rest::ApiError;
use crate::bot::scheduler::backoff::{Backoff, is_over};
use quizloop_core::id::{ChannelId, MessageId, TeamKey};
use quizloop_failpoint as failpoint;

const COUNTED_EMOJI: &str = "✅";

/// Maximum number of channels with a request in progress.
const MAX_CONCURRENT_CHANNELS: usize = 8;

/// A reply that is counted and saved, and gets a reaction.
#[derive(Debug)]
pub struct ReactionJob {
    team: TeamKey,
    channel: ChannelId,
    message: MessageId,
    /// Dropped when the reaction was added, or can't be added.
    _done: oneshot::Sender<()>,
}

impl ReactionJob {
    /// Returns the job and a receiver that closes when the job is finished.
    pub fn new(
        team: TeamKey,
        channel: ChannelId,
        message: MessageId,
    ) -> (Self, oneshot::Receiver<()>) {
        let (done, done_receiver) = oneshot::channel();
        let job = Self {
            team,
            channel,
            message,
            _done: done,
        };
        (job, done_receiver)
    }
}

/// Adds the reactions until the sender of jobs is dropped.
pub async fn run(ctx: Arc<BotContext>, mut jobs: mpsc::UnboundedReceiver<ReactionJob>) {
    let (mut queues, mut running) = (ChannelQueues::default(), JoinSet::new());
    loop {
        let (seq, now) = (ctx.clock.revision(), ctx.clock.now());
        queues.resume(now);
        while running.len() < MAX_CONCURRENT_CHANNELS
            && let Some(job) = queues.next()
        {
            let ctx = Arc::clone(&ctx);
            running.spawn(async move {
                let outcome = add_reaction(&ctx, &job).await;
                (job, outcome)
            });
        }
        tokio::select! {
            job = jobs.recv() => match job {
                Some(job) => queues.add(job),
                None => return,
            },
            Some(result) = running.join_next() => match result {
                Ok((job, ReactionOutcome::Done)) => queues.done(job.channel),
                Ok((job, ReactionOutcome::FailedInPassing)) => queues.retry(job, ctx.clock.now()),
                // The error does not name the channel, so all of them are released.
                Err(error) => {
                    tracing::error!(%error, "reaction task panicked");
                    queues.all_done();
                }
            },
            () = ctx.clock.wait_until(queues.next_resume(), seq) => {}
        }
    }
}

/// Result of an attempt to add a reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReactionOutcome {
    /// It was added, or can't be added: a permission is missing, the message was deleted, or its
    /// thread is archived. The reply stays counted.
    Done,
    /// A retry may succeed.
    FailedInPassing,
}

async fn add_reaction(ctx: &BotContext, job: &ReactionJob) -> ReactionOutcome {
    let now = ctx.clock.now();
    let refused_until = ctx
        .reaction_backoff
        .get(&job.team)
        .map(|backoff| backoff.until);
    if refused_until.is_some_and(|until| !is_over(until, now)) {
        return ReactionOutcome::Done;
    }
    let (guild, channel) = (job.team.guild, job.channel);
    let result = ctx.rest.react(channel, job.message, COUNTED_EMOJI).await;
    failpoint::hit("reply.marked");
    let Err(error) = result else {
        return ReactionOutcome::Done;
    };
    if error.is_transient() {
        tracing::debug!(%guild, %channel, %error, "reaction failed; retried");
        return ReactionOutcome::FailedInPassing;
    }
    if lacks_permission(&error) {
        let backoff = Backoff::after(None, false, now);
        tracing::warn!(%guild, %channel, %error, retry_at = %backoff.until, "reactions refused");
        ctx.reaction_backoff.insert(job.team, backoff);
    } else {
        tracing::debug!(%guild, %channel, %error, "reaction could not be added");
    }
    ReactionOutcome::Done
}

/// Whether the bot lacks a permission in the channel. Other refusals concern one message, such as
/// that of a member who has blocked the bot.
fn lacks_permission(error: &ApiError) -> bool {
    /// "Missing Access" and "Missing Permissions" (Discord docs, topics/opcodes-and-status-codes,
    /// "JSON").
    const CODES: [isize; 2] = [50_001, 50_013];
    matches!(error, ApiError::Forbidden { code, .. } if CODES.contains(code))
}

/// Jobs waiting, by channel.
#[derive(Debug, Default)]
struct ChannelQueues {
    queues: HashMap<ChannelId, VecDeque<ReactionJob>>,
    /// Channels with waiting jobs and no request in progress, first in first out.
    ready: VecDeque<ChannelId>,
    busy: HashSet<ChannelId>,
    /// Channels that pause because their last request failed in passing, with the end of the pause.
    paused: BTreeSet<(Timestamp, ChannelId)>,
    /// Failures since the last request that did not fail in passing.
    failures: HashMap<ChannelId, Backoff>,
}

impl ChannelQueues {
    fn add(&mut self, job: ReactionJob) {
        let channel = job.channel;
        let queue = self.queues.entry(channel).or_default();
        let is_idle = queue.is_empty() && !self.busy.contains(&channel);
        queue.push_back(job);
        if is_idle {
            self.ready.push_back(channel);
        }
    }

    /// Puts a job back to the front of its channel's queue, and lets the channel pause.
    fn retry(&mut self, job: ReactionJob, now: Timestamp) {
        let channel = job.channel;
        self.busy.remove(&channel);
        self.queues.entry(channel).or_default().push_front(job);
        let backoff = Backoff::after(self.failures.get(&channel).copied(), true, now);
        self.failures.insert(channel, backoff);
        self.paused.insert((backoff.until, channel));
    }

    /// Ends the pauses that are over.
    fn resume(&mut self, now: Timestamp) {
        while let Some((until, channel)) = self.paused.first().copied()
            && is_over(until, now)
        {
            self.paused.pop_first();
            self.ready.push_back(channel);
        }
    }

    /// Returns when the next pause is over.
    fn next_resume(&self) -> Option<Timestamp> {
        self.paused.first().map(|(until, _)| *until)
    }

    fn next(&mut self) -> Option<ReactionJob> {
        let channel = self.ready.pop_front()?;
        let queue = self.queues.get_mut(&channel)?;
        let job = queue.pop_front()?;
        if queue.is_empty() {
            self.queues.remove(&channel);
        }
        self.busy.insert(channel);
        Some(job)
    }

    fn done(&mut self, channel: ChannelId) {
        self.failures.remove(&channel);
        if self.busy.remove(&channel) && self.queues.contains_key(&channel) {
            self.ready.push_back(channel);
        }
    }

    fn all_done(&mut self) {
        for channel in std::mem::take(&mut self.busy) {
            if self.queues.contains_key(&channel) {
                self.ready.push_back(channel);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use quizloop_core::id::GuildId;

    fn job(channel: ChannelId, number: u64) -> ReactionJob {
        let team = TeamKey {
            guild: GuildId::new(1),
            channel,
        };
        ReactionJob::new(team, channel, MessageId::new(number)).0
    }

    #[test]
    fn a_failed_reaction_is_tried_again_before_the_others_of_its_channel() {
        let start: Timestamp = "2026-03-27T08:00:00Z".parse().unwrap();
        let at = |seconds| start + SignedDuration::from_secs(seconds);
        let channel = ChannelId::new(1);
        let mut queues = ChannelQueues::default();
        queues.add(job(channel, 1));
        let failed = queues.next().unwrap();
        queues.add(job(channel, 2));
        queues.retry(failed, at(0));
        queues.resume(at(1));
        assert!(queues.next().is_none(), "the channel pauses");
        assert_eq!(queues.next_resume(), Some(at(2)));
        queues.resume(at(2));
        queues.resume(at(2));
        let failed = queues.next().unwrap();
        assert_eq!(failed.message, MessageId::new(1));
        assert_eq!(queues.next_resume(), None, "in progress");
        queues.retry(failed, at(2));
        assert_eq!(queues.next_resume(), Some(at(6)), "longer than before");
        queues.resume(at(6));
        assert_eq!(queues.next().unwrap().message, MessageId::new(1));
        queues.done(channel);
        assert_eq!(queues.next().unwrap().message, MessageId::new(2));
        queues.done(channel);
        assert!(queues.next().is_none() && queues.next_resume().is_none());
    }

    #[test]
    fn only_a_missing_permission_concerns_the_whole_channel() {
        let refused = |code| ApiError::Forbidden {
            code,
            message: String::new(),
        };
        assert!(lacks_permission(&refused(50_013)));
        assert!(lacks_permission(&refused(50_001)));
        // "Reaction was blocked": the member has blocked the bot.
        assert!(!lacks_permission(&refused(90_001)));
        assert!(!lacks_permission(&ApiError::Transient(String::new())));
    }

    #[test]
    fn a_busy_channel_delays_no_other_channel() {
        let (busy, quiet) = (ChannelId::new(1), ChannelId::new(2));
        let mut queues = ChannelQueues::default();
        let add = |queues: &mut ChannelQueues, channel, number| {
            queues.add(job(channel, number));
        };
        let next =
            |queues: &mut ChannelQueues| queues.next().map(|job| (job.channel, job.message.get()));
        for number in 0..100 {
            add(&mut queues, busy, number);
        }
        assert_eq!(next(&mut queues), Some((busy, 0)));
        assert_eq!(next(&mut queues), None, "one at a time in a channel");
        add(&mut queues, quiet, 500);
        assert_eq!(next(&mut queues), Some((quiet, 500)));
        queues.done(busy);
        queues.done(quiet);
        add(&mut queues, quiet, 501);
        assert_eq!(next(&mut queues), Some((busy, 1)));
        assert_eq!(next(&mut queues), Some((quiet, 501)));
        queues.all_done();
        assert_eq!(next(&mut queues), Some((busy, 2)));
    }
}
