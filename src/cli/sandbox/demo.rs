//! `sandbox --once`: simulates three days with a weekend, a kill and a restart, and checks the
//! results.

use std::time::Duration;

use jiff::civil::date;
use serde_json::{Value, json};

use super::TempFolder;
use super::bot_runner::BotRunner;
use super::seed::Seed;
use crate::cli::exit::{CliError, Exit};
use crate::cli::output::{self, OutputError};
use discord_sandbox::client::MessageView;
use discord_sandbox::{Options, Sandbox, ids};
use quizloop_core::text::pluralize;

/// How long to wait for a result, in real time.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs the demo and prints the channel. Fails if a check failed.
pub async fn run() -> Result<(), CliError> {
    let folder = TempFolder::new()?;
    // A Thursday, so that the third question is posted after a weekend.
    let start = date(2026, 3, 26)
        .at(8, 59, 0, 0)
        .to_zoned_datetime(jiff::tz::TimeZone::UTC);
    let options = Options {
        start: Some(start.map_err(anyhow::Error::from)?.timestamp()),
        ..super::options()
    };
    let sandbox = Sandbox::start(options).await.map_err(anyhow::Error::from)?;
    let bot = BotRunner::new(folder.path(), &Seed::sample("UTC")?.apply(&sandbox))?;
    bot.start(&sandbox).await?;
    let demo = Demo { sandbox, bot };
    let result = demo.three_days().await;
    demo.bot.stop().await;
    output::line(format_args!("\nThe channel, as Ada sees it:\n"))?;
    output::line(format_args!(
        "{}",
        demo.sandbox.transcript(ids::ASYNCIO, ids::ADA)
    ))?;
    result.map_err(|error| match error.downcast::<OutputError>() {
        Ok(error) => error.into(),
        Err(error) => CliError::new(Exit::Failed, format!("a check failed: {error:#}")),
    })?;
    output::line(format_args!(
        "All checks passed: 3 days, 3 questions, 1 kill, nothing lost and nothing posted twice."
    ))?;
    Ok(())
}

struct Demo {
    sandbox: Sandbox,
    bot: BotRunner,
}

impl Demo {
    async fn three_days(&self) -> anyhow::Result<()> {
        self.thursday().await?;
        self.friday().await?;
        self.monday().await
    }

    /// Prints what happens, with the sandbox's time.
    fn narrate(&self, event: &str) -> Result<(), OutputError> {
        output::line(format_args!(
            "{}  {event}",
            self.sandbox.clock().now().strftime("%a %H:%M")
        ))
    }

    async fn thursday(&self) -> anyhow::Result<()> {
        self.narrate("The bot starts. A team in #asyncio gets its question at 09:00.")?;
        self.expect_questions(0)?;
        self.advance(Duration::from_secs(60)).await?;
        self.expect_questions(1)?;
        self.narrate("The first question is posted with its thread.")?;
        self.reply(ids::ADA, "Here is how I'd say it, in my own words.")
            .await?;
        self.narrate("Ada replies in the thread. The \u{2705} shows that her reply is saved.")?;
        let confirmation = self.command(ids::LIN, "answer", &[]).await?;
        ensure(
            confirmation.content.contains("You haven't answered"),
            "/answer before a reply asks for confirmation",
        )?;
        self.narrate("Lin runs /answer without a reply, and is asked for confirmation.")?;
        self.reply(ids::LIN, "I'd rather try on my own first: my answer.")
            .await?;
        let answer = self.command(ids::LIN, "answer", &[]).await?;
        ensure(
            !answer.embeds.is_empty(),
            "/answer after a reply shows the answer",
        )?;
        self.narrate("Lin replies, runs /answer again, and sees the model answer.")?;
        let quiz = self
            .command(ids::SAM, "quiz", &[("topic", json!("fundamentals"))])
            .await?;
        ensure(quiz.ephemeral, "/quiz is for the member alone")?;
        self.press(quiz.id, ids::SAM, "Show the answer").await?;
        self.press(quiz.id, ids::SAM, "None of them").await?;
        self.narrate(
            "Sam practises with /quiz and misses every point: the question comes back tomorrow.",
        )?;
        self.expect_streak(ids::ADA, 1).await
    }

    /// The bot is killed, a member replies meanwhile, and the bot restarts before the next question.
    async fn friday(&self) -> anyhow::Result<()> {
        self.bot.kill().await;
        self.narrate("The bot is killed. Sam replies while it is offline.")?;
        let thread = self.newest_thread()?;
        let missed = self
            .sandbox
            .post(thread, ids::SAM, "Written while the bot was away.")?;
        self.bot.start(&self.sandbox).await?;
        self.wait_until_counted(missed).await?;
        self.expect_questions(1)?;
        self.narrate("The bot restarts: Sam's reply is counted, and nothing is posted twice.")?;
        self.advance(Duration::from_secs(24 * 3600)).await?;
        self.expect_questions(2)?;
        self.reply(ids::ADA, "The second day of a habit.").await?;
        self.reply(ids::SAM, "And mine.").await?;
        self.expect_streak(ids::ADA, 2).await?;
        self.expect_streak(ids::SAM, 2).await?;
        self.narrate("Ada and Sam reply to the second question. /streak shows 2 for both.")?;
        Ok(())
    }

    /// A weekend has no rounds, so it does not affect a streak.
    async fn monday(&self) -> anyhow::Result<()> {
        for _ in 0..2 {
            self.advance(Duration::from_secs(24 * 3600)).await?;
            self.expect_questions(2)?;
        }
        self.narrate("A weekend without questions: all streaks stay as they are.")?;
        self.advance(Duration::from_secs(24 * 3600)).await?;
        self.expect_questions(3)?;
        self.reply(ids::ADA, "A weekend breaks nothing.").await?;
        self.expect_streak(ids::ADA, 3).await?;
        self.expect_streak(ids::LIN, 0).await?;
        self.narrate("Ada replies to the third question. Her streak is 3; Lin's ended on Friday.")?;
        let board = self.command(ids::ADA, "leaderboard", &[]).await?;
        let first = board
            .embeds
            .first()
            .and_then(|embed| embed["description"].as_str());
        let ada = format!("1. <@{}>: 3 answers", ids::ADA);
        ensure(
            first.is_some_and(|text| text.starts_with(&ada)),
            "Ada leads with 3 answers",
        )
    }

    async fn advance(&self, by: Duration) -> anyhow::Result<()> {
        Ok(self.sandbox.clock().advance(by).await?)
    }

    fn questions(&self) -> Vec<MessageView> {
        let is_question = |message: &MessageView| {
            message.by_bot
                && message.embeds.iter().any(|embed| {
                    embed["footer"]["text"]
                        .as_str()
                        .is_some_and(|text| text.starts_with("Question "))
                })
        };
        self.sandbox
            .messages(ids::ASYNCIO, ids::ADA)
            .into_iter()
            .filter(is_question)
            .collect()
    }

    fn expect_questions(&self, expected: usize) -> anyhow::Result<()> {
        let found = self.questions();
        ensure(
            found.len() == expected,
            &format!(
                "{} in the channel, not {}",
                pluralize(expected, "question is", "questions are"),
                found.len()
            ),
        )?;
        ensure(
            found.iter().all(|post| post.thread.is_some()),
            "every question has its thread",
        )
    }

    fn newest_thread(&self) -> anyhow::Result<u64> {
        let newest = self.questions().pop().and_then(|post| post.thread);
        newest.ok_or_else(|| anyhow::anyhow!("the newest question has no thread"))
    }

    async fn reply(&self, user: u64, text: &str) -> anyhow::Result<()> {
        let message = self.sandbox.post(self.newest_thread()?, user, text)?;
        self.wait_until_counted(message).await
    }

    /// Waits for the ✅, which shows that the reply is on disk.
    async fn wait_until_counted(&self, message: u64) -> anyhow::Result<()> {
        let is_counted = |view: &MessageView| {
            view.reactions
                .iter()
                .any(|(emoji, users)| emoji == "✅" && users.contains(&ids::APP))
        };
        let mut changes = self.sandbox.changes();
        let wait = async {
            while !self
                .sandbox
                .message(message)
                .as_ref()
                .is_some_and(is_counted)
            {
                // The sender lives as long as the sandbox.
                let _ = changes.changed().await;
            }
        };
        let waited = tokio::time::timeout(LIMIT, wait).await;
        ensure(waited.is_ok(), "a reply gets its ✅")
    }

    async fn command(
        &self,
        user: u64,
        command: &str,
        options: &[(&str, Value)],
    ) -> anyhow::Result<MessageView> {
        let outcome = self
            .sandbox
            .command(ids::ASYNCIO, user, command, options)
            .await;
        outcome
            .message()
            .cloned()
            .ok_or_else(|| anyhow::anyhow!("/{command} was answered with {outcome:?}"))
    }

    async fn press(&self, message: u64, user: u64, button: &str) -> anyhow::Result<()> {
        let outcome = self.sandbox.press(message, user, button, &[]).await;
        ensure(
            outcome.message().is_some(),
            &format!("the button {button} gets a response"),
        )
    }

    async fn expect_streak(&self, user: u64, expected: u32) -> anyhow::Result<()> {
        let shown = self.command(user, "streak", &[]).await?;
        let text = shown
            .embeds
            .first()
            .and_then(|embed| embed["description"].as_str())
            .unwrap_or_default();
        let streak = match expected {
            0 => "Your streak starts again".to_owned(),
            streak => format!("**{}**", pluralize(streak, "question", "questions")),
        };
        ensure(
            text.contains(&streak),
            &format!("the streak is {expected}, but: {text}"),
        )
    }
}

fn ensure(holds: bool, expectation: &str) -> anyhow::Result<()> {
    if holds {
        Ok(())
    } else {
        Err(anyhow::anyhow!("{expectation}"))
    }
}
