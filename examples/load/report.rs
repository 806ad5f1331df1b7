//! Prints the results.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "prints rounded figures"
)]

use std::time::Duration;

use anyhow::Result;

use crate::bot_under_test::BotUnderTest;
use crate::driver::{Load, LoadSize, RunResult};
use crate::wire;

/// Result of one bot under one load.
#[derive(Debug)]
pub struct ReportRow {
    name: &'static str,
    fast: RunResult,
    steady: RunResult,
    /// Resident memory after the runs, in megabytes.
    memory: f64,
}

impl ReportRow {
    /// Runs a load at full speed and then at a steady rate.
    ///
    /// # Errors
    ///
    /// The bot responded to nothing.
    pub async fn measure(bot: &mut BotUnderTest, load: Load, size: LoadSize) -> Result<Self> {
        let fast = bot.run_at_full_speed(load, size).await;
        let steady = bot.run_at_fixed_rate(load, size).await;
        anyhow::ensure!(
            !fast.latencies.is_empty() && !steady.latencies.is_empty(),
            "{} responded to no {}",
            bot.name,
            load.name()
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

    /// Returns the CPU time for 1,000 responses in milliseconds.
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

/// Returns a percentile of a sorted list in milliseconds; `share` is in thousandths.
pub fn percentile(latencies: &[Duration], share: usize) -> f64 {
    let index = latencies.len().saturating_sub(1) * share / 1000;
    latencies.get(index).map_or(0.0, Duration::as_secs_f64) * 1e3
}

/// Prints the size of the runs, and the memory of each bot before them.
pub fn print_header(bots: &[BotUnderTest], size: LoadSize) {
    println!(
        "{} servers of {} members, a team in each. At full speed: {} commands of each kind \
         and {} replies, {} in flight. Then {} s at a steady rate.",
        wire::GUILDS,
        wire::MEMBERS,
        size.commands,
        size.replies,
        size.concurrency,
        size.seconds
    );
    for bot in bots {
        let (now, _) = bot.memory();
        println!("{:<22} {now:>6.1} MB before the first request", bot.name);
    }
}

/// Prints the rows of a load, and the ratio of the first row to each other one.
pub fn print_rows(load: Load, rows: &[ReportRow]) {
    println!(
        "\n{:<22} {:>10} {:>12} {:>8} {:>8} {:>8} {:>8} {:>7}",
        load.name(),
        "per second",
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
            "{:<22} {:>10.0} {:>12.1} {:>8.2} {:>8.2} {:>8.2} {:>8.1} {:>7}",
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
            "  ratio to {:<22} throughput {:>5.2}, CPU {:>5.2}, p99 {:>5.2}",
            other.name,
            first.throughput() / other.throughput(),
            first.cpu_ms_per_1000() / other.cpu_ms_per_1000(),
            first.p99() / other.p99()
        );
    }
}

/// Prints the memory of each bot at the end.
pub fn print_memory(bots: &[BotUnderTest]) {
    println!();
    for bot in bots {
        let (now, peak) = bot.memory();
        println!(
            "{:<22} {now:>6.1} MB after {} commands and {} replies, {peak:.1} MB peak",
            bot.name, bot.commands_sent, bot.replies_sent
        );
    }
}
