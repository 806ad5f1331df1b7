//! Simulates a week: five questions, and members who reply in different patterns.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::Sandbox;
use super::super::model::{Channel, Discord};

/// Number of questions: the working days of a week.
const DAYS: usize = 5;
/// The days on which each member replies; further members start with the first pattern again.
const REPLY_PATTERNS: [[bool; DAYS]; 3] = [
    [true, true, true, true, true],
    [true, false, true, true, false],
    [false, false, true, false, true],
];
/// The texts of the replies.
const SAMPLE_REPLIES: [&str; DAYS] = [
    "It yields at every `await`, so the others get their turn.",
    "I'd say: a task is a coroutine that the loop has taken on.",
    "Cancelling raises `CancelledError` at the await, and `finally` still runs.",
    "A `TaskGroup` waits for all of them, and cancels the rest when one fails.",
    "```py\nasync with asyncio.timeout(1):\n    await work()\n```",
];
/// How long to wait for a question, in real time.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(5);
/// How long after the question the members reply, on the sandbox's clock.
const REPLY_DELAY: Duration = Duration::from_secs(20 * 60);

/// The result of a simulated week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulatedWeek {
    /// Number of questions posted.
    pub questions: usize,
    /// Number of replies written.
    pub replies: usize,
}

impl Sandbox {
    /// Moves the clock over the next five questions. The members reply in every thread that the bot
    /// starts meanwhile, in any channel.
    ///
    /// # Errors
    ///
    /// No question is scheduled, or a follower of the clock did not acknowledge the new time.
    pub async fn simulate_week(&self) -> Result<SimulatedWeek, String> {
        let mut week = SimulatedWeek {
            questions: 0,
            replies: 0,
        };
        for day in 0..DAYS {
            let threads_before = self.read(bot_threads);
            let now = self.clock().now();
            let next = self.shared.calendar().next_question(now);
            let next = next.ok_or("no question is scheduled")?;
            self.advance_clock(Duration::try_from(next.duration_since(now)).unwrap_or_default())
                .await?;
            let new_threads = |discord: &Discord| {
                let new: Vec<u64> = bot_threads(discord)
                    .difference(&threads_before)
                    .copied()
                    .collect();
                (!new.is_empty()).then_some(new)
            };
            // If the bot is offline, no question is posted; the week continues without it.
            let Ok(threads) = self
                .wait_for("a question", QUESTION_TIMEOUT, new_threads)
                .await
            else {
                continue;
            };
            self.advance_clock(REPLY_DELAY).await?;
            week.questions += threads.len();
            for thread in threads {
                week.replies += self.post_replies(thread, day);
            }
        }
        Ok(week)
    }

    async fn advance_clock(&self, by: Duration) -> Result<(), String> {
        let moved = self.clock().advance(by).await;
        moved.map_err(|error| error.to_string())
    }

    fn post_replies(&self, thread: u64, day: usize) -> usize {
        let people = self.read(|discord| human_members(discord, thread));
        let replying = people
            .iter()
            .enumerate()
            .filter(|(number, _)| REPLY_PATTERNS[number % REPLY_PATTERNS.len()][day]);
        let written = replying.filter(|(number, user)| {
            let text = SAMPLE_REPLIES[(day + number) % SAMPLE_REPLIES.len()];
            self.post(thread, **user, text).is_ok()
        });
        written.count()
    }
}

/// Returns the threads that the bot started.
fn bot_threads(discord: &Discord) -> BTreeSet<u64> {
    let is_by_bot = |one: &&Channel| {
        let thread = one.thread.as_ref();
        thread.is_some_and(|thread| thread.owner == discord.app.id)
    };
    let threads = discord.channels.values().filter(is_by_bot);
    threads.map(|one| one.id).collect()
}

fn human_members(discord: &Discord, channel: u64) -> Vec<u64> {
    let guild = discord.guild_of(channel);
    let guild = guild.and_then(|guild| discord.guilds.get(&guild));
    let members = guild.into_iter().flat_map(|guild| guild.members.keys());
    members
        .copied()
        .filter(|id| discord.users.get(id).is_some_and(|one| !one.bot))
        .collect()
}
