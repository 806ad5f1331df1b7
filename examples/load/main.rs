//! Throughput and latency of Quizloop, compared with serenity bots that only send a constant text.
//!
//! `cargo build --profile dist && cargo run --profile dist --example load` prints a table.
//! `-- --quick` takes less time and is less precise. The example simulates Discord on loopback,
//! starts Quizloop and the bare bots as separate processes, and sends commands and replies of
//! members. All bots run at the same time and take turns in many short rounds, so that other
//! load on the machine affects all of them. `-- --against PATH` compares with another build of
//! Quizloop instead. `-- --rate N` sends the steady run's commands at N per second.
//!
//! `-- --overload` sends Quizloop and a bare bot more commands than they can answer, and stops them
//! for a while, one after the other.
//!
//! The example shares the machine's cores with the bots. Only the CPU time per 1,000 interactions
//! and the ratios to a bare bot of the same run can be compared between machines.

mod baseline;
mod bot_under_test;
mod driver;
mod fake_discord;
mod overload;
mod process;
mod report;
mod response_tracker;
mod wire;

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use bot_under_test::BotUnderTest;
use driver::{Load, LoadSize};
use overload::OverloadSize;
use report::ReportRow;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let Some(kind) = baseline::Baseline::from_arguments(&arguments) {
        return baseline::run(kind);
    }
    let has = |wanted: &str| arguments.iter().any(|argument| argument == wanted);
    let is_quick = has("--quick");
    let value_of = |wanted: &str| arguments.iter().skip_while(|one| *one != wanted).nth(1);
    let other = value_of("--against").map(PathBuf::from);
    let mut size = if is_quick {
        LoadSize::quick()
    } else {
        LoadSize::full()
    };
    if let Some(rate) = value_of("--rate") {
        let rate = rate.parse().context("--rate needs a whole number")?;
        size = size.with_rate(rate);
    }
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot build the runtime")?
        .block_on(async {
            match (has("--overload"), is_quick) {
                (true, true) => overload::measure(OverloadSize::quick()).await,
                (true, false) => overload::measure(OverloadSize::full()).await,
                (false, _) => measure(size, other).await,
            }
        })
}

async fn measure(size: LoadSize, other: Option<PathBuf>) -> Result<()> {
    // Quizloop comes first: the report compares the first bot with each other one.
    let mut bots = vec![BotUnderTest::quizloop(|program| program).await?];
    if let Some(path) = other {
        bots.push(BotUnderTest::other_quizloop(path).await?);
    } else {
        for kind in baseline::Baseline::ALL {
            bots.push(BotUnderTest::baseline(kind, |program| program).await?);
        }
    }
    for bot in &mut bots {
        bot.wait_until_ready().await?;
    }
    report::print_header(&bots, size);
    for load in Load::ALL {
        let rows = ReportRow::measure(&mut bots, load, size).await?;
        report::print_rows(load, &rows);
    }
    report::print_memory(&bots);
    for bot in bots {
        bot.stop().await?;
    }
    Ok(())
}
