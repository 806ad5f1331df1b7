//! `state verify`: reads all snapshots and last good generations, and reports problems.

use std::path::Path;

use super::super::exit::{CliError, Exit};
use super::super::output;
use super::source::folder_error;
use quizloop_core::text::pluralize;
use quizloop_store::verify::{VerifyReport, verify};

/// What to do about a last good generation that can't be read.
const FIX_GENERATION: &str = "The snapshot itself is valid, and the next save replaces this file. If more files are damaged, check the disk";

pub fn run(dir: &Path) -> Result<(), CliError> {
    let report = verify(dir).map_err(|error| folder_error(dir, &error))?;
    for invalid in &report.invalid {
        output::line(invalid.one_line(&invalid.fix()))?;
    }
    for invalid in &report.invalid_generations {
        output::line(invalid.one_line(FIX_GENERATION))?;
    }
    output::line(summary(&report))?;
    if report.is_valid() {
        return Ok(());
    }
    let files = report.invalid.len() + report.invalid_generations.len();
    let message = format!(
        "problems in {}; nothing was changed",
        pluralize(files, "file", "files")
    );
    Err(CliError::new(Exit::State, message))
}

fn summary(report: &VerifyReport) -> String {
    let own = if report.questions > 0 {
        format!(
            ", {}",
            pluralize(report.questions, "own question", "own questions")
        )
    } else {
        String::new()
    };
    format!(
        "Valid: {}, {}, {}, {}{own}; {}.",
        pluralize(report.guilds, "server", "servers"),
        pluralize(report.teams, "team", "teams"),
        pluralize(report.rounds, "round", "rounds"),
        pluralize(report.members, "member", "members"),
        pluralize(
            report.generations,
            "last good generation",
            "last good generations"
        ),
    )
}
