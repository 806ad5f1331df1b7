//! The table.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "figures for people"
)]

use std::time::Duration;

use anyhow::Result;

use crate::drive::{Load, Outcome, Size};
use crate::subject::Subject;
use crate::wire;

/// A bot under a load.
#[derive(Debug)]
pub struct Row {
    name: &'static str,
    fast: Outcome,
    steady: Outcome,
    /// Megabytes after that.
    memory: f64,
}

impl Row {
    /// Measures it.
    pub async fn measured(subject: &mut Subject, load: Load, size: Size) -> Result<Self> {
        let fast = subject.as_fast_as_it_can(load, size).await;
        let steady = subject.steadily(load, size).await;
        anyhow::ensure!(
            !fast.waited.is_empty() && !steady.waited.is_empty(),
            "{} answered nothing",
            subject.name
        );
        Ok(Self {
            name: subject.name,
            fast,
            steady,
            memory: subject.memory().0,
        })
    }

    fn a_second(&self) -> f64 {
        self.fast.waited.len() as f64 / self.fast.took.as_secs_f64()
    }

    /// Milliseconds of the processor for 1,000 answers.
    fn processor(&self) -> f64 {
        self.fast.used.as_secs_f64() * 1e3 / (self.fast.waited.len() as f64 / 1e3)
    }

    fn failed(&self) -> u64 {
        self.fast.failed + self.steady.failed
    }

    fn p99(&self) -> f64 {
        percentile(&self.steady.waited, 990)
    }
}

/// Milliseconds, of a sorted list; `share` is in thousandths.
fn percentile(waited: &[Duration], share: usize) -> f64 {
    let place = waited.len().saturating_sub(1) * share / 1000;
    waited.get(place).map_or(0.0, Duration::as_secs_f64) * 1e3
}

/// Says what is measured.
pub fn start(subjects: &[Subject], size: Size) {
    println!(
        "{} servers of {} members, a team in each. As fast as it goes: {} commands of each sort and {} replies, {} at once; then {} s at a steady rate.",
        wire::GUILDS,
        wire::MEMBERS,
        size.commands,
        size.replies,
        size.at_once,
        size.seconds
    );
    for subject in subjects {
        let (now, _) = subject.memory();
        println!(
            "{:<22} {now:>6.1} MB before it is asked anything",
            subject.name
        );
    }
}

/// The rows of a load, and what is said of the first against each other one.
pub fn rows(load: Load, rows: &[Row]) {
    println!(
        "\n{:<22} {:>9} {:>12} {:>8} {:>8} {:>8} {:>8} {:>7}",
        load.name(),
        "a second",
        "CPU ms/1000",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "MB",
        "failed"
    );
    for row in rows {
        let at = |share| percentile(&row.steady.waited, share);
        println!(
            "{:<22} {:>9.0} {:>12.1} {:>8.2} {:>8.2} {:>8.2} {:>8.1} {:>7}",
            row.name,
            row.a_second(),
            row.processor(),
            at(500),
            at(990),
            at(999),
            row.memory,
            row.failed()
        );
    }
    let Some((first, others)) = rows.split_first() else {
        return;
    };
    for other in others {
        println!(
            "  against {:<22} {:>5.2} of its throughput, {:>5.2} of its CPU, {:>5.2} of its p99",
            other.name,
            first.a_second() / other.a_second(),
            first.processor() / other.processor(),
            first.p99() / other.p99()
        );
    }
}

/// What everybody holds at the end.
pub fn memory(subjects: &[Subject]) {
    println!();
    for subject in subjects {
        let (now, most) = subject.memory();
        println!(
            "{:<22} {now:>6.1} MB after {} commands and {} replies, {most:.1} MB at most",
            subject.name, subject.asked, subject.replies
        );
    }
}
