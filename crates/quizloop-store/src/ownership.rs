//! Which guilds this process owns: all of them, or those of the shards that it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use quizloop_core::id::GuildId;

/// Minimum time between two session starts of one slot. Discord allows `max_concurrency` IDENTIFY
/// requests in 5 s (Discord docs, events/gateway, "Rate Limiting"); the rest is a margin for the
/// time that connecting takes.
pub(super) const IDENTIFY_INTERVAL: Duration = Duration::from_millis(5_500);

/// The current shards of this process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The shards that it holds.
    pub held: BTreeSet<u32>,
    /// Held shards that another process should get. The caller stops its work for them and then
    /// calls [`super::Store::release_shard`].
    pub to_release: Vec<u32>,
}

/// The guilds that this process may read and change.
///
/// A change holds the read lock of this value from the check to the end of the change, and a shard
/// is removed under the write lock. For example, when another process takes over shard 2 while a
/// job still works for one of its guilds:
///
/// 1. The job loads guild G and sends a request to Discord.
/// 2. The renewal of the lease reveals the takeover. The next refresh removes shard 2 from `held`
///    and its guilds from memory; pending commits fail.
/// 3. The job changes G. The shard is not held, so the change goes to an empty guild that is
///    discarded, and its commit fails. Without the check a new, empty G would be created.
#[derive(Debug)]
pub(super) struct Ownership {
    /// Number of shards of the bot.
    total: u32,
    /// The shards that this process holds.
    held: BTreeSet<u32>,
    /// Guilds of these shards whose data is invalid. They are excluded from all work.
    unreadable: BTreeSet<GuildId>,
}

impl Ownership {
    /// All guilds, in one shard.
    pub(crate) fn all() -> Self {
        Self {
            held: BTreeSet::from([0]),
            ..Self::none(1)
        }
    }

    /// None of that number of shards.
    pub(crate) const fn none(total: u32) -> Self {
        Self {
            total,
            held: BTreeSet::new(),
            unreadable: BTreeSet::new(),
        }
    }

    pub(crate) fn owns(&self, guild: GuildId) -> bool {
        self.held.contains(&self.shard_of(guild)) && !self.unreadable.contains(&guild)
    }

    pub(crate) fn shard_of(&self, guild: GuildId) -> u32 {
        guild.shard(self.total)
    }

    /// Excludes a guild whose data is invalid.
    pub(crate) fn quarantine(&mut self, guild: GuildId) {
        self.unreadable.insert(guild);
    }

    /// The shards that this process holds.
    pub(crate) const fn held(&self) -> &BTreeSet<u32> {
        &self.held
    }

    pub(crate) fn add(&mut self, shards: Vec<u32>) {
        self.held.extend(shards);
    }

    pub(crate) fn remove(&mut self, shard: u32) {
        let total = self.total;
        self.held.remove(&shard);
        self.unreadable.retain(|guild| guild.shard(total) != shard);
    }
}

/// Rate limiter for the session starts of this process, used with files. With a database all
/// processes share one, see `postgres/cluster.rs`.
#[derive(Debug, Default)]
pub(super) struct IdentifyLimiter {
    /// When the next session may be started, per slot.
    next_at: Mutex<BTreeMap<u32, Instant>>,
}

impl IdentifyLimiter {
    /// Acquires a slot. `None` means that the session may be started now; otherwise returns how
    /// long to wait before the next attempt.
    pub(crate) fn try_acquire(&self, slot: u32, now: Instant) -> Option<Duration> {
        let mut next_at = self.next_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = next_at.get(&slot).filter(|next| **next > now) {
            return Some(next.duration_since(now));
        }
        next_at.insert(slot, now + IDENTIFY_INTERVAL);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_starts_of_a_slot_are_spaced() {
        let (limiter, start) = (IdentifyLimiter::default(), Instant::now());
        assert_eq!(limiter.try_acquire(0, start), None);
        assert_eq!(limiter.try_acquire(1, start), None);
        let later = start + Duration::from_secs(2);
        assert_eq!(
            limiter.try_acquire(0, later),
            Some(IDENTIFY_INTERVAL.saturating_sub(Duration::from_secs(2)))
        );
        assert_eq!(limiter.try_acquire(0, start + IDENTIFY_INTERVAL), None);
        assert_eq!(
            limiter.try_acquire(0, start + IDENTIFY_INTERVAL),
            Some(IDENTIFY_INTERVAL)
        );
    }
}
