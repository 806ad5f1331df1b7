//! A guild in memory: loaded, or a summary of an evicted one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::backend::GuildToSave;
use super::commit::{Commit, SaveProgress};
use quizloop_core::guild::Guild;
use quizloop_core::guild_summary::GuildSummary;

/// What the store has of a guild.
#[derive(Debug)]
pub(super) enum CacheEntry {
    /// All of it.
    Resident(Box<ResidentGuild>),
    /// A summary.
    Evicted(EvictedGuild),
}

/// A loaded guild. Its version counts its changes.
#[derive(Debug)]
pub(super) struct ResidentGuild {
    pub guild: Guild,
    pub version: u64,
    pub progress: watch::Sender<SaveProgress>,
    due_cache: Mutex<Option<DueCache>>,
    /// Whether it was used since the last check for idle guilds.
    recently_used: AtomicBool,
    /// Each [`GuildPin`] holds a clone, so the count shows whether the guild is in use.
    pin: Arc<()>,
}

/// When a guild is next due. Valid for one version, from `computed_at` on.
#[derive(Debug, Clone, Copy)]
struct DueCache {
    version: u64,
    computed_at: Timestamp,
    next_due: Option<Timestamp>,
}

/// What remains in memory of an evicted guild.
#[derive(Debug)]
pub(super) struct EvictedGuild {
    /// Number of the eviction; detects that an entry was replaced meanwhile.
    pub generation: u64,
    pub summary: GuildSummary,
}

/// Prevents the eviction of a guild for as long as it lives.
#[derive(Debug, Clone, Default)]
#[must_use = "the guild may be evicted when this is dropped"]
pub(super) struct GuildPin(#[allow(dead_code, reason = "only its count is used")] Option<Arc<()>>);

impl CacheEntry {
    /// Creates the entry of a guild that was read, or that is new and empty.
    pub(crate) fn new(guild: Guild) -> Self {
        let progress = SaveProgress {
            saved_questions: guild.shared_server_questions().cloned(),
            ..SaveProgress::default()
        };
        Self::Resident(Box::new(ResidentGuild {
            guild,
            version: 0,
            progress: watch::channel(progress).0,
            due_cache: Mutex::new(None),
            recently_used: AtomicBool::new(true),
            pin: Arc::default(),
        }))
    }

    pub(crate) fn resident(&self) -> Option<&ResidentGuild> {
        match self {
            Self::Resident(resident) => Some(resident),
            Self::Evicted(_) => None,
        }
    }

    pub(crate) fn resident_mut(&mut self) -> Option<&mut ResidentGuild> {
        match self {
            Self::Resident(resident) => Some(resident),
            Self::Evicted(_) => None,
        }
    }

    /// Whether the guild is still evicted, by the eviction of that number.
    pub(crate) fn is_evicted_as(&self, generation: u64) -> bool {
        matches!(self, Self::Evicted(evicted) if evicted.generation == generation)
    }
}

impl ResidentGuild {
    pub(crate) fn commit(&self) -> Commit {
        Commit::new(self.version, self.progress.subscribe())
    }

    /// Returns a copy to save. Copies share the server's own questions.
    pub(crate) fn to_save(&self) -> GuildToSave {
        let now = self.guild.shared_server_questions().map(Arc::as_ptr);
        let saved = self.progress.borrow();
        GuildToSave {
            guild: self.guild.clone(),
            questions_changed: now != saved.saved_questions.as_ref().map(Arc::as_ptr),
        }
    }

    /// Marks the guild as used, and prevents its eviction while the pin lives.
    pub(crate) fn pin(&self) -> GuildPin {
        self.mark_used();
        GuildPin(Some(Arc::clone(&self.pin)))
    }

    pub(crate) fn mark_used(&self) {
        self.recently_used.store(true, Ordering::Relaxed);
    }

    /// Returns when the guild is next due. Cached per version, because every scan of the scheduler
    /// reads it for every guild.
    pub(crate) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        // Poisoning can be ignored: the value is consistent after every statement.
        let mut cache = self
            .due_cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_valid =
            |cached: &DueCache| cached.version == self.version && cached.computed_at <= now;
        if let Some(cached) = cache.filter(is_valid) {
            return cached.next_due;
        }
        let next_due = self.guild.next_work(now);
        *cache = Some(DueCache {
            version: self.version,
            computed_at: now,
            next_due,
        });
        next_due
    }

    /// Whether it has no pin and is completely saved.
    pub(crate) fn is_idle(&self) -> bool {
        Arc::strong_count(&self.pin) == 1 && self.progress.borrow().saved_version == self.version
    }

    /// Whether it was not used since the last call.
    pub(crate) fn take_idle_flag(&self) -> bool {
        !self.recently_used.swap(false, Ordering::Relaxed)
    }
}
