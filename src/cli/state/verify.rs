//! `state verify`: every snapshot and every last good generation is read.

use std::path::Path;

use super::super::exit::{CliError, Exit};
use super::super::output;
use super::count;
use crate::store::verify::{VerifyReport, verify};

/// What to do about a last good generation that can't be read.
const FIX_GENERATION: &str = "The snapshot itself is good, and its next save replaces this file. If more files break, look at the disk";

/// Reads all and says what is wrong.
pub fn run(dir: &Path) -> Result<(), CliError> {
    let found = verify(dir)
        .map_err(|error| CliError::new(Exit::State, format!("{}: {error}", dir.display())))?;
    for bad in &found.invalid {
        output::line(bad.one_line(&bad.fix()));
    }
    for bad in &found.invalid_generations {
        output::line(bad.one_line(FIX_GENERATION));
    }
    output::line(summary(&found));
    if found.is_valid() {
        return Ok(());
    }
    let files = found.invalid.len() + found.invalid_generations.len();
    let what = format!(
        "{} can't be used; nothing was changed",
        count(files, "file")
    );
    Err(CliError::new(Exit::State, what))
}

fn summary(found: &VerifyReport) -> String {
    format!(
        "Good: {}, {}, {}, {}; {}.",
        count(found.guilds, "server"),
        count(found.teams, "team"),
        count(found.rounds, "round"),
        count(found.members, "member"),
        count(found.generations, "last good generation"),
    )
}
