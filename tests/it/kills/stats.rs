//! Counts of kills and their results.

use std::collections::BTreeMap;
use std::fmt;

use super::actions::ActionOutcome;
use super::kill_points::KillPoint;

/// Counts of kills, actions, rounds and replies.
#[derive(Debug, Default)]
pub struct KillStats {
    /// Kills by kill point.
    kills: BTreeMap<&'static str, usize>,
    /// Kills from outside because the step was not reached.
    not_reached: usize,
    actions: BTreeMap<&'static str, usize>,
    hardships: BTreeMap<&'static str, usize>,
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

    pub fn record_action(&mut self, outcome: ActionOutcome) {
        let name = match outcome {
            ActionOutcome::Succeeded => "acknowledged",
            ActionOutcome::Rejected => "refused",
            ActionOutcome::Unknown => "cut short",
        };
        *self.actions.entry(name).or_default() += 1;
    }

    pub fn record_hardship(&mut self, name: &'static str) {
        *self.hardships.entry(name).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (point, count) in &other.kills {
            *self.kills.entry(point).or_default() += count;
        }
        for (outcome, count) in &other.actions {
            *self.actions.entry(outcome).or_default() += count;
        }
        for (hardship, count) in &other.hardships {
            *self.hardships.entry(hardship).or_default() += count;
        }
        self.not_reached += other.not_reached;
        self.rounds += other.rounds;
        self.replies += other.replies;
    }

    /// Returns the number of kills at a kill point.
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
            "kills {}, rounds {}, replies {}, admin actions {:?}, hardships {:?}",
            self.total_kills(),
            self.rounds,
            self.replies,
            self.actions,
            self.hardships
        )
    }
}
