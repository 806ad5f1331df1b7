//! A week in one go: five questions, and members who reply each in their own way.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::Sandbox;
use super::super::model::{Channel, Discord};

/// Questions of the run: the working days of a week.
const DAYS: usize = 5;
/// Who replies on which of the days; further members begin again with the first habit.
const REPLY_PATTERNS: [[bool; DAYS]; 3] = [
    [true, true, true, true, true],
    [true, false, true, true, false],
    [false, false, true, false, true],
];
/// What people write.
const SAMPLE_REPLIES: [&str; DAYS] = [
    "It yields at every `await`, so the others get their turn.",
    "I'd say: a task is a coroutine that the loop has taken on.",
    "Cancelling raises `CancelledError` at the await, and `finally` still runs.",
    "A `TaskGroup` waits for all of them, and cancels the rest when one fails.",
    "```py\nasync with asyncio.timeout(1):\n    await work()\n```",
];
/// How long, in real time, a new question may take.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(5);
/// Members reply a while after the question, on the sandbox's clock.
const REPLY_DELAY: Duration = Duration::from_secs(20 * 60);

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimulatedWeek {
    /// Questions that came.
    pub questions: usize,
    /// Replies that were written.
    pub replies: usize,
}

impl Sandbox {
    /// Moves the clock over the next five moments at which questions come; the members reply in the
    /// threads that the bot starts then, wherever that is.
    ///
    /// # Errors
    ///
    /// Nobody knows when the next question comes, or the followers of the clock did not settle.
    pub async fn simulate_week(&self) -> Result<SimulatedWeek, String> {
        let mut week = SimulatedWeek {
            questions: 0,
            replies: 0,
        };
        for day in 0..DAYS {
            let known = self.read(bot_threads);
            let now = self.clock().now();
            let next = self.shared.calendar().next_question(now);
            let next = next.ok_or("nobody knows when the next question comes")?;
            self.advance_clock(Duration::try_from(next.duration_since(now)).unwrap_or_default())
                .await?;
            let came = |discord: &Discord| {
                let new: Vec<u64> = bot_threads(discord).difference(&known).copied().collect();
                (!new.is_empty()).then_some(new)
            };
            // With the bot away no question comes, and the week goes by all the same.
            let Ok(threads) = self.wait_for("a question", QUESTION_TIMEOUT, came).await else {
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
            let words = SAMPLE_REPLIES[(day + number) % SAMPLE_REPLIES.len()];
            self.post(thread, **user, words).is_ok()
        });
        written.count()
    }
}

/// The threads that the bot started.
fn bot_threads(discord: &Discord) -> BTreeSet<u64> {
    let is_its = |one: &&Channel| {
        let thread = one.thread.as_ref();
        thread.is_some_and(|thread| thread.owner == discord.app.id)
    };
    let threads = discord.channels.values().filter(is_its);
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
