//! What a team did in a week: who took part, and which questions were hard.

use std::cmp::Reverse;

use jiff::civil::Date;

use super::id::UserId;
use super::leaderboard::LeaderboardRow;
use super::ledger::{Ledger, RoundResult};
use super::round::Round;
use super::streak::{RoundOutcome, Streak, replay};
use super::team::Team;

/// So many of the hardest questions are named, and of the longest streaks.
const MAX_LISTED: usize = 3;

/// A streak that is named has at least so many rounds.
const MIN_LISTED_STREAK: u32 = 2;

/// A team's week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeeklySummary {
    /// Rounds that were posted.
    pub rounds: usize,
    /// Who took part, the best first: in any of the week's rounds there is a result of theirs.
    pub rows: Vec<LeaderboardRow>,
    /// The longest streaks of those who took part, the longest first.
    pub streaks: Vec<(UserId, u32)>,
    /// The questions that the largest shares did not answer, the hardest first.
    pub hardest: Vec<HardQuestion>,
}

/// A question that was hard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HardQuestion {
    /// The round.
    pub round: u32,
    /// The id of the question.
    pub question: String,
    /// How many did not answer in time, or looked first.
    pub missed: usize,
    /// Of how many: those who took part in the week and had begun by that round.
    pub participants: usize,
}

impl Team {
    /// The week of that Monday, without members who are `hidden`.
    pub fn weekly_summary(&self, monday: Date, hidden: impl Fn(UserId) -> bool) -> WeeklySummary {
        let rounds: Vec<&Round> = self.rounds_of_week(monday).collect();
        let took_part = |ledger: &Ledger| {
            let mut results = rounds.iter().map(|round| ledger.result(round.number));
            results.any(|result| result != RoundResult::Nothing)
        };
        let participants: Vec<(UserId, &Ledger)> = self
            .members()
            .filter(|(user, ledger)| took_part(ledger) && !hidden(*user))
            .collect();
        let mut rows: Vec<LeaderboardRow> = participants
            .iter()
            .map(|(user, ledger)| self.weekly_row(*user, ledger, &rounds))
            .collect();
        let mut streaks: Vec<(UserId, u32)> = rows
            .iter()
            .map(|row| (row.user, row.streak.current))
            .filter(|(_, streak)| *streak >= MIN_LISTED_STREAK)
            .collect();
        rows.sort_by_key(|row| (Reverse(row.answered), Reverse(row.streak.current), row.user));
        streaks.sort_by_key(|(user, streak)| (Reverse(*streak), *user));
        streaks.truncate(MAX_LISTED);
        WeeklySummary {
            rounds: rounds.len(),
            rows,
            streaks,
            hardest: self.hardest_questions(&rounds, &participants),
        }
    }

    fn weekly_row(&self, user: UserId, ledger: &Ledger, rounds: &[&Round]) -> LeaderboardRow {
        let mut row = LeaderboardRow {
            user,
            answered: 0,
            streak: Streak::default(),
        };
        for (round, entry, streak) in replay(ledger, self.rounds()) {
            let of_week = rounds.iter().any(|one| one.number == round.number);
            let answered = matches!(entry, RoundOutcome::Answered | RoundOutcome::Credited(_));
            row.answered += u32::from(of_week && answered);
            row.streak = streak;
        }
        row
    }

    /// The open round is left out: there still is time to answer it. So is a void one.
    fn hardest_questions(
        &self,
        rounds: &[&Round],
        participants: &[(UserId, &Ledger)],
    ) -> Vec<HardQuestion> {
        let open = self.open_round().map(|round| round.number);
        let judged = rounds
            .iter()
            .filter(|round| round.voided_by.is_none() && open != Some(round.number));
        let mut hardest: Vec<HardQuestion> = judged
            .map(|round| hard_question(round, participants))
            .filter(|hard| hard.missed > 0)
            .collect();
        // Shares are compared without fractions: a/b > c/d is a*d > c*b.
        hardest.sort_by(|one, other| {
            let (left, right) = (
                one.missed * other.participants,
                other.missed * one.participants,
            );
            right.cmp(&left).then(one.round.cmp(&other.round))
        });
        hardest.truncate(MAX_LISTED);
        hardest
    }
}

fn hard_question(round: &Round, participants: &[(UserId, &Ledger)]) -> HardQuestion {
    let number = round.number;
    let had_begun = |ledger: &Ledger| ledger.first_round().is_some_and(|first| first <= number);
    let theirs = || participants.iter().filter(|(_, ledger)| had_begun(ledger));
    let missed = theirs().filter(|(_, ledger)| {
        !matches!(
            ledger.result(number),
            RoundResult::Answered | RoundResult::Credited
        )
    });
    HardQuestion {
        round: number,
        question: round.question.clone(),
        missed: missed.count(),
        participants: theirs().count(),
    }
}
