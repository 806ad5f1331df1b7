//! How many members Quizloop can answer a second, and how fast, beside a bot that does nothing.
//!
//! `cargo build --release && cargo run --release --example load` prints a table; `-- --quick` prints a rougher one. It
//! plays Discord on loopback, starts the real program and bare serenity bots as processes of their own, and lets members
//! ask. All bots are there at the same time and take turns, so that whatever else the machine does falls on all of them.
//!
//! The tool and the bots share the machine's cores: what can be compared between machines is the processor's time for
//! 1,000 interactions, and the ratio to a bare bot in the same run.

mod bare;
mod drive;
mod process;
mod report;
mod stand_in;
mod subject;
mod watch;
mod wire;

use anyhow::{Context as _, Result};

use drive::{Load, Size};
use report::Row;
use subject::Subject;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let Some(kind) = bare::Kind::asked_for(&arguments) {
        return bare::run(kind);
    }
    let size = if arguments.iter().any(|one| one == "--quick") {
        Size::quick()
    } else {
        Size::full()
    };
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("a runtime")?
        .block_on(measure(size))
}

async fn measure(size: Size) -> Result<()> {
    // Quizloop comes first, so that what is said of the others is said against it.
    let mut subjects = vec![Subject::quizloop().await?];
    for kind in bare::Kind::ALL {
        subjects.push(Subject::bare(kind).await?);
    }
    for subject in &mut subjects {
        subject.begin().await?;
    }
    report::start(&subjects, size);
    for load in Load::ALL {
        let mut rows = Vec::new();
        for subject in &mut subjects {
            rows.push(Row::measured(subject, load, size).await?);
        }
        report::rows(load, &rows);
    }
    report::memory(&subjects);
    for subject in subjects {
        subject.end().await?;
    }
    Ok(())
}
