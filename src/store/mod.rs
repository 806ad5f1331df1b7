//! Guilds in memory and on disk: one snapshot file a guild, group commit, the last good generation kept.
//!
//! A change is in memory at once and on disk when its [`Commit`] says so; what anybody is told waits for
//! that. The store takes changes of one guild at a time and knows nothing of Discord. No lock is held
//! longer than a closure that can't await.

mod application;
mod backend;
mod cache_entry;
mod commit;
mod compression;
pub mod disk;
mod eviction;
#[cfg(debug_assertions)]
pub mod faulty;
mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod inspect;
mod metadata;
mod open;
mod ownership;
pub mod postgres;
pub mod restore;
mod snapshot;
#[cfg(test)]
mod tests;
pub mod verify;
mod writer;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use dashmap::mapref::one::RefMut;
use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

pub use application::{Adoption, ClaimError};
pub use cache_entry::GuildPin;
pub use commit::{Commit, SaveError};
pub use eviction::{GuildView, LoadError};
pub use open::{InvalidSnapshot, OpenError};
pub use ownership::Assignment;
pub use snapshot::SnapshotError;

use crate::practice::guild::Guild;
use crate::practice::id::GuildId;
use crate::practice::shard::ShardRange;
use backend::Backend;
use cache_entry::CacheEntry;
use disk::{Disk, RealDisk};
use files::FileBackend;
use ownership::{IdentifyLimiter, Ownership};
use postgres::{DatabaseError, PostgresBackend};
use writer::SaveQueue;

/// What is told about a round of saving.
#[derive(Debug)]
pub struct SaveReport<'a> {
    /// How long it took, the fsyncs included.
    pub duration: Duration,
    /// Why something could not be saved, if so.
    pub error: Option<&'a str>,
}

/// Hears of every round of saving, on the store's own thread: it must not wait for anything.
pub type SaveObserver = Box<dyn Fn(&SaveReport<'_>) + Send + Sync>;

/// Tells the time.
type ClockFn = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// How long a shard's last saves may take before it is given away without them.
const SHARD_RELEASE_TIMEOUT: Duration = Duration::from_secs(4);

/// What keeps the guilds beyond the life of the process.
enum AnyBackend {
    Files(FileBackend),
    Database(Arc<PostgresBackend>),
}

impl AnyBackend {
    fn as_dyn(&self) -> &dyn Backend {
        match self {
            Self::Files(files) => files,
            Self::Database(database) => database.as_ref(),
        }
    }
}

struct Inner {
    backend: AnyBackend,
    // Guards which guilds are here; held for a change, so that none is made of a guild that has just gone. Taken before
    // a guild's own lock.
    ownership: RwLock<Ownership>,
    identify_limiter: IdentifyLimiter,
    guilds: DashMap<GuildId, CacheEntry>,
    /// Counts how often a guild was let go.
    next_generation: AtomicU64,
    clock: OnceLock<ClockFn>,
    queue: SaveQueue,
    /// The guilds whose last save failed.
    failing: watch::Sender<BTreeSet<GuildId>>,
    observer: OnceLock<SaveObserver>,
}

/// All guilds. Clones share them.
#[derive(Clone)]
pub struct Store {
    // Before `inner`: the thread must have ended when the last clone lets go of the lock.
    _writer: Arc<writer::Writer>,
    inner: Arc<Inner>,
}

impl Store {
    /// Opens the state folder, makes it if it is missing, and reads all guilds.
    ///
    /// # Errors
    ///
    /// Another process has it, the folder can't be used, or a snapshot can't be read. Nothing on disk
    /// is changed then.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        Self::open_on(dir, Arc::new(RealDisk))
    }

    /// Opens the state folder on another kind of disk, for tests of what disks do.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub fn open_on(dir: &Path, disk: Arc<dyn Disk>) -> Result<Self, OpenError> {
        let opened = open::open(dir, disk.as_ref())?;
        let files = FileBackend::new(dir, disk, opened.lock);
        Self::from_parts(AnyBackend::Files(files), Ownership::All, opened.guilds).map_err(|error| {
            OpenError::Folder {
                dir: dir.to_owned(),
                error,
            }
        })
    }

    /// Connects to a database. There are no guilds until this process has joined the others and has a share.
    ///
    /// # Errors
    ///
    /// The database can't be used.
    pub fn connect(url: &str) -> Result<Self, DatabaseError> {
        let database = Arc::new(PostgresBackend::connect(url)?);
        let ownership = Ownership::Shards {
            total: 1,
            held: BTreeSet::new(),
            unreadable: BTreeSet::new(),
        };
        Ok(Self::from_parts(
            AnyBackend::Database(database),
            ownership,
            Vec::new(),
        )?)
    }

    /// Opens a database with all guilds, undivided. Waits as long as another process has them.
    ///
    /// # Errors
    ///
    /// The database can't be used, the processes that use it have divided the guilds, or what is in it can't be read.
    pub fn open_database(url: &str) -> Result<Self, DatabaseError> {
        const ASK_EVERY: Duration = Duration::from_secs(1);
        let store = Self::connect(url)?;
        let Some(database) = store.inner.database().cloned() else {
            unreachable!("it was connected to one")
        };
        database.block_on(database.join(ShardRange::all(1), false))?;
        loop {
            let seen = database.block_on(database.refresh_shards())?;
            if store.inner.apply_refresh(1, seen).held.contains(&0) {
                store.inner.load_all()?;
                return Ok(store);
            }
            std::thread::sleep(ASK_EVERY);
        }
    }

    fn from_parts(backend: AnyBackend, ownership: Ownership, kept: Vec<Guild>) -> io::Result<Self> {
        let inner = Arc::new(Inner {
            backend,
            ownership: RwLock::new(ownership),
            identify_limiter: IdentifyLimiter::default(),
            guilds: DashMap::new(),
            next_generation: AtomicU64::new(0),
            clock: OnceLock::new(),
            queue: SaveQueue::default(),
            failing: watch::channel(BTreeSet::new()).0,
            observer: OnceLock::new(),
        });
        inner.insert_all(kept);
        Ok(Self {
            _writer: Arc::new(writer::Writer::start(&inner)?),
            inner,
        })
    }

    /// Claims this state for an application. The first one that claims it owns it from then on.
    ///
    /// # Errors
    ///
    /// The state belongs to another application, or the owner can't be read or stored.
    pub async fn claim(&self, application: u64) -> Result<(), ClaimError> {
        let owner = match &self.inner.backend {
            AnyBackend::Files(files) => files.bind_application(application)?,
            AnyBackend::Database(database) => {
                let bound = database.bind_application(application).await;
                bound.map_err(io::Error::other)?
            }
        };
        if owner == application {
            return Ok(());
        }
        Err(ClaimError::OtherApplication { owner, application })
    }

    /// The application that this state belongs to, if any.
    ///
    /// # Errors
    ///
    /// The owner can't be read.
    pub fn application(&self) -> io::Result<Option<u64>> {
        match &self.inner.backend {
            AnyBackend::Files(files) => files.application(),
            AnyBackend::Database(database) => database
                .block_on(database.application())
                .map_err(io::Error::other),
        }
    }

    /// Says which shards this process may have. With files it has them from now on. With a database it joins the processes
    /// that share it; where those have divided the guilds in another way already, theirs holds if `may_differ`.
    ///
    /// # Errors
    ///
    /// The others have divided the guilds in another way, or the database can't be used.
    pub async fn join(
        &self,
        wanted: ShardRange,
        may_differ: bool,
    ) -> Result<ShardRange, DatabaseError> {
        if let Some(database) = self.inner.database() {
            return database.join(wanted, may_differ).await;
        }
        *self.inner.ownership_mut() = Ownership::Shards {
            total: wanted.total,
            held: wanted.ids().collect(),
            unreadable: BTreeSet::new(),
        };
        // The others stay where they are, and are another process's.
        self.inner.guilds.retain(|guild, _| wanted.contains(*guild));
        Ok(wanted)
    }

    /// Looks which shards are this process's now. With a database it takes those that nobody has and lets go of those that
    /// another process has taken over.
    ///
    /// # Errors
    ///
    /// The database can't be asked, or the guilds were divided anew.
    pub async fn refresh_shards(&self) -> Result<Assignment, DatabaseError> {
        let Some(database) = self.inner.database() else {
            return Ok(Assignment {
                held: self.inner.ownership().held(),
                to_release: Vec::new(),
            });
        };
        let total = database.total_shards();
        let seen = database.refresh_shards().await?;
        Ok(self.inner.apply_refresh(total, seen))
    }

    /// Saves what is not saved of a shard and gives it to whoever takes it. Nothing is changed in it any more.
    pub async fn release_shard(&self, shard: u32) {
        let Some(database) = self.inner.database() else {
            return;
        };
        let total = database.total_shards();
        if let Ownership::Shards { held, .. } = &mut *self.inner.ownership_mut() {
            held.remove(&shard);
        }
        let waiting = self.inner.guilds_of_shard(shard, total);
        let waiting = waiting.into_iter().filter_map(|guild| {
            Some(
                self.inner
                    .guilds
                    .get(&guild)?
                    .resident()?
                    .commit()
                    .wait_durable(),
            )
        });
        let saved = futures::future::join_all(waiting);
        if tokio::time::timeout(SHARD_RELEASE_TIMEOUT, saved)
            .await
            .is_err()
        {
            tracing::warn!(
                shard,
                "not everything of a shard could be saved before it was given away"
            );
        }
        self.inner.evict_shard(shard, total);
        database.release_shard(shard).await;
    }

    /// Waits for the next turn at beginning a session in a slot, of which Discord grants `max_concurrency`.
    pub async fn acquire_identify_slot(&self, slot: u32) {
        const ASK_AGAIN: Duration = Duration::from_secs(1);
        loop {
            let pause =
                match self.inner.database() {
                    Some(database) => database.acquire_identify_slot(slot).await.unwrap_or_else(
                        |error| {
                            tracing::warn!(%error, "the database can't be asked whose turn it is");
                            Some(ASK_AGAIN)
                        },
                    ),
                    None => self
                        .inner
                        .identify_limiter
                        .try_acquire(slot, Instant::now()),
                };
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return,
            }
        }
    }

    /// Whether a guild is this process's.
    pub fn owns(&self, guild: GuildId) -> bool {
        self.inner.ownership().owns(guild)
    }

    /// From now on `observer` hears of every round of saving. There is one; a second is not taken.
    pub fn observe(&self, observer: SaveObserver) {
        let _ = self.inner.observer.set(observer);
    }

    /// How many guilds have changes that are not on disk yet, those that are being written left out.
    pub fn unsaved_count(&self) -> usize {
        self.inner.queue.unsaved_count()
    }

    /// The guilds there are.
    pub fn guild_ids(&self) -> Vec<GuildId> {
        self.inner.guilds.iter().map(|entry| *entry.key()).collect()
    }

    /// Looks at a guild that was fetched.
    pub fn read<R>(&self, guild: GuildId, f: impl FnOnce(&Guild) -> R) -> Option<R> {
        let entry = self.inner.guilds.get(&guild)?;
        let resident = entry.resident().or_else(|| report_not_loaded(guild))?;
        Some(f(&resident.guild))
    }

    /// Changes a guild that was fetched, which is made if nothing is kept of it: for what members and operators ask for.
    /// The change is in memory at once; the commit tells when it is on disk.
    pub fn upsert<R>(&self, guild: GuildId, change: impl FnOnce(&mut Guild) -> R) -> (R, Commit) {
        let ownership = self.inner.ownership();
        if !ownership.owns(guild) {
            return rejected_change(guild, change);
        }
        let fresh = || CacheEntry::new(Guild::new(guild));
        let entry = self.inner.guilds.entry(guild).or_insert_with(fresh);
        self.apply_change(guild, entry, change)
    }

    /// Changes a guild that is kept and was fetched. `None`: it is not, or not any more, and does not come back by this: whoever
    /// still works for a guild that the bot has left must not bring its data back.
    pub fn update<R>(
        &self,
        guild: GuildId,
        change: impl FnOnce(&mut Guild) -> R,
    ) -> Option<(R, Commit)> {
        let ownership = self.inner.ownership();
        if !ownership.owns(guild) {
            return Some(rejected_change(guild, change));
        }
        let entry = self.inner.guilds.get_mut(&guild)?;
        Some(self.apply_change(guild, entry, change))
    }

    fn apply_change<R>(
        &self,
        guild: GuildId,
        mut entry: RefMut<'_, GuildId, CacheEntry>,
        change: impl FnOnce(&mut Guild) -> R,
    ) -> (R, Commit) {
        let Some(resident) = entry.resident_mut().or_else(|| report_not_loaded(guild)) else {
            return rejected_change(guild, change);
        };
        let result = change(&mut resident.guild);
        resident.version += 1;
        resident.mark_used();
        let commit = resident.commit();
        // Nobody else has to wait for the queue.
        drop(entry);
        self.inner.queue.mark_dirty(guild);
        (result, commit)
    }

    /// A commit for all that was changed in a guild so far; it is saved at once if nothing is open.
    pub fn latest_commit(&self, guild: GuildId) -> Commit {
        let ownership = self.inner.ownership();
        if !ownership.owns(guild) {
            return Commit::rejected();
        }
        let entry = self.inner.guilds.get(&guild);
        // What was let go is saved.
        let resident = entry.as_ref().and_then(|entry| entry.resident());
        resident.map_or_else(Commit::done, cache_entry::ResidentGuild::commit)
    }

    /// The guilds whose last save failed; saving them is tried again by itself. None: all is well.
    pub fn failing(&self) -> watch::Receiver<BTreeSet<GuildId>> {
        self.inner.failing.subscribe()
    }

    /// Deletes a guild from memory and disk.
    ///
    /// # Errors
    ///
    /// The disk does not delete it. It is gone from memory all the same.
    pub async fn delete(&self, guild: GuildId) -> Result<(), SaveError> {
        if !self.owns(guild) {
            return Err(commit::owned_elsewhere());
        }
        self.inner.guilds.remove(&guild);
        let (done, wait) = oneshot::channel();
        self.inner.queue.delete(guild, done);
        wait.await
            .unwrap_or_else(|_| Err(SaveError::new("the store is closed")))
    }

    /// Saves what is not saved yet and stops saving; later changes stay in memory. Blocks, for at most
    /// `limit`. Returns whether everything is on disk.
    pub fn close(&self, limit: Duration) -> bool {
        let saved = self.inner.queue.close(limit);
        self.inner.backend.as_dyn().close();
        saved
    }

    /// Whether nobody else can have taken a guild over by now. Whoever sends something that must come once asks just
    /// before.
    pub fn is_sole_owner(&self, guild: GuildId) -> bool {
        self.owns(guild) && self.inner.backend.as_dyn().owns(guild)
    }

    /// A small note that is kept beside the guilds.
    pub fn metadata(&self, name: &str) -> Option<String> {
        self.inner.backend.as_dyn().metadata(name)
    }

    /// Keeps a note. A note that can't be written is forgotten: notes only spare work.
    pub fn set_metadata(&self, name: &str, text: &str) {
        if let Err(error) = self.inner.backend.as_dyn().set_metadata(name, text) {
            tracing::warn!(%error, name, "a note could not be written");
        }
    }
}

/// A change of a guild that is another process's: made of nothing, kept nowhere, told to nobody.
fn rejected_change<R>(guild: GuildId, change: impl FnOnce(&mut Guild) -> R) -> (R, Commit) {
    (change(&mut Guild::new(guild)), Commit::rejected())
}

/// Whoever works for a guild fetches it first. Who did not is told nothing of it and changes nothing, because a guild that is
/// made anew would take the place of the one that was let go.
fn report_not_loaded<T>(guild: GuildId) -> Option<T> {
    tracing::error!(%guild, "a server was asked for that was let go and not fetched");
    debug_assert!(false, "server {guild} was not fetched");
    None
}

impl Inner {
    fn ownership(&self) -> RwLockReadGuard<'_, Ownership> {
        // Whole after every statement.
        self.ownership
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn ownership_mut(&self) -> RwLockWriteGuard<'_, Ownership> {
        self.ownership
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    const fn database(&self) -> Option<&Arc<PostgresBackend>> {
        match &self.backend {
            AnyBackend::Files(_) => None,
            AnyBackend::Database(database) => Some(database),
        }
    }

    fn insert_all(&self, guilds: Vec<Guild>) {
        for guild in guilds {
            self.guilds.insert(guild.id(), CacheEntry::new(guild));
        }
    }

    /// What a look at the database brought.
    fn apply_refresh(&self, total: u32, seen: postgres::ShardRefresh) -> Assignment {
        for shard in &seen.lost {
            self.evict_shard(*shard, total);
        }
        let mut ownership = self.ownership_mut();
        let (mut now, mut bad) = match std::mem::take(&mut *ownership) {
            Ownership::All => (BTreeSet::new(), BTreeSet::new()),
            Ownership::Shards {
                held, unreadable, ..
            } => (held, unreadable),
        };
        now.retain(|shard| !seen.lost.contains(shard));
        bad.retain(|guild| now.contains(&guild.shard(total)));
        now.extend(seen.taken);
        self.insert_evicted(seen.guilds);
        let held = now.clone();
        *ownership = Ownership::Shards {
            total,
            held: now,
            unreadable: bad,
        };
        Assignment {
            held,
            to_release: seen.to_release,
        }
    }

    fn guilds_of_shard(&self, shard: u32, total: u32) -> Vec<GuildId> {
        let all = self.guilds.iter().map(|entry| *entry.key());
        all.filter(|guild| guild.shard(total) == shard).collect()
    }

    /// Lets go of a shard's guilds. Whoever waits for a save of them is told that there will be none.
    fn evict_shard(&self, shard: u32, total: u32) {
        if let Ownership::Shards { held, .. } = &mut *self.ownership_mut() {
            held.remove(&shard);
        }
        for guild in self.guilds_of_shard(shard, total) {
            if let Some((_, CacheEntry::Resident(resident))) = self.guilds.remove(&guild) {
                let failed = Some((u64::MAX, commit::owned_elsewhere()));
                resident
                    .progress
                    .send_modify(|progress| progress.failed = failed);
            }
        }
    }
}
