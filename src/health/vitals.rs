//! Where the bot reports what it does. Every report is a few additions; none waits for anything.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::metrics::{Metrics, Outcome};
use super::report::Report;
use super::signs::{ShardSigns, Signs};

/// What the bot has reported.
pub struct Vitals {
    /// The bot's own time, from any beginning.
    time: Box<dyn Fn() -> Duration + Send + Sync>,
    // Guards plain values that are whole after every statement; locked for moments only.
    signs: Mutex<Signs>,
    /// How many sessions were begun; whoever tells others about the bot looks again when it changes.
    sessions: watch::Sender<u64>,
    metrics: Option<Box<Metrics>>,
}

impl Vitals {
    /// Nothing reported yet. `time` is the bot's own time, from any beginning.
    pub fn new(time: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self {
            signs: Mutex::new(Signs::new(time())),
            time: Box::new(time),
            sessions: watch::channel(0).0,
            metrics: None,
        }
    }

    /// Counts as well, for `/metrics`.
    #[must_use]
    pub fn counting(mut self) -> Self {
        self.metrics = Some(Box::default());
        self
    }

    /// How the bot is.
    pub fn report(&self) -> Report {
        self.lock().report((self.time)(), Instant::now())
    }

    /// What stands still, so that only another process helps.
    pub fn stands_still(&self) -> Option<String> {
        self.lock().stands_still((self.time)(), Instant::now())
    }

    /// How many sessions were begun, now and whenever that changes.
    pub fn sessions(&self) -> watch::Receiver<u64> {
        self.sessions.subscribe()
    }

    /// It is known now which shards are this process's, if any.
    pub fn joined(&self) {
        let known = std::mem::replace(&mut self.lock().joined, true);
        if !known {
            // Whoever waits for the bot to be ready looks again.
            self.sessions.send_modify(|_| ());
        }
    }

    /// Whether this process has no shard, and takes over when another one goes.
    pub fn stands_by(&self) -> bool {
        self.lock().stands_by()
    }

    /// A shard's connection to the gateway was looked at: whether it is there, and when Discord was last heard on
    /// it.
    pub fn gateway_seen(&self, shard: u32, connected: bool, heard: Instant) {
        let due = Some(Instant::now());
        self.shard(shard, |signs, now| {
            signs.connect(connected, now);
            signs.heard = Some(heard);
            signs.keeper_due = due;
        });
    }

    /// A shard has no client at the gateway; whoever keeps it goes on within `pause`.
    pub fn gateway_away(&self, shard: u32, pause: Duration) {
        let due = Instant::now().checked_add(pause);
        self.shard(shard, |signs, now| {
            signs.connect(false, now);
            signs.keeper_due = due;
        });
    }

    /// A shard is not this process's any more.
    pub fn shard_left(&self, shard: u32) {
        self.lock().shards.remove(&shard);
        self.count(|metrics| metrics.shard_left(shard));
    }

    fn shard(&self, shard: u32, change: impl FnOnce(&mut ShardSigns, Duration)) {
        let now = (self.time)();
        let mut signs = self.lock();
        let one = signs.shards.entry(shard);
        change(one.or_insert_with(|| ShardSigns::new(now)), now);
    }

    /// The gateway's client was ill or had ended, and another one takes its place.
    pub fn gateway_rebuilt(&self) {
        self.count(|metrics| metrics.gateway_rebuilds.inc());
    }

    /// An event came from the gateway.
    pub fn event_heard(&self) {
        self.count(|metrics| metrics.events_heard.inc());
    }

    /// A session began, which cost an IDENTIFY.
    pub fn session_started(&self) {
        self.sessions.send_modify(|count| *count += 1);
        self.count(|metrics| metrics.sessions_started.inc());
    }

    /// The scheduler looked what is due, and found so many teams.
    pub fn scheduler_looked(&self, due: usize) {
        let now = (self.time)();
        self.lock().looked = Some(now);
        self.count(|metrics| metrics.posting_queue.set(whole(due)));
    }

    /// A round was posted, so long after it was due.
    pub fn posted(&self, lag: Duration) {
        self.count(|metrics| metrics.posted(lag));
    }

    /// A round could not be posted in time and was given up.
    pub fn given_up(&self) {
        self.count(|metrics| metrics.rounds_given_up.inc());
    }

    /// A reply was counted and is on disk.
    pub fn reply_counted(&self) {
        self.count(|metrics| metrics.replies_counted.inc());
    }

    /// The store wrote what had changed; `failed` says why some of it could not be.
    pub fn saved(&self, took: Duration, failed: Option<&str>) {
        let now = (self.time)();
        let mut signs = self.lock();
        match failed {
            None => (signs.saved, signs.failing) = (Some(now), None),
            Some(why) => {
                let since = signs.failing.take().map_or(now, |(since, _)| since);
                signs.failing = Some((since, why.to_owned()));
            }
        }
        drop(signs);
        self.count(|metrics| metrics.committed(took, failed.is_some()));
    }

    /// A member asked for something, by the name we gave it, and that came of it.
    pub fn answered(&self, command: &'static str, outcome: Outcome, took: Duration) {
        self.count(|metrics| metrics.answered(command, outcome, took));
    }

    /// A request to Discord failed in this way.
    pub fn rest_failed(&self, kind: &'static str) {
        self.count(|metrics| metrics.rest_failed(kind));
    }

    /// All that was counted, in the format that Prometheus reads, with how many guilds there are. Empty if nothing is
    /// counted.
    pub(super) fn encode(&self, guilds: Guilds) -> String {
        self.metrics.as_ref().map_or_else(String::new, |metrics| {
            metrics.guilds_dirty.set(whole(guilds.dirty));
            metrics.guilds(whole(guilds.whole), whole(guilds.resting));
            for (shard, signs) in &self.lock().shards {
                metrics.connected(*shard, signs.connected);
            }
            metrics.encode()
        })
    }

    /// What the library gives back (the number before) is of no use here.
    fn count<R>(&self, count: impl FnOnce(&Metrics) -> R) {
        if let Some(metrics) = &self.metrics {
            let _ = count(metrics);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Signs> {
        self.signs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many guilds there are, told by whoever has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Guilds {
    /// With changes that are not saved yet.
    pub dirty: usize,
    /// In memory, whole.
    pub whole: usize,
    /// Let go: their outlines are in memory.
    pub resting: usize,
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
