//! `state import` and `state export`: between a folder of snapshots and the database, checked afterwards.

use std::path::Path;
use std::time::Duration;

use super::super::exit::{Exit, Failed};
use super::super::say;
use super::count;
use super::source::{Source, state};
use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl};
use crate::practice::guild::Guild;
use crate::store::Store;
use crate::store::postgres::DatabaseReader;

/// How long the last save may take.
const CLOSE: Duration = Duration::from_secs(60);

/// From the folder to the database, which must be empty.
pub fn import(config: &Config, dir: &Path) -> Result<(), Failed> {
    let url = database(config, "import")?;
    // A folder that a bot uses would go on changing: its lock is held meanwhile.
    let from = Store::open(dir).map_err(state)?;
    if from.guild_ids().is_empty() {
        return Err(state(format!("there is no server in {}", dir.display())));
    }
    let to = Store::open_database(url.secret()).map_err(state)?;
    // With the time it can be written down when each server is next wanted, so that a start has to read none of them.
    to.set_clock(|| Clock::system().now());
    empty(&to, "the database")?;
    hand_on_owner(&from, &to)?;
    copy(&from, &to)?;
    drop(to);
    let reader = DatabaseReader::connect(url.secret()).map_err(state)?;
    compare(&from, &Source::Database(Box::new(reader)))?;
    done(&from, "the database");
    Ok(())
}

/// From the database to a folder, which must be empty. The bot must be stopped: it would go on writing.
pub fn export(config: &Config, dir: &Path) -> Result<(), Failed> {
    let url = database(config, "export")?;
    let to = Store::open(dir).map_err(state)?;
    empty(&to, &dir.display().to_string())?;
    let from = Store::open_database(url.secret()).map_err(state)?;
    hand_on_owner(&from, &to)?;
    copy(&from, &to)?;
    drop(to);
    compare(&from, &Source::Folder(dir.to_owned()))?;
    from.close(CLOSE);
    done(&from, &dir.display().to_string());
    Ok(())
}

fn database<'a>(config: &'a Config, verb: &str) -> Result<&'a DatabaseUrl, Failed> {
    config.state_url.as_ref().ok_or_else(|| {
        Failed::new(
            Exit::Usage,
            format!("`state {verb}` moves between a folder and a database: name the database with [state] url in the config, or with QUIZLOOP_STATE_URL"),
        )
    })
}

fn empty(store: &Store, place: &str) -> Result<(), Failed> {
    match store.guild_ids().len() {
        0 => Ok(()),
        some => Err(state(format!(
            "{place} has {} already; nothing was changed. What is moved goes to an empty place",
            count(some, "server")
        ))),
    }
}

fn copy(from: &Store, to: &Store) -> Result<(), Failed> {
    for id in from.guild_ids() {
        if let Some(guild) = from.read(id, Guild::clone) {
            // All of them are waited for at the end.
            let _awaited = to.upsert(id, |state| *state = guild);
        }
    }
    if to.close(CLOSE) {
        return Ok(());
    }
    let why = "not everything could be written; see the log. Empty the place and try again";
    Err(Failed::new(Exit::Failed, why))
}

/// The copy belongs to the same application. A place that already belongs to another one is refused.
fn hand_on_owner(from: &Store, to: &Store) -> Result<(), Failed> {
    match from.application().map_err(state)? {
        Some(owner) => futures::executor::block_on(to.claim(owner)).map_err(state),
        None => Ok(()),
    }
}

/// Reads everything again from where it was brought.
fn compare(from: &Store, to: &Source) -> Result<(), Failed> {
    for id in from.guild_ids() {
        if Some(to.guild(id)?) != from.read(id, Guild::clone) {
            let what = format!("server {id} is not there as it was: please report this");
            return Err(Failed::new(Exit::Failed, what));
        }
    }
    Ok(())
}

fn done(from: &Store, place: &str) {
    let number = count(from.guild_ids().len(), "server");
    say::line(format_args!(
        "{number} brought to {place}, read again, and found the same."
    ));
}
