//! Looking at guilds in a database, also while a bot works on them. Nothing is changed.

use sqlx::PgPool;
use tokio::runtime::Runtime;

use super::server::{self, NoDatabase};
use super::{Known, application, read};
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;

/// A connection that only reads.
pub struct Reader {
    runtime: Runtime,
    pool: PgPool,
}

impl Reader {
    /// Connects. Tables that are missing are made, so that a new database is an empty one.
    ///
    /// # Errors
    ///
    /// The database can't be used.
    pub fn connect(url: &str) -> Result<Self, NoDatabase> {
        let runtime = server::runtime()?;
        let pool = runtime.block_on(async {
            let pool = server::connect(url, 1).await?;
            server::migrate(&pool).await?;
            Ok::<_, NoDatabase>(pool)
        })?;
        Ok(Self { runtime, pool })
    }

    /// The guilds there are.
    ///
    /// # Errors
    ///
    /// The database can't be read.
    pub fn guilds(&self) -> Result<Vec<GuildId>, NoDatabase> {
        let ids = self.runtime.block_on(async {
            let mut connection = self.pool.acquire().await?;
            read::ids(&mut connection).await
        })?;
        let known = ids.into_iter().filter_map(|id| u64::try_from(id).ok());
        Ok(known.map(GuildId::new).collect())
    }

    /// The application that the database belongs to, if any.
    ///
    /// # Errors
    ///
    /// The database can't be read.
    pub fn application(&self) -> Result<Option<u64>, NoDatabase> {
        self.runtime.block_on(application::owner(&self.pool))
    }

    /// Hands the database over to another application, unless a process uses it. Returns the number of those processes.
    ///
    /// # Errors
    ///
    /// The database can't be used.
    pub fn adopt(&self, application: u64) -> Result<i64, NoDatabase> {
        self.runtime
            .block_on(application::adopt(&self.pool, application))
    }

    /// One guild, if it is there.
    ///
    /// # Errors
    ///
    /// The database or the guild's rows can't be read.
    pub fn guild(&self, guild: GuildId) -> Result<Option<Guild>, NoDatabase> {
        let Ok(id) = i64::try_from(guild.get()) else {
            return Ok(None);
        };
        let read = self.runtime.block_on(async {
            let mut connection = self.pool.acquire().await?;
            read::these(&mut connection, &[id]).await
        })?;
        Ok(read
            .into_iter()
            .next()
            .map(|(guild, _): (Guild, Known)| guild))
    }
}
