//! What `/quiz` asked whom today.

use std::collections::HashSet;

use dashmap::DashMap;
use jiff::civil::Date;

use crate::practice::id::{GuildId, UserId};

/// What was asked today, by member, whether they rated it or not. It is kept in memory only: after a
/// restart a question may come a second time on one day, which harms nobody, and a question that is
/// only looked at does not have to wait for the disk.
#[derive(Debug, Default)]
pub struct Quizzes {
    asked: DashMap<(GuildId, UserId), Today>,
}

#[derive(Debug)]
struct Today {
    day: Date,
    numbers: HashSet<u32>,
}

impl Quizzes {
    /// The numbers of the questions that a member was asked on that local day.
    pub fn on(&self, member: (GuildId, UserId), day: Date) -> HashSet<u32> {
        let today = self.asked.get(&member).filter(|today| today.day == day);
        today.map(|today| today.numbers.clone()).unwrap_or_default()
    }

    /// Remembers that a member was asked a question.
    pub fn remember(&self, member: (GuildId, UserId), day: Date, number: u32) {
        let mut today = self.asked.entry(member).or_insert_with(|| Today {
            day,
            numbers: HashSet::new(),
        });
        if today.day != day {
            today.day = day;
            today.numbers.clear();
        }
        today.numbers.insert(number);
    }

    /// Forgets what was asked before that day.
    pub fn forget_before(&self, day: Date) {
        self.asked.retain(|_, today| today.day >= day);
    }

    /// Forgets a guild.
    pub fn forget_guild(&self, guild: GuildId) {
        self.asked.retain(|(of, _), _| *of != guild);
    }

    /// Forgets a member of a guild.
    pub fn forget_member(&self, member: (GuildId, UserId)) {
        self.asked.remove(&member);
    }
}
