//! Guilds in PostgreSQL: rows that people can query, a transaction a save, an owner at a time.
//!
//! `table` and `rows` say what a guild looks like in tables, `write` and `read` move it there and back, `known` remembers
//! what is there already. `lease` sees to it that one process at a time writes a shard, `plan` says which process has which
//! shards, and `fleet` is this process among the others.

mod application;
mod fleet;
mod known;
mod lease;
mod plan;
mod read;
mod reader;
mod rows;
mod server;
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

use super::keep::Keep;
use crate::practice::guild::Guild;
use crate::practice::guild_summary::GuildSummary;
use crate::practice::id::GuildId;
use crate::practice::shard::ShardRange;
use fleet::Fleet;
use known::Known;
pub(super) use known::Known as Rows;
pub(super) use read::Loaded;
pub use reader::Reader;
pub use server::NoDatabase;

/// How many guilds are written at once, each on a connection of its own.
const AT_ONCE: usize = 8;

/// A step that takes longer than this is given up: whoever waits for it is told, and it is tried again.
const LIMIT: Duration = Duration::from_secs(10);

/// How long a stop waits for the leases to be given back; without that they run out by themselves.
const RELEASE: Duration = Duration::from_secs(1);

/// A database that this process shares with others.
pub(super) struct Database {
    /// Gone only while it is dropped: a runtime must not be dropped where others wait.
    runtime: Option<Runtime>,
    pool: PgPool,
    fleet: Arc<Fleet>,
    known: Arc<DashMap<GuildId, Known>>,
    // Guards the notes, which are read where nobody may wait.
    notes: Mutex<BTreeMap<String, String>>,
}

/// What a look at the database brought.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Shards that another process has taken over.
    pub lost: Vec<u32>,
    /// Shards that this process has from now on.
    pub taken: Vec<u32>,
    /// Their guilds.
    pub guilds: Vec<(GuildId, GuildSummary)>,
    /// Shards that other processes are to have.
    pub leave: Vec<u32>,
}

impl Database {
    /// Connects and brings the tables up to date.
    pub(super) fn connect(url: &str) -> Result<Self, NoDatabase> {
        let runtime = server::runtime()?;
        let (pool, notes) = runtime.block_on(async {
            let pool = server::connect(url, AT_ONCE + 3).await?;
            server::migrate(&pool).await?;
            let notes = read::notes(&pool).await?;
            Ok::<_, NoDatabase>((pool, notes))
        })?;
        let fleet = Arc::new(Fleet::new(pool.clone()));
        runtime.spawn(Arc::clone(&fleet).stay());
        Ok(Self {
            runtime: Some(runtime),
            pool,
            fleet,
            known: Arc::default(),
            notes: Mutex::new(notes),
        })
    }

    /// Binds the database to an application, unless it is bound already. Returns the application that it is bound to.
    pub(super) async fn bind_application(&self, application: u64) -> Result<u64, NoDatabase> {
        let pool = self.pool.clone();
        self.there(async move { application::bind(&pool, application).await })
            .await?
    }

    /// The application that the database is bound to, if any.
    pub(super) async fn application(&self) -> Result<Option<u64>, NoDatabase> {
        let pool = self.pool.clone();
        self.there(async move { application::owner(&pool).await })
            .await?
    }

    /// Joins the processes that share the database.
    pub(super) async fn join(
        &self,
        wanted: ShardRange,
        may_differ: bool,
    ) -> Result<ShardRange, NoDatabase> {
        let fleet = Arc::clone(&self.fleet);
        self.there(async move { fleet.join(wanted, may_differ).await })
            .await?
    }

    /// Looks what is this process's now, takes what nobody has, and reads it.
    pub(super) async fn look(&self) -> Result<Seen, NoDatabase> {
        let (fleet, pool) = (Arc::clone(&self.fleet), self.pool.clone());
        let (known, total) = (Arc::clone(&self.known), self.total());
        self.there(async move { look(&fleet, &pool, &known, total).await })
            .await?
    }

    /// Reads guilds. What is known of their rows holds as long as nobody writes them.
    pub(super) async fn load(&self, guilds: &[GuildId]) -> Result<Vec<Loaded>, NoDatabase> {
        let ids = guilds.iter().map(|guild| i64::try_from(guild.get()));
        let ids: Vec<i64> = ids.filter_map(Result::ok).collect();
        let pool = self.pool.clone();
        self.there(async move { read::guilds(&pool, &ids).await })
            .await?
    }

    /// Remembers a guild's rows.
    pub(super) fn know(&self, guild: GuildId, rows: Rows) {
        self.known.insert(guild, rows);
    }

    /// Forgets a guild's rows.
    pub(super) fn unlearn(&self, guild: GuildId) {
        self.known.remove(&guild);
    }

    /// Gives a shard back whose guilds are saved.
    pub(super) async fn leave(&self, shard: u32) {
        let (fleet, known, total) = (
            Arc::clone(&self.fleet),
            Arc::clone(&self.known),
            self.total(),
        );
        let left = self.there(async move {
            known.retain(|guild, _| guild.shard(total) != shard);
            if let Err(error) = fleet.release(shard).await {
                tracing::warn!(%error, shard, "a shard could not be given back; its lease runs out by itself");
            }
        });
        // Nothing panics there, and a runtime that is gone has nothing to give back.
        let _ = left.await;
    }

    /// Asks for a slot's next turn at beginning a session: none if it is now, else when to ask again.
    pub(super) async fn turn(&self, slot: u32) -> Result<Option<Duration>, NoDatabase> {
        let fleet = Arc::clone(&self.fleet);
        let asked = self.there(async move { fleet.turn(slot).await });
        Ok(asked.await??)
    }

    /// How many shards there are; 1 before this process has joined.
    pub(super) fn total(&self) -> u32 {
        self.fleet.shards().map_or(1, |shards| shards.total)
    }

    /// Waits for something, outside of any runtime.
    pub(super) fn wait_for<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.runtime {
            Some(runtime) => runtime.block_on(work),
            // It is there until this is dropped.
            None => futures::executor::block_on(work),
        }
    }

    /// Does something on the runtime on which the connections are.
    async fn there<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, NoDatabase> {
        let closed = || NoDatabase::Thread(io::Error::other("the database is closed"));
        let runtime = self.runtime.as_ref().ok_or_else(closed)?;
        runtime.spawn(work).await.map_err(|_| closed())
    }
}

async fn look(
    fleet: &Fleet,
    pool: &PgPool,
    known: &DashMap<GuildId, Known>,
    total: u32,
) -> Result<Seen, NoDatabase> {
    let fleet::Seen { lost, taken, leave } = fleet.look().await?;
    let mut seen = Seen {
        lost,
        leave,
        ..Seen::default()
    };
    known.retain(|guild, _| !seen.lost.contains(&guild.shard(total)));
    if taken.is_empty() {
        return Ok(seen);
    }
    match read::outlines(pool, &taken, total).await {
        Ok(outlines) => {
            tracing::info!(shards = ?taken, guilds = outlines.len(), "this process has these shards now");
            seen.guilds = outlines;
            seen.taken = taken;
        }
        Err(error) => {
            tracing::warn!(%error, shards = ?taken, "the guilds of these shards can't be read; another process may try");
            for shard in taken {
                // What can't be given back runs out by itself.
                let _ = fleet.release(shard).await;
            }
        }
    }
    Ok(seen)
}

impl Keep for Database {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    /// A commit is for good.
    fn settles_each(&self) -> bool {
        true
    }

    fn save(&self, guilds: &[Guild], now: Option<Timestamp>) -> Vec<io::Result<()>> {
        let work = guilds.iter().map(async |guild| {
            let id = guild.id();
            let known = self.known.remove(&id);
            let mut known = known.map_or_else(Known::default, |(_, known)| known);
            let lease = self.fleet.lease_of(id);
            let result = write::save(&self.pool, lease.as_deref(), (guild, now), &mut known).await;
            // What was read meanwhile, because the shard went and came back, is newer.
            if let Entry::Vacant(place) = self.known.entry(id) {
                place.insert(known);
            }
            result.map_err(write::NotWritten::told)
        });
        self.wait_for(join_all(work))
    }

    fn delete(&self, guild: GuildId) -> io::Result<()> {
        self.known.remove(&guild);
        let lease = self.fleet.lease_of(guild);
        let deleted = write::delete(&self.pool, lease.as_deref(), guild);
        self.wait_for(deleted).map_err(io::Error::other)
    }

    fn note(&self, name: &str) -> Option<String> {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.get(name).cloned()
    }

    fn put_note(&self, name: &str, text: &str) -> io::Result<()> {
        let (name, text, pool) = (name.to_owned(), text.to_owned(), self.pool.clone());
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.insert(name.clone(), text.clone());
        if let Some(runtime) = &self.runtime {
            runtime.spawn(async move {
                if let Err(error) = write::note(&pool, &name, &text).await {
                    tracing::warn!(%error, name, "a note could not be written");
                }
            });
        }
        Ok(())
    }

    fn holds(&self, guild: GuildId) -> bool {
        let lease = self.fleet.lease_of(guild);
        lease.is_some_and(|lease| lease.holds())
    }

    fn close(&self) {
        let left = async { tokio::time::timeout(RELEASE, self.fleet.leave()).await };
        if !matches!(self.wait_for(left), Ok(Ok(()))) {
            tracing::warn!("the leases could not be given back; they run out by themselves");
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
