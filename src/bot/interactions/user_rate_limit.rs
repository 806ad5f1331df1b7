//! Per-user rate limiter (GCRA), so that one member's script does not slow the bot down for the
//! others.
//!
//! Each member has a bucket of requests that refills with time. Two button presses a second for
//! hours never empty it; a script does within seconds. Then the member is denied for [`COOLDOWN`],
//! and the denials cost almost nothing. Typing into an option requests suggestions with every
//! letter, so these have a bucket of their own; when it is empty only suggestions are denied.
//!
//! The caller passes the time as a duration since any fixed point.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dashmap::{DashMap, Entry};

use quizloop_core::id::UserId;

/// Quota for commands and components: 40 at once, and two a second in the long run.
const INTERACTION_QUOTA: Quota = Quota {
    burst: 40,
    refill_every: Duration::from_millis(500),
};

/// Quota for suggestions: a person types at most ten letters a second.
const AUTOCOMPLETE_QUOTA: Quota = Quota {
    burst: 60,
    refill_every: Duration::from_millis(100),
};

/// How long a member is denied after exceeding the quota.
pub const COOLDOWN: Duration = Duration::from_secs(30);

/// Number of new members after which idle ones are removed, so that memory is freed during a raid
/// and not only by the hourly housekeeping.
const PRUNE_EVERY: usize = 1024;

/// The map is shrunk when its capacity exceeds its size by this factor.
const SHRINK_FACTOR: usize = 8;

/// The kind of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// A command, a component or a modal.
    Interaction,
    /// Suggestions while a member types an option.
    Autocomplete,
}

/// The decision about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allow,
    Deny {
        retry_after: Duration,
        /// Whether this request exceeded the quota and began the cooldown.
        is_first: bool,
    },
}

/// A bucket of `burst` requests that gains one every `refill_every`.
#[derive(Debug, Clone, Copy)]
struct Quota {
    burst: u32,
    refill_every: Duration,
}

impl Quota {
    /// Takes a request from the bucket and returns whether there was one.
    ///
    /// `full_at`, when the bucket is full again, is the bucket's whole state. Example: with one
    /// request every 500 ms and a burst of 40, the first request sets it to 0.5 s from now and the
    /// 40th to 20 s from now; the 41st would set it to 20.5 s, more than 40 × 500 ms, and is
    /// denied.
    fn try_take(self, full_at: &mut Millis, now: Duration) -> bool {
        let missing = full_at.remaining(now) + self.refill_every;
        let is_available = missing <= self.refill_every * self.burst;
        if is_available {
            *full_at = Millis::from_duration(now + missing);
        }
        is_available
    }
}

/// A time in milliseconds: half the size of a `Duration`, of which there are three for each member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Millis(u64);

impl Millis {
    /// Rounds down, so that exactly `burst` requests are allowed wherever in a millisecond they
    /// begin.
    fn from_duration(time: Duration) -> Self {
        Self(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    /// Returns how long after `now` this time is; zero if it is past.
    fn remaining(self, now: Duration) -> Duration {
        Duration::from_millis(self.0).saturating_sub(now)
    }

    fn is_past(self, now: Duration) -> bool {
        self.remaining(now).is_zero()
    }
}

/// The state of one member. Times in the past have no effect.
#[derive(Debug, Clone, Copy, Default)]
struct MemberState {
    interactions_full_at: Millis,
    autocomplete_full_at: Millis,
    denied_until: Millis,
}

impl MemberState {
    fn check(&mut self, kind: RequestKind, now: Duration) -> Decision {
        let cooldown = self.denied_until.remaining(now);
        if !cooldown.is_zero() {
            return Decision::Deny {
                retry_after: cooldown,
                is_first: false,
            };
        }
        match kind {
            RequestKind::Interaction
                if INTERACTION_QUOTA.try_take(&mut self.interactions_full_at, now) =>
            {
                Decision::Allow
            }
            RequestKind::Autocomplete
                if AUTOCOMPLETE_QUOTA.try_take(&mut self.autocomplete_full_at, now) =>
            {
                Decision::Allow
            }
            RequestKind::Interaction => {
                self.denied_until = Millis::from_duration(now + COOLDOWN);
                Decision::Deny {
                    retry_after: COOLDOWN,
                    is_first: true,
                }
            }
            RequestKind::Autocomplete => Decision::Deny {
                retry_after: AUTOCOMPLETE_QUOTA.refill_every,
                is_first: false,
            },
        }
    }

    fn is_idle(&self, now: Duration) -> bool {
        self.interactions_full_at
            .max(self.autocomplete_full_at)
            .max(self.denied_until)
            .is_past(now)
    }
}

/// Rate limits of all members who sent a request lately.
#[derive(Debug, Default)]
pub struct UserRateLimiter {
    members: DashMap<UserId, MemberState>,
    /// Number of inserted members. `DashMap::len` would lock the whole map.
    inserted: AtomicUsize,
}

impl UserRateLimiter {
    /// Counts a request of a member and decides whether to answer it.
    pub fn check(&self, user: UserId, kind: RequestKind, now: Duration) -> Decision {
        let decision = match self.members.entry(user) {
            Entry::Occupied(mut entry) => return entry.get_mut().check(kind, now),
            Entry::Vacant(entry) => entry.insert(MemberState::default()).check(kind, now),
        };
        if self.inserted.fetch_add(1, Ordering::Relaxed) % PRUNE_EVERY == PRUNE_EVERY - 1 {
            self.prune(now);
        }
        decision
    }

    /// Removes members whose buckets are full and whose cooldown is over.
    pub fn prune(&self, now: Duration) {
        self.members.retain(|_, member| !member.is_idle(now));
        // Frees the memory of a raid, but does not reallocate with every change of the number of
        // members.
        if self.members.capacity() > SHRINK_FACTOR * (self.members.len() + PRUNE_EVERY) {
            self.members.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIN: UserId = UserId::new(1);
    const SAM: UserId = UserId::new(2);

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Sends a request every 60 ms for a number of seconds and returns how many are allowed.
    fn allowed_requests(limiter: &UserRateLimiter, from: u64, seconds: u64) -> u64 {
        let times = (0..seconds * 1000).step_by(60);
        let allowed = times.filter(|at| {
            limiter.check(LIN, RequestKind::Interaction, ms(from + at)) == Decision::Allow
        });
        allowed.count() as u64
    }

    #[test]
    fn a_thousand_requests_in_a_minute_are_limited() {
        let limiter = UserRateLimiter::default();
        let first = allowed_requests(&limiter, 0, 60);
        assert!((40..120).contains(&first), "{first}");
        assert_eq!(
            limiter.check(SAM, RequestKind::Interaction, ms(60_000)),
            Decision::Allow
        );
        // After the cooldown the member has a full bucket again.
        let later = ms(60_000) + COOLDOWN;
        assert_eq!(
            limiter.check(LIN, RequestKind::Interaction, later),
            Decision::Allow
        );
        assert!(allowed_requests(&limiter, 90_100, 2) >= 30);
    }

    #[test]
    fn exceeding_the_quota_begins_a_cooldown_that_does_not_grow() {
        let limiter = UserRateLimiter::default();
        let check = |at| limiter.check(LIN, RequestKind::Interaction, ms(at));
        for _ in 0..40 {
            assert_eq!(check(0), Decision::Allow);
        }
        let deny = |retry_after, is_first| Decision::Deny {
            retry_after: ms(retry_after),
            is_first,
        };
        assert_eq!(check(0), deny(30_000, true));
        assert_eq!(check(1_000), deny(29_000, false));
        assert_eq!(check(29_999), deny(1, false));
        // Suggestions for a command that would be denied are denied, too.
        let typed = limiter.check(LIN, RequestKind::Autocomplete, ms(29_999));
        assert_eq!(typed, deny(1, false));
        assert_eq!(check(30_000), Decision::Allow);
    }

    #[test]
    fn fast_typing_limits_suggestions_only() {
        let limiter = UserRateLimiter::default();
        let typed = |at| limiter.check(LIN, RequestKind::Autocomplete, ms(at)) == Decision::Allow;
        assert_eq!((0..100).filter(|_| typed(0)).count(), 60);
        assert_eq!(
            limiter.check(LIN, RequestKind::Interaction, ms(0)),
            Decision::Allow
        );
        assert!(typed(100) && !typed(100));
    }

    #[test]
    fn idle_members_are_pruned_gradually() {
        let limiter = UserRateLimiter::default();
        // A raid of many members, each with one request.
        for user in 0..100_000 {
            limiter.check(UserId::new(10 + user), RequestKind::Interaction, ms(user));
        }
        assert!(
            limiter.members.len() < 2 * PRUNE_EVERY,
            "{}",
            limiter.members.len()
        );
        for _ in 0..41 {
            limiter.check(LIN, RequestKind::Interaction, ms(100_000));
        }
        limiter.prune(ms(99_999) + COOLDOWN);
        assert_eq!(limiter.members.len(), 1);
        limiter.prune(ms(100_000) + COOLDOWN);
        assert_eq!(limiter.members.len(), 0);
    }

    proptest! {
        /// A member with half a second between two presses is never denied, also when typing
        /// meanwhile.
        #[test]
        fn fast_members_are_never_limited(pauses in prop::collection::vec(500_u64..1500, 1..300)) {
            let limiter = UserRateLimiter::default();
            let mut now = 0;
            for pause in pauses {
                now += pause;
                prop_assert_eq!(limiter.check(LIN, RequestKind::Interaction, ms(now)), Decision::Allow);
                for letter in 0..5 {
                    let typed = limiter.check(LIN, RequestKind::Autocomplete, ms(now + letter * 100));
                    prop_assert_eq!(typed, Decision::Allow);
                }
            }
        }

        /// A member gets the same decisions as if there were no other members.
        #[test]
        fn members_are_independent(calls in prop::collection::vec((any::<bool>(), 0_u64..400), 1..400)) {
            let (together, alone) = (UserRateLimiter::default(), UserRateLimiter::default());
            let mut now = 0;
            for (is_sam, pause) in calls {
                now += pause;
                if is_sam {
                    let decision = together.check(SAM, RequestKind::Interaction, ms(now));
                    prop_assert_eq!(decision, alone.check(SAM, RequestKind::Interaction, ms(now)));
                } else {
                    together.check(LIN, RequestKind::Interaction, ms(now));
                }
            }
        }

        /// Within 30 s no member gets more than a full bucket and the requests gained meanwhile.
        #[test]
        fn requests_in_any_window_are_limited(pauses in prop::collection::vec(0_u64..700, 1..500)) {
            let limiter = UserRateLimiter::default();
            let (mut now, mut allowed) = (0, Vec::new());
            for pause in pauses {
                now += pause;
                if limiter.check(LIN, RequestKind::Interaction, ms(now)) == Decision::Allow {
                    allowed.push(now);
                }
            }
            for (index, from) in allowed.iter().enumerate() {
                let within = allowed[index..].iter().take_while(|at| **at < from + 30_000);
                prop_assert!(within.count() <= 40 + 60);
            }
        }
    }
}
