//! The figures.

use std::collections::BTreeMap;
use std::fmt;

use super::acts::Came;
use super::ways::Way;

/// What was done to how many.
#[derive(Debug, Default)]
pub struct Tally {
    /// Deaths by way.
    deaths: BTreeMap<&'static str, usize>,
    /// Deaths from outside because the step was not passed in that life.
    not_reached: usize,
    orders: BTreeMap<&'static str, usize>,
    pub rounds: usize,
    pub replies: usize,
}

impl Tally {
    pub fn death(&mut self, way: Way, reached: bool) {
        if reached {
            *self.deaths.entry(way.name()).or_default() += 1;
        } else {
            self.not_reached += 1;
        }
    }

    pub fn order(&mut self, came: Came) {
        let name = match came {
            Came::Through => "acknowledged",
            Came::Refused => "refused",
            Came::Unknown => "cut short",
        };
        *self.orders.entry(name).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (way, count) in &other.deaths {
            *self.deaths.entry(way).or_default() += count;
        }
        for (came, count) in &other.orders {
            *self.orders.entry(came).or_default() += count;
        }
        self.not_reached += other.not_reached;
        self.rounds += other.rounds;
        self.replies += other.replies;
    }

    /// How often the bot died that way.
    pub fn of(&self, way: &str) -> usize {
        self.deaths.get(way).copied().unwrap_or(0)
    }

    pub fn kills(&self) -> usize {
        self.deaths.values().sum::<usize>() + self.not_reached
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (way, count) in &self.deaths {
            writeln!(f, "{way:<22}{count:>6}")?;
        }
        writeln!(f, "{:<22}{:>6}", "step not passed", self.not_reached)?;
        writeln!(
            f,
            "kills {}, rounds {}, replies {}, orders {:?}",
            self.kills(),
            self.rounds,
            self.replies,
            self.orders
        )
    }
}
