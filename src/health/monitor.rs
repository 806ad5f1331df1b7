//! Collects the reports of the bot and the store. Reporting is cheap and never blocks for long.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::metrics::{DropReason, InteractionOutcome, Metrics};
use super::report::HealthReport;
use super::state::{ConfigTeamProblem, HealthState, ShardHealth};
use quizloop_core::id::{GuildId, TeamKey};

/// Health state and metrics of the bot.
pub struct HealthMonitor {
    /// The bot's clock, as the time since an arbitrary start.
    clock: Box<dyn Fn() -> Duration + Send + Sync>,
    // Plain values that are consistent after every statement; held only briefly.
    state: Mutex<HealthState>,
    /// Number of sessions started. Receivers are also notified when shards are assigned.
    sessions: watch::Sender<u64>,
    metrics: Option<Box<Metrics>>,
}

impl HealthMonitor {
    /// Creates a monitor without reports. `clock` returns the time since an arbitrary start.
    pub fn new(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self {
            state: Mutex::new(HealthState::new(clock())),
            clock: Box::new(clock),
            sessions: watch::channel(0).0,
            metrics: None,
        }
    }

    /// Enables the metrics for `/metrics`.
    #[must_use]
    pub fn with_metrics(mut self) -> Self {
        self.metrics = Some(Box::default());
        self
    }

    pub fn report(&self) -> HealthReport {
        self.lock().report((self.clock)(), Instant::now())
    }

    /// Returns which part of the process is stalled, so that only a restart helps.
    pub fn stall_reason(&self) -> Option<String> {
        self.lock().stall_reason((self.clock)(), Instant::now())
    }

    /// Subscribes to the number of sessions started.
    pub fn sessions(&self) -> watch::Receiver<u64> {
        self.sessions.subscribe()
    }

    /// Records that shards were assigned to this process, perhaps none.
    pub fn shards_assigned(&self) {
        let was_assigned = std::mem::replace(&mut self.lock().shards_assigned, true);
        if !was_assigned {
            // Notifies receivers that wait for readiness: a process on standby is ready.
            self.sessions.send_modify(|_| ());
        }
    }

    /// Returns whether this process has no shard, and waits to replace another process.
    pub fn is_standby(&self) -> bool {
        self.lock().is_standby()
    }

    /// Records a check of a shard's gateway connection, with the time of the last received message.
    pub fn gateway_checked(&self, shard: u32, connected: bool, last_event: Instant) {
        let deadline = Some(Instant::now());
        self.update_shard(shard, |state, now| {
            state.set_connected(connected, now);
            state.last_event = Some(last_event);
            state.watchdog_deadline = deadline;
        });
    }

    /// Records that a shard has no gateway client. Its supervisor reports again within `pause`.
    pub fn gateway_disconnected(&self, shard: u32, pause: Duration) {
        let deadline = Instant::now().checked_add(pause);
        self.update_shard(shard, |state, now| {
            state.set_connected(false, now);
            state.watchdog_deadline = deadline;
        });
    }

    /// Removes a shard that this process no longer owns.
    pub fn shard_released(&self, shard: u32) {
        let mut state = self.lock();
        state.shards.remove(&shard);
        // Another process checks the teams of this shard; the next session checks the others again.
        state.config_team_problems.clear();
        state.teams_without_question.clear();
        drop(state);
        self.record(|metrics| metrics.remove_shard(shard));
    }

    fn update_shard(&self, shard: u32, change: impl FnOnce(&mut ShardHealth, Duration)) {
        let now = (self.clock)();
        let mut state = self.lock();
        let one = state.shards.entry(shard);
        change(one.or_insert_with(|| ShardHealth::new(now)), now);
    }

    /// Counts a gateway client that was replaced because it failed or ended.
    pub fn gateway_client_restarted(&self) {
        self.record(|metrics| metrics.gateway_rebuilds.inc());
    }

    /// Counts connections to the gateway that ended before a session had lasted.
    pub fn gateway_connections_failed(&self, count: u64) {
        self.record(|metrics| metrics.gateway_connections_failed.inc_by(count));
    }

    pub fn event_received(&self) {
        self.record(|metrics| metrics.events_received.inc());
    }

    /// Counts an event that could not be decoded. `kind` is Discord's name of the event.
    pub fn event_undecoded(&self, kind: &'static str) {
        self.record(|metrics| metrics.event_undecoded(kind));
    }

    /// Counts a message that could not be read when it was read from a channel's history.
    pub fn message_unreadable(&self) {
        self.record(|metrics| metrics.messages_unreadable.inc());
    }

    /// Counts a new session, which used an IDENTIFY.
    pub fn session_started(&self) {
        self.sessions.send_modify(|count| *count += 1);
        self.record(|metrics| metrics.sessions_started.inc());
    }

    /// Records that a team had no question to post when one was due.
    pub fn team_lacks_question(&self, team: TeamKey) {
        self.lock().teams_without_question.insert(team);
    }

    /// Records that the bot was removed from a server.
    pub fn guild_removed(&self, guild: GuildId) {
        let teams = &mut self.lock().teams_without_question;
        teams.retain(|team| team.guild != guild);
    }

    /// Records that a team has questions again, or was removed.
    pub fn team_has_question(&self, team: TeamKey) {
        self.lock().teams_without_question.remove(&team);
    }

    /// Records whether a team of the config, by its number there, can work. Returns whether that was
    /// not known.
    pub fn config_team_checked(&self, team: usize, problem: Option<ConfigTeamProblem>) -> bool {
        self.lock().config_team_checked(team, problem)
    }

    /// Records a run of the scheduler, with the number of teams that are due.
    pub fn scheduler_ran(&self, due: usize) {
        let now = (self.clock)();
        self.lock().last_scan = Some(now);
        self.record(|metrics| metrics.posting_queue.set(as_i64(due)));
    }

    /// Counts a posted round; `lag` is the time since it was due.
    pub fn round_posted(&self, lag: Duration) {
        self.record(|metrics| metrics.round_posted(lag));
    }

    /// Counts a round that could not be posted in time.
    pub fn round_abandoned(&self) {
        self.record(|metrics| metrics.rounds_abandoned.inc());
    }

    /// Counts a reply that was saved.
    pub fn reply_counted(&self) {
        self.record(|metrics| metrics.replies_counted.inc());
    }

    /// Records a commit of the store; `error` is set if some changes could not be saved.
    pub fn commit_finished(&self, duration: Duration, error: Option<&str>) {
        let now = (self.clock)();
        let mut state = self.lock();
        match error {
            None => (state.last_save, state.save_failure) = (Some(now), None),
            Some(error) => {
                let since = state.save_failure.take().map_or(now, |(since, _)| since);
                state.save_failure = Some((since, error.to_owned()));
            }
        }
        drop(state);
        self.record(|metrics| metrics.commit_finished(duration, error.is_some()));
    }

    /// Records a comparison of the machine's clock with Discord's; `problem` is set if they differ.
    pub fn clocks_compared(&self, problem: Option<String>) {
        self.lock().clock_problem = problem;
    }

    /// Records that Discord did not accept the slash commands.
    pub fn commands_unregistered(&self, error: String) {
        let now = (self.clock)();
        let mut state = self.lock();
        let since = state
            .commands_failure
            .take()
            .map_or(now, |(since, _)| since);
        state.commands_failure = Some((since, error));
    }

    pub fn commands_registered(&self) {
        self.lock().commands_failure = None;
    }

    /// Counts an interaction under its metric label.
    pub fn interaction_finished(
        &self,
        command: &'static str,
        outcome: InteractionOutcome,
        duration: Duration,
    ) {
        self.record(|metrics| metrics.interaction_finished(command, outcome, duration));
    }

    /// Counts interactions that get no response.
    pub fn interactions_dropped(&self, reason: DropReason, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.record(|metrics| metrics.interactions_dropped(reason).inc_by(count));
    }

    /// Returns how many interactions got no response for this reason.
    #[cfg(test)]
    pub fn dropped_interactions(&self, reason: DropReason) -> u64 {
        let metrics = self.metrics.as_ref();
        metrics.map_or(0, |metrics| metrics.interactions_dropped(reason).get())
    }

    /// Counts a failed request to Discord by its kind of failure.
    pub fn rest_request_failed(&self, kind: &'static str) {
        self.record(|metrics| metrics.rest_request_failed(kind));
    }

    /// Encodes the metrics for Prometheus. Returns an empty string if metrics are not enabled.
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

    /// Updates the metrics if they are enabled. The result (the previous value) is ignored.
    fn record<R>(&self, update: impl FnOnce(&Metrics) -> R) {
        if let Some(metrics) = &self.metrics {
            let _ = update(metrics);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HealthState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Number of guilds in the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GuildCounts {
    /// Guilds with unsaved changes.
    pub dirty: usize,
    /// Guilds that are completely in memory.
    pub loaded: usize,
    /// Guilds of which only a summary is in memory.
    pub evicted: usize,
}

fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
