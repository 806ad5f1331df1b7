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
    questions: SortedSet,
}

/// A sorted set of indices of questions in the bank, which, unlike numbers, are unique. Most members
/// have a few, so a hash set would be far larger than its contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SortedSet(Box<[u32]>);

impl SortedSet {
    pub fn contains(&self, question: usize) -> bool {
        self.position(question).is_ok()
    }

    fn insert(&mut self, question: usize) {
        if let (Err(position), Ok(question)) = (self.position(question), question.try_into()) {
            let (before, after) = self.0.split_at(position);
            self.0 = [before, &[question], after].concat().into();
        }
    }

    fn position(&self, question: usize) -> Result<usize, usize> {
        self.0
            .binary_search_by(|one| (*one as usize).cmp(&question))
    }
}

impl AskedToday {
    /// Returns the questions that a member was asked on a local day.
    pub fn asked_on(&self, guild: GuildId, user: UserId, day: Date) -> SortedSet {
        let of_guild = self.by_guild.get(&guild);
        let today = of_guild.as_ref().and_then(|members| members.get(&user));
        let today = today.filter(|today| today.day == day);
        today
            .map(|today| today.questions.clone())
            .unwrap_or_default()
    }

    /// Records that a member was asked a question, given by its index in the bank.
    pub fn remember(&self, guild: GuildId, user: UserId, day: Date, question: usize) {
        let mut of_guild = self.by_guild.entry(guild).or_default();
        let today = of_guild.entry(user).or_insert_with(|| MemberDay {
            day,
            questions: SortedSet::default(),
        });
        if today.day != day {
            today.day = day;
            today.questions = SortedSet::default();
        }
        today.questions.insert(question);
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
        for question in [7, 3, 9, 3, 1] {
            asked.remember(guild, member, today, question);
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
