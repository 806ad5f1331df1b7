//! Reading guilds of a database, also while a bot is running. Changes no guild.

use std::io;

use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::connection::{self, Database, DatabaseError};
use super::deleted::{self, RestoreRows};
use super::write::WriteError;
use super::{application, cluster, read};
use crate::deleted::DeletedGuild;
use crate::restore;
use quizloop_core::guild::{Guild, GuildCheckError};
use quizloop_core::id::GuildId;

/// A connection for the commands that read the state.
pub struct DatabaseReader {
    runtime: Runtime,
    database: Database,
}

impl DatabaseReader {
    /// Connects and migrates the tables. A new database counts as empty.
    ///
    /// # Errors
    ///
    /// The database can't be used.
    pub fn connect(url: &str) -> Result<Self, DatabaseError> {
        let runtime = connection::runtime()?;
        let database = runtime.block_on(async {
            let database = Database::connect(url, 1).await?;
            connection::migrate(&database).await?;
            Ok::<_, DatabaseError>(database)
        })?;
        Ok(Self { runtime, database })
    }

    /// Returns the ids of all guilds.
    ///
    /// # Errors
    ///
    /// The database can't be read.
    pub fn guild_ids(&self) -> Result<Vec<GuildId>, DatabaseError> {
        let ids = self.runtime.block_on(read::guild_ids(&self.database))?;
        let ids = ids.into_iter().filter_map(|id| u64::try_from(id).ok());
        Ok(ids.map(GuildId::new).collect())
    }

    /// Returns the application that owns the database, if any.
    ///
    /// # Errors
    ///
    /// The database can't be read.
    pub fn application(&self) -> Result<Option<u64>, DatabaseError> {
        self.runtime.block_on(application::owner(&self.database))
    }

    /// Returns the names of the live processes that use the database.
    ///
    /// # Errors
    ///
    /// The database can't be read.
    pub fn processes(&self) -> Result<Vec<String>, DatabaseError> {
        self.runtime
            .block_on(cluster::live_processes(&self.database, None))
    }

    /// Gives the database to another application if no process uses it. Returns the number of
    /// processes that use it; above 0 nothing was changed.
    ///
    /// # Errors
    ///
    /// The database can't be used.
    pub fn adopt(&self, application: u64) -> Result<i64, DatabaseError> {
        self.runtime
            .block_on(application::adopt(&self.database, application))
    }

    /// Reads the deleted data that can be restored, ordered by server and time.
    ///
    /// # Errors
    ///
    /// The database can't be read.
    pub fn deleted(&self) -> Result<Vec<DeletedGuild>, DatabaseError> {
        Ok(self.runtime.block_on(deleted::list(&self.database))?)
    }

    /// Prepares to restore the newest deleted data of a guild, or that of a time. Changes nothing.
    ///
    /// # Errors
    ///
    /// The database can't be read, or it has no such data.
    pub fn restore(
        &self,
        guild: GuildId,
        deleted_at: Option<Timestamp>,
    ) -> Result<DatabaseRestore<'_>, DatabaseRestoreError> {
        let found = deleted::read_for_restore(&self.database, guild, deleted_at);
        let rows = self.runtime.block_on(found)?;
        let rows = rows.ok_or(DatabaseRestoreError::NotDeleted(guild))?;
        let copy = rows.copy.data.clone();
        let copy = copy.map_err(|error| DatabaseError::InvalidRow { guild, error })?;
        let guild = restore::merge(copy, rows.current.as_ref())?;
        Ok(DatabaseRestore {
            reader: self,
            rows,
            guild,
        })
    }

    /// Reads one guild, if it exists.
    ///
    /// # Errors
    ///
    /// The database or the guild's row can't be read.
    pub fn guild(&self, guild: GuildId) -> Result<Option<Guild>, DatabaseError> {
        Ok(self.guilds(&[guild])?.pop())
    }

    /// Reads guilds, all in the state of one moment. Guilds that don't exist are left out.
    ///
    /// # Errors
    ///
    /// The database or the row of a guild can't be read.
    pub fn guilds(&self, guilds: &[GuildId]) -> Result<Vec<Guild>, DatabaseError> {
        self.runtime
            .block_on(read::load_guilds(&self.database, guilds))
    }
}

/// Why deleted data can't be restored. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseRestoreError {
    /// There is no such deleted data of the server.
    #[error("{}", restore::not_deleted(*.0))]
    NotDeleted(GuildId),
    /// A process uses the database.
    #[error("a bot is using the database: stop it, or wait half a minute after a crash")]
    InUse,
    /// The data is not what it was when it was read.
    #[error("the server's data has changed meanwhile; run the command again")]
    Changed,
    /// The deleted data contradicts what was stored since.
    #[error("the deleted data does not fit to what was stored since: {0}")]
    Inconsistent(#[from] GuildCheckError),
    /// The database can't be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The data can't be written.
    #[error(transparent)]
    Write(io::Error),
}

impl From<WriteError> for DatabaseRestoreError {
    fn from(error: WriteError) -> Self {
        Self::Write(error.into_io_error())
    }
}

/// A prepared restore of deleted data.
pub struct DatabaseRestore<'a> {
    reader: &'a DatabaseReader,
    rows: RestoreRows,
    /// What will be stored.
    pub guild: Guild,
}

impl DatabaseRestore<'_> {
    /// Returns what will be replaced; none if nothing is stored.
    pub const fn current(&self) -> Option<&Guild> {
        self.rows.current.as_ref()
    }

    /// Returns when the restored data was deleted.
    pub const fn deleted_at(&self) -> Timestamp {
        self.rows.copy.deleted_at
    }

    /// Restores. What it replaces is kept as data that was deleted `at`.
    ///
    /// # Errors
    ///
    /// A process uses the database, the data has changed since it was read, or the database can't
    /// be used.
    pub fn run(&self, at: Timestamp) -> Result<(), DatabaseRestoreError> {
        let restored = deleted::restore(&self.reader.database, &self.rows, &self.guild, at);
        self.reader.runtime.block_on(restored)
    }
}
