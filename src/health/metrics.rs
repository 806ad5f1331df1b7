//! The metrics of `/metrics`.
//!
//! Label values come from fixed lists, except for shard numbers. No text of a member becomes a label,
//! and there are no metrics per guild.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

/// How long after its due time a posted round counts as late.
const LATE_AFTER: Duration = Duration::from_secs(60);

/// Histogram buckets in seconds: from a fast response up to Discord's limit of three seconds.
const BUCKETS: [f64; 11] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0,
];

type Label = (&'static str, &'static str);
type SecondsByLabel = Family<[Label; 1], Histogram, fn() -> Histogram>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InteractionOutcome {
    /// Discord accepted the response.
    Answered,
    /// The member received no response.
    Failed,
    /// The member sent too many requests and received a message that says so.
    RateLimited,
}

impl InteractionOutcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::RateLimited => "rate_limited",
        }
    }
}

/// Why an interaction got no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropReason {
    /// Discord had closed it.
    Expired,
    /// Too many others waited that arrived later.
    Overload,
}

impl DropReason {
    /// Returns the label in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Overload => "overload",
        }
    }
}

pub struct Metrics {
    registry: Registry,
    gateway_connected: Family<[(&'static str, String); 1], Gauge>,
    pub sessions_started: Counter,
    pub gateway_rebuilds: Counter,
    pub gateway_connections_failed: Counter,
    pub events_received: Counter,
    events_undecoded: Family<[Label; 1], Counter>,
    pub messages_unreadable: Counter,
    rounds_posted: Counter,
    rounds_late: Counter,
    pub rounds_abandoned: Counter,
    posting_lag: Gauge<f64, AtomicU64>,
    pub posting_queue: Gauge,
    pub replies_counted: Counter,
    commit_time: Histogram,
    commits_failed: Counter,
    pub guilds_dirty: Gauge,
    guilds: Family<[Label; 1], Gauge>,
    interactions: Family<[Label; 2], Counter>,
    interactions_dropped: Family<[Label; 1], Counter>,
    interaction_time: SecondsByLabel,
    rest_failures: Family<[Label; 1], Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("quizloop"),
            gateway_connected: Family::default(),
            sessions_started: Counter::default(),
            gateway_rebuilds: Counter::default(),
            gateway_connections_failed: Counter::default(),
            events_received: Counter::default(),
            events_undecoded: Family::default(),
            messages_unreadable: Counter::default(),
            rounds_posted: Counter::default(),
            rounds_late: Counter::default(),
            rounds_abandoned: Counter::default(),
            posting_lag: Gauge::default(),
            posting_queue: Gauge::default(),
            replies_counted: Counter::default(),
            commit_time: histogram(),
            commits_failed: Counter::default(),
            guilds_dirty: Gauge::default(),
            guilds: Family::default(),
            interactions: Family::default(),
            interactions_dropped: Family::default(),
            interaction_time: Family::new_with_constructor(histogram),
            rest_failures: Family::default(),
        };
        let mut registry = std::mem::take(&mut metrics.registry);
        metrics.register_gateway(&mut registry);
        metrics.register_work(&mut registry);
        metrics.registry = registry;
        // A rate can only be computed from a counter that was zero once.
        for reason in [DropReason::Expired, DropReason::Overload] {
            metrics.interactions_dropped(reason);
        }
        metrics
    }
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// The number of label values is bounded: Discord requires one shard for every 2,500 guilds.
fn shard_label(shard: u32) -> [(&'static str, String); 1] {
    [("shard", shard.to_string())]
}

impl Metrics {
    fn register_gateway(&self, to: &mut Registry) {
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        to.register("build", "Version of Quizloop", build);
        to.register(
            "gateway_connected",
            "Whether a shard is connected to Discord's gateway (1 or 0)",
            self.gateway_connected.clone(),
        );
        to.register(
            "sessions_started",
            "Gateway sessions started; Discord allows 1000 a day",
            self.sessions_started.clone(),
        );
        to.register(
            "gateway_rebuilds",
            "Gateway clients replaced because they failed or ended",
            self.gateway_rebuilds.clone(),
        );
        to.register(
            "gateway_connections_failed",
            "Connections to the gateway that ended within ten seconds or without a session",
            self.gateway_connections_failed.clone(),
        );
        to.register(
            "events_heard",
            "Events received from the gateway",
            self.events_received.clone(),
        );
        to.register(
            "events_undecoded",
            "Events from the gateway that could not be decoded, by kind of event",
            self.events_undecoded.clone(),
        );
        to.register(
            "messages_unreadable",
            "Messages in a channel's history that could not be read",
            self.messages_unreadable.clone(),
        );
        to.register(
            "rest_failures",
            "Failed requests to Discord, by kind of failure",
            self.rest_failures.clone(),
        );
    }

    fn register_work(&self, to: &mut Registry) {
        to.register(
            "rounds_posted",
            "Questions posted",
            self.rounds_posted.clone(),
        );
        to.register(
            "rounds_posted_late",
            "Questions posted more than 60 s after they were due",
            self.rounds_late.clone(),
        );
        to.register(
            "rounds_given_up",
            "Questions that could not be posted in time",
            self.rounds_abandoned.clone(),
        );
        to.register_with_unit(
            "posting_lag",
            "Delay of the most recently posted question after its due time",
            Unit::Seconds,
            self.posting_lag.clone(),
        );
        to.register(
            "posting_queue_teams",
            "Teams with a posting step that is due now",
            self.posting_queue.clone(),
        );
        to.register(
            "replies_counted",
            "Replies counted and saved",
            self.replies_counted.clone(),
        );
        to.register_with_unit(
            "commit_duration",
            "Duration of a commit, which saves all pending changes",
            Unit::Seconds,
            self.commit_time.clone(),
        );
        to.register(
            "commits_failed",
            "Commits that could not save all changes",
            self.commits_failed.clone(),
        );
        to.register(
            "guilds_dirty",
            "Servers with unsaved changes",
            self.guilds_dirty.clone(),
        );
        to.register(
            "guilds",
            "Servers by residency: loaded in memory, or evicted with a summary in memory",
            self.guilds.clone(),
        );
        to.register(
            "interactions",
            "Commands, buttons and autocompletions, by outcome",
            self.interactions.clone(),
        );
        to.register(
            "interactions_dropped",
            "Interactions that got no response, because Discord had closed them or too many waited",
            self.interactions_dropped.clone(),
        );
        to.register_with_unit(
            "interaction_duration",
            "Time from receiving an interaction to Discord's acceptance of the response",
            Unit::Seconds,
            self.interaction_time.clone(),
        );
    }

    pub fn set_guilds(&self, loaded: i64, evicted: i64) {
        for (residency, number) in [("loaded", loaded), ("evicted", evicted)] {
            self.guilds
                .get_or_create(&[("residency", residency)])
                .set(number);
        }
    }

    pub fn set_gateway_connected(&self, shard: u32, connected: bool) {
        let gauge = self.gateway_connected.get_or_create(&shard_label(shard));
        gauge.set(i64::from(connected));
    }

    pub fn remove_shard(&self, shard: u32) {
        self.gateway_connected.remove(&shard_label(shard));
    }

    pub fn round_posted(&self, lag: Duration) {
        self.rounds_posted.inc();
        if lag > LATE_AFTER {
            self.rounds_late.inc();
        }
        self.posting_lag.set(lag.as_secs_f64());
    }

    pub fn commit_finished(&self, duration: Duration, failed: bool) {
        self.commit_time.observe(duration.as_secs_f64());
        if failed {
            self.commits_failed.inc();
        }
    }

    pub fn interaction_finished(
        &self,
        command: &'static str,
        outcome: InteractionOutcome,
        duration: Duration,
    ) {
        let labels = [("command", command), ("outcome", outcome.name())];
        self.interactions.get_or_create(&labels).inc();
        let time = self.interaction_time.get_or_create(&[("command", command)]);
        time.observe(duration.as_secs_f64());
    }

    pub fn interactions_dropped(&self, reason: DropReason) -> Counter {
        let counter = self
            .interactions_dropped
            .get_or_create(&[("reason", reason.name())]);
        counter.clone()
    }

    pub fn event_undecoded(&self, kind: &'static str) {
        self.events_undecoded.get_or_create(&[("kind", kind)]).inc();
    }

    pub fn rest_request_failed(&self, kind: &'static str) {
        self.rest_failures.get_or_create(&[("kind", kind)]).inc();
    }

    pub fn encode(&self) -> String {
        let mut out = String::new();
        match text::encode(&mut out, &self.registry) {
            Ok(()) => out,
            // Writing to a string can't fail. An empty page is better than a part of one.
            Err(_) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_late_after_more_than_a_minute() {
        let metrics = Metrics::default();
        metrics.round_posted(Duration::from_secs(60));
        assert_eq!(
            (metrics.rounds_posted.get(), metrics.rounds_late.get()),
            (1, 0)
        );
        metrics.round_posted(Duration::from_secs(61));
        assert_eq!(
            (metrics.rounds_posted.get(), metrics.rounds_late.get()),
            (2, 1)
        );
    }
}
