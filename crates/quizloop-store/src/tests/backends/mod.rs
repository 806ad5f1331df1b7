//! Tests of both backends: each test runs with a folder of snapshots, with a database, and with a
//! database behind a pooler.

mod deleted;
mod durability;
pub mod eviction;
pub mod server_questions;
mod texts;

use jiff::Timestamp;
use tempfile::TempDir;

use crate::deleted::DeletedGuild;
use crate::postgres::DatabaseReader;
use crate::postgres::tests::test_database::TestDatabase;
use crate::restore::{Restore, RestoreSource};
use crate::{LoadError, Store, inspect};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

/// A backend with its storage.
pub enum TestBackend {
    Folder(TempDir),
    Database(TestDatabase),
}

impl TestBackend {
    /// Opens a store, as the program does.
    pub fn open(&self) -> Store {
        match self {
            Self::Folder(dir) => super::open(dir.path()),
            Self::Database(test_database) => {
                let opened = Store::open_database(&test_database.url());
                opened.unwrap_or_else(|error| panic!("{error}"))
            }
        }
    }

    /// Returns the copies of deleted data, as `state list --deleted` reads them.
    pub fn deleted(&self) -> Vec<DeletedGuild> {
        match self {
            Self::Folder(dir) => inspect::deleted(dir.path()).unwrap(),
            Self::Database(test_database) => {
                let reader = DatabaseReader::connect(&test_database.url()).unwrap();
                reader.deleted().unwrap()
            }
        }
    }

    /// Restores deleted data, as `state restore --deleted` does.
    pub fn restore(&self, guild: GuildId, deleted_at: Option<Timestamp>, at: Timestamp) {
        match self {
            Self::Folder(dir) => {
                let source = RestoreSource::Deleted(deleted_at);
                let restore = Restore::open(dir.path(), guild, source).unwrap();
                restore.run(at).unwrap();
            }
            Self::Database(test_database) => {
                let reader = DatabaseReader::connect(&test_database.url()).unwrap();
                let restore = reader.restore(guild, deleted_at).unwrap();
                restore.run(at).unwrap();
            }
        }
    }
}

/// Runs a test on both backends, and on a database behind a pooler. Runs that lack a server or a
/// pooler are skipped with a message.
pub fn on_each_backend(test: impl Fn(&TestBackend)) {
    test(&TestBackend::Folder(tempfile::tempdir().unwrap()));
    for test_database in TestDatabase::with_and_without_pooler() {
        test(&TestBackend::Database(test_database));
    }
}

/// Blocks on a future that needs no runtime.
pub fn wait<T>(work: impl Future<Output = T>) -> T {
    futures::executor::block_on(work)
}

/// Changes a guild and waits; returns whether the change was saved.
pub fn save(store: &Store, guild: GuildId, change: impl FnOnce(&mut Guild)) -> bool {
    let ((), commit) = store.upsert(guild, change);
    wait(commit.wait()).is_ok()
}

/// Loads a guild if it is evicted, and returns it.
pub fn load_guild(store: &Store, guild: GuildId) -> Result<Option<Guild>, LoadError> {
    let _pin = wait(store.load(guild))?;
    Ok(store.read(guild, Clone::clone))
}
