//! `state import` and `state export`: between a folder of snapshots and the database, checked afterwards.

use std::path::Path;
use std::time::Duration;

use super::super::exit::{CliError, Exit};
use super::super::output;
use super::count;
use super::source::{StateSource, state_error};
use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl};
use crate::practice::guild::Guild;
use crate::store::Store;
use crate::store::postgres::DatabaseReader;

/// How long the last save may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(60);

/// From the folder to the database, which must be empty.
pub fn import(config: &Config, dir: &Path) -> Result<(), CliError> {
    let url = require_database(config, "import")?;
    // A folder that a bot uses would go on changing: its lock is held meanwhile.
    let from = Store::open(dir).map_err(state_error)?;
    if from.guild_ids().is_empty() {
        return Err(state_error(format!(
            "there is no server in {}",
            dir.display()
        )));
    }
    let to = Store::open_database(url.secret()).map_err(state_error)?;
    // With the time it can be written down when each server is next wanted, so that a start has to read none of them.
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

/// From the database to a folder, which must be empty. The bot must be stopped: it would go on writing.
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

fn require_database<'a>(config: &'a Config, verb: &str) -> Result<&'a DatabaseUrl, CliError> {
    config.state_url.as_ref().ok_or_else(|| {
        CliError::new(
            Exit::Usage,
            format!("`state {verb}` moves between a folder and a database: name the database with [state] url in the config, or with QUIZLOOP_STATE_URL"),
        )
    })
}

fn require_empty(store: &Store, place: &str) -> Result<(), CliError> {
    match store.guild_ids().len() {
        0 => Ok(()),
        some => Err(state_error(format!(
            "{place} has {} already; nothing was changed. What is moved goes to an empty place",
            count(some, "server")
        ))),
    }
}

fn copy(from: &Store, to: &Store) -> Result<(), CliError> {
    for id in from.guild_ids() {
        if let Some(guild) = from.read(id, Guild::clone) {
            // All of them are waited for at the end.
            let _awaited = to.upsert(id, |state| *state = guild);
        }
    }
    if to.close(CLOSE_TIMEOUT) {
        return Ok(());
    }
    let why = "not everything could be written; see the log. Empty the place and try again";
    Err(CliError::new(Exit::Failed, why))
}

/// The copy belongs to the same application. A place that already belongs to another one is refused.
fn hand_on_owner(from: &Store, to: &Store) -> Result<(), CliError> {
    match from.application().map_err(state_error)? {
        Some(owner) => futures::executor::block_on(to.claim(owner)).map_err(state_error),
        None => Ok(()),
    }
}

/// Reads everything again from where it was brought.
fn verify_copy(from: &Store, to: &StateSource) -> Result<(), CliError> {
    for id in from.guild_ids() {
        if Some(to.guild(id)?) != from.read(id, Guild::clone) {
            let what = format!("server {id} is not there as it was: please report this");
            return Err(CliError::new(Exit::Failed, what));
        }
    }
    Ok(())
}

fn print_done(from: &Store, place: &str) {
    let number = count(from.guild_ids().len(), "server");
    output::line(format_args!(
        "{number} brought to {place}, read again, and found the same."
    ));
}
