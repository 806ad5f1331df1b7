//! The leaderboard: answered rounds first, streak second, so that newcomers can win.

use std::cmp::Reverse;

use jiff::civil::Date;

use super::id::UserId;
use super::streak::{Entry, Streak, walk};
use super::team::Team;

/// Which rounds count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Rounds of the month of this day.
    Month(Date),
    /// All rounds.
    AllTime,
}

impl Period {
    fn has(self, day: Date) -> bool {
        match self {
            Self::Month(month) => (day.year(), day.month()) == (month.year(), month.month()),
            Self::AllTime => true,
        }
    }
}

/// One member's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Who.
    pub user: UserId,
    /// Answered or credited rounds of the period.
    pub answered: u32,
    /// The standing now.
    pub streak: Streak,
}

impl Team {
    /// Everybody with at least one answered round in the period, the best first.
    pub fn leaderboard(&self, period: Period) -> Vec<Row> {
        let mut rows: Vec<Row> = self
            .members()
            .filter_map(|(user, _)| self.row(user, period))
            .collect();
        rows.sort_by_key(|row| (Reverse(row.answered), Reverse(row.streak.current), row.user));
        rows
    }

    fn row(&self, user: UserId, period: Period) -> Option<Row> {
        let ledger = self.members.get(&user)?;
        let mut row = Row {
            user,
            answered: 0,
            streak: Streak::default(),
        };
        for (round, entry, streak) in walk(ledger, &self.rounds) {
            let answered = matches!(entry, Entry::Answered | Entry::Credited(_));
            row.answered += u32::from(answered && period.has(round.day));
            row.streak = streak;
        }
        (row.answered > 0).then_some(row)
    }
}
