//! Eviction of idle guilds, and loading them again.
//!
//! With files an evicted guild stays in memory as a compressed snapshot, because acknowledged data
//! must not depend on a file that somebody may edit. With a database only its summary stays, and
//! the guild is read again on demand.
//!
//! A guild is evicted if it was not used since the previous check, is saved, has no [`GuildPin`]
//! and has nothing due. Compressing and reading take long and run without the guild's lock, so both
//! directions check again under the lock before they replace the entry. An eviction that loses a
//! race:
//!
//! 1. `evict_idle` copies guild G at version 7, unlocks it and compresses the copy.
//! 2. A member presses a button. The handler pins G and changes it; it now has version 8.
//! 3. `try_evict` locks G, finds a pin and another version, and discards the compressed copy.
//!
//! And a load that loses one, which is why each eviction has a number, its generation:
//!
//! 1. G is evicted with generation 3. Two requests call `load`, and both read G from the database.
//! 2. The first one inserts G, changes it and drops its pin. G is saved and evicted again, with
//!    generation 4.
//! 3. The second one finds generation 4 where it expected 3. The copy that it read lacks the
//!    change, so it is discarded, and `load` starts over.

use std::sync::atomic::Ordering;
use std::time::Duration;

use dashmap::mapref::entry::Entry;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::cache_entry::{CacheEntry, EvictedGuild, GuildPin, ResidentGuild};
use super::compression::{self, CompressedGuild};
use super::postgres::{DatabaseError, GuildWithRows};
use super::{AnyBackend, Inner, LoadedGuild, Store};
use quizloop_core::guild::Guild;
use quizloop_core::guild_summary::GuildSummary;
use quizloop_core::id::{ChannelId, GuildId};

/// Maximum size in bytes of compressed data that is decompressed on the caller's thread.
const MAX_INLINE_DECOMPRESSION: usize = 64 * 1024;

/// Why a guild could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Another process owns it, or its stored data is invalid.
    #[error("another process owns this server, or its data can't be read")]
    Unavailable,
    /// The database could not be read; a later attempt may succeed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What the store has of a guild in memory.
#[derive(Debug, Clone, Copy)]
pub enum GuildView<'a> {
    /// All of it.
    Loaded(&'a Guild),
    /// A summary, because the guild is evicted.
    Summary(&'a GuildSummary),
}

/// Whether a guild is in memory.
enum Residency {
    /// It is, or it does not exist.
    Pinned(GuildPin),
    Evicted {
        generation: u64,
        compressed: Option<CompressedGuild>,
    },
}

/// What remains in memory of a guild that is about to be evicted.
struct CompactedGuild {
    summary: GuildSummary,
    compressed: Option<CompressedGuild>,
    /// The version of the guild from which it was made.
    version: u64,
}

impl Store {
    /// Loads a guild if it is evicted, and keeps it in memory for as long as the returned value
    /// lives. A guild that does not exist gives one as well, because it may be created.
    ///
    /// # Errors
    ///
    /// Another process owns the guild, its data is invalid, or the database could not be read.
    pub async fn load(&self, guild: GuildId) -> Result<LoadedGuild, LoadError> {
        loop {
            let (generation, compressed) = match self.residency(guild)? {
                Residency::Pinned(pin) => return Ok(LoadedGuild::new(self, guild, pin)),
                Residency::Evicted {
                    generation,
                    compressed,
                } => (generation, compressed),
            };
            match (compressed, self.inner.database()) {
                (Some(compressed), _) => {
                    self.inner
                        .load_compressed(guild, generation, compressed)
                        .await?;
                }
                (None, Some(database)) => match database.load(&[guild]).await {
                    Ok(mut loaded) => self.inner.finish_load(guild, generation, loaded.pop()),
                    Err(DatabaseError::InvalidRows {
                        message: reason, ..
                    }) => {
                        tracing::error!(
                            %guild,
                            reason,
                            "guild quarantined: its database rows are invalid"
                        );
                        self.inner.quarantine(guild);
                    }
                    Err(error) => return Err(error.into()),
                },
                // Can't happen: with files an evicted guild always has compressed data.
                (None, None) => return Err(LoadError::Unavailable),
            }
        }
    }

    /// Returns the guild if it is in memory or does not exist; never loads. See [`Store::load`].
    pub fn loaded(&self, guild: GuildId) -> Option<LoadedGuild> {
        match self.residency(guild) {
            Ok(Residency::Pinned(pin)) => Some(LoadedGuild::new(self, guild, pin)),
            Ok(Residency::Evicted { .. }) | Err(_) => None,
        }
    }

    fn residency(&self, guild: GuildId) -> Result<Residency, LoadError> {
        if !self.owns(guild) {
            return Err(LoadError::Unavailable);
        }
        let entry = self.inner.guilds.get(&guild);
        Ok(match entry.as_deref() {
            Some(CacheEntry::Resident(resident)) => Residency::Pinned(resident.pin()),
            Some(CacheEntry::Evicted(evicted)) => Residency::Evicted {
                generation: evicted.generation,
                compressed: evicted.compressed.clone(),
            },
            None => Residency::Pinned(GuildPin::default()),
        })
    }

    /// Calls `f` with every guild, loaded or as a summary. This does not count as use.
    pub fn for_each(&self, mut f: impl FnMut(GuildId, GuildView<'_>)) {
        for guild in self.guild_ids() {
            self.view(guild, |view| f(guild, view));
        }
    }

    /// Calls `f` with each guild of this process that may have something due at `now`, loaded or as
    /// a summary. Returns when the next of the other guilds is due. This does not count as use.
    pub fn due(
        &self,
        now: Timestamp,
        mut f: impl FnMut(GuildId, GuildView<'_>),
    ) -> Option<Timestamp> {
        let mut next: Option<Timestamp> = None;
        let ownership = self.inner.ownership();
        // Guilds of a shard that is being released are still in memory, but can't be changed.
        let ours = self.inner.guilds.iter();
        for entry in ours.filter(|entry| ownership.owns(*entry.key())) {
            let (due, view) = match entry.value() {
                CacheEntry::Resident(resident) => {
                    (resident.next_due(now), GuildView::Loaded(&resident.guild))
                }
                CacheEntry::Evicted(evicted) => (
                    evicted.summary.next_due,
                    GuildView::Summary(&evicted.summary),
                ),
            };
            match due {
                Some(time) if time <= now => f(*entry.key(), view),
                Some(_) => next = next.into_iter().chain(due).min(),
                None => {}
            }
        }
        next
    }

    /// Calls `f` with a guild, loaded or as a summary. This does not count as use.
    pub fn view<R>(&self, guild: GuildId, f: impl FnOnce(GuildView<'_>) -> R) -> Option<R> {
        let entry = self.inner.guilds.get(&guild)?;
        Some(match &*entry {
            CacheEntry::Resident(resident) => f(GuildView::Loaded(&resident.guild)),
            CacheEntry::Evicted(evicted) => f(GuildView::Summary(&evicted.summary)),
        })
    }

    /// Whether a message in a channel may be a reply, judged without loading the guild.
    pub fn may_contain_reply(&self, guild: GuildId, channel: ChannelId) -> bool {
        let possible = self.view(guild, |view| match view {
            GuildView::Loaded(_) => true,
            GuildView::Summary(summary) => summary.may_contain_reply(channel),
        });
        possible == Some(true)
    }

    /// Sets the clock, which summaries need. Only the first call has an effect. Without a clock no
    /// guild is evicted.
    pub fn set_clock(&self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) {
        let _ = self.inner.clock.set(Box::new(clock));
    }

    /// How often to call [`Store::evict_idle`]. A guild is evicted after one to two such intervals
    /// without use.
    pub fn idle_timeout(&self) -> Duration {
        match &self.inner.backend {
            // Long, because decompression runs on the thread that answers interactions.
            AnyBackend::Files(_) => Duration::from_secs(12 * 3600),
            AnyBackend::Database(_) => Duration::from_secs(600),
        }
    }

    /// Evicts guilds that were not used since the last call, are saved, and have nothing due.
    /// Returns their number. Blocks for long with many guilds: call it on a blocking thread.
    pub fn evict_idle(&self) -> usize {
        let Some(now) = self.inner.now() else {
            return 0;
        };
        let guilds = self.guild_ids().into_iter();
        guilds
            .filter(|guild| self.inner.try_evict(*guild, now))
            .count()
    }

    /// Returns the numbers of loaded and of evicted guilds.
    pub fn residency_counts(&self) -> (usize, usize) {
        let (mut loaded, mut evicted) = (0, 0);
        for entry in &self.inner.guilds {
            match entry.value() {
                CacheEntry::Resident(_) => loaded += 1,
                CacheEntry::Evicted(_) => evicted += 1,
            }
        }
        (loaded, evicted)
    }
}

impl Inner {
    /// The current time; none without a clock.
    pub(super) fn now(&self) -> Option<Timestamp> {
        self.clock.get().map(|clock| clock())
    }

    pub(super) fn insert_evicted(&self, summaries: Vec<(GuildId, GuildSummary)>) {
        for (guild, summary) in summaries {
            let evicted = self.evicted_guild(summary, None);
            self.guilds.insert(guild, CacheEntry::Evicted(evicted));
        }
    }

    pub(super) fn load_all(&self) -> Result<(), DatabaseError> {
        /// Number of guilds per query.
        const CHUNK_SIZE: usize = 500;
        let Some(database) = self.database() else {
            return Ok(());
        };
        let all: Vec<GuildId> = self.guilds.iter().map(|entry| *entry.key()).collect();
        for chunk in all.chunks(CHUNK_SIZE) {
            for (guild, rows) in database.block_on(database.load(chunk))? {
                database.cache_rows(guild.id(), rows);
                self.guilds.insert(guild.id(), CacheEntry::new(guild));
            }
        }
        Ok(())
    }

    fn evicted_guild(
        &self,
        summary: GuildSummary,
        compressed: Option<CompressedGuild>,
    ) -> EvictedGuild {
        EvictedGuild {
            generation: self.next_generation.fetch_add(1, Ordering::Relaxed),
            summary,
            compressed,
        }
    }

    fn try_evict(&self, guild: GuildId, now: Timestamp) -> bool {
        let Some(compacted) = self.compact(guild, now) else {
            return false;
        };
        let Some(mut entry) = self.guilds.get_mut(&guild) else {
            return false;
        };
        // It may have been pinned or changed while it was compacted.
        let is_unchanged =
            |resident: &ResidentGuild| resident.is_idle() && resident.version == compacted.version;
        // Lock order: guild, then queue. The queue is never held while locking a guild.
        if !entry.resident().is_some_and(is_unchanged) || !self.queue.is_clean(guild) {
            return false;
        }
        *entry = CacheEntry::Evicted(self.evicted_guild(compacted.summary, compacted.compressed));
        // Under the guild's lock, so that it can't remove the rows that a concurrent load caches.
        if let Some(database) = self.database() {
            database.evict_rows(guild);
        }
        true
    }

    /// Makes what remains of a guild after its eviction. `None` if it must not be evicted now.
    fn compact(&self, guild: GuildId, now: Timestamp) -> Option<CompactedGuild> {
        let (summary, copy, version) = {
            let entry = self.guilds.get(&guild)?;
            let resident = entry.resident()?;
            if !resident.take_idle_flag() || !resident.is_idle() {
                return None;
            }
            let summary = resident.guild.summary(now);
            if summary.next_due.is_some_and(|due| due <= now) {
                return None;
            }
            let copy = self.database().is_none().then(|| resident.guild.clone());
            (summary, copy, resident.version)
        };
        let compressed = match copy {
            Some(guild) => Some(compression::compress(&guild)?),
            None => None,
        };
        Some(CompactedGuild {
            summary,
            compressed,
            version,
        })
    }

    /// Decompresses a guild and inserts it. That it can be decompressed was checked at its
    /// eviction.
    async fn load_compressed(
        &self,
        guild: GuildId,
        generation: u64,
        compressed: CompressedGuild,
    ) -> Result<(), LoadError> {
        let loaded = if compressed.len() < MAX_INLINE_DECOMPRESSION {
            compression::decompress(&compressed, guild)
        } else {
            let (done, wait) = oneshot::channel();
            let thread = std::thread::Builder::new().name("unpack".into());
            let work = move || drop(done.send(compression::decompress(&compressed, guild)));
            // A failure to start a thread is reported as an error that callers retry.
            thread.spawn(work).map_err(DatabaseError::from)?;
            wait.await.unwrap_or(None)
        };
        let loaded = loaded.ok_or(LoadError::Unavailable)?;
        self.reinsert(guild, generation, || loaded);
        Ok(())
    }

    /// Inserts a guild that was read from the database, or removes it if it has no rows any more.
    fn finish_load(&self, guild: GuildId, generation: u64, loaded: Option<GuildWithRows>) {
        if let (Some((loaded, rows)), Some(database)) = (loaded, self.database()) {
            return self.reinsert(guild, generation, || {
                database.cache_rows(guild, rows);
                loaded
            });
        }
        let is_same = |_: &GuildId, entry: &CacheEntry| entry.is_evicted_as(generation);
        if self.guilds.remove_if(&guild, is_same).is_some() {
            tracing::warn!(%guild, "evicted guild missing from the database");
        }
    }

    /// Replaces an evicted guild by the loaded one, unless the entry has changed since. `loaded` is
    /// called under the guild's lock.
    fn reinsert(&self, guild: GuildId, generation: u64, loaded: impl FnOnce() -> Guild) {
        if let Entry::Occupied(mut entry) = self.guilds.entry(guild)
            && entry.get().is_evicted_as(generation)
        {
            entry.insert(CacheEntry::new(loaded()));
        }
    }

    /// Excludes a guild whose data is invalid from all further work, so that its rows stay as they
    /// are for the operator.
    fn quarantine(&self, guild: GuildId) {
        self.ownership_mut().quarantine(guild);
        self.guilds.remove(&guild);
    }
}
