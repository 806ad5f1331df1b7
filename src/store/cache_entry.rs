//! A guild in memory: whole, or as an outline of one that was let go.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::commit::{Commit, SaveProgress};
use super::compression::CompressedGuild;
use crate::practice::guild::Guild;
use crate::practice::guild_summary::GuildSummary;

/// What the store has of a guild.
#[derive(Debug)]
pub(super) enum CacheEntry {
    /// All of it.
    Resident(Box<ResidentGuild>),
    /// Its outline.
    Evicted(EvictedGuild),
}

/// A guild with the number of its newest change.
#[derive(Debug)]
pub(super) struct ResidentGuild {
    pub guild: Guild,
    pub version: u64,
    pub progress: watch::Sender<SaveProgress>,
    // Guards one value; locked for a moment only.
    due_cache: Mutex<Option<DueCache>>,
    /// Whether anybody wanted it since it was last looked who can be let go.
    recently_used: AtomicBool,
    /// Whoever has another of these works with the guild.
    pin: Arc<()>,
}

/// When there is next something to do for a guild, and for which change and from which moment on that holds.
#[derive(Debug, Clone, Copy)]
struct DueCache {
    version: u64,
    computed_at: Timestamp,
    next_due: Option<Timestamp>,
}

/// A guild that was let go.
#[derive(Debug)]
pub(super) struct EvictedGuild {
    /// Tells this time of being away from any other.
    pub generation: u64,
    pub outline: GuildSummary,
    /// All of it, made small; none: it has to be fetched from the database.
    pub compressed: Option<CompressedGuild>,
}

/// Keeps a guild in memory for as long as it lives.
#[derive(Debug, Clone, Default)]
#[must_use = "the guild may be let go when this is dropped"]
pub struct GuildPin(#[allow(dead_code, reason = "it is counted")] Option<Arc<()>>);

impl CacheEntry {
    pub fn new(guild: Guild) -> Self {
        Self::Resident(Box::new(ResidentGuild {
            guild,
            version: 0,
            progress: watch::channel(SaveProgress::default()).0,
            due_cache: Mutex::new(None),
            recently_used: AtomicBool::new(true),
            pin: Arc::default(),
        }))
    }

    pub fn resident(&self) -> Option<&ResidentGuild> {
        match self {
            Self::Resident(resident) => Some(resident),
            Self::Evicted(_) => None,
        }
    }

    pub fn resident_mut(&mut self) -> Option<&mut ResidentGuild> {
        match self {
            Self::Resident(resident) => Some(resident),
            Self::Evicted(_) => None,
        }
    }
}

impl ResidentGuild {
    pub fn commit(&self) -> Commit {
        Commit::new(self.version, self.progress.subscribe())
    }

    /// Somebody wants it, and has it for as long as they keep the pin.
    pub fn pin(&self) -> GuildPin {
        self.mark_used();
        GuildPin(Some(Arc::clone(&self.pin)))
    }

    /// Somebody wants it.
    pub fn mark_used(&self) {
        self.recently_used.store(true, Ordering::Relaxed);
    }

    /// When there is next something to do; worked out anew only after a change, because this is asked of every guild
    /// after every post of any.
    pub fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        // Whole after every statement.
        let mut planned = self
            .due_cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let holds =
            |planned: &DueCache| planned.version == self.version && planned.computed_at <= now;
        if let Some(planned) = planned.filter(holds) {
            return planned.next_due;
        }
        let next = self.guild.next_work(now);
        *planned = Some(DueCache {
            version: self.version,
            computed_at: now,
            next_due: next,
        });
        next
    }

    /// Whether nobody works with it and all of it is saved.
    pub fn is_idle(&self) -> bool {
        Arc::strong_count(&self.pin) == 1 && self.progress.borrow().saved_version == self.version
    }

    /// Whether nobody wanted it since this was last asked.
    pub fn take_idle_flag(&self) -> bool {
        !self.recently_used.swap(false, Ordering::Relaxed)
    }
}
