//! `state import` and `state export`: copy all data between a folder and a database, and verify the
//! copy.

use std::io;
use std::path::Path;
use std::time::Duration;

use super::super::exit::{CliError, Exit};
use super::super::output;
use super::source::state_error;
use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl};
use quizloop_core::text::pluralize;
use quizloop_store::postgres::{DatabaseError, DatabaseReader};
use quizloop_store::transfer::{CopyError, SourceFolder, TargetFolder};
use quizloop_store::{OpenError, Store};

/// How long the last save may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(60);

/// Number of servers that are read from the database at once.
const BATCH_SIZE: usize = 100;

/// Copies the folder to the database, which must be empty. The folder is only read.
pub fn import(config: &Config, dir: &Path) -> Result<(), CliError> {
    let url = require_database(config, "import")?;
    let no_servers = || state_error(format!("no servers found in {}", dir.display()));
    let from = SourceFolder::open(dir).map_err(|error| match error {
        OpenError::Folder { error, .. } if error.kind() == io::ErrorKind::NotFound => no_servers(),
        error => state_error(error),
    })?;
    if from.guilds.is_empty() {
        return Err(no_servers());
    }
    let reader = DatabaseReader::connect(url.secret()).map_err(state_error)?;
    let processes = reader.processes().map_err(state_error)?;
    if !processes.is_empty() {
        return Err(state_error(DatabaseError::InUse(processes)));
    }
    let to = Store::open_database(url.secret()).map_err(state_error)?;
    // With the current time, the store can save when each server is next due. The bot then starts
    // without reading all servers.
    to.set_clock(|| Clock::system().now());
    let filled = fill(&from, &to);
    // Also after an error: otherwise this process would count as one that uses the database.
    let is_saved = to.close(CLOSE_TIMEOUT);
    filled?;
    if !is_saved {
        let message =
            "some servers could not be written; see the log. Empty the database and try again";
        return Err(CliError::new(Exit::Failed, message));
    }
    verify(&from, &reader)?;
    print_done(from.guilds.len(), "the database")
}

/// Adds all guilds to an empty database. They are saved when the store is closed.
fn fill(from: &SourceFolder, to: &Store) -> Result<(), CliError> {
    require_empty(to)?;
    // The owner comes along, so that no other application can claim the copy.
    if let Some(owner) = from.application {
        futures::executor::block_on(to.claim(owner)).map_err(state_error)?;
    }
    for guild in &from.guilds {
        if let Some(target) = to.loaded(guild.id()) {
            let _commit = target.upsert(|state| *state = guild.clone());
        }
    }
    Ok(())
}

fn require_empty(database: &Store) -> Result<(), CliError> {
    match database.guild_ids().len() {
        0 => Ok(()),
        servers => Err(state_error(format!(
            "the database already has {}; nothing was changed. The target must be empty",
            pluralize(servers, "server", "servers")
        ))),
    }
}

/// Reads the copy in the database and compares it with the source.
fn verify(from: &SourceFolder, database: &DatabaseReader) -> Result<(), CliError> {
    for guild in &from.guilds {
        let copy = database.guild(guild.id()).map_err(state_error)?;
        if copy.as_ref() != Some(guild) {
            let message = format!(
                "the copy of server {} differs from the original. Please report this bug",
                guild.id()
            );
            return Err(CliError::new(Exit::Failed, message));
        }
    }
    Ok(())
}

/// Copies the database to a folder, which must be empty or missing. Bots may use the database
/// meanwhile: this only reads, and each server's copy is consistent.
pub fn export(config: &Config, dir: &Path) -> Result<(), CliError> {
    let url = require_database(config, "export")?;
    // An unsuitable folder is reported before the database is asked for anything.
    TargetFolder::check_empty(dir).map_err(copy_error)?;
    let from = DatabaseReader::connect(url.secret()).map_err(state_error)?;
    let owner = from.application().map_err(state_error)?;
    let ids = from.guild_ids().map_err(state_error)?;
    let to = TargetFolder::create(dir).map_err(copy_error)?;
    let mut copied = 0;
    for ids in ids.chunks(BATCH_SIZE) {
        for guild in from.guilds(ids).map_err(state_error)? {
            to.add(&guild).map_err(copy_error)?;
            copied += 1;
        }
    }
    to.finish(owner).map_err(copy_error)?;
    print_done(copied, &dir.display().to_string())?;
    let processes = from.processes().map_err(state_error)?;
    if !processes.is_empty() {
        output::line(format_args!(
            "The database is in use by {}. Later changes are not in the copy: to move to files, stop these processes and export again.",
            processes.join(", ")
        ))?;
    }
    Ok(())
}

fn require_database<'a>(config: &'a Config, command: &str) -> Result<&'a DatabaseUrl, CliError> {
    config.state_url.as_ref().ok_or_else(|| {
        CliError::new(
            Exit::Usage,
            format!("`state {command}` copies between a folder and a database: set [state] url in the config, or QUIZLOOP_STATE_URL"),
        )
    })
}

fn copy_error(error: CopyError) -> CliError {
    let exit = match error {
        CopyError::NotEmpty(_) | CopyError::Folder { .. } => Exit::State,
        CopyError::Write { .. } | CopyError::Differs(_) => Exit::Failed,
    };
    CliError::new(exit, error)
}

fn print_done(servers: usize, target: &str) -> Result<(), CliError> {
    let servers = pluralize(servers, "server", "servers");
    let text = format!("Copied {servers} to {target} and verified the copy.");
    Ok(output::line(text)?)
}
