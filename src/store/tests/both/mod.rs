//! What holds wherever guilds are kept: each test runs on a folder of snapshots and on a database.

mod idle;
mod kept;

use tempfile::TempDir;

use crate::practice::guild::Guild;
use crate::practice::id::GuildId;
use crate::store::database::tests::scratch::Scratch;
use crate::store::{NotFetched, Store};

/// Where guilds are kept.
pub enum Place {
    Folder(TempDir),
    Database(Scratch),
}

impl Place {
    /// Opens a store there, as the program does.
    pub fn open(&self) -> Store {
        match self {
            Self::Folder(dir) => super::open(dir.path()),
            Self::Database(scratch) => {
                let opened = Store::open_database(&scratch.url());
                opened.unwrap_or_else(|error| panic!("{error}"))
            }
        }
    }
}

/// Runs a test on both. Without a database server the second run is left out, and says so.
pub fn on_both(test: impl Fn(&Place)) {
    test(&Place::Folder(tempfile::tempdir().unwrap()));
    if let Some(scratch) = Scratch::new() {
        test(&Place::Database(scratch));
    }
}

/// Waits for what needs no runtime of its own.
pub fn wait<T>(work: impl Future<Output = T>) -> T {
    futures::executor::block_on(work)
}

/// Changes a guild; true when that is kept.
pub fn save(store: &Store, guild: GuildId, change: impl FnOnce(&mut Guild)) -> bool {
    let ((), ticket) = store.change(guild, change);
    wait(ticket.attempt()).is_ok()
}

/// All of a guild, fetched if it was let go.
pub fn whole(store: &Store, guild: GuildId) -> Result<Option<Guild>, NotFetched> {
    let _pin = wait(store.fetch(guild))?;
    Ok(store.read(guild, Clone::clone))
}
