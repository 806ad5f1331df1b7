//! Matching of members for mock interviews: a pure, greedy function.
//!
//! The members choose one after another: those who come first because nobody was free for them last
//! time, then those who waited longest. Each chooses, among the members who are still free, one whom
//! they never met, or else the one whom they met longest ago; of several the one who waited longest.
//! For example, Ada and Sam met last week, Lin joined yesterday, and all three are free along with
//! Max, who waited longest:
//!
//! 1. Max chooses first. He never met any of them, and Ada waited longest of the three.
//! 2. Sam and Lin remain, and get each other.
//!
//! If one member remains, they join the group whose members they met longest ago, so at most one
//! group has three members. A member who is alone gets no group.
//!
//! The result depends on the input only, so a process that repeats a matching after a restart gets
//! the same groups.

use std::cmp::Reverse;

use jiff::Timestamp;
use jiff::civil::Date;

use super::id::UserId;

/// Maximum number of groups of a team and week.
pub const MATCHES_MAX: usize = 50;

/// A member who wants to be matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchCandidate {
    pub user: UserId,
    /// Whether nobody was free for the member last time, or their partner could not come.
    pub comes_first: bool,
    /// When the member was matched last, or joined.
    pub waiting_since: Timestamp,
}

/// The result of a matching.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matching {
    /// Groups of two, and at most one of three, in the order in which they were chosen.
    pub groups: Vec<Vec<UserId>>,
    /// Members without a group: one who is alone, or those beyond [`MATCHES_MAX`] groups.
    pub unmatched: Vec<UserId>,
}

/// Matches members. `last_met` returns the day on which two members were matched last.
pub fn match_members(
    candidates: &[MatchCandidate],
    last_met: impl Fn(UserId, UserId) -> Option<Date>,
) -> Matching {
    let mut free = candidates.to_vec();
    free.sort_by_key(|one| (Reverse(one.comes_first), one.waiting_since, one.user));
    free.dedup_by_key(|one| one.user);
    // Sorted in reverse, so that taking the first one is cheap.
    let mut free: Vec<UserId> = free.into_iter().rev().map(|one| one.user).collect();
    let mut matching = Matching::default();
    while matching.groups.len() < MATCHES_MAX && free.len() > 1 {
        let Some(chooser) = free.pop() else { break };
        // `None`, never met, is the smallest. Of equals the last one is wanted: it waited longest.
        let partner = free
            .iter()
            .enumerate()
            .rev()
            .min_by_key(|(_, other)| last_met(chooser, **other))
            .map(|(index, _)| index);
        let Some(partner) = partner else { break };
        matching.groups.push(vec![chooser, free.remove(partner)]);
    }
    if let [last] = free[..] {
        let met = |group: &&mut Vec<UserId>| group.iter().map(|one| last_met(last, *one)).max();
        if let Some(group) = matching.groups.iter_mut().min_by_key(met) {
            group.push(last);
            free.clear();
        }
    }
    free.reverse();
    matching.unmatched = free;
    matching
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn user(id: u64) -> UserId {
        UserId::new(id)
    }

    fn candidate(id: u64, waits_days: i64) -> MatchCandidate {
        let now: Timestamp = "2026-11-30T09:00:00Z".parse().unwrap();
        MatchCandidate {
            user: user(id),
            comes_first: false,
            waiting_since: now - jiff::SignedDuration::from_hours(24 * waits_days),
        }
    }

    fn groups(matching: &Matching) -> Vec<Vec<u64>> {
        let ids = |group: &Vec<UserId>| group.iter().map(|one| one.get()).collect();
        matching.groups.iter().map(ids).collect()
    }

    #[test]
    fn the_longest_wait_chooses_first_among_those_never_met() {
        let all = [
            candidate(1, 5),
            candidate(2, 9),
            candidate(3, 1),
            candidate(4, 7),
        ];
        let nobody_met = match_members(&all, |_, _| None);
        assert_eq!(groups(&nobody_met), [[2, 4], [1, 3]]);
        let met = |a: UserId, b: UserId| {
            let pair = (a.get().min(b.get()), a.get().max(b.get()));
            (pair == (2, 4)).then_some(date(2026, 11, 23))
        };
        assert_eq!(groups(&match_members(&all, met)), [[2, 1], [4, 3]]);
    }

    #[test]
    fn one_who_was_alone_comes_first() {
        let mut last = candidate(3, 1);
        last.comes_first = true;
        let matching = match_members(&[candidate(1, 5), candidate(2, 9), last], |_, _| None);
        assert_eq!(groups(&matching), [[3, 2, 1]]);
        let alone = match_members(&[last], |_, _| None);
        assert_eq!((alone.groups.len(), alone.unmatched), (0, vec![user(3)]));
    }

    #[test]
    fn a_hundred_and_one_members_are_fifty_groups_and_more_wait() {
        let all: Vec<_> = (1..=102_u64)
            .map(|id| candidate(id, 200 - i64::try_from(id).unwrap()))
            .collect();
        let odd = match_members(&all[..101], |_, _| None);
        assert_eq!((odd.groups.len(), odd.unmatched.len()), (MATCHES_MAX, 0));
        assert_eq!(odd.groups[0], [user(1), user(2), user(101)]);
        let more = match_members(&all, |_, _| None);
        assert_eq!(more.unmatched, [user(101), user(102)]);
    }
}
