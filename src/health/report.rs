//! The health report, as text and as JSON.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    Ok,
    /// A problem that is expected to pass, which members may notice.
    Degraded,
    /// Not working.
    Down,
}

/// Health of one part of the bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentStatus {
    pub state: HealthStatus,
    /// Whole seconds since the last activity; `None` if there was none yet.
    pub age_seconds: Option<u64>,
    pub problem: Option<String>,
}

/// Health of one shard's gateway connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardStatus {
    pub shard: u32,
    #[serde(flatten)]
    pub component: ComponentStatus,
}

/// Health of the whole bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReport {
    /// The worst of the components' states.
    pub status: HealthStatus,
    /// The connections to Discord's gateway, all shards together.
    pub gateway: ComponentStatus,
    /// Each shard's connection; empty while this process is on standby.
    pub shards: Vec<ShardStatus>,
    /// The scheduler, which posts questions.
    pub scheduler: ComponentStatus,
    /// Saving to the data folder or the database.
    pub disk: ComponentStatus,
    /// The machine's clock, compared with Discord's.
    pub clock: ComponentStatus,
    /// Registration of the slash commands with Discord.
    pub commands: ComponentStatus,
    /// Whether the teams of the config can work.
    pub config_teams: ComponentStatus,
    /// Whether the teams have questions to post.
    pub questions: ComponentStatus,
}

/// Formats the status and all problems as one line.
impl fmt::Display for HealthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match self.status {
            HealthStatus::Ok => "ok",
            HealthStatus::Degraded => "degraded",
            HealthStatus::Down => "down",
        };
        match self.problems() {
            Some(problems) => write!(f, "{status}: {problems}"),
            None => f.write_str(status),
        }
    }
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
    /// Sets the status to the worst state of the components.
    pub(super) fn with_worst_status(mut self) -> Self {
        let worst = self.components().map(|component| component.state);
        self.status = worst.into_iter().max().unwrap_or(HealthStatus::Ok);
        self
    }

    const fn components(&self) -> [&ComponentStatus; 7] {
        [
            &self.gateway,
            &self.scheduler,
            &self.disk,
            &self.clock,
            &self.commands,
            &self.config_teams,
            &self.questions,
        ]
    }

    /// Returns whether the bot works, perhaps with limitations.
    pub const fn is_working(&self) -> bool {
        !matches!(self.status, HealthStatus::Down)
    }

    /// Returns the problems of all components on one line; `None` if there are none.
    pub fn problems(&self) -> Option<String> {
        let problems = self
            .components()
            .into_iter()
            .filter_map(|component| component.problem.as_deref());
        let problems: Vec<_> = problems.collect();
        (!problems.is_empty()).then(|| problems.join("; "))
    }
}
