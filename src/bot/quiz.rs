//! Which question `/quiz` asks next, and what it asked whom today.

use std::collections::HashSet;

use dashmap::DashMap;
use dashmap::mapref::one::RefMut;
use jiff::civil::Date;
use rand::Rng;
use rand::seq::IteratorRandom;

use crate::bank::Question;
use crate::practice::id::{GuildId, UserId};

/// What was asked today, by member. It is kept in memory only: after a restart a question may come a
/// second time on one day, which harms nobody, and no practice has to wait for the disk.
#[derive(Debug, Default)]
pub struct Quizzes {
    asked: DashMap<(GuildId, UserId), Today>,
}

#[derive(Debug)]
struct Today {
    day: Date,
    numbers: HashSet<u32>,
}

/// Why there is no question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// Nothing has that topic and level.
    NothingLikeIt,
    /// All that fits was asked today.
    AllAskedToday,
}

impl Quizzes {
    /// Chooses one of `fitting` for a member on that local day, and remembers it. Questions of open
    /// rounds, by id, are left out.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn choose<'a>(
        &self,
        member: (GuildId, UserId),
        day: Date,
        fitting: &[&'a Question],
        open: &[String],
        rng: &mut impl Rng,
    ) -> Result<&'a Question, Empty> {
        let mut today = self.today(member, day);
        let free = fitting
            .iter()
            .filter(|question| !open.contains(&question.id));
        let unasked = free
            .clone()
            .filter(|question| !today.numbers.contains(&question.number));
        let Some(question) = unasked.choose(rng) else {
            let any = free.count() > 0;
            return Err(if any {
                Empty::AllAskedToday
            } else {
                Empty::NothingLikeIt
            });
        };
        today.numbers.insert(question.number);
        Ok(question)
    }

    /// Remembers that a member had a question, which a restart may have made us forget.
    pub fn remember(&self, member: (GuildId, UserId), day: Date, number: u32) {
        self.today(member, day).numbers.insert(number);
    }

    fn today(&self, member: (GuildId, UserId), day: Date) -> RefMut<'_, (GuildId, UserId), Today> {
        let mut today = self.asked.entry(member).or_insert_with(|| Today {
            day,
            numbers: HashSet::new(),
        });
        if today.day != day {
            today.day = day;
            today.numbers.clear();
        }
        today
    }

    /// Forgets what was asked before that day.
    pub fn forget_before(&self, day: Date) {
        self.asked.retain(|_, today| today.day >= day);
    }

    /// Forgets a guild.
    pub fn forget_guild(&self, guild: GuildId) {
        self.asked.retain(|(of, _), _| *of != guild);
    }
}
