//! The leaderboard: sorted by answered rounds, then by streak, so that newcomers can win.

use std::cmp::Reverse;

use jiff::civil::Date;

use super::id::UserId;
use super::streak::{RoundOutcome, Streak, replay};
use super::team::Team;

/// The rounds that count for a leaderboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Rounds in the month of this day.
    Month(Date),
    AllTime,
}

impl Period {
    fn contains(self, day: Date) -> bool {
        match self {
            Self::Month(month) => (day.year(), day.month()) == (month.year(), month.month()),
            Self::AllTime => true,
        }
    }
}

/// One member's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaderboardRow {
    pub user: UserId,
    /// Number of answered or credited rounds in the period.
    pub answered: u32,
    /// The current streak.
    pub streak: Streak,
}

/// Returns the place of each row of a sorted leaderboard. Members with the same answers and streak
/// share a place, and the places after it stay empty: 1, 2, 2, 4.
pub fn places(rows: &[LeaderboardRow]) -> Vec<usize> {
    let ties =
        rows.chunk_by(|a, b| (a.answered, a.streak.current) == (b.answered, b.streak.current));
    let mut places = Vec::with_capacity(rows.len());
    for tie in ties {
        let place = places.len() + 1;
        places.extend(tie.iter().map(|_| place));
    }
    places
}

impl Team {
    /// Returns all members with at least one answered round in the period, best first.
    pub fn leaderboard(&self, period: Period) -> Vec<LeaderboardRow> {
        let mut rows: Vec<LeaderboardRow> = self
            .members()
            .filter_map(|(user, _)| self.leaderboard_row(user, period))
            .collect();
        rows.sort_by_key(|row| (Reverse(row.answered), Reverse(row.streak.current), row.user));
        rows
    }

    /// Returns the number of rounds in the period that a member answered or was credited with.
    pub fn answered(&self, user: UserId, period: Period) -> u32 {
        let row = self.leaderboard_row(user, period);
        row.map_or(0, |row| row.answered)
    }

    fn leaderboard_row(&self, user: UserId, period: Period) -> Option<LeaderboardRow> {
        let ledger = self.members.get(&user)?;
        let mut row = LeaderboardRow {
            user,
            answered: 0,
            streak: Streak::default(),
        };
        for (round, outcome, streak) in replay(ledger, &self.rounds) {
            let answered = matches!(outcome, RoundOutcome::Answered | RoundOutcome::Credited(_));
            row.answered += u32::from(answered && period.contains(round.day));
            row.streak = streak;
        }
        (row.answered > 0).then_some(row)
    }
}
