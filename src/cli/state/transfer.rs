//! `state import` and `state export`: copy all data between a folder and a database, and verify the
//! copy.

use std::path::Path;
use std::time::Duration;

use super::super::exit::{CliError, Exit};
use super::super::output;
use super::source::{StateSource, state_error};
use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl};
use quizloop_core::guild::Guild;
use quizloop_core::text::pluralize;
use quizloop_store::Store;
use quizloop_store::postgres::DatabaseReader;

/// How long the last save may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(60);

/// Copies the folder to the database, which must be empty.
pub fn import(config: &Config, dir: &Path) -> Result<(), CliError> {
    let url = require_database(config, "import")?;
    // Opening the store locks the folder, so no bot can change it during the copy.
    let from = Store::open(dir).map_err(state_error)?;
    if from.guild_ids().is_empty() {
        return Err(state_error(format!(
            "no servers found in {}",
            dir.display()
        )));
    }
    let to = Store::open_database(url.secret()).map_err(state_error)?;
    // With the current time, the store can save when each server is next due. The bot then starts
    // without reading all servers.
    to.set_clock(|| Clock::system().now());
    require_empty(&to, "the database")?;
    hand_on_owner(&from, &to)?;
    copy(&from, &to)?;
    drop(to);
    let reader = DatabaseReader::connect(url.secret()).map_err(state_error)?;
    verify_copy(&from, &StateSource::Database(Box::new(reader)))?;
    print_done(&from, "the database");
    Ok(())
}

/// Copies the database to a folder, which must be empty. No bot may be running on the database.
pub fn export(config: &Config, dir: &Path) -> Result<(), CliError> {
    let url = require_database(config, "export")?;
    let to = Store::open(dir).map_err(state_error)?;
    require_empty(&to, &dir.display().to_string())?;
    let from = Store::open_database(url.secret()).map_err(state_error)?;
    hand_on_owner(&from, &to)?;
    copy(&from, &to)?;
    drop(to);
    verify_copy(&from, &StateSource::Folder(dir.to_owned()))?;
    from.close(CLOSE_TIMEOUT);
    print_done(&from, &dir.display().to_string());
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

fn require_empty(store: &Store, target: &str) -> Result<(), CliError> {
    match store.guild_ids().len() {
        0 => Ok(()),
        servers => Err(state_error(format!(
            "{target} already has {}; nothing was changed. The target must be empty",
            pluralize(servers, "server", "servers")
        ))),
    }
}

fn copy(from: &Store, to: &Store) -> Result<(), CliError> {
    for id in from.guild_ids() {
        let guild = from.loaded(id).and_then(|guild| guild.read(Guild::clone));
        if let (Some(guild), Some(target)) = (guild, to.loaded(id)) {
            // Closing the store below waits for all commits.
            let _commit = target.upsert(|state| *state = guild);
        }
    }
    if to.close(CLOSE_TIMEOUT) {
        return Ok(());
    }
    let message = "some servers could not be written; see the log. Empty the target and try again";
    Err(CliError::new(Exit::Failed, message))
}

/// Stores the application that owns the source in the target. Fails if the target belongs to another
/// application.
fn hand_on_owner(from: &Store, to: &Store) -> Result<(), CliError> {
    match from.application().map_err(state_error)? {
        Some(owner) => futures::executor::block_on(to.claim(owner)).map_err(state_error),
        None => Ok(()),
    }
}

/// Reads the copy and compares it with the source.
fn verify_copy(from: &Store, to: &StateSource) -> Result<(), CliError> {
    for id in from.guild_ids() {
        if Some(to.guild(id)?) != from.loaded(id).and_then(|guild| guild.read(Guild::clone)) {
            let message = format!(
                "the copy of server {id} differs from the original. Please report this bug"
            );
            return Err(CliError::new(Exit::Failed, message));
        }
    }
    Ok(())
}

fn print_done(from: &Store, target: &str) {
    let servers = pluralize(from.guild_ids().len(), "server", "servers");
    output::line(format_args!(
        "Copied {servers} to {target} and verified the copy."
    ));
}
