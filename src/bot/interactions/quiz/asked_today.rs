//! The questions that `/quiz` asked each member today.

use std::collections::HashMap;

use dashmap::DashMap;
use jiff::civil::Date;

use quizloop_core::id::{GuildId, UserId};

/// The questions asked today by member, rated or not.
///
/// They are in memory only, so asking a question needs no disk write. After a restart a question
/// may be asked twice on one day, which is harmless.
#[derive(Debug, Default)]
pub struct AskedToday {
    // Grouped by guild: a guild id per member would take a fifth of the memory.
    by_guild: DashMap<GuildId, HashMap<UserId, MemberDay>>,
}

#[derive(Debug)]
struct MemberDay {
    day: Date,
    numbers: SortedSet,
}

/// A sorted set of question numbers. Most members have a few, so a hash set would be far larger
/// than its contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SortedSet(Box<[u32]>);

impl SortedSet {
    pub fn contains(&self, number: u32) -> bool {
        self.0.binary_search(&number).is_ok()
    }

    fn insert(&mut self, number: u32) {
        if let Err(index) = self.0.binary_search(&number) {
            let (before, after) = self.0.split_at(index);
            self.0 = [before, &[number], after].concat().into();
        }
    }
}

impl AskedToday {
    /// Returns the numbers of the questions that a member was asked on a local day.
    pub fn asked_on(&self, guild: GuildId, user: UserId, day: Date) -> SortedSet {
        let of_guild = self.by_guild.get(&guild);
        let today = of_guild.as_ref().and_then(|members| members.get(&user));
        let today = today.filter(|today| today.day == day);
        today.map(|today| today.numbers.clone()).unwrap_or_default()
    }

    /// Records that a member was asked a question.
    pub fn remember(&self, guild: GuildId, user: UserId, day: Date, number: u32) {
        let mut of_guild = self.by_guild.entry(guild).or_default();
        let today = of_guild.entry(user).or_insert_with(|| MemberDay {
            day,
            numbers: SortedSet::default(),
        });
        if today.day != day {
            today.day = day;
            today.numbers = SortedSet::default();
        }
        today.numbers.insert(number);
    }

    /// Removes the questions asked before a day.
    pub fn remove_before(&self, day: Date) {
        self.by_guild.retain(|_, members| {
            members.retain(|_, today| today.day >= day);
            // Frees the memory of a day with more members.
            members.shrink_to_fit();
            !members.is_empty()
        });
    }

    pub fn remove_guild(&self, guild: GuildId) {
        self.by_guild.remove(&guild);
    }

    pub fn remove_member(&self, guild: GuildId, user: UserId) {
        if let Some(mut members) = self.by_guild.get_mut(&guild) {
            members.remove(&user);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn questions_are_recorded_per_day() {
        let asked = AskedToday::default();
        let (guild, member, other) = (GuildId::new(1), UserId::new(2), UserId::new(3));
        let (today, tomorrow) = (date(2026, 3, 27), date(2026, 3, 28));
        for number in [7, 3, 9, 3, 1] {
            asked.remember(guild, member, today, number);
        }
        assert_eq!(*asked.asked_on(guild, member, today).0, [1, 3, 7, 9]);
        assert_eq!(
            asked.asked_on(guild, member, tomorrow),
            SortedSet::default()
        );
        asked.remember(guild, member, tomorrow, 3);
        assert_eq!(*asked.asked_on(guild, member, tomorrow).0, [3]);
        assert!(!asked.asked_on(guild, other, tomorrow).contains(3));
    }
}
