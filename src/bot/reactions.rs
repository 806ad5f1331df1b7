//! Marking counted replies with a ✅, each channel at its own pace.
//!
//! Discord takes few reactions a second in one channel. So every channel has a queue of its own with one mark
//! under way, and a thread in which a hundred people reply at once holds up nobody else's.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::context::BotContext;
use crate::failpoint;
use crate::practice::id::{ChannelId, MessageId};

/// The mark on a counted reply.
const COUNTED_EMOJI: &str = "✅";

/// How many channels are marked in side by side.
const MAX_CONCURRENT_CHANNELS: usize = 8;

/// A reply that is to be marked: it is counted, and that is on disk.
#[derive(Debug)]
pub struct ReactionJob {
    channel: ChannelId,
    message: MessageId,
    /// Dropped when the mark was made, or could not be.
    _done: oneshot::Sender<()>,
}

impl ReactionJob {
    /// A mark, and who wants to know when it is over hears it when the other end is gone.
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

/// Marks what comes in, for ever.
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
            Some(done) = running.join_next() => match done {
                Ok(channel) => queues.done(channel),
                Err(error) => {
                    tracing::error!(%error, "marking a reply panicked");
                    queues.all_done();
                }
            },
        }
    }
}

async fn add_reaction(ctx: &BotContext, job: &ReactionJob) {
    let channel = job.channel;
    if let Err(failure) = ctx.rest.react(channel, job.message, COUNTED_EMOJI).await {
        // The reply counts all the same: a missing permission, a deleted message, an archived thread.
        tracing::debug!(%channel, %failure, "a counted reply could not be marked");
    }
    failpoint::hit("reply.marked");
}

/// The queues of the channels.
#[derive(Debug, Default)]
struct ChannelQueues {
    queues: HashMap<ChannelId, VecDeque<ReactionJob>>,
    /// Channels with something to do and nothing under way, in the order in which they get their turn.
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
    fn a_lively_channel_holds_up_no_other() {
        let (lively, quiet) = (ChannelId::new(1), ChannelId::new(2));
        let mut queues = ChannelQueues::default();
        let add = |queues: &mut ChannelQueues, channel, number| {
            queues.add(ReactionJob::new(channel, MessageId::new(number)).0);
        };
        let next =
            |queues: &mut ChannelQueues| queues.next().map(|job| (job.channel, job.message.get()));
        for number in 0..100 {
            add(&mut queues, lively, number);
        }
        assert_eq!(next(&mut queues), Some((lively, 0)));
        assert_eq!(next(&mut queues), None, "one at a time in a channel");
        add(&mut queues, quiet, 500);
        assert_eq!(next(&mut queues), Some((quiet, 500)));
        queues.done(lively);
        queues.done(quiet);
        add(&mut queues, quiet, 501);
        assert_eq!(next(&mut queues), Some((lively, 1)));
        assert_eq!(next(&mut queues), Some((quiet, 501)));
        queues.all_done();
        assert_eq!(next(&mut queues), Some((lively, 2)));
    }
}
