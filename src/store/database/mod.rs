//! Guilds in PostgreSQL: rows that people can query, a transaction a save, an owner at a time.
//!
//! `table` and `rows` say what a guild looks like in tables, `write` and `read` move it there and back, `lease` sees to
//! it that one process at a time writes, `known` remembers what is there already.

mod known;
mod lease;
mod read;
mod reader;
mod rows;
mod server;
mod table;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use sqlx::PgPool;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::keep::Keep;
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;
use known::Known;
use lease::Lease;
pub use reader::Reader;
pub use server::NoDatabase;

/// How many guilds are written at once, each on a connection of its own.
const AT_ONCE: usize = 8;

/// A step that takes longer than this is given up: whoever waits for it is told, and it is tried again.
const LIMIT: Duration = Duration::from_secs(10);

/// How long a stop waits for the lease to be given back; without that it runs out by itself.
const RELEASE: Duration = Duration::from_secs(1);

/// A database of which this process owns the guilds.
pub(super) struct Database {
    /// Gone only while it is dropped: a runtime must not be dropped where others wait.
    runtime: Option<Runtime>,
    pool: PgPool,
    lease: Arc<Lease>,
    // Guards what is known of the rows; the store's thread is the only one that wants it.
    known: Mutex<HashMap<GuildId, Known>>,
    // Guards the notes, which are read where nobody may wait.
    notes: Mutex<BTreeMap<String, String>>,
}

impl Database {
    /// Connects, brings the tables up to date, waits until this process owns the guilds, and reads them.
    pub(super) fn open(url: &str) -> Result<(Self, Vec<Guild>), NoDatabase> {
        let runtime = server::runtime()?;
        let opening = async {
            let pool = server::connect(url, AT_ONCE + 2).await?;
            server::migrate(&pool).await?;
            let lease = Arc::new(Lease::take(&pool).await?);
            // From now on: reading very many guilds may take longer than a lease holds.
            tokio::spawn(lease::keep(Arc::clone(&lease), pool.clone()));
            let (loaded, notes) = (read::all(&pool).await?, read::notes(&pool).await?);
            Ok::<_, NoDatabase>((pool, lease, loaded, notes))
        };
        let (pool, lease, loaded, notes) = runtime.block_on(opening)?;
        let with_id = |(guild, known): (Guild, Known)| {
            let id = guild.id();
            (guild, (id, known))
        };
        let (guilds, known) = loaded.into_iter().map(with_id).unzip();
        let database = Self {
            runtime: Some(runtime),
            pool,
            lease,
            known: Mutex::new(known),
            notes: Mutex::new(notes),
        };
        Ok((database, guilds))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<GuildId, Known>> {
        // What is known of a guild is put back whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<T>(&self, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(work),
            None => Err(io::Error::other("the database is closed")),
        }
    }
}

impl Keep for Database {
    fn at_once(&self) -> usize {
        AT_ONCE
    }

    /// A commit is for good.
    fn settles_each(&self) -> bool {
        true
    }

    fn save(&self, guilds: &[Guild]) -> Vec<io::Result<()>> {
        let mut all = self.known();
        let take = |guild: &Guild| all.remove(&guild.id()).unwrap_or_default();
        let known: Vec<Known> = guilds.iter().map(take).collect();
        let work = guilds
            .iter()
            .zip(known)
            .map(|(guild, mut known)| async move {
                let result = write::save(&self.pool, &self.lease, guild, &mut known).await;
                (guild.id(), known, result)
            });
        let saved = self.wait(async { Ok(join_all(work).await) });
        let saved = saved.unwrap_or_default().into_iter();
        let results = saved.map(|(guild, known, result)| {
            all.insert(guild, known);
            result.map_err(write::NotWritten::told)
        });
        results.collect()
    }

    fn delete(&self, guild: GuildId) -> io::Result<()> {
        self.known().remove(&guild);
        let deleted = write::delete(&self.pool, &self.lease, guild);
        self.wait(async { deleted.await.map_err(io::Error::other) })
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

    fn holds(&self) -> bool {
        self.lease.holds()
    }

    fn lost(&self) -> Option<watch::Receiver<Option<String>>> {
        Some(self.lease.lost())
    }

    fn close(&self) {
        let released = async {
            let released = tokio::time::timeout(RELEASE, self.lease.release(&self.pool)).await;
            if !matches!(released, Ok(Ok(()))) {
                tracing::warn!("the lease could not be given back; it runs out by itself");
            }
            Ok(())
        };
        // The runtime is there until this is dropped.
        let _ = self.wait(released);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
