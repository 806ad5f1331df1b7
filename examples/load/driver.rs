//! Sends commands and replies of members, as fast as they are answered or at a steady rate.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use tokio::time::MissedTickBehavior;

use crate::bot_under_test::BotUnderTest;
use crate::wire::{self, Sender};

/// How long no response may arrive before pending requests count as lost.
const SILENCE: Duration = Duration::from_secs(10);
/// How often a finishing run checks for responses.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Kind of request that members send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// A slash command.
    Command(&'static str),
    /// A message in the thread of the day's question. The response is a ✅ reaction.
    Reply,
}

impl Load {
    /// All kinds. Replies come last, because they add members to the guilds.
    pub const ALL: [Self; 4] = [
        Self::Command("quiz"),
        Self::Command("answer"),
        Self::Command("streak"),
        Self::Reply,
    ];

    /// Returns the name in the table.
    pub fn name(self) -> String {
        match self {
            Self::Command(name) => format!("/{name}"),
            Self::Reply => "reply".to_owned(),
        }
    }
}

/// Size of a measurement.
#[derive(Debug, Clone, Copy)]
pub struct LoadSize {
    /// Number of rounds. Each has one run at full speed and one at a steady rate.
    pub rounds: usize,
    /// Number of commands of each kind in a run at full speed.
    pub commands: u64,
    /// Number of replies in a run at full speed. Each member has one reply that counts, and the
    /// steady run needs some of them.
    pub replies: u64,
    /// Maximum number of requests in flight at full speed.
    pub concurrency: usize,
    /// Commands per second in the steady run.
    pub rate: u64,
    /// Replies per second in the steady run.
    pub reply_rate: u64,
    /// How long a steady run lasts, in seconds.
    pub seconds: u64,
}

impl LoadSize {
    /// 200,000 commands for each bot at full speed, which takes several minutes.
    pub const fn full() -> Self {
        Self {
            rounds: 11,
            commands: 6_000,
            replies: 2_000,
            concurrency: 64,
            rate: 1_000,
            reply_rate: 200,
            seconds: 2,
        }
    }

    /// Fewer rounds, which take a minute.
    pub const fn quick() -> Self {
        Self {
            rounds: 3,
            commands: 3_000,
            replies: 1_000,
            ..Self::full()
        }
    }

    /// Changes the commands per second of the steady run, but not how many commands and replies it
    /// sends.
    pub fn with_rate(self, rate: NonZeroU64) -> Self {
        let seconds = (self.rate * self.seconds).div_ceil(rate.get());
        Self {
            rate: rate.get(),
            reply_rate: (self.reply_rate * self.seconds).div_ceil(seconds),
            seconds,
            ..self
        }
    }

    const fn count(self, load: Load) -> u64 {
        match load {
            Load::Command(_) => self.commands,
            Load::Reply => self.replies,
        }
    }

    /// Returns the requests per second of the steady run.
    pub const fn rate(self, load: Load) -> u64 {
        match load {
            Load::Command(_) => self.rate,
            Load::Reply => self.reply_rate,
        }
    }
}

/// Result of a run.
#[derive(Debug)]
pub struct RunResult {
    /// Latency of each response, in ascending order.
    pub latencies: Vec<Duration>,
    /// Number of requests without a response, or with an error as the response.
    pub failed: u64,
    /// How long the run took, until the last response.
    pub took: Duration,
    /// CPU time that the bot used during the run.
    pub cpu_time: Duration,
}

impl BotUnderTest {
    /// Sends requests as fast as they are answered, with `size.concurrency` of them in flight.
    pub async fn run_at_full_speed(&mut self, load: Load, size: LoadSize) -> RunResult {
        let (cpu_before, start) = (self.cpu_time(), Instant::now());
        self.discord.tracker.add_permits(size.concurrency);
        for number in 0..size.count(load) {
            let permit = self.discord.tracker.acquire_permit();
            // Lost requests keep their permits. Without permits the rest of the run is lost too.
            if tokio::time::timeout(SILENCE, permit).await.is_err() {
                break;
            }
            if number % 64 == 0 {
                // If permits never run out, nothing else here yields to the timer.
                tokio::task::yield_now().await;
            }
            self.send_request(load);
        }
        self.finish_run(size.count(load), start, cpu_before).await
    }

    /// Sends requests at a steady rate, whether they are answered or not.
    pub async fn run_at_fixed_rate(&mut self, load: Load, size: LoadSize) -> RunResult {
        let (cpu_before, start) = (self.cpu_time(), Instant::now());
        let rate = size.rate(load);
        let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / rate));
        // After a stall of the machine, missed requests are not sent in a burst.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for _ in 0..rate * size.seconds {
            ticks.tick().await;
            self.send_request(load);
        }
        self.finish_run(rate * size.seconds, start, cpu_before)
            .await
    }

    /// Sends one request.
    pub fn send_request(&mut self, load: Load) {
        let (discord, id) = (&self.discord, self.discord.new_id());
        match load {
            Load::Command(name) => {
                let command = wire::command(Sender::nth(self.commands_sent), name, id);
                self.commands_sent += 1;
                discord.tracker.request_sent(id);
                discord.send("INTERACTION_CREATE", command);
            }
            Load::Reply => {
                let sender = Sender::nth(self.replies_sent);
                self.replies_sent += 1;
                // A bare bot posts no questions and reacts to every message.
                let channel = sender.channel();
                let question = discord.question(channel);
                let thread = question.unwrap_or_else(|| channel.starter_message());
                let reply = wire::reply(sender, thread, id);
                discord.tracker.request_sent(id);
                discord.send("MESSAGE_CREATE", reply.to_string());
            }
        }
    }

    /// Waits for the last responses.
    async fn finish_run(&self, expected: u64, start: Instant, cpu_before: Duration) -> RunResult {
        let tracker = &self.discord.tracker;
        let expected = usize::try_from(expected).unwrap_or(usize::MAX);
        let (mut answered, mut last_change) = (tracker.answered_count(), Instant::now());
        while answered < expected && last_change.elapsed() < SILENCE {
            tokio::time::sleep(POLL_INTERVAL).await;
            let count = tracker.answered_count();
            if count > answered {
                (answered, last_change) = (count, Instant::now());
            }
        }
        let took = last_change
            .duration_since(start)
            .max(Duration::from_millis(1));
        let cpu_time = self.cpu_time().saturating_sub(cpu_before);
        tracker.remove_permits();
        let (latencies, failed) = tracker.take_results();
        RunResult {
            latencies,
            failed,
            took,
            cpu_time,
        }
    }
}
