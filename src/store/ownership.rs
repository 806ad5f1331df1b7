//! Which guilds are this process's: all of them, or those of the shards that it has now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::practice::id::GuildId;

/// Between the beginnings of two sessions of one slot (Discord docs, events/gateway, "Rate Limiting": `max_concurrency`
/// IDENTIFY requests in 5 s), with a little for the time that connecting takes.
pub(super) const IDENTIFY_INTERVAL: Duration = Duration::from_millis(5_500);

/// The shards of this process now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Those whose guilds are here.
    pub held: BTreeSet<u32>,
    /// Those of them that another process is to have: whoever works for them stops and then calls
    /// [`super::Store::release_shard`].
    pub to_release: Vec<u32>,
}

/// Which guilds may be changed here.
#[derive(Debug, Default)]
pub(super) enum Ownership {
    /// All.
    #[default]
    All,
    /// Those of some shards.
    Shards {
        /// How many shards there are in all.
        total: u32,
        /// Those that are here.
        held: BTreeSet<u32>,
        /// Guilds of these shards that can't be read, and so are left alone.
        unreadable: BTreeSet<GuildId>,
    },
}

impl Ownership {
    /// Whether a guild may be changed here.
    pub fn owns(&self, guild: GuildId) -> bool {
        match self {
            Self::All => true,
            Self::Shards {
                total,
                held,
                unreadable,
            } => held.contains(&guild.shard(*total)) && !unreadable.contains(&guild),
        }
    }

    /// Leaves a guild alone that can't be read. With a folder all could be read at its start.
    pub fn quarantine(&mut self, guild: GuildId) {
        if let Self::Shards { unreadable, .. } = self {
            unreadable.insert(guild);
        }
    }

    /// The shards that are here; none if nobody has asked for shards.
    pub fn held(&self) -> BTreeSet<u32> {
        match self {
            Self::All => BTreeSet::new(),
            Self::Shards { held, .. } => held.clone(),
        }
    }
}

/// Turns at beginning sessions, where no other process takes any.
#[derive(Debug, Default)]
pub(super) struct IdentifyLimiter {
    // Guards a few plain values, for moments.
    next_at: Mutex<BTreeMap<u32, Instant>>,
}

impl IdentifyLimiter {
    /// Asks for a slot's next turn: none if it is now, else when to ask again.
    pub fn try_acquire(&self, slot: u32, now: Instant) -> Option<Duration> {
        let mut next = self.next_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = next.get(&slot).filter(|next| **next > now) {
            return Some(next.duration_since(now));
        }
        next.insert(slot, now + IDENTIFY_INTERVAL);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_of_a_slot_begin_one_after_the_other() {
        let (turns, start) = (IdentifyLimiter::default(), Instant::now());
        assert_eq!(turns.try_acquire(0, start), None);
        assert_eq!(turns.try_acquire(1, start), None);
        let later = start + Duration::from_secs(2);
        assert_eq!(
            turns.try_acquire(0, later),
            Some(IDENTIFY_INTERVAL.saturating_sub(Duration::from_secs(2)))
        );
        assert_eq!(turns.try_acquire(0, start + IDENTIFY_INTERVAL), None);
        assert_eq!(
            turns.try_acquire(0, start + IDENTIFY_INTERVAL),
            Some(IDENTIFY_INTERVAL)
        );
    }
}
