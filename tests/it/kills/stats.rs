//! The figures.

use std::collections::BTreeMap;
use std::fmt;

use super::actions::ActionOutcome;
use super::kill_points::KillPoint;

/// What was done to how many.
#[derive(Debug, Default)]
pub struct KillStats {
    /// Deaths by way.
    kills: BTreeMap<&'static str, usize>,
    /// Deaths from outside because the step was not passed in that life.
    not_reached: usize,
    actions: BTreeMap<&'static str, usize>,
    pub rounds: usize,
    pub replies: usize,
}

impl KillStats {
    pub fn record_kill(&mut self, point: KillPoint, reached: bool) {
        if reached {
            *self.kills.entry(point.name()).or_default() += 1;
        } else {
            self.not_reached += 1;
        }
    }

    pub fn record_action(&mut self, came: ActionOutcome) {
        let name = match came {
            ActionOutcome::Succeeded => "acknowledged",
            ActionOutcome::Rejected => "refused",
            ActionOutcome::Unknown => "cut short",
        };
        *self.actions.entry(name).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (point, count) in &other.kills {
            *self.kills.entry(point).or_default() += count;
        }
        for (came, count) in &other.actions {
            *self.actions.entry(came).or_default() += count;
        }
        self.not_reached += other.not_reached;
        self.rounds += other.rounds;
        self.replies += other.replies;
    }

    /// How often the bot died that way.
    pub fn kills_at(&self, point: &str) -> usize {
        self.kills.get(point).copied().unwrap_or(0)
    }

    pub fn total_kills(&self) -> usize {
        self.kills.values().sum::<usize>() + self.not_reached
    }
}

impl fmt::Display for KillStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (point, count) in &self.kills {
            writeln!(f, "{point:<22}{count:>6}")?;
        }
        writeln!(f, "{:<22}{:>6}", "step not passed", self.not_reached)?;
        writeln!(
            f,
            "kills {}, rounds {}, replies {}, orders {:?}",
            self.total_kills(),
            self.rounds,
            self.replies,
            self.actions
        )
    }
}
