//! Where the bot reports what it does. Every report is a few additions; none waits for anything.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::metrics::{InteractionOutcome, Metrics};
use super::report::HealthReport;
use super::state::{HealthState, ShardHealth};

/// What the bot has reported.
pub struct HealthMonitor {
    /// The bot's own time, from any beginning.
    clock: Box<dyn Fn() -> Duration + Send + Sync>,
    // Guards plain values that are whole after every statement; locked for moments only.
    state: Mutex<HealthState>,
    /// How many sessions were begun; whoever tells others about the bot looks again when it changes.
    sessions: watch::Sender<u64>,
    metrics: Option<Box<Metrics>>,
}

impl HealthMonitor {
    /// Nothing reported yet. `time` is the bot's own time, from any beginning.
    pub fn new(time: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self {
            state: Mutex::new(HealthState::new(time())),
            clock: Box::new(time),
            sessions: watch::channel(0).0,
            metrics: None,
        }
    }

    /// Counts as well, for `/metrics`.
    #[must_use]
    pub fn with_metrics(mut self) -> Self {
        self.metrics = Some(Box::default());
        self
    }

    /// How the bot is.
    pub fn report(&self) -> HealthReport {
        self.lock().report((self.clock)(), Instant::now())
    }

    /// What stands still, so that only another process helps.
    pub fn stall_reason(&self) -> Option<String> {
        self.lock().stall_reason((self.clock)(), Instant::now())
    }

    /// How many sessions were begun, now and whenever that changes.
    pub fn sessions(&self) -> watch::Receiver<u64> {
        self.sessions.subscribe()
    }

    /// It is known now which shards are this process's, if any.
    pub fn shards_assigned(&self) {
        let known = std::mem::replace(&mut self.lock().shards_assigned, true);
        if !known {
            // Whoever waits for the bot to be ready looks again.
            self.sessions.send_modify(|_| ());
        }
    }

    /// Whether this process has no shard, and takes over when another one goes.
    pub fn is_standby(&self) -> bool {
        self.lock().is_standby()
    }

    /// A shard's connection to the gateway was looked at: whether it is there, and when Discord was last heard on
    /// it.
    pub fn gateway_checked(&self, shard: u32, connected: bool, heard: Instant) {
        let due = Some(Instant::now());
        self.update_shard(shard, |state, now| {
            state.set_connected(connected, now);
            state.last_event = Some(heard);
            state.watchdog_deadline = due;
        });
    }

    /// A shard has no client at the gateway; whoever keeps it goes on within `pause`.
    pub fn gateway_disconnected(&self, shard: u32, pause: Duration) {
        let due = Instant::now().checked_add(pause);
        self.update_shard(shard, |state, now| {
            state.set_connected(false, now);
            state.watchdog_deadline = due;
        });
    }

    /// A shard is not this process's any more.
    pub fn shard_released(&self, shard: u32) {
        self.lock().shards.remove(&shard);
        self.record(|metrics| metrics.remove_shard(shard));
    }

    fn update_shard(&self, shard: u32, change: impl FnOnce(&mut ShardHealth, Duration)) {
        let now = (self.clock)();
        let mut state = self.lock();
        let one = state.shards.entry(shard);
        change(one.or_insert_with(|| ShardHealth::new(now)), now);
    }

    /// The gateway's client was ill or had ended, and another one takes its place.
    pub fn gateway_client_restarted(&self) {
        self.record(|metrics| metrics.gateway_rebuilds.inc());
    }

    /// An event came from the gateway.
    pub fn event_received(&self) {
        self.record(|metrics| metrics.events_received.inc());
    }

    /// A session began, which cost an IDENTIFY.
    pub fn session_started(&self) {
        self.sessions.send_modify(|count| *count += 1);
        self.record(|metrics| metrics.sessions_started.inc());
    }

    /// The scheduler looked what is due, and found so many teams.
    pub fn scheduler_ran(&self, due: usize) {
        let now = (self.clock)();
        self.lock().last_scan = Some(now);
        self.record(|metrics| metrics.posting_queue.set(as_i64(due)));
    }

    /// A round was posted, so long after it was due.
    pub fn round_posted(&self, lag: Duration) {
        self.record(|metrics| metrics.round_posted(lag));
    }

    /// A round could not be posted in time and was given up.
    pub fn round_abandoned(&self) {
        self.record(|metrics| metrics.rounds_abandoned.inc());
    }

    /// A reply was counted and is on disk.
    pub fn reply_counted(&self) {
        self.record(|metrics| metrics.replies_counted.inc());
    }

    /// The store wrote what had changed; `failed` says why some of it could not be.
    pub fn commit_finished(&self, took: Duration, failed: Option<&str>) {
        let now = (self.clock)();
        let mut state = self.lock();
        match failed {
            None => (state.last_save, state.save_failure) = (Some(now), None),
            Some(why) => {
                let since = state.save_failure.take().map_or(now, |(since, _)| since);
                state.save_failure = Some((since, why.to_owned()));
            }
        }
        drop(state);
        self.record(|metrics| metrics.commit_finished(took, failed.is_some()));
    }

    /// A member asked for something, by the name we gave it, and that came of it.
    pub fn interaction_finished(
        &self,
        command: &'static str,
        outcome: InteractionOutcome,
        took: Duration,
    ) {
        self.record(|metrics| metrics.interaction_finished(command, outcome, took));
    }

    /// A request to Discord failed in this way.
    pub fn rest_request_failed(&self, kind: &'static str) {
        self.record(|metrics| metrics.rest_request_failed(kind));
    }

    /// All that was counted, in the format that Prometheus reads, with how many guilds there are. Empty if nothing is
    /// counted.
    pub(super) fn encode(&self, guilds: GuildCounts) -> String {
        self.metrics.as_ref().map_or_else(String::new, |metrics| {
            metrics.guilds_dirty.set(as_i64(guilds.dirty));
            metrics.set_guilds(as_i64(guilds.loaded), as_i64(guilds.evicted));
            for (shard, state) in &self.lock().shards {
                metrics.set_gateway_connected(*shard, state.connected);
            }
            metrics.encode()
        })
    }

    /// What the library gives back (the number before) is of no use here.
    fn record<R>(&self, count: impl FnOnce(&Metrics) -> R) {
        if let Some(metrics) = &self.metrics {
            let _ = count(metrics);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HealthState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many guilds there are, told by whoever has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GuildCounts {
    /// With changes that are not saved yet.
    pub dirty: usize,
    /// In memory, whole.
    pub loaded: usize,
    /// Let go: their outlines are in memory.
    pub evicted: usize,
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
