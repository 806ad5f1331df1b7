//! A week in one go: five questions, and members who reply each in their own way.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::Sandbox;
use super::super::model::{Channel, Discord};

/// Questions of the run: the working days of a week.
const DAYS: usize = 5;
/// Who replies on which of the days; further members begin again with the first habit.
const HABITS: [[bool; DAYS]; 3] = [
    [true, true, true, true, true],
    [true, false, true, true, false],
    [false, false, true, false, true],
];
/// What people write.
const WORDS: [&str; DAYS] = [
    "It yields at every `await`, so the others get their turn.",
    "I'd say: a task is a coroutine that the loop has taken on.",
    "Cancelling raises `CancelledError` at the await, and `finally` still runs.",
    "A `TaskGroup` waits for all of them, and cancels the rest when one fails.",
    "```py\nasync with asyncio.timeout(1):\n    await work()\n```",
];
/// How long, in real time, a new question may take.
const LIMIT: Duration = Duration::from_secs(5);
/// Members reply a while after the question, on the sandbox's clock.
const LATER: Duration = Duration::from_secs(20 * 60);

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
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
    pub async fn run_week(&self) -> Result<Week, String> {
        let mut week = Week {
            questions: 0,
            replies: 0,
        };
        for day in 0..DAYS {
            let known = self.read(threads_of_bot);
            let now = self.clock().now();
            let next = self.shared.calendar().next_question(now);
            let next = next.ok_or("nobody knows when the next question comes")?;
            self.go_on(Duration::try_from(next.duration_since(now)).unwrap_or_default())
                .await?;
            let came = |discord: &Discord| {
                let new: Vec<u64> = threads_of_bot(discord)
                    .difference(&known)
                    .copied()
                    .collect();
                (!new.is_empty()).then_some(new)
            };
            // With the bot away no question comes, and the week goes by all the same.
            let Ok(threads) = self.wait_for("a question", LIMIT, came).await else {
                continue;
            };
            self.go_on(LATER).await?;
            week.questions += threads.len();
            for thread in threads {
                week.replies += self.day_of_replies(thread, day);
            }
        }
        Ok(week)
    }

    async fn go_on(&self, by: Duration) -> Result<(), String> {
        let moved = self.clock().advance(by).await;
        moved.map_err(|error| error.to_string())
    }

    fn day_of_replies(&self, thread: u64, day: usize) -> usize {
        let people = self.read(|discord| people_of(discord, thread));
        let replying = people
            .iter()
            .enumerate()
            .filter(|(number, _)| HABITS[number % HABITS.len()][day]);
        let written = replying.filter(|(number, user)| {
            let words = WORDS[(day + number) % WORDS.len()];
            self.post(thread, **user, words).is_ok()
        });
        written.count()
    }
}

/// The threads that the bot started.
fn threads_of_bot(discord: &Discord) -> BTreeSet<u64> {
    let is_its = |one: &&Channel| {
        let thread = one.thread.as_ref();
        thread.is_some_and(|thread| thread.owner == discord.app.id)
    };
    let threads = discord.channels.values().filter(is_its);
    threads.map(|one| one.id).collect()
}

fn people_of(discord: &Discord, channel: u64) -> Vec<u64> {
    let guild = discord.guild_of(channel);
    let guild = guild.and_then(|guild| discord.guilds.get(&guild));
    let members = guild.into_iter().flat_map(|guild| guild.members.keys());
    members
        .copied()
        .filter(|id| discord.users.get(id).is_some_and(|one| !one.bot))
        .collect()
}
