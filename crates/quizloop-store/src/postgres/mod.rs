//! The PostgreSQL backend: a row per guild with its snapshot, and a row for each of its own questions.
//! Views show them to operators as tables. A save is one transaction.
//!
//! `write` and `read` save and load guilds. `lease` ensures that only one process writes the guilds
//! of a shard, `assignment` decides which process should own which shards, and `cluster` keeps the
//! membership of this process. `connection` has the transactions of which all queries are part, so that
//! a pooler may stand between this process and the server.

mod application;
mod assignment;
mod boot_clock;
mod cluster;
mod connection;
mod deleted;
mod lease;
mod migrate;
mod read;
mod reader;
#[cfg(test)]
pub(super) mod tests;
mod write;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::TryFutureExt as _;
use futures::future::{BoxFuture, join_all};
use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::backend::{Backend, GuildToSave, ShardRefresh};
use super::deleted::ChangeCopy;
use cluster::Cluster;
use connection::Database;
pub use connection::DatabaseError;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_core::shard::ShardRange;
pub use reader::{DatabaseReader, DatabaseRestore, DatabaseRestoreError};

/// Maximum number of guilds that are written at the same time, each on its own connection.
const MAX_CONCURRENT_SAVES: usize = 8;

/// Maximum number of connections, without the one that renews leases.
const MAX_CONNECTIONS: usize = MAX_CONCURRENT_SAVES + 3;

/// How long one transaction may take before it fails and is retried.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a shutdown waits for the release of the leases. Leases that are not released expire.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

/// A database that is shared with other processes.
pub(super) struct PostgresBackend {
    /// `None` only during the drop, which must not block: a runtime can't be dropped in async code.
    runtime: Option<Runtime>,
    database: Database,
    cluster: Arc<Cluster>,
    /// All metadata, so that reading a value needs no request.
    metadata: Mutex<BTreeMap<String, String>>,
}

impl PostgresBackend {
    /// Connects, migrates the tables, and starts to renew leases.
    pub(super) fn connect(url: &str) -> Result<Self, DatabaseError> {
        let runtime = connection::runtime()?;
        let (database, renewals, metadata) = runtime.block_on(async {
            let database = Database::connect(url, MAX_CONNECTIONS).await?;
            connection::migrate(&database).await?;
            let renewals = Database::connect_permanently(url).await?;
            let metadata = read::load_metadata(&database).await?;
            Ok::<_, DatabaseError>((database, renewals, metadata))
        })?;
        let cluster = Arc::new(Cluster::new(database.clone(), renewals));
        runtime.spawn(Arc::clone(&cluster).renew_loop());
        Ok(Self {
            runtime: Some(runtime),
            database,
            cluster,
            metadata: Mutex::new(metadata),
        })
    }

    /// Returns the names of the other live processes. Must not be called from async code.
    pub(super) fn other_processes(&self) -> Result<Vec<String>, DatabaseError> {
        self.block_on(cluster::live_processes(
            &self.database,
            self.cluster.process(),
        ))
    }

    /// Reads many guilds. Must not be called from async code.
    pub(super) fn load_all(&self, guilds: &[GuildId]) -> Result<Vec<Guild>, DatabaseError> {
        /// Number of guilds per query.
        const CHUNK_SIZE: usize = 500;
        let mut all = Vec::with_capacity(guilds.len());
        for chunk in guilds.chunks(CHUNK_SIZE) {
            all.append(&mut self.block_on(read::load_guilds(&self.database, chunk))?);
        }
        Ok(all)
    }

    /// Returns the number of shards of the bot; 1 before this process has joined.
    fn total_shards(&self) -> u32 {
        self.cluster.shards().map_or(1, |shards| shards.total)
    }

    /// Blocks on a future. Must not be called from async code.
    fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.runtime {
            Some(runtime) => runtime.block_on(work),
            // Reached only during the drop.
            None => futures::executor::block_on(work),
        }
    }

    /// Runs a future on the runtime that drives the connections.
    fn on_runtime<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, DatabaseError>> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, DatabaseError>> {
        let closed = || DatabaseError::Thread(io::Error::other("the database is closed"));
        Box::pin(async move {
            let runtime = self.runtime.as_ref().ok_or_else(closed)?;
            runtime.spawn(work).await.map_err(|_| closed())?
        })
    }
}

async fn refresh_shards(
    cluster: &Cluster,
    database: &Database,
    total: u32,
) -> Result<ShardRefresh, DatabaseError> {
    let mut refresh = cluster.refresh().await?;
    if refresh.acquired.is_empty() {
        return Ok(refresh);
    }
    let shards = &refresh.acquired;
    match read::summaries_of_shards(database, shards, total).await {
        Ok(summaries) => {
            tracing::info!(?shards, guilds = summaries.len(), "shards acquired");
            refresh.guilds = summaries;
        }
        Err(error) => {
            tracing::warn!(%error, ?shards, "summaries can't be read; releasing the shards");
            for shard in std::mem::take(&mut refresh.acquired) {
                // A lease that can't be released expires.
                let _ = cluster.release(shard).await;
            }
        }
    }
    Ok(refresh)
}

impl Backend for PostgresBackend {
    fn batch_size(&self) -> usize {
        MAX_CONCURRENT_SAVES
    }

    /// True: a committed transaction is durable.
    fn durable_per_save(&self) -> bool {
        true
    }

    fn save(&self, guilds: &[GuildToSave], now: Option<Timestamp>) -> Vec<io::Result<()>> {
        let work = guilds.iter().map(async |save| {
            let id = save.guild.id();
            let lease = self.cluster.lease_of(id);
            let result = write::save(&self.database, lease.as_deref(), save, now).await;
            if let Err(error) = &result
                && error.is_refused_value()
            {
                tracing::error!(guild = %id, %error, "server data refused by database");
            }
            result.map_err(write::WriteError::into_io_error)
        });
        self.block_on(join_all(work))
    }

    fn delete(&self, guild: GuildId, at: Timestamp) -> io::Result<()> {
        let lease = self.cluster.lease_of(guild);
        let deleted = write::delete(&self.database, lease.as_deref(), guild, at);
        self.block_on(deleted).map_err(io::Error::other)
    }

    fn keep_copy(&self, copy: &Guild, at: Timestamp) -> io::Result<()> {
        let lease = self.cluster.lease_of(copy.id());
        let kept = deleted::keep_copy(&self.database, lease.as_deref(), copy, at);
        self.block_on(kept).map_err(io::Error::other)
    }

    fn change_copies(&self, guild: GuildId, change: &ChangeCopy) -> io::Result<()> {
        let lease = self.cluster.lease_of(guild);
        let changed = deleted::change_copies(&self.database, lease.as_deref(), guild, change);
        self.block_on(changed).map_err(io::Error::other)
    }

    fn expire_copies(&self, limit: Timestamp, change: &ChangeCopy) -> io::Result<()> {
        self.block_on(deleted::expire(&self.database, limit, change))
            .map_err(io::Error::other)
    }

    fn has_copies(&self) -> BoxFuture<'_, io::Result<bool>> {
        let database = self.database.clone();
        let found = self.on_runtime(async move { Ok(deleted::has_copies(&database).await?) });
        Box::pin(found.map_err(io::Error::other))
    }

    fn load(&self, guild: GuildId) -> BoxFuture<'_, io::Result<Option<Guild>>> {
        let database = self.database.clone();
        let loaded = self.on_runtime(async move { read::load_guilds(&database, &[guild]).await });
        Box::pin(async {
            let loaded = loaded.await.map_err(|error| {
                let kind = match &error {
                    DatabaseError::InvalidRow { .. } => io::ErrorKind::InvalidData,
                    _ => io::ErrorKind::Other,
                };
                io::Error::new(kind, error)
            });
            Ok(loaded?.pop())
        })
    }

    fn metadata(&self, name: &str) -> Option<String> {
        let metadata = self.metadata.lock().unwrap_or_else(PoisonError::into_inner);
        metadata.get(name).cloned()
    }

    fn set_metadata(&self, name: &str, text: &str) -> io::Result<()> {
        let (name, text) = (name.to_owned(), text.to_owned());
        let database = self.database.clone();
        let mut metadata = self.metadata.lock().unwrap_or_else(PoisonError::into_inner);
        metadata.insert(name.clone(), text.clone());
        if let Some(runtime) = &self.runtime {
            runtime.spawn(async move {
                if let Err(error) = write::set_metadata(&database, &name, &text).await {
                    tracing::warn!(%error, name, "metadata could not be written");
                }
            });
        }
        Ok(())
    }

    fn bind_application(&self, application: u64) -> BoxFuture<'_, io::Result<u64>> {
        let database = self.database.clone();
        let bound = self.on_runtime(async move { application::bind(&database, application).await });
        Box::pin(bound.map_err(io::Error::other))
    }

    fn application(&self) -> BoxFuture<'_, io::Result<Option<u64>>> {
        let database = self.database.clone();
        let owner = self.on_runtime(async move { application::owner(&database).await });
        Box::pin(owner.map_err(io::Error::other))
    }

    fn join(
        &self,
        wanted: ShardRange,
        may_differ: bool,
    ) -> BoxFuture<'_, Result<ShardRange, DatabaseError>> {
        let cluster = Arc::clone(&self.cluster);
        self.on_runtime(async move { cluster.join(wanted, may_differ).await })
    }

    /// Also reads the summaries of the guilds of acquired shards.
    fn refresh_shards(&self) -> BoxFuture<'_, Result<ShardRefresh, DatabaseError>> {
        let (cluster, database) = (Arc::clone(&self.cluster), self.database.clone());
        let total = self.total_shards();
        self.on_runtime(async move { refresh_shards(&cluster, &database, total).await })
    }

    fn release_shard(&self, shard: u32) -> BoxFuture<'_, ()> {
        let cluster = Arc::clone(&self.cluster);
        let released = self.on_runtime(async move {
            if let Err(error) = cluster.release(shard).await {
                tracing::warn!(%error, shard, "shard lease not released; it will expire");
            }
            Ok(())
        });
        // The only error is a closed runtime, which has no leases any more.
        Box::pin(async { released.await.unwrap_or_default() })
    }

    fn acquire_identify_slot(
        &self,
        slot: u32,
    ) -> BoxFuture<'_, Result<Option<Duration>, DatabaseError>> {
        let cluster = Arc::clone(&self.cluster);
        self.on_runtime(async move { Ok(cluster.acquire_identify_slot(slot).await?) })
    }

    fn owns(&self, guild: GuildId) -> bool {
        let lease = self.cluster.lease_of(guild);
        lease.is_some_and(|lease| lease.is_valid())
    }

    fn close(&self) {
        let closed = async { tokio::time::timeout(RELEASE_TIMEOUT, self.cluster.close()).await };
        if !matches!(self.block_on(closed), Ok(Ok(()))) {
            tracing::warn!("leases not released; they will expire");
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
