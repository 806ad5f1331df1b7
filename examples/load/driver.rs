//! Members who ask: as fast as they are answered, or at a steady rate.

use std::time::{Duration, Instant};

use tokio::time::MissedTickBehavior;

use crate::bot_under_test::BotUnderTest;
use crate::wire::{self, Sender};

/// How long nothing may come back before what is under way is taken for lost.
const SILENCE: Duration = Duration::from_secs(10);
/// How often that is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// What members do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// A slash command.
    Command(&'static str),
    /// A message in the thread of the day's question, which is answered by a mark.
    Reply,
}

impl Load {
    /// All of them. Replies come last: they fill the servers with members.
    pub const ALL: [Self; 4] = [
        Self::Command("quiz"),
        Self::Command("answer"),
        Self::Command("streak"),
        Self::Reply,
    ];

    /// Its name in the table.
    pub fn name(self) -> String {
        match self {
            Self::Command(name) => format!("/{name}"),
            Self::Reply => "reply".to_owned(),
        }
    }
}

/// How much is asked.
#[derive(Debug, Clone, Copy)]
pub struct LoadSize {
    /// Commands of each sort, as fast as they are answered.
    pub commands: u64,
    /// Replies, as fast as they are marked; each member of all servers has one, and the steady run needs some.
    pub replies: u64,
    /// How many are under way at once.
    pub concurrency: usize,
    /// A second, in the steady run.
    pub rate: u64,
    /// Of replies a second, in the steady run.
    pub reply_rate: u64,
    /// How long the steady run lasts.
    pub seconds: u64,
}

impl LoadSize {
    /// 200,000 commands for each bot, which takes some minutes.
    pub const fn full() -> Self {
        Self {
            commands: 66_667,
            replies: 20_000,
            concurrency: 64,
            rate: 1_000,
            reply_rate: 200,
            seconds: 20,
        }
    }

    /// A minute.
    pub const fn quick() -> Self {
        Self {
            commands: 10_000,
            replies: 5_000,
            seconds: 5,
            ..Self::full()
        }
    }

    const fn count(self, load: Load) -> u64 {
        match load {
            Load::Command(_) => self.commands,
            Load::Reply => self.replies,
        }
    }

    /// The rate of a load's steady run.
    pub const fn rate(self, load: Load) -> u64 {
        match load {
            Load::Command(_) => self.rate,
            Load::Reply => self.reply_rate,
        }
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct RunResult {
    /// How long everybody waited, the shortest first.
    pub latencies: Vec<Duration>,
    /// How many got no answer, or one that is none.
    pub failed: u64,
    /// How long the run took.
    pub took: Duration,
    /// The processor's time that the bot used for it.
    pub cpu_time: Duration,
}

impl BotUnderTest {
    /// Asks as fast as answers come, so many at once.
    pub async fn run_at_full_speed(&mut self, load: Load, size: LoadSize) -> RunResult {
        let (used, start) = (self.cpu_time(), Instant::now());
        self.discord.tracker.add_permits(size.concurrency);
        for number in 0..size.count(load) {
            let place = self.discord.tracker.acquire_permit();
            // Answers that never come keep their places; the rest of the run is lost as well then.
            if tokio::time::timeout(SILENCE, place).await.is_err() {
                break;
            }
            if number % 64 == 0 {
                // The places may never run out; the timer has to have its turn all the same.
                tokio::task::yield_now().await;
            }
            self.send_request(load);
        }
        self.finish_run(size.count(load), start, used).await
    }

    /// Asks at a steady rate, whether answers come or not.
    pub async fn run_at_fixed_rate(&mut self, load: Load, size: LoadSize) -> RunResult {
        let (used, start) = (self.cpu_time(), Instant::now());
        let rate = size.rate(load);
        let mut ticks = tokio::time::interval(Duration::from_micros(1_000_000 / rate));
        // Whoever comes late because the machine was away is not to come in a crowd.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for _ in 0..rate * size.seconds {
            ticks.tick().await;
            self.send_request(load);
        }
        self.finish_run(rate * size.seconds, start, used).await
    }

    fn send_request(&mut self, load: Load) {
        let (discord, id) = (&self.discord, self.discord.new_id());
        match load {
            Load::Command(name) => {
                let command = wire::command(Sender::nth(self.commands_sent), name, id);
                self.commands_sent += 1;
                discord.tracker.request_sent(id);
                discord.send("INTERACTION_CREATE", command);
            }
            Load::Reply => {
                let who = Sender::nth(self.replies_sent);
                self.replies_sent += 1;
                // A bare bot has posted nothing; it marks whatever is written.
                let question = discord.question(who.channel());
                let thread = question.unwrap_or_else(|| who.channel().starter_message());
                let reply = wire::reply(who, thread, id);
                discord.tracker.request_sent(id);
                discord.send("MESSAGE_CREATE", reply);
            }
        }
    }

    /// Waits for the last answers.
    async fn finish_run(&self, expected: u64, start: Instant, used: Duration) -> RunResult {
        let tracker = &self.discord.tracker;
        let expected = usize::try_from(expected).unwrap_or(usize::MAX);
        let (mut seen, mut moved) = (tracker.answered_count(), Instant::now());
        while seen < expected && moved.elapsed() < SILENCE {
            tokio::time::sleep(POLL_INTERVAL).await;
            let count = tracker.answered_count();
            if count > seen {
                (seen, moved) = (count, Instant::now());
            }
        }
        let took = moved.duration_since(start).max(Duration::from_millis(1));
        let used = self.cpu_time().saturating_sub(used);
        tracker.remove_permits();
        let (waited, failed) = tracker.take_results();
        RunResult {
            latencies: waited,
            failed,
            took,
            cpu_time: used,
        }
    }
}
