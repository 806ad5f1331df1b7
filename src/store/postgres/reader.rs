//! Looking at guilds in a database, also while a bot works on them. Nothing is changed.

use sqlx::PgPool;
use tokio::runtime::Runtime;

use super::connection::{self, DatabaseError};
use super::{RowCache, application, read};
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;

/// A connection that only reads.
pub struct DatabaseReader {
    runtime: Runtime,
    pool: PgPool,
}

impl DatabaseReader {
    /// Connects. Tables that are missing are made, so that a new database is an empty one.
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

    /// The guilds there are.
    ///
    /// # Errors
    ///
    /// The database can't be read.
    pub fn guild_ids(&self) -> Result<Vec<GuildId>, DatabaseError> {
        let ids = self.runtime.block_on(async {
            let mut connection = self.pool.acquire().await?;
            read::guild_ids(&mut connection).await
        })?;
        let known = ids.into_iter().filter_map(|id| u64::try_from(id).ok());
        Ok(known.map(GuildId::new).collect())
    }

    /// The application that the database belongs to, if any.
    ///
    /// # Errors
    ///
    /// The database can't be read.
    pub fn application(&self) -> Result<Option<u64>, DatabaseError> {
        self.runtime.block_on(application::owner(&self.pool))
    }

    /// Hands the database over to another application, unless a process uses it. Returns the number of those processes.
    ///
    /// # Errors
    ///
    /// The database can't be used.
    pub fn adopt(&self, application: u64) -> Result<i64, DatabaseError> {
        self.runtime
            .block_on(application::adopt(&self.pool, application))
    }

    /// One guild, if it is there.
    ///
    /// # Errors
    ///
    /// The database or the guild's rows can't be read.
    pub fn guild(&self, guild: GuildId) -> Result<Option<Guild>, DatabaseError> {
        let Ok(id) = i64::try_from(guild.get()) else {
            return Ok(None);
        };
        let read = self.runtime.block_on(async {
            let mut connection = self.pool.acquire().await?;
            read::load_guilds_on(&mut connection, &[id]).await
        })?;
        Ok(read
            .into_iter()
            .next()
            .map(|(guild, _): (Guild, RowCache)| guild))
    }
}
