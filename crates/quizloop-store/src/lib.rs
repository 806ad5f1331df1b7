//! Guilds in memory, saved to snapshot files or to PostgreSQL.
//!
//! A change is visible in memory immediately and durable when its [`Commit`] completes; callers
//! acknowledge nothing to members before that. The store changes one guild at a time and knows
//! nothing of Discord. Locks are held only for closures that can't await.

#![cfg_attr(not(test), warn(unreachable_pub))]

mod application;
mod backend;
mod cache_entry;
mod commit;
pub mod deleted;
pub mod disk;
mod eviction;
#[cfg(all(feature = "failpoints", debug_assertions))]
pub mod faulty;
mod files;
#[doc(hidden)]
pub mod fuzzing;
pub mod inspect;
mod loaded_guild;
mod metadata;
mod open;
mod ownership;
pub mod postgres;
pub mod restore;
mod snapshot;
#[cfg(test)]
mod tests;
pub mod transfer;
pub mod verify;
mod writer;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::one::RefMut;
use futures::executor::block_on;
use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

pub use application::{Adoption, ClaimError};
pub use commit::{Commit, SaveError};
pub use eviction::{GuildView, IDLE_TIMEOUT, LoadError};
pub use loaded_guild::{LoadedGuild, LoadedTeam};
pub use open::{InvalidSnapshot, OpenError};
pub use ownership::Assignment;
pub use snapshot::SnapshotError;

use backend::{Backend, ShardRefresh};
use cache_entry::CacheEntry;
use disk::{Disk, RealDisk};
use files::FileBackend;
use ownership::Ownership;
use postgres::{DatabaseError, PostgresBackend};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_core::server_questions::ServerQuestions;
use quizloop_core::shard::ShardRange;
use writer::{Deletion, DeletionStep, SaveQueue};

/// The outcome of one batch of saves.
#[derive(Debug)]
pub struct SaveReport<'a> {
    /// Duration, including fsyncs.
    pub duration: Duration,
    /// The first error, if a guild could not be saved.
    pub error: Option<&'a str>,
}

/// Receives a report of every batch of saves. It runs on the writer thread and must not block.
pub type SaveObserver = Box<dyn Fn(&SaveReport<'_>) + Send + Sync>;

/// Returns the current time.
type ClockFn = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// How long to wait for a shard's last saves before it is released without them.
const SHARD_RELEASE_TIMEOUT: Duration = Duration::from_secs(4);

struct Inner {
    backend: Arc<dyn Backend>,
    // Held for reading during a change, so that a guild can't be changed while its shard is being
    // removed. Lock order: this lock before the lock of a guild.
    ownership: RwLock<Ownership>,
    guilds: DashMap<GuildId, CacheEntry>,
    /// The own questions of the servers in `guilds`, for readers that may hold the lock of a guild.
    /// Locked after the lock of a guild, and never before it.
    server_questions: DashMap<GuildId, Weak<ServerQuestions>>,
    /// The number that the next eviction gets.
    next_generation: AtomicU64,
    clock: OnceLock<ClockFn>,
    queue: SaveQueue,
    /// The guilds whose last save failed.
    failing: watch::Sender<BTreeSet<GuildId>>,
    observer: OnceLock<SaveObserver>,
}

/// All guilds of this process. Clones share the same state.
#[derive(Clone)]
pub struct Store {
    // Declared before `inner`, so that the last clone joins the thread before it drops the folder
    // lock.
    _writer: Arc<writer::Writer>,
    inner: Arc<Inner>,
}

impl Store {
    /// Opens the state folder, creates it if it is missing, and reads all guilds.
    ///
    /// # Errors
    ///
    /// Another process uses the folder, the folder can't be used, or a snapshot can't be read. In
    /// these cases nothing on disk is changed.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        Self::open_on(dir, Arc::new(RealDisk))
    }

    /// Opens the state folder on another [`Disk`], for tests of disk failures.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub fn open_on(dir: &Path, disk: Arc<dyn Disk>) -> Result<Self, OpenError> {
        let opened = open::open(dir, disk.as_ref())?;
        let files = Arc::new(FileBackend::new(dir, disk, opened.lock));
        let store = Self::new(files, Ownership::all()).map_err(|error| OpenError::Folder {
            dir: dir.to_owned(),
            error,
        })?;
        for guild in opened.guilds {
            store.inner.insert(guild);
        }
        Ok(store)
    }

    /// Connects to a database. The store has no guilds until this process has joined the cluster
    /// and acquired shards.
    ///
    /// # Errors
    ///
    /// The database can't be used.
    pub fn connect(url: &str) -> Result<Self, DatabaseError> {
        let database = Arc::new(PostgresBackend::connect(url)?);
        Ok(Self::new(database, Ownership::none(1))?)
    }

    /// Opens a database with all guilds in one shard. Waits for the lease of a process that has
    /// crashed.
    ///
    /// # Errors
    ///
    /// The database can't be used, another process uses it, or a guild can't be read.
    pub fn open_database(url: &str) -> Result<Self, DatabaseError> {
        const POLL_INTERVAL: Duration = Duration::from_secs(1);
        let database = Arc::new(PostgresBackend::connect(url)?);
        let store = Self::new(Arc::clone(&database) as _, Ownership::none(1))?;
        block_on(store.join(ShardRange::all(1), false))?;
        while block_on(store.refresh_shards())?.held.is_empty() {
            let others = database.other_processes()?;
            if !others.is_empty() {
                // Leaves the cluster, or the next attempt would meet this one. Nothing is unsaved.
                store.close(Duration::ZERO);
                return Err(DatabaseError::InUse(others));
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        for guild in database.load_all(&store.guild_ids())? {
            store.inner.insert(guild);
        }
        Ok(store)
    }

    fn new(backend: Arc<dyn Backend>, ownership: Ownership) -> io::Result<Self> {
        let inner = Arc::new(Inner {
            backend,
            ownership: RwLock::new(ownership),
            guilds: DashMap::new(),
            server_questions: DashMap::new(),
            next_generation: AtomicU64::new(0),
            clock: OnceLock::new(),
            queue: SaveQueue::default(),
            failing: watch::channel(BTreeSet::new()).0,
            observer: OnceLock::new(),
        });
        Ok(Self {
            _writer: Arc::new(writer::Writer::start(&inner)?),
            inner,
        })
    }

    /// Claims this state for an application. The first application to claim it becomes the owner.
    ///
    /// # Errors
    ///
    /// The state belongs to another application, or the owner can't be read or stored.
    pub async fn claim(&self, application: u64) -> Result<(), ClaimError> {
        let owner = self.inner.backend.bind_application(application).await?;
        if owner == application {
            return Ok(());
        }
        Err(ClaimError::OtherApplication { owner, application })
    }

    /// Returns the application that owns this state, if any.
    ///
    /// # Errors
    ///
    /// The owner can't be read.
    pub fn application(&self) -> io::Result<Option<u64>> {
        block_on(self.inner.backend.application())
    }

    /// Declares which shards this process may own, and returns the range that applies.
    ///
    /// It owns none of them before [`Store::refresh_shards`]. With a database the process joins the
    /// cluster. If the cluster already has another number of shards, the process adopts that number
    /// if `may_differ` is set.
    ///
    /// # Errors
    ///
    /// The cluster has another number of shards, or the database can't be used.
    pub async fn join(
        &self,
        wanted: ShardRange,
        may_differ: bool,
    ) -> Result<ShardRange, DatabaseError> {
        let shards = self.inner.backend.join(wanted, may_differ).await?;
        *self.inner.ownership_mut() = Ownership::none(shards.total);
        // With files, the other guilds stay on disk; they belong to another process.
        self.inner.guilds.retain(|guild, _| shards.contains(*guild));
        Ok(shards)
    }

    /// Updates and returns the shards of this process. With a database it acquires free shards and
    /// drops the shards that another process has taken over.
    ///
    /// # Errors
    ///
    /// The database can't be read, or the number of shards has changed.
    pub async fn refresh_shards(&self) -> Result<Assignment, DatabaseError> {
        let refresh = self.inner.backend.refresh_shards().await?;
        Ok(self.inner.apply_refresh(refresh))
    }

    /// Saves a shard's unsaved guilds and releases its lease, so that another process can acquire
    /// it. From the start of this call its guilds can't be changed here.
    pub async fn release_shard(&self, shard: u32) {
        let guilds = self.inner.disown_shard(shard);
        let saves = guilds.iter().filter_map(|guild| {
            Some(
                self.inner
                    .guilds
                    .get(guild)?
                    .resident()?
                    .commit()
                    .wait_durable(),
            )
        });
        let all_saved = futures::future::join_all(saves);
        if tokio::time::timeout(SHARD_RELEASE_TIMEOUT, all_saved)
            .await
            .is_err()
        {
            tracing::warn!(shard, "shard released with unsaved changes");
        }
        self.inner.remove_guilds(&guilds);
        self.inner.backend.release_shard(shard).await;
    }

    /// Waits until a gateway session may be started in this slot. Discord grants
    /// `max_concurrency` slots.
    pub async fn acquire_identify_slot(&self, slot: u32) {
        const RETRY_INTERVAL: Duration = Duration::from_secs(1);
        loop {
            let acquired = self.inner.backend.acquire_identify_slot(slot).await;
            let pause = acquired.unwrap_or_else(|error| {
                tracing::warn!(%error, "identify slot could not be acquired");
                Some(RETRY_INTERVAL)
            });
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return,
            }
        }
    }

    /// Whether this process owns a guild, that is, may read and change it.
    pub fn owns(&self, guild: GuildId) -> bool {
        self.inner.ownership().owns(guild)
    }

    /// Sets the observer of saves. Only the first call has an effect.
    pub fn observe(&self, observer: SaveObserver) {
        let _ = self.inner.observer.set(observer);
    }

    /// Returns the number of guilds with changes that are still queued. Guilds of the batch that is
    /// being written are not counted.
    pub fn unsaved_count(&self) -> usize {
        self.inner.queue.unsaved_count()
    }

    /// Returns the ids of all guilds, loaded or evicted.
    pub fn guild_ids(&self) -> Vec<GuildId> {
        self.inner.guilds.iter().map(|entry| *entry.key()).collect()
    }

    /// Returns the own questions of a server that is loaded and has any. Unlike reading the guild,
    /// this may be called while it is being read or changed.
    pub fn server_questions(&self, guild: GuildId) -> Option<Arc<ServerQuestions>> {
        self.inner.server_questions.get(&guild)?.upgrade()
    }

    /// Reads a loaded guild. Returns `None` if it does not exist, or if it is evicted, which is an
    /// error of the caller: see [`Store::load`].
    pub(crate) fn read<R>(&self, guild: GuildId, f: impl FnOnce(&Guild) -> R) -> Option<R> {
        let entry = self.inner.guilds.get(&guild)?;
        let resident = entry.resident().or_else(|| report_not_loaded(guild))?;
        Some(f(&resident.guild))
    }

    /// Changes a loaded guild, or creates it if it does not exist. Meant for requests by members
    /// and operators. The change is visible immediately; wait for the commit before you acknowledge
    /// it.
    pub(crate) fn upsert<R>(
        &self,
        guild: GuildId,
        change: impl FnOnce(&mut Guild) -> R,
    ) -> (R, Commit) {
        let ownership = self.inner.ownership();
        if !ownership.owns(guild) {
            return rejected_change(guild, change);
        }
        let fresh = || CacheEntry::new(Guild::new(guild));
        let entry = self.inner.guilds.entry(guild).or_insert_with(fresh);
        self.apply_change(guild, entry, change)
    }

    /// Changes a loaded guild, but never creates one: `None` if it does not exist (any more). Meant
    /// for background jobs, which must not recreate the data of a guild that the bot has left.
    pub(crate) fn update<R>(
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

    /// Changes a guild if it is in memory; `None` otherwise. Meant for what only saves work later:
    /// it does not count as use, and nothing waits for the save.
    pub fn update_in_memory<R>(
        &self,
        guild: GuildId,
        change: impl FnOnce(&mut Guild) -> R,
    ) -> Option<R> {
        let ownership = self.inner.ownership();
        if !ownership.owns(guild) {
            return None;
        }
        let mut entry = self.inner.guilds.get_mut(&guild)?;
        let resident = entry.resident_mut()?;
        let result = change(&mut resident.guild);
        resident.version += 1;
        drop(entry);
        self.inner.queue.mark_dirty(guild);
        Some(result)
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
        self.inner.publish_questions(&resident.guild);
        resident.version += 1;
        resident.mark_used();
        let commit = resident.commit();
        // Unlock the guild first: other callers need not wait for the queue.
        drop(entry);
        self.inner.queue.mark_dirty(guild);
        (result, commit)
    }

    /// Returns a commit for all changes to a guild so far. It completes immediately if nothing is
    /// unsaved.
    pub(crate) fn latest_commit(&self, guild: GuildId) -> Commit {
        let ownership = self.inner.ownership();
        if !ownership.owns(guild) {
            return Commit::rejected();
        }
        let entry = self.inner.guilds.get(&guild);
        // Only saved guilds are evicted.
        let resident = entry.as_ref().and_then(|entry| entry.resident());
        resident.map_or_else(Commit::done, cache_entry::ResidentGuild::commit)
    }

    /// Watches the set of guilds whose last save failed. These saves are retried automatically.
    pub fn failing(&self) -> watch::Receiver<BTreeSet<GuildId>> {
        self.inner.failing.subscribe()
    }

    /// Deletes a guild from memory and disk. What was saved of it stays as a copy that was deleted
    /// `at`, until [`Store::expire_copies`] or [`LoadedGuild::erase`] deletes that.
    ///
    /// # Errors
    ///
    /// The backend could not delete it. It is removed from memory nevertheless.
    pub async fn delete(&self, guild: GuildId, at: Timestamp) -> Result<(), SaveError> {
        if !self.owns(guild) {
            return Err(commit::owned_elsewhere());
        }
        let at = deleted::whole_seconds(at);
        let queue = || self.queue_deletion(DeletionStep::Guild(guild, at));
        // Queued under the lock of the guild, so that nothing that is created after this is deleted.
        let mut queued = None;
        self.inner.guilds.remove_if(&guild, |_, _| {
            self.inner.server_questions.remove(&guild);
            queued = Some(queue());
            true
        });
        wait_for(queued.unwrap_or_else(queue)).await
    }

    /// Deletes the copies of data that was deleted until `limit`, and applies `change` to all
    /// others.
    ///
    /// # Errors
    ///
    /// The backend could not delete or change them.
    pub async fn expire_copies(
        &self,
        limit: Timestamp,
        change: impl Fn(&mut Guild) + Send + 'static,
    ) -> Result<(), SaveError> {
        let change = Box::new(change);
        self.run_deletion(DeletionStep::ExpireCopies(limit, change))
            .await
    }

    /// Whether there are copies of deleted data.
    ///
    /// # Errors
    ///
    /// The folder or the database can't be read.
    pub async fn has_copies(&self) -> io::Result<bool> {
        self.inner.backend.has_copies().await
    }

    async fn run_deletion(&self, step: DeletionStep) -> Result<(), SaveError> {
        wait_for(self.queue_deletion(step)).await
    }

    fn queue_deletion(&self, step: DeletionStep) -> PendingDeletion {
        let (done, wait) = oneshot::channel();
        self.inner.queue.delete(Deletion { step, done });
        wait
    }

    /// Keeps a part of a guild as a copy that was deleted `at`, durably. Meant to be called before
    /// that part is deleted. Does nothing if `part` returns `None`. Returns whether there is a copy.
    pub(crate) async fn keep_copy(
        &self,
        guild: GuildId,
        part: impl FnOnce(&Guild) -> Option<Guild>,
        at: Timestamp,
    ) -> Result<bool, SaveError> {
        let at = deleted::whole_seconds(at);
        // Queued under the lock of the guild, so that a deletion of a member that changes the guild
        // after this also changes the copy after this.
        let queue = |guild: &Guild| {
            let copy = Box::new(part(guild)?);
            Some(self.queue_deletion(DeletionStep::KeepCopy(copy, at)))
        };
        match self.read(guild, queue).flatten() {
            None => Ok(false),
            Some(pending) => wait_for(pending).await.map(|()| true),
        }
    }

    /// Saves all unsaved guilds and stops the writer; later changes stay in memory. Blocks for at
    /// most `limit`. Returns whether everything was saved.
    pub fn close(&self, limit: Duration) -> bool {
        let saved = self.inner.queue.close(limit);
        self.inner.backend.close();
        saved
    }

    /// Whether no other process can have taken the guild over yet. Check it immediately before
    /// sending a message that must be sent only once.
    pub fn is_sole_owner(&self, guild: GuildId) -> bool {
        self.owns(guild) && self.inner.backend.owns(guild)
    }

    /// Returns a metadata value. Metadata only saves work, such as the hash of the registered
    /// commands.
    pub fn metadata(&self, name: &str) -> Option<String> {
        self.inner.backend.metadata(name)
    }

    /// Stores a metadata value. Failures are only logged, because metadata only saves work.
    pub fn set_metadata(&self, name: &str, text: &str) {
        if let Err(error) = self.inner.backend.set_metadata(name, text) {
            tracing::warn!(%error, name, "metadata could not be written");
        }
    }
}

/// Completes when a queued deletion was made or has failed.
type PendingDeletion = oneshot::Receiver<Result<(), SaveError>>;

async fn wait_for(pending: PendingDeletion) -> Result<(), SaveError> {
    pending
        .await
        .unwrap_or_else(|_| Err(SaveError::new("the store is closed")))
}

/// Applies a change to an empty guild and discards it, with a commit that fails. Used for guilds
/// that can't be changed here, so that callers need no separate path for them.
fn rejected_change<R>(guild: GuildId, change: impl FnOnce(&mut Guild) -> R) -> (R, Commit) {
    (change(&mut Guild::new(guild)), Commit::rejected())
}

/// Refuses access to an evicted guild. Callers must [`Store::load`] a guild first: a new, empty
/// guild would overwrite the evicted one.
fn report_not_loaded<T>(guild: GuildId) -> Option<T> {
    tracing::error!(%guild, "guild accessed while evicted");
    debug_assert!(false, "guild {guild} accessed while evicted");
    None
}

impl Inner {
    fn ownership(&self) -> RwLockReadGuard<'_, Ownership> {
        // Poisoning can be ignored: the value is consistent after every statement.
        self.ownership
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn ownership_mut(&self) -> RwLockWriteGuard<'_, Ownership> {
        self.ownership
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a server's own questions available to [`Store::server_questions`]. Called under the lock
    /// of the guild.
    fn publish_questions(&self, guild: &Guild) {
        match guild.shared_server_questions() {
            Some(own) => drop(
                self.server_questions
                    .insert(guild.id(), Arc::downgrade(own)),
            ),
            None => drop(self.server_questions.remove(&guild.id())),
        }
    }

    fn insert(&self, guild: Guild) {
        self.publish_questions(&guild);
        self.guilds.insert(guild.id(), CacheEntry::new(guild));
    }

    /// Applies the shards that were lost and acquired to the guilds in memory.
    fn apply_refresh(&self, refresh: ShardRefresh) -> Assignment {
        for shard in refresh.lost {
            self.remove_guilds(&self.disown_shard(shard));
        }
        let mut ownership = self.ownership_mut();
        // The summaries are inserted before the shard counts as held.
        self.insert_evicted(refresh.guilds);
        ownership.add(refresh.acquired);
        Assignment {
            held: ownership.held().clone(),
            to_release: refresh.to_release,
        }
    }

    /// Refuses changes to a shard's guilds from now on. Returns those that are in memory.
    fn disown_shard(&self, shard: u32) -> Vec<GuildId> {
        let mut ownership = self.ownership_mut();
        ownership.remove(shard);
        let all = self.guilds.iter().map(|entry| *entry.key());
        all.filter(|guild| ownership.shard_of(*guild) == shard)
            .collect()
    }

    /// Removes guilds from memory, because another process owns them. Their pending commits fail.
    fn remove_guilds(&self, guilds: &[GuildId]) {
        for guild in guilds {
            self.server_questions.remove(guild);
            if let Some((_, CacheEntry::Resident(resident))) = self.guilds.remove(guild) {
                let failed = Some((u64::MAX, commit::owned_elsewhere()));
                resident
                    .progress
                    .send_modify(|progress| progress.failed = failed);
            }
        }
    }
}
