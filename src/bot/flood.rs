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
const ANSWERS: Pace = Pace {
    burst: 40,
    every: Duration::from_millis(500),
};

/// Suggestions: nobody types more than ten letters a second.
const SUGGESTIONS: Pace = Pace {
    burst: 60,
    every: Duration::from_millis(100),
};

/// How long a member who asked too fast has to wait.
pub const COOLDOWN: Duration = Duration::from_secs(30);

/// Each time so many members more have come, those who are idle are forgotten: a night's raid does not
/// have to wait for the hourly housekeeping.
const CROWD: usize = 1024;

/// How many times the room that is needed is left alone.
const ROOM: usize = 8;

/// What a member asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// An answer to a command or a button.
    Answer,
    /// Suggestions while typing.
    Suggestions,
}

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is answered.
    Go,
    /// The member asks too fast, and is answered again after `wait`. `first` tells the beginning.
    Wait {
        /// How long.
        wait: Duration,
        /// Whether this wish was the one too many.
        first: bool,
    },
}

/// A store of `burst` that gets one more with each `every`.
#[derive(Debug, Clone, Copy)]
struct Pace {
    burst: u32,
    every: Duration,
}

impl Pace {
    /// Takes one, if there is one. `full_at` is when the store will be full again.
    fn take(self, full_at: &mut Moment, now: Duration) -> bool {
        let missing = full_at.after(now) + self.every;
        let is_there = missing <= self.every * self.burst;
        if is_there {
            *full_at = Moment::at(now + missing);
        }
        is_there
    }
}

/// A time in milliseconds, half as large as a `Duration`: there may be very many members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(u64);

impl Moment {
    /// Rounded down: forty at once stay forty, wherever in a millisecond they begin.
    fn at(time: Duration) -> Self {
        Self(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    /// How long after `now` it is.
    fn after(self, now: Duration) -> Duration {
        Duration::from_millis(self.0).saturating_sub(now)
    }

    fn has_come(self, now: Duration) -> bool {
        self.after(now).is_zero()
    }
}

/// One member. Times of the past mean nothing any more.
#[derive(Debug, Clone, Copy, Default)]
struct Member {
    answers_full_at: Moment,
    suggestions_full_at: Moment,
    cool_until: Moment,
}

impl Member {
    fn ask(&mut self, wish: Wish, now: Duration) -> Verdict {
        let wait = self.cool_until.after(now);
        if !wait.is_zero() {
            return Verdict::Wait { wait, first: false };
        }
        match wish {
            Wish::Answer if ANSWERS.take(&mut self.answers_full_at, now) => Verdict::Go,
            Wish::Suggestions if SUGGESTIONS.take(&mut self.suggestions_full_at, now) => {
                Verdict::Go
            }
            Wish::Answer => {
                self.cool_until = Moment::at(now + COOLDOWN);
                Verdict::Wait {
                    wait: COOLDOWN,
                    first: true,
                }
            }
            Wish::Suggestions => Verdict::Wait {
                wait: SUGGESTIONS.every,
                first: false,
            },
        }
    }

    fn is_idle(&self, now: Duration) -> bool {
        self.answers_full_at
            .max(self.suggestions_full_at)
            .max(self.cool_until)
            .has_come(now)
    }
}

/// Everybody who asked lately.
#[derive(Debug, Default)]
pub struct Floods {
    members: DashMap<UserId, Member>,
    /// How many were not remembered when they asked: counting all members locks the whole map.
    newcomers: AtomicUsize,
}

impl Floods {
    /// A member asks for something.
    pub fn ask(&self, user: UserId, wish: Wish, now: Duration) -> Verdict {
        let verdict = match self.members.entry(user) {
            Entry::Occupied(mut known) => return known.get_mut().ask(wish, now),
            Entry::Vacant(free) => free.insert(Member::default()).ask(wish, now),
        };
        if self.newcomers.fetch_add(1, Ordering::Relaxed) % CROWD == CROWD - 1 {
            self.forget_idle(now);
        }
        verdict
    }

    /// Forgets everybody who has asked nothing for long enough to start anew.
    pub fn forget_idle(&self, now: Duration) {
        self.members.retain(|_, member| !member.is_idle(now));
        // A crowd that has gone leaves no room behind, but one that comes and goes does not make its room anew each time.
        if self.members.capacity() > ROOM * (self.members.len() + CROWD) {
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
    fn answered(floods: &Floods, from: u64, seconds: u64) -> u64 {
        let asked = (0..seconds * 1000).step_by(60);
        let went = asked.filter(|at| floods.ask(LIN, Wish::Answer, ms(from + at)) == Verdict::Go);
        went.count() as u64
    }

    #[test]
    fn a_thousand_in_a_minute_are_too_many() {
        let floods = Floods::default();
        let first = answered(&floods, 0, 60);
        assert!((40..120).contains(&first), "{first}");
        assert_eq!(floods.ask(SAM, Wish::Answer, ms(60_000)), Verdict::Go);
        // After the pause a member has a full store again.
        let later = ms(60_000) + COOLDOWN;
        assert_eq!(floods.ask(LIN, Wish::Answer, later), Verdict::Go);
        assert!(answered(&floods, 90_100, 2) >= 30);
    }

    #[test]
    fn the_one_too_many_begins_a_pause_that_does_not_grow() {
        let floods = Floods::default();
        let ask = |at| floods.ask(LIN, Wish::Answer, ms(at));
        for _ in 0..40 {
            assert_eq!(ask(0), Verdict::Go);
        }
        let wait = |left, first| Verdict::Wait {
            wait: ms(left),
            first,
        };
        assert_eq!(ask(0), wait(30_000, true));
        assert_eq!(ask(1_000), wait(29_000, false));
        assert_eq!(ask(29_999), wait(1, false));
        // Suggestions are not worth more than the answer they are for.
        let typed = floods.ask(LIN, Wish::Suggestions, ms(29_999));
        assert_eq!(typed, wait(1, false));
        assert_eq!(ask(30_000), Verdict::Go);
    }

    #[test]
    fn typing_too_fast_ends_nothing_but_suggestions() {
        let floods = Floods::default();
        let typed = |at| floods.ask(LIN, Wish::Suggestions, ms(at)) == Verdict::Go;
        assert_eq!((0..100).filter(|_| typed(0)).count(), 60);
        assert_eq!(floods.ask(LIN, Wish::Answer, ms(0)), Verdict::Go);
        assert!(typed(100) && !typed(100));
    }

    #[test]
    fn who_is_idle_is_forgotten_by_and_by() {
        let floods = Floods::default();
        // A raid of many members who each ask once.
        for user in 0..100_000 {
            floods.ask(UserId::new(10 + user), Wish::Answer, ms(user));
        }
        assert!(floods.members.len() < 2 * CROWD, "{}", floods.members.len());
        for _ in 0..41 {
            floods.ask(LIN, Wish::Answer, ms(100_000));
        }
        floods.forget_idle(ms(99_999) + COOLDOWN);
        assert_eq!(floods.members.len(), 1);
        floods.forget_idle(ms(100_000) + COOLDOWN);
        assert_eq!(floods.members.len(), 0);
    }

    proptest! {
        /// Whoever leaves half a second between two presses is always answered, and may type meanwhile.
        #[test]
        fn quick_hands_never_wait(pauses in prop::collection::vec(500_u64..1500, 1..300)) {
            let floods = Floods::default();
            let mut now = 0;
            for pause in pauses {
                now += pause;
                prop_assert_eq!(floods.ask(LIN, Wish::Answer, ms(now)), Verdict::Go);
                for letter in 0..5 {
                    let typed = floods.ask(LIN, Wish::Suggestions, ms(now + letter * 100));
                    prop_assert_eq!(typed, Verdict::Go);
                }
            }
        }

        /// Whatever others do, a member gets the same answers as alone.
        #[test]
        fn nobody_is_harmed(calls in prop::collection::vec((any::<bool>(), 0_u64..400), 1..400)) {
            let (together, alone) = (Floods::default(), Floods::default());
            let mut now = 0;
            for (is_sam, pause) in calls {
                now += pause;
                if is_sam {
                    let verdict = together.ask(SAM, Wish::Answer, ms(now));
                    prop_assert_eq!(verdict, alone.ask(SAM, Wish::Answer, ms(now)));
                } else {
                    together.ask(LIN, Wish::Answer, ms(now));
                }
            }
        }

        /// In no half minute anybody gets more than a full store and what came in meanwhile.
        #[test]
        fn there_is_a_limit(pauses in prop::collection::vec(0_u64..700, 1..500)) {
            let floods = Floods::default();
            let (mut now, mut went) = (0, Vec::new());
            for pause in pauses {
                now += pause;
                if floods.ask(LIN, Wish::Answer, ms(now)) == Verdict::Go {
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
