//! How the bot is, in words and as JSON.

use serde::Serialize;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// Well.
    Ok,
    /// In trouble that is expected to pass by itself; members may notice it.
    Degraded,
    /// It does not do its work.
    Down,
}

/// One part of the bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComponentStatus {
    /// How it is.
    pub state: HealthStatus,
    /// Whole seconds since its last sign of life; none if there was none yet.
    pub age_seconds: Option<u64>,
    /// What is wrong, in words.
    pub problem: Option<String>,
}

/// The connection of one shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShardStatus {
    /// The shard.
    pub shard: u32,
    /// How it is.
    #[serde(flatten)]
    pub component: ComponentStatus,
}

/// The whole bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HealthReport {
    /// As bad as the worst part.
    pub status: HealthStatus,
    /// The connection to Discord's gateway: events come in.
    pub gateway: ComponentStatus,
    /// The same by shard; empty while this process stands by.
    pub shards: Vec<ShardStatus>,
    /// The scheduler: questions go out.
    pub scheduler: ComponentStatus,
    /// The state folder: what happened is saved.
    pub disk: ComponentStatus,
}

impl ComponentStatus {
    pub(super) const fn healthy(age_seconds: Option<u64>) -> Self {
        Self {
            state: HealthStatus::Ok,
            age_seconds,
            problem: None,
        }
    }

    pub(super) const fn unhealthy(
        state: HealthStatus,
        age_seconds: Option<u64>,
        problem: String,
    ) -> Self {
        Self {
            state,
            age_seconds,
            problem: Some(problem),
        }
    }
}

impl HealthReport {
    pub(super) fn new(
        gateway: ComponentStatus,
        shards: Vec<ShardStatus>,
        scheduler: ComponentStatus,
        disk: ComponentStatus,
    ) -> Self {
        Self {
            status: gateway.state.max(scheduler.state).max(disk.state),
            gateway,
            shards,
            scheduler,
            disk,
        }
    }

    /// Whether the bot does its work, if perhaps not all of it at once.
    pub const fn is_working(&self) -> bool {
        !matches!(self.status, HealthStatus::Down)
    }

    /// What is wrong with each part, in one line; none if all is well.
    pub fn problems(&self) -> Option<String> {
        let problems = [&self.gateway, &self.scheduler, &self.disk]
            .into_iter()
            .filter_map(|part| part.problem.as_deref());
        let problems: Vec<_> = problems.collect();
        (!problems.is_empty()).then(|| problems.join("; "))
    }
}
