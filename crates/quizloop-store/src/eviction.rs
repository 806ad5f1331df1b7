//! Eviction of idle guilds, and loading them again.
//!
//! Only the summary of an evicted guild stays in memory. The guild is read again on demand.
//!
//! A guild is evicted if it was not used since the previous check, is saved, has no [`GuildPin`]
//! and has nothing due. Reading takes long and runs without the guild's lock, so it is checked under
//! the lock that the entry has not changed meanwhile. Each eviction has a number for that, its
//! generation:
//!
//! 1. G is evicted with generation 3. Two requests call `load`, and both read G from the backend.
//! 2. The first one inserts G, changes it and drops its pin. G is saved and evicted again, with
//!    generation 4.
//! 3. The second one finds generation 4 where it expected 3. The copy that it read lacks the
//!    change, so it is discarded, and `load` starts over.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dashmap::mapref::entry::Entry;
use jiff::Timestamp;

use super::cache_entry::{CacheEntry, EvictedGuild, GuildPin};
use super::{Inner, LoadedGuild, Store};
use quizloop_core::guild::Guild;
use quizloop_core::guild_summary::GuildSummary;
use quizloop_core::id::{ChannelId, GuildId};

/// How often to call [`Store::evict_idle`]. A guild is evicted after one to two such intervals
/// without use. With a day instead, a team that posts daily would never be evicted.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(600);

/// Why a guild could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Another process owns it, or its stored data is invalid.
    #[error("another process owns this server, or its data can't be read")]
    Unavailable,
    /// It could not be read; a later attempt may succeed.
    #[error(transparent)]
    Io(#[from] io::Error),
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
    /// It is not, since the eviction of that number.
    Evicted(u64),
}

impl Store {
    /// Loads a guild if it is evicted, and keeps it in memory for as long as the returned value
    /// lives. A guild that does not exist gives one as well, because it may be created.
    ///
    /// # Errors
    ///
    /// Another process owns the guild, its data is invalid, or it could not be read.
    pub async fn load(&self, guild: GuildId) -> Result<LoadedGuild, LoadError> {
        loop {
            let generation = match self.residency(guild)? {
                Residency::Pinned(pin) => return Ok(LoadedGuild::new(self, guild, pin)),
                Residency::Evicted(generation) => generation,
            };
            match self.inner.backend.load(guild).await {
                Ok(loaded) => self.inner.finish_load(guild, generation, loaded),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    tracing::error!(%guild, %error, "guild quarantined: its stored data is invalid");
                    self.inner.quarantine(guild);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Calls `f` with a guild, but leaves an evicted one evicted: it is read, and discarded. This
    /// does not count as use. `None` if the guild does not exist.
    ///
    /// # Errors
    ///
    /// As [`Store::load`]. Invalid data is reported by `load`.
    pub async fn peek<R>(
        &self,
        guild: GuildId,
        f: impl FnOnce(&Guild) -> R,
    ) -> Result<Option<R>, LoadError> {
        if !self.owns(guild) {
            return Err(LoadError::Unavailable);
        }
        let mut f = Some(f);
        let in_memory = self.view(guild, |view| match view {
            GuildView::Loaded(guild) => f.take().map(|f| f(guild)),
            GuildView::Summary(_) => None,
        });
        match (in_memory, f) {
            (None, _) | (Some(None), None) => Ok(None),
            (Some(Some(result)), _) => Ok(Some(result)),
            (Some(None), Some(f)) => {
                let read = self.inner.backend.load(guild).await?;
                Ok(read.as_ref().map(f))
            }
        }
    }

    /// Returns the guild if it is in memory or does not exist; never loads. See [`Store::load`].
    pub fn loaded(&self, guild: GuildId) -> Option<LoadedGuild> {
        match self.residency(guild) {
            Ok(Residency::Pinned(pin)) => Some(LoadedGuild::new(self, guild, pin)),
            Ok(Residency::Evicted(_)) | Err(_) => None,
        }
    }

    fn residency(&self, guild: GuildId) -> Result<Residency, LoadError> {
        if !self.owns(guild) {
            return Err(LoadError::Unavailable);
        }
        let entry = self.inner.guilds.get(&guild);
        Ok(match entry.as_deref() {
            Some(CacheEntry::Resident(resident)) => Residency::Pinned(resident.pin()),
            Some(CacheEntry::Evicted(evicted)) => Residency::Evicted(evicted.generation),
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

    /// Whether a message in a channel may be a reply, judged without loading the guild. This does
    /// not count as use, so that talk in other channels does not keep a guild in memory.
    pub fn may_contain_reply(&self, guild: GuildId, channel: ChannelId) -> bool {
        let possible = self.view(guild, |view| match view {
            GuildView::Loaded(guild) => guild.may_contain_reply(channel),
            GuildView::Summary(summary) => summary.may_contain_reply(channel),
        });
        possible == Some(true)
    }

    /// Whether a guild may have a team, a round or a match with a channel or thread, judged without
    /// loading the guild. This does not count as use.
    pub fn may_use_channel(&self, guild: GuildId, channel: ChannelId) -> bool {
        let possible = self.view(guild, |view| match view {
            GuildView::Loaded(guild) => guild.uses_channel(channel),
            GuildView::Summary(summary) => summary.may_contain_reply(channel),
        });
        possible == Some(true)
    }

    /// Sets the clock, which summaries need. Only the first call has an effect. Without a clock no
    /// guild is evicted.
    pub fn set_clock(&self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) {
        let _ = self.inner.clock.set(Box::new(clock));
    }

    /// Evicts guilds that were not used since the last call, are saved, and have nothing due.
    /// Returns their number. Blocks with many guilds: call it on a blocking thread.
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
            let evicted = self.evicted_guild(summary);
            self.guilds.insert(guild, CacheEntry::Evicted(evicted));
        }
    }

    fn evicted_guild(&self, summary: GuildSummary) -> EvictedGuild {
        EvictedGuild {
            generation: self.next_generation.fetch_add(1, Ordering::Relaxed),
            summary,
        }
    }

    fn try_evict(&self, guild: GuildId, now: Timestamp) -> bool {
        let Some(mut entry) = self.guilds.get_mut(&guild) else {
            return false;
        };
        let Some(resident) = entry.resident() else {
            return false;
        };
        // Lock order: guild, then queue. The queue is never held while locking a guild.
        if !resident.take_idle_flag() || !resident.is_idle() || !self.queue.is_clean(guild) {
            return false;
        }
        let summary = resident.guild.summary(now);
        if summary.next_due.is_some_and(|due| due <= now) {
            return false;
        }
        *entry = CacheEntry::Evicted(self.evicted_guild(summary));
        self.server_questions.remove(&guild);
        true
    }

    /// Inserts a guild that was read, or removes it if it was deleted, unless the entry has changed
    /// since.
    fn finish_load(&self, guild: GuildId, generation: u64, loaded: Option<Guild>) {
        let Entry::Occupied(mut entry) = self.guilds.entry(guild) else {
            return;
        };
        if !entry.get().is_evicted_as(generation) {
            return;
        }
        if let Some(loaded) = loaded {
            self.publish_questions(&loaded);
            entry.insert(CacheEntry::new(loaded));
        } else {
            entry.remove();
            tracing::warn!(%guild, "evicted guild was deleted elsewhere");
        }
    }

    /// Excludes a guild whose data is invalid from all further work, so that the data stays as
    /// it is for the operator.
    fn quarantine(&self, guild: GuildId) {
        self.ownership_mut().quarantine(guild);
        self.guilds.remove(&guild);
    }
}
