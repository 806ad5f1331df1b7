//! The matching of mock interviews on random members.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use crate::id::UserId;
use crate::matching::{MATCHES_MAX, MatchCandidate, Matching, match_members};

fn candidates(max: usize) -> impl Strategy<Value = Vec<MatchCandidate>> {
    let one = (1..400_u64, any::<bool>(), 0..30_i64);
    prop::collection::btree_map(1..400_u64, one, 0..max).prop_map(|members| {
        let now: Timestamp = "2026-11-30T09:00:00Z".parse().unwrap();
        let candidate = |(id, (_, comes_first, days))| MatchCandidate {
            user: UserId::new(id),
            comes_first,
            waiting_since: now - SignedDuration::from_hours(24 * days),
        };
        members.into_iter().map(candidate).collect()
    })
}

/// The days on which members met: each id modulo some number decides.
#[derive(Debug, Clone, Copy)]
struct Meetings {
    seed: u64,
    /// The share of members who never met, in eighths.
    unmet: u64,
}

impl Meetings {
    fn last(self, one: UserId, other: UserId) -> Option<Date> {
        let (low, high) = (one.min(other).get(), one.max(other).get());
        let mixed = (low * 31 + high * 17 + self.seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        let weeks = i64::try_from(mixed % 52).unwrap();
        (mixed / 64 % 8 >= self.unmet).then(|| date(2025, 12, 1).saturating_add(weeks.weeks()))
    }
}

fn meetings() -> impl Strategy<Value = Meetings> {
    (any::<u32>(), 0..=8_u64).prop_map(|(seed, unmet)| Meetings {
        seed: seed.into(),
        unmet,
    })
}

/// The order in which the members choose.
fn order(candidates: &[MatchCandidate]) -> BTreeMap<UserId, usize> {
    let mut sorted = candidates.to_vec();
    sorted.sort_by_key(|one| (!one.comes_first, one.waiting_since, one.user));
    sorted
        .iter()
        .enumerate()
        .map(|(index, one)| (one.user, index))
        .collect()
}

fn matched(matching: &Matching) -> Vec<UserId> {
    matching.groups.iter().flatten().copied().collect()
}

proptest! {
    /// Nobody is matched twice or forgotten.
    #[test]
    fn each_member_has_one_place(all in candidates(220), met in meetings()) {
        let matching = match_members(&all, |one, other| met.last(one, other));
        let mut places = matched(&matching);
        places.extend(&matching.unmatched);
        let members: BTreeSet<UserId> = all.iter().map(|one| one.user).collect();
        prop_assert_eq!(places.len(), members.len());
        prop_assert_eq!(places.into_iter().collect::<BTreeSet<_>>(), members);
        prop_assert!(matching.groups.len() <= MATCHES_MAX);
    }

    /// There is one group of three if the number is odd, and none otherwise. Only a member who is
    /// alone has no group, unless there are too many members.
    #[test]
    fn three_only_when_odd(all in candidates(102), met in meetings()) {
        let matching = match_members(&all, |one, other| met.last(one, other));
        let trios = matching.groups.iter().filter(|group| group.len() == 3).count();
        prop_assert!(matching.groups.iter().all(|group| (2..=3).contains(&group.len())));
        prop_assert_eq!(trios, usize::from(all.len() > 1 && all.len() % 2 == 1));
        prop_assert_eq!(matching.unmatched.len(), usize::from(all.len() == 1));
    }

    /// The members choose in the order of their wait, and nobody who waits longer is left out.
    #[test]
    fn the_longest_wait_chooses_first(all in candidates(220), met in meetings()) {
        let matching = match_members(&all, |one, other| met.last(one, other));
        let order = order(&all);
        let choosers: Vec<usize> = matching.groups.iter().map(|group| order[&group[0]]).collect();
        prop_assert!(choosers.is_sorted());
        // Each chooser is the first who was free.
        let mut taken: BTreeSet<UserId> = BTreeSet::new();
        for group in &matching.groups {
            let first = order.iter().filter(|(user, _)| !taken.contains(*user)).min_by_key(|one| one.1);
            prop_assert_eq!(first.map(|one| one.0), Some(&group[0]));
            taken.extend(group.iter().take(2));
        }
        let last = matching.groups.last().map(|group| order[&group[0]]);
        for left in &matching.unmatched {
            prop_assert!(Some(order[left]) > last || all.len() == 1);
        }
    }

    /// Nobody repeats a meeting while somebody unmet is free, and of those met the one met longest
    /// ago is chosen.
    #[test]
    fn nobody_repeats_while_somebody_unmet_is_free(all in candidates(120), met in meetings()) {
        let matching = match_members(&all, |one, other| met.last(one, other));
        let mut free: BTreeSet<UserId> = all.iter().map(|one| one.user).collect();
        for group in &matching.groups {
            let [chooser, partner] = [group[0], group[1]];
            free.remove(&chooser);
            let chosen = met.last(chooser, partner);
            let best = free.iter().map(|other| met.last(chooser, *other)).min();
            prop_assert_eq!(Some(chosen), best);
            free.remove(&partner);
        }
    }

    /// The same members in another order get the same groups, so a restart changes nothing.
    #[test]
    fn the_order_of_the_input_does_not_matter(all in candidates(120), met in meetings()) {
        let mut reversed = all.clone();
        reversed.reverse();
        let last_met = |one, other| met.last(one, other);
        prop_assert_eq!(match_members(&all, last_met), match_members(&reversed, last_met));
    }
}

/// With everybody new to each other, nine members meet eight others in eight weeks at most twice
/// until everybody was met.
#[test]
fn nine_members_meet_new_colleagues_each_week() {
    let mut last: BTreeMap<(UserId, UserId), Date> = BTreeMap::new();
    let mut waiting: BTreeMap<UserId, i64> = (1..=9).map(|id| (UserId::new(id), 0)).collect();
    let start: Timestamp = "2026-11-30T09:00:00Z".parse().unwrap();
    for week in 1..=8_i64 {
        let day = date(2026, 11, 30).saturating_add(week.weeks());
        let all: Vec<_> = waiting
            .iter()
            .map(|(user, since)| MatchCandidate {
                user: *user,
                comes_first: false,
                waiting_since: start + SignedDuration::from_hours(since * 168),
            })
            .collect();
        let matching = match_members(&all, |one, other| {
            last.get(&(one.min(other), one.max(other))).copied()
        });
        assert_eq!(matching.groups.len(), 4);
        for group in matching.groups {
            for one in &group {
                waiting.insert(*one, week);
                for other in group.iter().filter(|other| one < *other) {
                    last.insert((*one, *other), day);
                }
            }
        }
    }
    assert!(last.len() >= 28, "{} of 36 pairs met", last.len());
}

/// A thousand members are matched; `benches/core.rs` measures how long it takes.
#[test]
fn a_thousand_members_fill_fifty_groups() {
    let now: Timestamp = "2026-11-30T09:00:00Z".parse().unwrap();
    let all: Vec<_> = (1..=1000_u64)
        .map(|id| MatchCandidate {
            user: UserId::new(id),
            comes_first: id % 7 == 0,
            waiting_since: now - SignedDuration::from_hours(i64::try_from(id % 90).unwrap()),
        })
        .collect();
    let met = Meetings { seed: 7, unmet: 2 };
    let matching = match_members(&all, |one, other| met.last(one, other));
    assert_eq!(matching.groups.len(), MATCHES_MAX);
    assert_eq!(matching.unmatched.len(), 900);
}
