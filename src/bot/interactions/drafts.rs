//! Things that members sent and that wait for their next press, such as the text of a refused form.
//!
//! They are in memory only, so after a restart the member is asked to send them again. Their number
//! and their size are bounded: the oldest are dropped.

use std::collections::VecDeque;
use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quizloop_core::id::{GuildId, UserId};

/// How long a draft is kept.
pub const DRAFT_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// A random number in custom ids, so that an id from before a restart finds no other draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftId(pub u64);

impl fmt::Display for DraftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl FromStr for DraftId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

/// A draft's id with the member who sent the draft, and where. A draft is given to no other member,
/// because a custom id can be forged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftKey {
    pub id: DraftId,
    pub guild: GuildId,
    pub user: UserId,
}

/// How many drafts are kept at most.
#[derive(Debug, Clone, Copy)]
pub struct DraftLimits {
    /// In each guild.
    pub per_guild: usize,
    /// Of each member in a guild.
    pub per_member: usize,
    /// Total size in bytes, as the callers of [`Drafts::put`] state it.
    pub bytes: usize,
}

#[derive(Debug)]
struct Entry<T> {
    key: DraftKey,
    /// On the clock of the caller.
    expires_at: Duration,
    bytes: usize,
    value: Arc<T>,
}

/// The drafts of all members.
#[derive(Debug)]
pub struct Drafts<T> {
    limits: DraftLimits,
    /// Oldest first. Never locked across an await.
    entries: Mutex<VecDeque<Entry<T>>>,
}

impl<T> Drafts<T> {
    pub const fn new(limits: DraftLimits) -> Self {
        Self {
            limits,
            entries: Mutex::new(VecDeque::new()),
        }
    }

    /// Keeps a value of that size for [`DRAFT_LIFETIME`] from `now`. Drops the oldest drafts of the
    /// member, of the guild and of all as far as the limits require it. A draft that was taken is put
    /// back in the same way.
    pub fn put(&self, key: DraftKey, now: Duration, value: impl Into<Arc<T>>, bytes: usize) {
        let mut entries = self.lock();
        remove_expired(&mut entries, now);
        let DraftLimits {
            per_guild,
            per_member,
            ..
        } = self.limits;
        let is_same_guild = |one: &DraftKey| one.guild == key.guild;
        let is_same_member = |one: &DraftKey| is_same_guild(one) && one.user == key.user;
        drop_oldest(&mut entries, per_member, is_same_member);
        drop_oldest(&mut entries, per_guild, is_same_guild);
        let mut total = bytes + entries.iter().map(|entry| entry.bytes).sum::<usize>();
        while total > self.limits.bytes
            && let Some(oldest) = entries.pop_front()
        {
            total -= oldest.bytes;
        }
        entries.push_back(Entry {
            key,
            expires_at: now + DRAFT_LIFETIME,
            bytes,
            value: value.into(),
        });
    }

    /// Returns a draft of its owner that has not expired.
    pub fn get(&self, key: DraftKey, now: Duration) -> Option<Arc<T>> {
        let mut entries = self.lock();
        remove_expired(&mut entries, now);
        let found = entries.iter().find(|entry| entry.key == key)?;
        Some(Arc::clone(&found.value))
    }

    /// Removes a draft, and returns it as [`Drafts::get`] does.
    pub fn take(&self, key: DraftKey, now: Duration) -> Option<Arc<T>> {
        let mut entries = self.lock();
        remove_expired(&mut entries, now);
        let index = entries.iter().position(|entry| entry.key == key)?;
        entries.remove(index).map(|entry| entry.value)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Entry<T>>> {
        // No code that holds the lock leaves the list in an invalid state, so a panic is no error.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remove_expired<T>(entries: &mut VecDeque<Entry<T>>, now: Duration) {
    entries.retain(|entry| entry.expires_at > now);
}

/// Drops the oldest entries that match, so that one more fits `max`.
fn drop_oldest<T>(
    entries: &mut VecDeque<Entry<T>>,
    max: usize,
    matches: impl Fn(&DraftKey) -> bool,
) {
    let count = entries.iter().filter(|entry| matches(&entry.key)).count();
    let mut excess = (count + 1).saturating_sub(max);
    entries.retain(|entry| {
        let is_dropped = excess > 0 && matches(&entry.key);
        excess -= usize::from(is_dropped);
        !is_dropped
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: DraftLimits = DraftLimits {
        per_guild: 3,
        per_member: 2,
        bytes: 100,
    };

    /// A member in a guild.
    type Owner = (u64, u64);

    const LIN: Owner = (1, 1);

    const fn key(id: u64, (guild, user): Owner) -> DraftKey {
        DraftKey {
            id: DraftId(id),
            guild: GuildId::new(guild),
            user: UserId::new(user),
        }
    }

    /// Returns which of the drafts 0 to 9 of an owner are kept.
    fn kept(drafts: &Drafts<u64>, of: Owner, now: Duration) -> Vec<u64> {
        let get = |id| drafts.get(key(id, of), now);
        (0..10).filter_map(get).map(|value| *value).collect()
    }

    fn put(drafts: &Drafts<u64>, id: u64, of: Owner, bytes: usize) {
        drafts.put(key(id, of), Duration::ZERO, id, bytes);
    }

    #[test]
    fn a_draft_is_kept_for_a_quarter_of_an_hour() {
        let drafts = Drafts::new(LIMITS);
        put(&drafts, 1, LIN, 10);
        let last = DRAFT_LIFETIME.saturating_sub(Duration::from_millis(1));
        assert_eq!(kept(&drafts, LIN, last), [1]);
        assert_eq!(kept(&drafts, LIN, DRAFT_LIFETIME), [0; 0]);
        assert!(drafts.lock().is_empty(), "its memory is free again");
    }

    #[test]
    fn the_oldest_drafts_are_dropped_beyond_each_limit() {
        let drafts = Drafts::new(LIMITS);
        for id in 1..=3 {
            put(&drafts, id, LIN, 10);
        }
        assert_eq!(kept(&drafts, LIN, Duration::ZERO), [2, 3]);
        put(&drafts, 4, (1, 2), 10);
        put(&drafts, 5, (1, 3), 10);
        assert_eq!(kept(&drafts, LIN, Duration::ZERO), [3]);
        // Other guilds have their own number, and share the size.
        put(&drafts, 6, (2, 1), 75);
        assert_eq!(kept(&drafts, LIN, Duration::ZERO), [0; 0]);
        assert_eq!(kept(&drafts, (1, 3), Duration::ZERO), [5]);
        put(&drafts, 7, (3, 1), 1000);
        assert_eq!(kept(&drafts, (3, 1), Duration::ZERO), [7]);
        assert_eq!(drafts.lock().len(), 1);
    }

    #[test]
    fn a_draft_is_for_its_owner_alone() {
        let drafts = Drafts::new(LIMITS);
        put(&drafts, 1, LIN, 10);
        for other in [(1, 2), (2, 1)] {
            assert_eq!(kept(&drafts, other, Duration::ZERO), [0; 0]);
            assert_eq!(drafts.take(key(1, other), Duration::ZERO), None);
        }
        assert!(drafts.take(key(1, LIN), Duration::ZERO).is_some());
        assert!(drafts.take(key(1, LIN), Duration::ZERO).is_none());
    }

    #[test]
    fn ids_are_parsed_as_they_are_written() {
        for id in [0, 1, u64::MAX] {
            assert_eq!(DraftId(id).to_string().parse(), Ok(DraftId(id)));
        }
        assert!("".parse::<DraftId>().is_err());
    }
}
