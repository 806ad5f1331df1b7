//! Overload: more commands than a bot can answer, and commands for a bot that does not run for ten
//! seconds.
//!
//! The bots get one core and the simulated Discord another one, if the machine has the command
//! `taskset`: otherwise the driver would take the time of the bot that it overloads.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "prints rounded figures"
)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use discord_sandbox::bot_process::Program;
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::MissedTickBehavior;

use crate::baseline::Baseline;
use crate::bot_under_test::BotUnderTest;
use crate::driver::{Load, LoadSize};
use crate::report::percentile;

/// The command that members run.
const LOAD: Load = Load::Command("quiz");
/// The rate of the overload as a multiple of the best rate.
const FACTOR: f64 = 1.5;
/// Commands per second after an overload.
const CALM_RATE: f64 = 50.0;
const CALM_DURATION: Duration = Duration::from_secs(10);
/// Commands per second while the bot does not run.
const STOPPED_RATE: f64 = 200.0;
const STOPPED_DURATION: Duration = Duration::from_secs(10);
/// Maximum number of commands that are sent at once after the driver had to wait for its core.
const MAX_BATCH: u64 = 200;
/// How long after an overload the commands at a calm rate begin.
const PAUSE: Duration = Duration::from_secs(1);
/// How long Discord accepts a response.
const RESPONSE_TIME: Duration = Duration::from_secs(3);

const DRIVER_CORE: &str = "0";
const BOT_CORE: &str = "1";

/// How long the overload lasts, and how the best rate is measured.
#[derive(Debug, Clone, Copy)]
pub struct OverloadSize {
    duration: Duration,
    full_speed: LoadSize,
}

impl OverloadSize {
    pub const fn full() -> Self {
        Self {
            duration: Duration::from_secs(30),
            full_speed: LoadSize {
                commands: 100_000,
                ..LoadSize::full()
            },
        }
    }

    pub const fn quick() -> Self {
        Self {
            duration: Duration::from_secs(10),
            full_speed: LoadSize {
                commands: 50_000,
                ..LoadSize::full()
            },
        }
    }
}

/// Commands that were sent, and the latencies of the responses that Discord accepted.
#[derive(Debug)]
struct Phase {
    sent: u64,
    latencies: Vec<Duration>,
    took: Duration,
}

impl Phase {
    fn print(&self, name: &str) {
        let at = |share| percentile(&self.latencies, share);
        println!(
            "  {name:<32} {:>7} sent, {:>6.0}/s; {:>7} answered, {:>6.0}/s; p50 {:.2} ms, p99 {:.2} ms",
            self.sent,
            self.sent as f64 / self.took.as_secs_f64(),
            self.latencies.len(),
            self.latencies.len() as f64 / self.took.as_secs_f64(),
            at(500),
            at(990)
        );
    }
}

/// Overloads Quizloop and then a bare bot.
pub async fn measure(size: OverloadSize) -> Result<()> {
    println!(
        "Full speed with {} in flight, {CALM_RATE} a second, {FACTOR} times full speed for {} s, {CALM_RATE} a second; then \
         stopped for {} s at {STOPPED_RATE} a second, {CALM_RATE} a second. Only responses within \
         {} s count.",
        size.full_speed.concurrency,
        size.duration.as_secs(),
        STOPPED_DURATION.as_secs(),
        RESPONSE_TIME.as_secs()
    );
    pin_driver();
    overload(BotUnderTest::quizloop(pinned).await?, size).await?;
    overload(
        BotUnderTest::baseline(Baseline::OneThread, pinned).await?,
        size,
    )
    .await
}

async fn overload(mut bot: BotUnderTest, size: OverloadSize) -> Result<()> {
    bot.wait_until_ready().await?;
    println!(
        "\n{}: {:.1} MB before the first command",
        bot.name,
        bot.memory().0
    );
    let fast = bot.run_at_full_speed(LOAD, size.full_speed).await;
    let best = fast.latencies.len() as f64 / fast.took.as_secs_f64();
    println!("  full speed: {best:.0}/s, {} failed", fast.failed);
    print_memory(&bot);
    bot.run_phase(CALM_RATE, CALM_DURATION, RESPONSE_TIME)
        .await
        .print("before");
    bot.run_phase(best * FACTOR, size.duration, PAUSE)
        .await
        .print("overload");
    print_memory(&bot);
    bot.run_phase(CALM_RATE, CALM_DURATION, RESPONSE_TIME)
        .await
        .print("a second later");
    let process = bot.process().context("the bot has ended")?;
    kill_process(process, Signal::STOP)?;
    let stopped = bot
        .run_phase(STOPPED_RATE, STOPPED_DURATION, Duration::ZERO)
        .await;
    kill_process(process, Signal::CONT)?;
    stopped.print("while it does not run");
    tokio::time::sleep(PAUSE).await;
    bot.run_phase(CALM_RATE, CALM_DURATION, RESPONSE_TIME)
        .await
        .print("a second later");
    print_memory(&bot);
    bot.stop().await
}

fn print_memory(bot: &BotUnderTest) {
    let (now, peak) = bot.memory();
    println!("  {now:.1} MB, peak {peak:.1} MB");
}

impl BotUnderTest {
    /// Sends commands at a rate, whether they are answered or not, and waits for the last
    /// responses.
    async fn run_phase(&mut self, rate: f64, duration: Duration, wait: Duration) -> Phase {
        let start = Instant::now();
        // The timer has a resolution of a millisecond, so each tick sends several commands.
        let mut ticks = tokio::time::interval(Duration::from_millis(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut sent = 0;
        while start.elapsed() < duration {
            ticks.tick().await;
            for _ in 0..MAX_BATCH {
                if sent as f64 >= rate * start.elapsed().as_secs_f64() {
                    break;
                }
                self.send_request(LOAD);
                sent += 1;
            }
        }
        let took = start.elapsed();
        tokio::time::sleep(wait).await;
        let (latencies, _) = self.discord.tracker.take_results();
        Phase {
            sent,
            latencies,
            took,
        }
    }

    fn process(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.id()?).ok()?)
    }
}

/// Gives this process a core of its own.
fn pin_driver() {
    let own = std::process::id().to_string();
    // Without the command the processes share all cores.
    let _ = Command::new("taskset")
        .args(["--all-tasks", "--cpu-list", "--pid", DRIVER_CORE, &own])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// Returns the program with a core of its own.
fn pinned(program: Program) -> Program {
    let exists = Command::new("taskset")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok();
    if !exists {
        return program;
    }
    let prefix = ["--cpu-list".into(), BOT_CORE.into(), program.path.into()];
    Program {
        path: "taskset".into(),
        arguments: prefix.into_iter().chain(program.arguments).collect(),
        ..program
    }
}
