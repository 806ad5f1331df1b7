//! Guilds in PostgreSQL: rows that people can query, a transaction a save, an owner at a time.
//!
//! `table` and `rows` say what a guild looks like in tables, `write` and `read` move it there and back, `known` remembers
//! what is there already. `lease` sees to it that one process at a time writes a shard, `plan` says which process has which
//! shards, and `fleet` is this process among the others.

mod application;
mod assignment;
mod cluster;
mod connection;
mod lease;
mod read;
mod reader;
mod row_cache;
mod rows;
mod table;
#[cfg(test)]
pub(super) mod tests;
mod write;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use futures::future::join_all;
use jiff::Timestamp;
use sqlx::PgPool;
use tokio::runtime::Runtime;

use super::backend::Backend;
use crate::practice::guild::Guild;
use crate::practice::guild_summary::GuildSummary;
use crate::practice::id::GuildId;
use crate::practice::shard::ShardRange;
use cluster::Cluster;
pub use connection::DatabaseError;
pub(super) use read::LoadedGuild;
pub use reader::DatabaseReader;
use row_cache::RowCache;
pub(super) use row_cache::RowCache as Rows;

/// How many guilds are written at once, each on a connection of its own.
const MAX_CONCURRENT_SAVES: usize = 8;

/// A step that takes longer than this is given up: whoever waits for it is told, and it is tried again.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a stop waits for the leases to be given back; without that they run out by themselves.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

/// A database that this process shares with others.
pub(super) struct PostgresBackend {
    /// Gone only while it is dropped: a runtime must not be dropped where others wait.
    runtime: Option<Runtime>,
    pool: PgPool,
    cluster: Arc<Cluster>,
    row_caches: Arc<DashMap<GuildId, RowCache>>,
    // Guards the notes, which are read where nobody may wait.
    metadata: Mutex<BTreeMap<String, String>>,
}

/// What a look at the database brought.
#[derive(Debug, Default)]
pub(super) struct ShardRefresh {
    /// Shards that another process has taken over.
    pub lost: Vec<u32>,
    /// Shards that this process has from now on.
    pub taken: Vec<u32>,
    /// Their guilds.
    pub guilds: Vec<(GuildId, GuildSummary)>,
    /// Shards that other processes are to have.
    pub to_release: Vec<u32>,
}

impl PostgresBackend {
    /// Connects and brings the tables up to date.
    pub(super) fn connect(url: &str) -> Result<Self, DatabaseError> {
        let runtime = connection::runtime()?;
        let (pool, notes) = runtime.block_on(async {
            let pool = connection::connect(url, MAX_CONCURRENT_SAVES + 3).await?;
            connection::migrate(&pool).await?;
            let notes = read::load_metadata(&pool).await?;
            Ok::<_, DatabaseError>((pool, notes))
        })?;
        let cluster = Arc::new(Cluster::new(pool.clone()));
        runtime.spawn(Arc::clone(&cluster).renew_loop());
        Ok(Self {
            runtime: Some(runtime),
            pool,
            cluster,
            row_caches: Arc::default(),
            metadata: Mutex::new(notes),
        })
    }

    /// Binds the database to an application, unless it is bound already. Returns the application that it is bound to.
    pub(super) async fn bind_application(&self, application: u64) -> Result<u64, DatabaseError> {
        let pool = self.pool.clone();
        self.on_runtime(async move { application::bind(&pool, application).await })
            .await?
    }

    /// The application that the database is bound to, if any.
    pub(super) async fn application(&self) -> Result<Option<u64>, DatabaseError> {
        let pool = self.pool.clone();
        self.on_runtime(async move { application::owner(&pool).await })
            .await?
    }

    /// Joins the processes that share the database.
    pub(super) async fn join(
        &self,
        wanted: ShardRange,
        may_differ: bool,
    ) -> Result<ShardRange, DatabaseError> {
        let cluster = Arc::clone(&self.cluster);
        self.on_runtime(async move { cluster.join(wanted, may_differ).await })
            .await?
    }

    /// Looks what is this process's now, takes what nobody has, and reads it.
    pub(super) async fn refresh_shards(&self) -> Result<ShardRefresh, DatabaseError> {
        let (cluster, pool) = (Arc::clone(&self.cluster), self.pool.clone());
        let (cache, total) = (Arc::clone(&self.row_caches), self.total_shards());
        self.on_runtime(async move { refresh_shards(&cluster, &pool, &cache, total).await })
            .await?
    }

    /// Reads guilds. What is known of their rows holds as long as nobody writes them.
    pub(super) async fn load(&self, guilds: &[GuildId]) -> Result<Vec<LoadedGuild>, DatabaseError> {
        let ids = guilds.iter().map(|guild| i64::try_from(guild.get()));
        let ids: Vec<i64> = ids.filter_map(Result::ok).collect();
        let pool = self.pool.clone();
        self.on_runtime(async move { read::load_guilds(&pool, &ids).await })
            .await?
    }

    /// Remembers a guild's rows.
    pub(super) fn cache_rows(&self, guild: GuildId, rows: Rows) {
        self.row_caches.insert(guild, rows);
    }

    /// Forgets a guild's rows.
    pub(super) fn evict_rows(&self, guild: GuildId) {
        self.row_caches.remove(&guild);
    }

    /// Gives a shard back whose guilds are saved.
    pub(super) async fn release_shard(&self, shard: u32) {
        let (cluster, cache, total) = (
            Arc::clone(&self.cluster),
            Arc::clone(&self.row_caches),
            self.total_shards(),
        );
        let left = self.on_runtime(async move {
            cache.retain(|guild, _| guild.shard(total) != shard);
            if let Err(error) = cluster.release(shard).await {
                tracing::warn!(%error, shard, "a shard could not be given back; its lease runs out by itself");
            }
        });
        // Nothing panics there, and a runtime that is gone has nothing to give back.
        let _ = left.await;
    }

    /// Asks for a slot's next turn at beginning a session: none if it is now, else when to ask again.
    pub(super) async fn acquire_identify_slot(
        &self,
        slot: u32,
    ) -> Result<Option<Duration>, DatabaseError> {
        let cluster = Arc::clone(&self.cluster);
        let asked = self.on_runtime(async move { cluster.acquire_identify_slot(slot).await });
        Ok(asked.await??)
    }

    /// How many shards there are; 1 before this process has joined.
    pub(super) fn total_shards(&self) -> u32 {
        self.cluster.shards().map_or(1, |shards| shards.total)
    }

    /// Waits for something, outside of any runtime.
    pub(super) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.runtime {
            Some(runtime) => runtime.block_on(work),
            // It is there until this is dropped.
            None => futures::executor::block_on(work),
        }
    }

    /// Does something on the runtime on which the connections are.
    async fn on_runtime<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let closed = || DatabaseError::Thread(io::Error::other("the database is closed"));
        let runtime = self.runtime.as_ref().ok_or_else(closed)?;
        runtime.spawn(work).await.map_err(|_| closed())
    }
}

async fn refresh_shards(
    cluster: &Cluster,
    pool: &PgPool,
    cache: &DashMap<GuildId, RowCache>,
    total: u32,
) -> Result<ShardRefresh, DatabaseError> {
    let cluster::ShardChanges {
        lost,
        taken,
        to_release,
    } = cluster.refresh().await?;
    let mut seen = ShardRefresh {
        lost,
        to_release,
        ..ShardRefresh::default()
    };
    cache.retain(|guild, _| !seen.lost.contains(&guild.shard(total)));
    if taken.is_empty() {
        return Ok(seen);
    }
    match read::summaries_of_shards(pool, &taken, total).await {
        Ok(outlines) => {
            tracing::info!(shards = ?taken, guilds = outlines.len(), "this process has these shards now");
            seen.guilds = outlines;
            seen.taken = taken;
        }
        Err(error) => {
            tracing::warn!(%error, shards = ?taken, "the guilds of these shards can't be read; another process may try");
            for shard in taken {
                // What can't be given back runs out by itself.
                let _ = cluster.release(shard).await;
            }
        }
    }
    Ok(seen)
}

impl Backend for PostgresBackend {
    fn batch_size(&self) -> usize {
        MAX_CONCURRENT_SAVES
    }

    /// A commit is for good.
    fn durable_per_save(&self) -> bool {
        true
    }

    fn save(&self, guilds: &[Guild], now: Option<Timestamp>) -> Vec<io::Result<()>> {
        let work = guilds.iter().map(async |guild| {
            let id = guild.id();
            let cache = self.row_caches.remove(&id);
            let mut cache = cache.map_or_else(RowCache::default, |(_, cache)| cache);
            let lease = self.cluster.lease_of(id);
            let result = write::save(&self.pool, lease.as_deref(), (guild, now), &mut cache).await;
            // What was read meanwhile, because the shard went and came back, is newer.
            if let Entry::Vacant(place) = self.row_caches.entry(id) {
                place.insert(cache);
            }
            result.map_err(write::WriteError::into_io_error)
        });
        self.block_on(join_all(work))
    }

    fn delete(&self, guild: GuildId) -> io::Result<()> {
        self.row_caches.remove(&guild);
        let lease = self.cluster.lease_of(guild);
        let deleted = write::delete(&self.pool, lease.as_deref(), guild);
        self.block_on(deleted).map_err(io::Error::other)
    }

    fn metadata(&self, name: &str) -> Option<String> {
        let notes = self.metadata.lock().unwrap_or_else(PoisonError::into_inner);
        notes.get(name).cloned()
    }

    fn set_metadata(&self, name: &str, text: &str) -> io::Result<()> {
        let (name, text, pool) = (name.to_owned(), text.to_owned(), self.pool.clone());
        let mut notes = self.metadata.lock().unwrap_or_else(PoisonError::into_inner);
        notes.insert(name.clone(), text.clone());
        if let Some(runtime) = &self.runtime {
            runtime.spawn(async move {
                if let Err(error) = write::set_metadata(&pool, &name, &text).await {
                    tracing::warn!(%error, name, "a note could not be written");
                }
            });
        }
        Ok(())
    }

    fn owns(&self, guild: GuildId) -> bool {
        let lease = self.cluster.lease_of(guild);
        lease.is_some_and(|lease| lease.is_valid())
    }

    fn close(&self) {
        let left = async { tokio::time::timeout(RELEASE_TIMEOUT, self.cluster.close()).await };
        if !matches!(self.block_on(left), Ok(Ok(()))) {
            tracing::warn!("the leases could not be given back; they run out by themselves");
        }
    }
}

impl Drop for PostgresBackend {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
