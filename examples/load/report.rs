//! The table.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "figures for people"
)]

use std::time::Duration;

use anyhow::Result;

use crate::bot_under_test::BotUnderTest;
use crate::driver::{Load, LoadSize, RunResult};
use crate::wire;

/// A bot under a load.
#[derive(Debug)]
pub struct ReportRow {
    name: &'static str,
    fast: RunResult,
    steady: RunResult,
    /// Megabytes after that.
    memory: f64,
}

impl ReportRow {
    /// Measures it.
    pub async fn measure(bot: &mut BotUnderTest, load: Load, size: LoadSize) -> Result<Self> {
        let fast = bot.run_at_full_speed(load, size).await;
        let steady = bot.run_at_fixed_rate(load, size).await;
        anyhow::ensure!(
            !fast.latencies.is_empty() && !steady.latencies.is_empty(),
            "{} answered nothing",
            bot.name
        );
        Ok(Self {
            name: bot.name,
            fast,
            steady,
            memory: bot.memory().0,
        })
    }

    fn throughput(&self) -> f64 {
        self.fast.latencies.len() as f64 / self.fast.took.as_secs_f64()
    }

    /// Milliseconds of the processor for 1,000 answers.
    fn cpu_ms_per_1000(&self) -> f64 {
        self.fast.cpu_time.as_secs_f64() * 1e3 / (self.fast.latencies.len() as f64 / 1e3)
    }

    fn failed(&self) -> u64 {
        self.fast.failed + self.steady.failed
    }

    fn p99(&self) -> f64 {
        percentile(&self.steady.latencies, 990)
    }
}

/// Milliseconds, of a sorted list; `share` is in thousandths.
fn percentile(waited: &[Duration], share: usize) -> f64 {
    let place = waited.len().saturating_sub(1) * share / 1000;
    waited.get(place).map_or(0.0, Duration::as_secs_f64) * 1e3
}

/// Says what is measured.
pub fn start(bots: &[BotUnderTest], size: LoadSize) {
    println!(
        "{} servers of {} members, a team in each. As fast as it goes: {} commands of each sort and {} replies, {} at once; then {} s at a steady rate.",
        wire::GUILDS,
        wire::MEMBERS,
        size.commands,
        size.replies,
        size.concurrency,
        size.seconds
    );
    for bot in bots {
        let (now, _) = bot.memory();
        println!("{:<22} {now:>6.1} MB before it is asked anything", bot.name);
    }
}

/// The rows of a load, and what is said of the first against each other one.
pub fn rows(load: Load, rows: &[ReportRow]) {
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
        let at = |share| percentile(&row.steady.latencies, share);
        println!(
            "{:<22} {:>9.0} {:>12.1} {:>8.2} {:>8.2} {:>8.2} {:>8.1} {:>7}",
            row.name,
            row.throughput(),
            row.cpu_ms_per_1000(),
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
            first.throughput() / other.throughput(),
            first.cpu_ms_per_1000() / other.cpu_ms_per_1000(),
            first.p99() / other.p99()
        );
    }
}

/// What everybody holds at the end.
pub fn memory(bots: &[BotUnderTest]) {
    println!();
    for bot in bots {
        let (now, most) = bot.memory();
        println!(
            "{:<22} {now:>6.1} MB after {} commands and {} replies, {most:.1} MB at most",
            bot.name, bot.commands_sent, bot.replies_sent
        );
    }
}
