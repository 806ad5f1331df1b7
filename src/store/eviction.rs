//! Letting guilds go that nobody wants, and fetching them again.
//!
//! With files a guild that rests is kept in memory, made small: what is acknowledged must not depend on a file that
//! somebody may touch. With a database only its outline stays, and it is read again when somebody wants it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use dashmap::mapref::entry::Entry as Slot;
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::cache_entry::{CacheEntry, EvictedGuild, GuildPin, ResidentGuild};
use super::compression::{self, CompressedGuild};
use super::postgres::{DatabaseError, LoadedGuild};
use super::{AnyBackend, Inner, Store};
use crate::practice::guild::Guild;
use crate::practice::guild_summary::GuildSummary;
use crate::practice::id::{ChannelId, GuildId};

/// Unpacking more than this is done beside everything else.
const MAX_INLINE_DECOMPRESSION: usize = 64 * 1024;

/// Why a guild can't be had now.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is another process's, or what is kept of it can't be read.
    #[error("another process has this server, or its data can't be read")]
    Unavailable,
    /// The database can't be asked; it may be possible later.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What the store knows of a guild at once.
#[derive(Debug, Clone, Copy)]
pub enum GuildView<'a> {
    /// All.
    Loaded(&'a Guild),
    /// Its outline: it was let go.
    Summary(&'a GuildSummary),
}

/// Whether a guild is at hand.
enum Residency {
    /// It is, or nothing is kept of it.
    Pinned(GuildPin),
    /// It was let go.
    Evicted {
        generation: u64,
        packed: Option<CompressedGuild>,
    },
}

/// What stays of a guild that is let go.
struct CompactedGuild {
    outline: GuildSummary,
    compressed: Option<CompressedGuild>,
    /// The number of the change to which it belongs.
    version: u64,
}

impl Store {
    /// Makes sure that a guild is in memory, if anything is kept of it, and keeps it there as long as the pin lives. Whoever
    /// works for a guild begins with this: what was let go can't be read or changed.
    ///
    /// # Errors
    ///
    /// The guild is another process's, or the database does not give it.
    pub async fn load(&self, guild: GuildId) -> Result<GuildPin, LoadError> {
        loop {
            let (stamp, packed) = match self.residency(guild)? {
                Residency::Pinned(pin) => return Ok(pin),
                Residency::Evicted {
                    generation: stamp,
                    packed,
                } => (stamp, packed),
            };
            match (packed, self.inner.database()) {
                (Some(packed), _) => self.inner.load_compressed(guild, stamp, packed).await?,
                (None, Some(database)) => match database.load(&[guild]).await {
                    Ok(mut loaded) => self.inner.finish_load(guild, stamp, loaded.pop()),
                    Err(DatabaseError::InvalidRows { message: what, .. }) => {
                        tracing::error!(%guild, what, "the database's rows of a server can't be read; it is left alone");
                        self.inner.quarantine(guild);
                    }
                    Err(error) => return Err(error.into()),
                },
                // Files keep what they let go.
                (None, None) => return Err(LoadError::Unavailable),
            }
        }
    }

    /// A pin, if the guild is in memory or nothing is kept of it; see [`Store::load`].
    pub fn try_pin(&self, guild: GuildId) -> Option<GuildPin> {
        match self.residency(guild) {
            Ok(Residency::Pinned(pin)) => Some(pin),
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
                packed: evicted.compressed.clone(),
            },
            None => Residency::Pinned(GuildPin::default()),
        })
    }

    /// Shows all guilds, whole or in outline, without wanting any.
    pub fn for_each(&self, mut f: impl FnMut(GuildId, GuildView<'_>)) {
        for guild in self.guild_ids() {
            self.view(guild, |view| f(guild, view));
        }
    }

    /// Shows the guilds of this process for which there may be something to do now, whole or in outline, without wanting
    /// any. Gives when there is next something to do for any other.
    pub fn due(
        &self,
        now: Timestamp,
        mut f: impl FnMut(GuildId, GuildView<'_>),
    ) -> Option<Timestamp> {
        let mut next: Option<Timestamp> = None;
        let ownership = self.inner.ownership();
        // Those of a shard that is being given away are still here for a moment: nothing can be done for them.
        let ours = self.inner.guilds.iter();
        for entry in ours.filter(|entry| ownership.owns(*entry.key())) {
            let (wake, view) = match entry.value() {
                CacheEntry::Resident(resident) => {
                    (resident.next_due(now), GuildView::Loaded(&resident.guild))
                }
                CacheEntry::Evicted(evicted) => (
                    evicted.outline.next_due,
                    GuildView::Summary(&evicted.outline),
                ),
            };
            match wake {
                Some(wake) if wake <= now => f(*entry.key(), view),
                Some(_) => next = next.into_iter().chain(wake).min(),
                None => {}
            }
        }
        next
    }

    /// Shows a guild, whole or in outline, without wanting it.
    pub fn view<R>(&self, guild: GuildId, f: impl FnOnce(GuildView<'_>) -> R) -> Option<R> {
        let entry = self.inner.guilds.get(&guild)?;
        Some(match &*entry {
            CacheEntry::Resident(resident) => f(GuildView::Loaded(&resident.guild)),
            CacheEntry::Evicted(evicted) => f(GuildView::Summary(&evicted.outline)),
        })
    }

    /// Whether a message in a channel may be a reply in that guild, as far as that can be told at once.
    pub fn may_contain_reply(&self, guild: GuildId, channel: ChannelId) -> bool {
        let may = self.view(guild, |view| match view {
            GuildView::Loaded(_) => true,
            GuildView::Summary(outline) => outline.may_contain_reply(channel),
        });
        may == Some(true)
    }

    /// From now on the store knows the time, which it needs for outlines. There is one clock; a second is not taken.
    pub fn set_clock(&self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) {
        let _ = self.inner.clock.set(Box::new(clock));
    }

    /// How long a guild rests before it can be let go, at most twice that.
    pub fn idle_timeout(&self) -> Duration {
        match &self.inner.backend {
            // What is kept small has to be made large again by the one thread that answers.
            AnyBackend::Files(_) => Duration::from_secs(12 * 3600),
            AnyBackend::Database(_) => Duration::from_secs(600),
        }
    }

    /// Lets guilds go that nobody wanted since the last call, that are saved, and for which there is nothing to do now. Gives
    /// how many. It may take long, and is called where nobody waits.
    pub fn evict_idle(&self) -> usize {
        let Some(now) = self.inner.now() else {
            return 0;
        };
        let guilds = self.guild_ids().into_iter();
        guilds
            .filter(|guild| self.inner.try_evict(*guild, now))
            .count()
    }

    /// How many guilds are in memory whole, and how many were let go.
    pub fn residency_counts(&self) -> (usize, usize) {
        let (mut whole, mut resting) = (0, 0);
        for entry in &self.inner.guilds {
            match entry.value() {
                CacheEntry::Resident(_) => whole += 1,
                CacheEntry::Evicted(_) => resting += 1,
            }
        }
        (whole, resting)
    }
}

impl Inner {
    /// The time, if somebody told it.
    pub(super) fn now(&self) -> Option<Timestamp> {
        self.clock.get().map(|clock| clock())
    }

    /// Guilds of which there are outlines.
    pub(super) fn insert_evicted(&self, outlines: Vec<(GuildId, GuildSummary)>) {
        for (guild, outline) in outlines {
            let evicted = self.evicted_guild(outline, None);
            self.guilds.insert(guild, CacheEntry::Evicted(evicted));
        }
    }

    /// Fetches all guilds.
    pub(super) fn load_all(&self) -> Result<(), DatabaseError> {
        /// So many are read at once.
        const CHUNK_SIZE: usize = 500;
        let Some(database) = self.database() else {
            return Ok(());
        };
        let all: Vec<GuildId> = self.guilds.iter().map(|entry| *entry.key()).collect();
        for some in all.chunks(CHUNK_SIZE) {
            for (guild, rows) in database.block_on(database.load(some))? {
                database.cache_rows(guild.id(), rows);
                self.guilds.insert(guild.id(), CacheEntry::new(guild));
            }
        }
        Ok(())
    }

    fn evicted_guild(
        &self,
        outline: GuildSummary,
        packed: Option<CompressedGuild>,
    ) -> EvictedGuild {
        let stamp = self.next_generation.fetch_add(1, Ordering::Relaxed);
        EvictedGuild {
            generation: stamp,
            outline,
            compressed: packed,
        }
    }

    fn try_evict(&self, guild: GuildId, now: Timestamp) -> bool {
        let Some(small) = self.compact(guild, now) else {
            return false;
        };
        let Some(mut entry) = self.guilds.get_mut(&guild) else {
            return false;
        };
        // While it was made small somebody may have come for it.
        let same =
            |resident: &ResidentGuild| resident.is_idle() && resident.version == small.version;
        // The queue is locked for a moment only, and nobody waits for a guild who has it.
        if !entry.resident().is_some_and(same) || !self.queue.is_clean(guild) {
            return false;
        }
        *entry = CacheEntry::Evicted(self.evicted_guild(small.outline, small.compressed));
        // Under the guild's lock: whoever fetches it again knows its rows anew.
        if let Some(database) = self.database() {
            database.evict_rows(guild);
        }
        true
    }

    /// What stays of a guild, if it can be let go.
    fn compact(&self, guild: GuildId, now: Timestamp) -> Option<CompactedGuild> {
        let (outline, copy, version) = {
            let entry = self.guilds.get(&guild)?;
            let resident = entry.resident()?;
            if !resident.take_idle_flag() || !resident.is_idle() {
                return None;
            }
            let outline = resident.guild.summary(now);
            if outline.next_due.is_some_and(|wake| wake <= now) {
                return None;
            }
            let copy = self.database().is_none().then(|| resident.guild.clone());
            (outline, copy, resident.version)
        };
        let packed = match copy {
            Some(guild) => Some(compression::compress(&guild)?),
            None => None,
        };
        Some(CompactedGuild {
            outline,
            compressed: packed,
            version,
        })
    }

    /// Makes a guild large again. Whether it is a guild was tried before it was let go.
    async fn load_compressed(
        &self,
        guild: GuildId,
        stamp: u64,
        packed: CompressedGuild,
    ) -> Result<(), LoadError> {
        let whole = if packed.len() < MAX_INLINE_DECOMPRESSION {
            compression::decompress(&packed, guild)
        } else {
            let (done, wait) = oneshot::channel();
            let thread = std::thread::Builder::new().name("unpack".into());
            let work = move || drop(done.send(compression::decompress(&packed, guild)));
            // A machine without a thread to spare may have one at the next try.
            thread.spawn(work).map_err(DatabaseError::from)?;
            wait.await.unwrap_or(None)
        };
        let whole = whole.ok_or(LoadError::Unavailable)?;
        self.reinsert(guild, stamp, || whole);
        Ok(())
    }

    /// What the database had of a guild.
    fn finish_load(&self, guild: GuildId, stamp: u64, loaded: Option<LoadedGuild>) {
        if let (Some((whole, rows)), Some(database)) = (loaded, self.database()) {
            return self.reinsert(guild, stamp, || {
                database.cache_rows(guild, rows);
                whole
            });
        }
        let is_same = |_: &GuildId, entry: &CacheEntry| matches!(entry, CacheEntry::Evicted(evicted) if evicted.generation == stamp);
        if self.guilds.remove_if(&guild, is_same).is_some() {
            tracing::warn!(%guild, "a server is not in the database any more");
        }
    }

    /// Puts a guild back, unless somebody else did or it is gone. `whole` is asked under its lock.
    fn reinsert(&self, guild: GuildId, stamp: u64, whole: impl FnOnce() -> Guild) {
        if let Slot::Occupied(mut slot) = self.guilds.entry(guild)
            && matches!(slot.get(), CacheEntry::Evicted(evicted) if evicted.generation == stamp)
        {
            let entry = CacheEntry::new(whole());
            slot.insert(entry);
        }
    }

    /// What is kept of a guild can't be read: nothing is done with it.
    fn quarantine(&self, guild: GuildId) {
        self.ownership_mut().quarantine(guild);
        self.guilds.remove(&guild);
    }
}
