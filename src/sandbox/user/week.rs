//! A week in one go: five questions, and members who reply each in their own way.

use std::time::Duration;

use super::super::Sandbox;
use super::super::model::{Discord, Message, flag};

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
const LIMIT: Duration = Duration::from_secs(10);
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
    /// Moves the clock over the next five questions of a channel; the members reply to them.
    ///
    /// # Errors
    ///
    /// Nobody knows when the next question comes, or the followers of the clock did not settle.
    pub async fn run_week(&self, channel: u64) -> Result<Week, String> {
        let mut week = Week {
            questions: 0,
            replies: 0,
        };
        for day in 0..DAYS {
            let known = self.read(|discord| newest_thread(discord, channel));
            let now = self.clock().now();
            let next = self.shared.calendar().next_question(now);
            let next = next.ok_or("nobody knows when the next question comes")?;
            let by = Duration::try_from(next.duration_since(now)).unwrap_or_default();
            self.clock()
                .advance(by)
                .await
                .map_err(|error| error.to_string())?;
            let came = |discord: &Discord| {
                newest_thread(discord, channel).filter(|newest| Some(*newest) != known)
            };
            // With the bot away no question comes, and the week goes by all the same.
            let Ok(thread) = self.wait_for("a question", LIMIT, came).await else {
                continue;
            };
            week.questions += 1;
            self.clock()
                .advance(LATER)
                .await
                .map_err(|error| error.to_string())?;
            week.replies += self.day_of_replies(channel, thread, day);
        }
        Ok(week)
    }

    fn day_of_replies(&self, channel: u64, thread: u64, day: usize) -> usize {
        let people = self.read(|discord| people_of(discord, channel));
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

/// The newest message of the bot in a channel that has a thread.
fn newest_thread(discord: &Discord, channel: u64) -> Option<u64> {
    let all = discord.messages.get(&channel)?;
    let is_one = |one: &&Message| one.author == discord.app.id && one.flags & flag::HAS_THREAD != 0;
    all.values().rfind(is_one).map(|one| one.id)
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
