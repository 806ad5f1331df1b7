//! `state verify`: reads all snapshots and last good generations, and reports problems.

use std::path::Path;

use serde::Serialize;

use super::super::exit::{CliError, Exit};
use super::super::output;
use super::source::folder_error;
use quizloop_core::text::pluralize;
use quizloop_store::InvalidSnapshot;
use quizloop_store::verify::{VerifyReport, verify};

/// What to do about a last good generation that can't be read.
const FIX_GENERATION: &str = "The snapshot itself is valid, and the next save replaces this file. If more files are damaged, check the disk";

/// The report for scripts.
#[derive(Serialize)]
struct JsonVerifyReport {
    servers: usize,
    teams: usize,
    rounds: usize,
    members: usize,
    questions: usize,
    last_good_generations: usize,
    problems: Vec<DamagedFile>,
}

/// A file that can't be read.
#[derive(Serialize)]
struct DamagedFile {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    message: String,
    help: String,
}

impl DamagedFile {
    fn new(invalid: &InvalidSnapshot, help: String) -> Self {
        Self {
            file: invalid.file.display().to_string(),
            line: invalid.position.map(|(line, _)| line),
            column: invalid.position.map(|(_, column)| column),
            message: invalid.message.clone(),
            help,
        }
    }
}

impl From<&VerifyReport> for JsonVerifyReport {
    fn from(report: &VerifyReport) -> Self {
        let snapshots = report.invalid.iter();
        let snapshots = snapshots.map(|invalid| DamagedFile::new(invalid, invalid.fix()));
        let generations = report.invalid_generations.iter();
        let generations =
            generations.map(|invalid| DamagedFile::new(invalid, FIX_GENERATION.into()));
        Self {
            servers: report.guilds,
            teams: report.teams,
            rounds: report.rounds,
            members: report.members,
            questions: report.questions,
            last_good_generations: report.generations,
            problems: snapshots.chain(generations).collect(),
        }
    }
}

pub fn run(dir: &Path, json: bool) -> Result<(), CliError> {
    let report = verify(dir).map_err(|error| folder_error(dir, &error))?;
    if json {
        output::json(&JsonVerifyReport::from(&report))?;
    } else {
        print(&report)?;
    }
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

fn print(report: &VerifyReport) -> Result<(), CliError> {
    for invalid in &report.invalid {
        output::line(invalid.one_line(&invalid.fix()))?;
    }
    for invalid in &report.invalid_generations {
        output::line(invalid.one_line(FIX_GENERATION))?;
    }
    output::line(summary(report))?;
    Ok(())
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
