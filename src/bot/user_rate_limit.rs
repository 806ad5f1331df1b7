//! Members who ask too fast: told to slow down, then answered cheaply for a while, and nobody else notices.
//!
//! A member has a store of answers that fills up with time. Whoever presses buttons twice a second for hours
//! never empties it, a script does within seconds. What is typed into an option asks for suggestions with
//! every letter, so those have a store of their own, and an empty one ends nothing but the suggestions.
//!
//! Time comes in as an argument, from any beginning.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dashmap::{DashMap, Entry};

use crate::practice::id::UserId;

/// Answers to commands and buttons: forty at once, and two a second for as long as one likes.
const INTERACTION_QUOTA: Quota = Quota {
    burst: 40,
    refill_every: Duration::from_millis(500),
};

/// Suggestions: nobody types more than ten letters a second.
const AUTOCOMPLETE_QUOTA: Quota = Quota {
    burst: 60,
    refill_every: Duration::from_millis(100),
};

/// How long a member who asked too fast has to wait.
pub const COOLDOWN: Duration = Duration::from_secs(30);

/// Each time so many members more have come, those who are idle are forgotten: a night's raid does not
/// have to wait for the hourly housekeeping.
const PRUNE_EVERY: usize = 1024;

/// How many times the room that is needed is left alone.
const SHRINK_FACTOR: usize = 8;

/// What a member asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// An answer to a command or a button.
    Interaction,
    /// Suggestions while typing.
    Autocomplete,
}

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is answered.
    Allow,
    /// The member asks too fast, and is answered again after `wait`. `first` tells the beginning.
    Deny {
        /// How long.
        retry_after: Duration,
        /// Whether this wish was the one too many.
        is_first: bool,
    },
}

/// A store of `burst` that gets one more with each `every`.
#[derive(Debug, Clone, Copy)]
struct Quota {
    burst: u32,
    refill_every: Duration,
}

impl Quota {
    /// Takes one, if there is one. `full_at` is when the store will be full again.
    fn try_take(self, full_at: &mut Millis, now: Duration) -> bool {
        let missing = full_at.remaining(now) + self.refill_every;
        let is_there = missing <= self.refill_every * self.burst;
        if is_there {
            *full_at = Millis::from_duration(now + missing);
        }
        is_there
    }
}

/// A time in milliseconds, half as large as a `Duration`: there may be very many members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Millis(u64);

impl Millis {
    /// Rounded down: forty at once stay forty, wherever in a millisecond they begin.
    fn from_duration(time: Duration) -> Self {
        Self(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    /// How long after `now` it is.
    fn remaining(self, now: Duration) -> Duration {
        Duration::from_millis(self.0).saturating_sub(now)
    }

    fn is_past(self, now: Duration) -> bool {
        self.remaining(now).is_zero()
    }
}

/// One member. Times of the past mean nothing any more.
#[derive(Debug, Clone, Copy, Default)]
struct MemberState {
    interactions_full_at: Millis,
    autocomplete_full_at: Millis,
    denied_until: Millis,
}

impl MemberState {
    fn check(&mut self, kind: RequestKind, now: Duration) -> Decision {
        let wait = self.denied_until.remaining(now);
        if !wait.is_zero() {
            return Decision::Deny {
                retry_after: wait,
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

/// Everybody who asked lately.
#[derive(Debug, Default)]
pub struct UserRateLimiter {
    members: DashMap<UserId, MemberState>,
    /// How many were not remembered when they asked: counting all members locks the whole map.
    newcomers: AtomicUsize,
}

impl UserRateLimiter {
    /// A member asks for something.
    pub fn check(&self, user: UserId, kind: RequestKind, now: Duration) -> Decision {
        let decision = match self.members.entry(user) {
            Entry::Occupied(mut known) => return known.get_mut().check(kind, now),
            Entry::Vacant(free) => free.insert(MemberState::default()).check(kind, now),
        };
        if self.newcomers.fetch_add(1, Ordering::Relaxed) % PRUNE_EVERY == PRUNE_EVERY - 1 {
            self.prune(now);
        }
        decision
    }

    /// Forgets everybody who has asked nothing for long enough to start anew.
    pub fn prune(&self, now: Duration) {
        self.members.retain(|_, member| !member.is_idle(now));
        // A crowd that has gone leaves no room behind, but one that comes and goes does not make its room anew each time.
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

    /// How many of a script's wishes are answered, sixty milliseconds apart, for so many seconds.
    fn answered(limiter: &UserRateLimiter, from: u64, seconds: u64) -> u64 {
        let asked = (0..seconds * 1000).step_by(60);
        let went = asked.filter(|at| {
            limiter.check(LIN, RequestKind::Interaction, ms(from + at)) == Decision::Allow
        });
        went.count() as u64
    }

    #[test]
    fn a_thousand_in_a_minute_are_too_many() {
        let limiter = UserRateLimiter::default();
        let first = answered(&limiter, 0, 60);
        assert!((40..120).contains(&first), "{first}");
        assert_eq!(
            limiter.check(SAM, RequestKind::Interaction, ms(60_000)),
            Decision::Allow
        );
        // After the pause a member has a full store again.
        let later = ms(60_000) + COOLDOWN;
        assert_eq!(
            limiter.check(LIN, RequestKind::Interaction, later),
            Decision::Allow
        );
        assert!(answered(&limiter, 90_100, 2) >= 30);
    }

    #[test]
    fn the_one_too_many_begins_a_pause_that_does_not_grow() {
        let limiter = UserRateLimiter::default();
        let ask = |at| limiter.check(LIN, RequestKind::Interaction, ms(at));
        for _ in 0..40 {
            assert_eq!(ask(0), Decision::Allow);
        }
        let wait = |left, first| Decision::Deny {
            retry_after: ms(left),
            is_first: first,
        };
        assert_eq!(ask(0), wait(30_000, true));
        assert_eq!(ask(1_000), wait(29_000, false));
        assert_eq!(ask(29_999), wait(1, false));
        // Suggestions are not worth more than the answer they are for.
        let typed = limiter.check(LIN, RequestKind::Autocomplete, ms(29_999));
        assert_eq!(typed, wait(1, false));
        assert_eq!(ask(30_000), Decision::Allow);
    }

    #[test]
    fn typing_too_fast_ends_nothing_but_suggestions() {
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
    fn who_is_idle_is_forgotten_by_and_by() {
        let limiter = UserRateLimiter::default();
        // A raid of many members who each ask once.
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
        /// Whoever leaves half a second between two presses is always answered, and may type meanwhile.
        #[test]
        fn quick_hands_never_wait(pauses in prop::collection::vec(500_u64..1500, 1..300)) {
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

        /// Whatever others do, a member gets the same answers as alone.
        #[test]
        fn nobody_is_harmed(calls in prop::collection::vec((any::<bool>(), 0_u64..400), 1..400)) {
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

        /// In no half minute anybody gets more than a full store and what came in meanwhile.
        #[test]
        fn there_is_a_limit(pauses in prop::collection::vec(0_u64..700, 1..500)) {
            let limiter = UserRateLimiter::default();
            let (mut now, mut went) = (0, Vec::new());
            for pause in pauses {
                now += pause;
                if limiter.check(LIN, RequestKind::Interaction, ms(now)) == Decision::Allow {
                    went.push(now);
                }
            }
            for (index, from) in went.iter().enumerate() {
                let within = went[index..].iter().take_while(|at| **at < from + 30_000);
                prop_assert!(within.count() <= 40 + 60);
            }
        }
    }
}
