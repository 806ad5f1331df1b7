//! Adds a ✅ reaction to each counted reply.
//!
//! Discord's rate limit for reactions is low and applies per channel. Every channel therefore has
//! its own queue with one request at a time, and a thread with a hundred simultaneous replies does
//! not delay the others.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::bot::context::BotContext;
use quizloop_core::id::{ChannelId, MessageId};
use quizloop_failpoint as failpoint;

const COUNTED_EMOJI: &str = "✅";

/// Maximum number of channels with a request in progress.
const MAX_CONCURRENT_CHANNELS: usize = 8;

/// A reply that is counted and saved, and gets a reaction.
#[derive(Debug)]
pub struct ReactionJob {
    channel: ChannelId,
    message: MessageId,
    /// Dropped when the reaction was added or has failed.
    _done: oneshot::Sender<()>,
}

impl ReactionJob {
    /// Returns the job and a receiver that closes when the job is finished.
    pub fn new(channel: ChannelId, message: MessageId) -> (Self, oneshot::Receiver<()>) {
        let (done, done_receiver) = oneshot::channel();
        let job = Self {
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
        while running.len() < MAX_CONCURRENT_CHANNELS
            && let Some(job) = queues.next()
        {
            let ctx = Arc::clone(&ctx);
            running.spawn(async move {
                add_reaction(&ctx, &job).await;
                job.channel
            });
        }
        tokio::select! {
            job = jobs.recv() => match job {
                Some(job) => queues.add(job),
                None => return,
            },
            Some(result) = running.join_next() => match result {
                Ok(channel) => queues.done(channel),
                // The error does not name the channel, so all of them are released.
                Err(error) => {
                    tracing::error!(%error, "reaction task panicked");
                    queues.all_done();
                }
            },
        }
    }
}

async fn add_reaction(ctx: &BotContext, job: &ReactionJob) {
    let channel = job.channel;
    if let Err(error) = ctx.rest.react(channel, job.message, COUNTED_EMOJI).await {
        // The reply stays counted. Causes are a missing permission, a deleted message or an
        // archived thread.
        tracing::debug!(%channel, %error, "reaction could not be added");
    }
    failpoint::hit("reply.marked");
}

/// Jobs waiting, by channel.
#[derive(Debug, Default)]
struct ChannelQueues {
    queues: HashMap<ChannelId, VecDeque<ReactionJob>>,
    /// Channels with waiting jobs and no request in progress, first in first out.
    ready: VecDeque<ChannelId>,
    busy: HashSet<ChannelId>,
}

impl ChannelQueues {
    fn add(&mut self, job: ReactionJob) {
        let channel = job.channel;
        let queue = self.queues.entry(channel).or_default();
        if queue.is_empty() && !self.busy.contains(&channel) {
            self.ready.push_back(channel);
        }
        queue.push_back(job);
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

    #[test]
    fn a_busy_channel_delays_no_other_channel() {
        let (busy, quiet) = (ChannelId::new(1), ChannelId::new(2));
        let mut queues = ChannelQueues::default();
        let add = |queues: &mut ChannelQueues, channel, number| {
            queues.add(ReactionJob::new(channel, MessageId::new(number)).0);
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
