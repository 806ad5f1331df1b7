//! Marking counted replies with a ✅, each channel at its own pace.
//!
//! Discord takes few reactions a second in one channel. So every channel has a line of its own with one mark
//! under way, and a thread in which a hundred people reply at once holds up nobody else's.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::desk::Desk;
use crate::failpoint;
use crate::practice::id::{ChannelId, MessageId};

/// The mark on a counted reply.
const COUNTED: &str = "✅";

/// How many channels are marked in side by side.
const AT_ONCE: usize = 8;

/// A reply that is to be marked: it is counted, and that is on disk.
#[derive(Debug)]
pub struct Mark {
    channel: ChannelId,
    message: MessageId,
    /// Dropped when the mark was made, or could not be.
    _done: oneshot::Sender<()>,
}

impl Mark {
    /// A mark, and who wants to know when it is over hears it when the other end is gone.
    pub fn new(channel: ChannelId, message: MessageId) -> (Self, oneshot::Receiver<()>) {
        let (done, over) = oneshot::channel();
        let mark = Self {
            channel,
            message,
            _done: done,
        };
        (mark, over)
    }
}

/// Marks what comes in, for ever.
pub async fn run(desk: Arc<Desk>, mut marks: mpsc::UnboundedReceiver<Mark>) {
    let (mut lines, mut running) = (Lines::default(), JoinSet::new());
    loop {
        while running.len() < AT_ONCE
            && let Some(mark) = lines.next()
        {
            let desk = Arc::clone(&desk);
            running.spawn(async move {
                make(&desk, &mark).await;
                mark.channel
            });
        }
        tokio::select! {
            mark = marks.recv() => match mark {
                Some(mark) => lines.add(mark),
                None => return,
            },
            Some(done) = running.join_next() => match done {
                Ok(channel) => lines.done(channel),
                Err(error) => {
                    tracing::error!(%error, "marking a reply panicked");
                    lines.all_done();
                }
            },
        }
    }
}

async fn make(desk: &Desk, mark: &Mark) {
    let channel = mark.channel;
    if let Err(failure) = desk.rest.react(channel, mark.message, COUNTED).await {
        // The reply counts all the same: a missing permission, a deleted message, an archived thread.
        tracing::debug!(%channel, %failure, "a counted reply could not be marked");
    }
    failpoint::pass("reply.marked");
}

/// The lines of the channels.
#[derive(Debug, Default)]
struct Lines {
    waiting: HashMap<ChannelId, VecDeque<Mark>>,
    /// Channels with something to do and nothing under way, in the order in which they get their turn.
    ready: VecDeque<ChannelId>,
    busy: HashSet<ChannelId>,
}

impl Lines {
    fn add(&mut self, mark: Mark) {
        let channel = mark.channel;
        let line = self.waiting.entry(channel).or_default();
        if line.is_empty() && !self.busy.contains(&channel) {
            self.ready.push_back(channel);
        }
        line.push_back(mark);
    }

    fn next(&mut self) -> Option<Mark> {
        let channel = self.ready.pop_front()?;
        let line = self.waiting.get_mut(&channel)?;
        let mark = line.pop_front()?;
        if line.is_empty() {
            self.waiting.remove(&channel);
        }
        self.busy.insert(channel);
        Some(mark)
    }

    fn done(&mut self, channel: ChannelId) {
        if self.busy.remove(&channel) && self.waiting.contains_key(&channel) {
            self.ready.push_back(channel);
        }
    }

    fn all_done(&mut self) {
        for channel in std::mem::take(&mut self.busy) {
            if self.waiting.contains_key(&channel) {
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
        let mut lines = Lines::default();
        let add = |lines: &mut Lines, channel, number| {
            lines.add(Mark::new(channel, MessageId::new(number)).0);
        };
        let next = |lines: &mut Lines| lines.next().map(|mark| (mark.channel, mark.message.get()));
        for number in 0..100 {
            add(&mut lines, lively, number);
        }
        assert_eq!(next(&mut lines), Some((lively, 0)));
        assert_eq!(next(&mut lines), None, "one at a time in a channel");
        add(&mut lines, quiet, 500);
        assert_eq!(next(&mut lines), Some((quiet, 500)));
        lines.done(lively);
        lines.done(quiet);
        add(&mut lines, quiet, 501);
        assert_eq!(next(&mut lines), Some((lively, 1)));
        assert_eq!(next(&mut lines), Some((quiet, 501)));
        lines.all_done();
        assert_eq!(next(&mut lines), Some((lively, 2)));
    }
}
