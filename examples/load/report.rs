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

/// Result of one bot under one load. Each figure is the median of all rounds, so that work of the
/// host during some of them changes little.
#[derive(Debug)]
pub struct ReportRow {
    name: &'static str,
    rounds: Vec<Round>,
    /// Resident memory after the runs, in megabytes.
    memory: f64,
}

/// A run at full speed and one at a steady rate.
#[derive(Debug)]
struct Round {
    fast: RunResult,
    steady: RunResult,
}

impl Round {
    async fn run(bot: &mut BotUnderTest, load: Load, size: LoadSize) -> Result<Self> {
        let fast = bot.run_at_full_speed(load, size).await;
        let steady = bot.run_at_fixed_rate(load, size).await;
        anyhow::ensure!(
            !fast.latencies.is_empty() && !steady.latencies.is_empty(),
            "{} responded to no {}",
            bot.name,
            load.name()
        );
        Ok(Self { fast, steady })
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
}

impl ReportRow {
    /// Measures all bots under a load. They take turns, and each round begins with another one.
    ///
    /// # Errors
    ///
    /// A bot responded to nothing.
    pub async fn measure(
        bots: &mut [BotUnderTest],
        load: Load,
        size: LoadSize,
    ) -> Result<Vec<Self>> {
        let mut rounds: Vec<_> = bots.iter().map(|_| Vec::new()).collect();
        for first in 0..size.rounds {
            for turn in 0..bots.len() {
                let at = (first + turn) % bots.len();
                rounds[at].push(Round::run(&mut bots[at], load, size).await?);
            }
        }
        let rows = bots.iter().zip(rounds).map(|(bot, rounds)| Self {
            name: bot.name,
            rounds,
            memory: bot.memory().0,
        });
        Ok(rows.collect())
    }

    fn median(&self, figure: impl Fn(&Round) -> f64) -> f64 {
        let mut figures: Vec<_> = self.rounds.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or_default()
    }

    fn throughput(&self) -> f64 {
        self.median(Round::throughput)
    }

    fn cpu_ms_per_1000(&self) -> f64 {
        self.median(Round::cpu_ms_per_1000)
    }

    /// Returns a percentile of the latencies at the steady rate in milliseconds.
    fn latency(&self, share: usize) -> f64 {
        self.median(|round| percentile(&round.steady.latencies, share))
    }

    fn failed(&self) -> u64 {
        self.rounds.iter().map(Round::failed).sum()
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
        "{} servers of {} members, a team in each. {} rounds, in which the bots take turns. Each: \
         {} commands of each kind or {} replies at full speed, {} in flight, then {} s with {} \
         commands or {} replies per second. Medians of the rounds:",
        wire::GUILDS,
        wire::MEMBERS,
        size.rounds,
        size.commands,
        size.replies,
        size.concurrency,
        size.seconds,
        size.rate,
        size.reply_rate
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
        println!(
            "{:<22} {:>10.0} {:>12.1} {:>8.2} {:>8.2} {:>8.2} {:>8.1} {:>7}",
            row.name,
            row.throughput(),
            row.cpu_ms_per_1000(),
            row.latency(500),
            row.latency(990),
            row.latency(999),
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
            first.latency(990) / other.latency(990)
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
