//! Simulates a week: five questions, and members who reply in different patterns.

use std::collections::BTreeSet;
use std::time::Duration;

use discord_sandbox::Sandbox;
use discord_sandbox::model::{Channel, Discord};
use discord_sandbox::page::{Demo, DemoResult};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use quizloop_core::text::pluralize;

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

/// The demo "A week". It moves the clock over the next five questions. The members reply in every
/// thread that the bot starts meanwhile, in any channel.
#[derive(Debug)]
pub struct SimulatedWeek;

impl Demo for SimulatedWeek {
    fn id(&self) -> &'static str {
        "week"
    }

    fn label(&self) -> &'static str {
        "A week"
    }

    fn description(&self) -> &'static str {
        "Simulate a week: five questions, with replies from the members"
    }

    fn progress(&self) -> &'static str {
        "Simulating a week: five questions…"
    }

    fn run(&self, sandbox: Sandbox) -> BoxFuture<'_, DemoResult> {
        async move { simulate_week(&sandbox).await }.boxed()
    }
}

async fn simulate_week(sandbox: &Sandbox) -> DemoResult {
    let mut questions = 0;
    let mut replies = 0;
    for day in 0..DAYS {
        let threads_before = sandbox.read(bot_threads);
        let now = sandbox.clock().now();
        let next = sandbox.calendar().next_event(now);
        let next = next.ok_or("no question is scheduled")?;
        let until_next = Duration::try_from(next.duration_since(now)).unwrap_or_default();
        sandbox.clock().advance(until_next).await?;
        let new_threads = |discord: &Discord| {
            let new: Vec<u64> = bot_threads(discord)
                .difference(&threads_before)
                .copied()
                .collect();
            (!new.is_empty()).then_some(new)
        };
        // If the bot is offline, no question is posted; the week continues without it.
        let Ok(threads) = sandbox
            .wait_for("a question", QUESTION_TIMEOUT, new_threads)
            .await
        else {
            continue;
        };
        sandbox.clock().advance(REPLY_DELAY).await?;
        questions += threads.len();
        for thread in threads {
            replies += post_replies(sandbox, thread, day);
        }
    }
    let questions = pluralize(questions, "question was", "questions were");
    let replies = pluralize(replies, "reply", "replies");
    Ok(format!(
        "{questions} posted, with {replies}. Try /streak and /leaderboard."
    ))
}

fn post_replies(sandbox: &Sandbox, thread: u64, day: usize) -> usize {
    let people = sandbox.read(|discord| human_members(discord, thread));
    let replying = people
        .iter()
        .enumerate()
        .filter(|(number, _)| REPLY_PATTERNS[number % REPLY_PATTERNS.len()][day]);
    let written = replying.filter(|(number, user)| {
        let text = SAMPLE_REPLIES[(day + number) % SAMPLE_REPLIES.len()];
        sandbox.post(thread, **user, text).is_ok()
    });
    written.count()
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
