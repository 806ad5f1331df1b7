//! How many members Quizloop can answer a second, and how fast, beside a bot that does nothing.
//!
//! `cargo build --release && cargo run --release --example load` prints a table; `-- --quick` prints a rougher one. It
//! plays Discord on loopback, starts the real program and bare serenity bots as processes of their own, and lets members
//! ask. All bots are there at the same time and take turns, so that whatever else the machine does falls on all of them.
//!
//! The tool and the bots share the machine's cores: what can be compared between machines is the processor's time for
//! 1,000 interactions, and the ratio to a bare bot in the same run.

mod baseline;
mod bot_under_test;
mod driver;
mod fake_discord;
mod process;
mod report;
mod response_tracker;
mod wire;

use anyhow::{Context as _, Result};

use bot_under_test::BotUnderTest;
use driver::{Load, LoadSize};
use report::ReportRow;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let Some(kind) = baseline::Baseline::from_arguments(&arguments) {
        return baseline::run(kind);
    }
    let size = if arguments.iter().any(|one| one == "--quick") {
        LoadSize::quick()
    } else {
        LoadSize::full()
    };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("a runtime")?
        .block_on(measure(size))
}

async fn measure(size: LoadSize) -> Result<()> {
    // Quizloop comes first, so that what is said of the others is said against it.
    let mut bots = vec![BotUnderTest::quizloop().await?];
    for kind in baseline::Baseline::ALL {
        bots.push(BotUnderTest::baseline(kind).await?);
    }
    for bot in &mut bots {
        bot.wait_until_ready().await?;
    }
    report::start(&bots, size);
    for load in Load::ALL {
        let mut rows = Vec::new();
        for bot in &mut bots {
            rows.push(ReportRow::measure(bot, load, size).await?);
        }
        report::rows(load, &rows);
    }
    report::memory(&bots);
    for bot in bots {
        bot.stop().await?;
    }
    Ok(())
}
