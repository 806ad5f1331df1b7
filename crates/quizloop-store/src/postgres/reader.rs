//! Reading guilds of a database, also while a bot is running. Changes no guild.

use tokio::runtime::Runtime;

use super::connection::{self, Database, DatabaseError};
use super::{application, cluster, read};
use quizloop_core::guild::Guild;
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
