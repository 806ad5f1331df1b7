//! What `/quiz` asked whom today.

use std::collections::HashMap;

use dashmap::DashMap;
use jiff::civil::Date;

use crate::practice::id::{GuildId, UserId};

/// What was asked today, by member, whether they rated it or not. It is kept in memory only: after a
/// restart a question may come a second time on one day, which harms nobody, and a question that is
/// only looked at does not have to wait for the disk.
#[derive(Debug, Default)]
pub struct AskedToday {
    // By guild first: the guild's id beside each member would be a fifth of all this.
    by_guild: DashMap<GuildId, HashMap<UserId, MemberDay>>,
}

#[derive(Debug)]
struct MemberDay {
    day: Date,
    numbers: SortedSet,
}

/// Numbers of questions, sorted: a handful for most members, of whom there may be very many, so a set that hashes
/// would be far larger than what is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SortedSet(Box<[u32]>);

impl SortedSet {
    /// Whether a number is among them.
    pub fn contains(&self, number: u32) -> bool {
        self.0.binary_search(&number).is_ok()
    }

    fn insert(&mut self, number: u32) {
        if let Err(place) = self.0.binary_search(&number) {
            let (before, after) = self.0.split_at(place);
            self.0 = [before, &[number], after].concat().into();
        }
    }
}

impl AskedToday {
    /// The numbers of the questions that a member was asked on that local day.
    pub fn asked_on(&self, (guild, user): (GuildId, UserId), day: Date) -> SortedSet {
        let of_guild = self.by_guild.get(&guild);
        let today = of_guild.as_ref().and_then(|members| members.get(&user));
        let today = today.filter(|today| today.day == day);
        today.map(|today| today.numbers.clone()).unwrap_or_default()
    }

    /// Remembers that a member was asked a question.
    pub fn remember(&self, (guild, user): (GuildId, UserId), day: Date, number: u32) {
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

    /// Forgets what was asked before that day.
    pub fn remove_before(&self, day: Date) {
        self.by_guild.retain(|_, members| {
            members.retain(|_, today| today.day >= day);
            // Tomorrow's members may be fewer.
            members.shrink_to_fit();
            !members.is_empty()
        });
    }

    /// Forgets a guild.
    pub fn remove_guild(&self, guild: GuildId) {
        self.by_guild.remove(&guild);
    }

    /// Forgets a member of a guild.
    pub fn remove_member(&self, (guild, user): (GuildId, UserId)) {
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
    fn a_day_is_remembered_and_ends() {
        let (asked, member) = (AskedToday::default(), (GuildId::new(1), UserId::new(2)));
        let (today, tomorrow) = (date(2026, 3, 27), date(2026, 3, 28));
        for number in [7, 3, 9, 3, 1] {
            asked.remember(member, today, number);
        }
        assert_eq!(*asked.asked_on(member, today).0, [1, 3, 7, 9]);
        assert_eq!(asked.asked_on(member, tomorrow), SortedSet::default());
        asked.remember(member, tomorrow, 3);
        assert_eq!(*asked.asked_on(member, tomorrow).0, [3]);
        let others = (GuildId::new(1), UserId::new(3));
        assert!(!asked.asked_on(others, tomorrow).contains(3));
    }
}
