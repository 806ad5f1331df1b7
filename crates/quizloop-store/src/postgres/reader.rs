//! Reading guilds of a database, also while a bot is running. Changes no guild.

use sqlx::PgPool;
use tokio::runtime::Runtime;

use super::connection::{self, DatabaseError};
use super::{RowCache, application, read};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

/// A connection for the commands that read the state.
pub struct DatabaseReader {
    runtime: Runtime,
    pool: PgPool,
}

impl DatabaseReader {
    /// Connects. Creates missing tables, so that a new database counts as empty.
    ///
    /// # Errors
    ///
    /// The database can't be used.
    pub fn connect(url: &str) -> Result<Self, DatabaseError> {
        let runtime = connection::runtime()?;
        let pool = runtime.block_on(async {
            let pool = connection::connect(url, 1).await?;
            connection::migrate(&pool).await?;
            Ok::<_, DatabaseError>(pool)
        })?;
        Ok(Self { runtime, pool })
    }

    /// Returns the ids of all guilds.
    ///
    /// # Errors
    ///
    /// The database can't be read.
    pub fn guild_ids(&self) -> Result<Vec<GuildId>, DatabaseError> {
        let ids = self.runtime.block_on(async {
            let mut connection = self.pool.acquire().await?;
            read::guild_ids(&mut connection).await
        })?;
        let ids = ids.into_iter().filter_map(|id| u64::try_from(id).ok());
        Ok(ids.map(GuildId::new).collect())
    }

    /// Returns the application that owns the database, if any.
    ///
    /// # Errors
    ///
    /// The database can't be read.
    pub fn application(&self) -> Result<Option<u64>, DatabaseError> {
        self.runtime.block_on(application::owner(&self.pool))
    }

    /// Gives the database to another application if no process uses it. Returns the number of
    /// processes that use it; above 0 nothing was changed.
    ///
    /// # Errors
    ///
    /// The database can't be used.
    pub fn adopt(&self, application: u64) -> Result<i64, DatabaseError> {
        self.runtime
            .block_on(application::adopt(&self.pool, application))
    }

    /// Reads one guild, if it exists.
    ///
    /// # Errors
    ///
    /// The database or the guild's rows can't be read.
    pub fn guild(&self, guild: GuildId) -> Result<Option<Guild>, DatabaseError> {
        let Ok(id) = i64::try_from(guild.get()) else {
            return Ok(None);
        };
        let guilds = self.runtime.block_on(async {
            let mut connection = self.pool.acquire().await?;
            read::load_guilds_on(&mut connection, &[id]).await
        })?;
        Ok(guilds
            .into_iter()
            .next()
            .map(|(guild, _): (Guild, RowCache)| guild))
    }
}
