//! Summary of a team's week: participants, longest streaks and hardest questions.

use std::cmp::Reverse;

use jiff::civil::Date;

use super::id::UserId;
use super::leaderboard::LeaderboardRow;
use super::ledger::{Ledger, RoundResult};
use super::round::Round;
use super::self_assessment::MissedPoints;
use super::streak::{RoundOutcome, Streak, replay};
use super::team::Team;

/// Maximum number of hardest questions, and of longest streaks, in a summary.
const MAX_LISTED: usize = 3;

/// Minimum length of a listed streak in rounds.
const MIN_LISTED_STREAK: u32 = 2;

/// Summary of a team's week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeeklySummary {
    /// Number of posted rounds.
    pub rounds: usize,
    /// Participants, best first: members with a result in any of the week's rounds.
    pub rows: Vec<LeaderboardRow>,
    /// The longest streaks of participants, longest first.
    pub streaks: Vec<(UserId, u32)>,
    /// The questions of which the largest shares of key points were missed in self-assessments, or
    /// which the largest shares of participants missed if nobody assessed them, hardest first.
    pub hardest: Vec<HardQuestion>,
}

/// A question that participants missed, or of which they missed key points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HardQuestion {
    pub round: u32,
    /// Question id.
    pub question: String,
    /// Participants who did not answer in time, or saw the answer first.
    pub missed: usize,
    /// Participants of the week whose first round is this one or an earlier one.
    pub participants: usize,
    /// The missed key points, if members assessed their replies.
    pub points: Option<MissedPoints>,
}

impl HardQuestion {
    /// Returns how much was missed, and of how much.
    fn missed_of(&self) -> (usize, usize) {
        let people = (self.missed, self.participants);
        self.points
            .map_or(people, |points| (points.missed, points.total))
    }
}

impl Team {
    /// Returns the summary of the week that starts on `first_day`, without members who are `hidden`.
    pub fn weekly_summary(
        &self,
        first_day: Date,
        hidden: impl Fn(UserId) -> bool,
    ) -> WeeklySummary {
        let rounds: Vec<&Round> = self.rounds_of_week(first_day).collect();
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
        for (round, outcome, streak) in replay(ledger, self.rounds()) {
            let of_week = rounds.iter().any(|one| one.number == round.number);
            let answered = matches!(outcome, RoundOutcome::Answered | RoundOutcome::Credited(_));
            row.answered += u32::from(of_week && answered);
            row.streak = streak;
        }
        row
    }

    /// Skips void rounds, and the open round because members can still answer it.
    fn hardest_questions(
        &self,
        rounds: &[&Round],
        participants: &[(UserId, &Ledger)],
    ) -> Vec<HardQuestion> {
        let open = self.open_round().map(|round| round.number);
        let closed = rounds
            .iter()
            .filter(|round| round.voided_by.is_none() && open != Some(round.number));
        let mut hardest: Vec<HardQuestion> = closed
            .map(|round| hard_question(round, participants))
            .filter(|hard| hard.missed_of().0 > 0)
            .collect();
        // Compares shares without fractions: a/b > c/d is a*d > c*b.
        hardest.sort_by(|one, other| {
            let ((missed, of), (other_missed, other_of)) = (one.missed_of(), other.missed_of());
            let (left, right) = (missed * other_of, other_missed * of);
            right.cmp(&left).then(one.round.cmp(&other.round))
        });
        hardest.truncate(MAX_LISTED);
        hardest
    }
}

fn hard_question(round: &Round, participants: &[(UserId, &Ledger)]) -> HardQuestion {
    let number = round.number;
    let had_started = |ledger: &Ledger| ledger.first_round().is_some_and(|first| first <= number);
    let started = || {
        participants
            .iter()
            .filter(|(_, ledger)| had_started(ledger))
    };
    let missed = started().filter(|(_, ledger)| {
        !matches!(
            ledger.result(number),
            RoundResult::Answered | RoundResult::Credited
        )
    });
    HardQuestion {
        round: number,
        question: round.question.clone(),
        missed: missed.count(),
        participants: started().count(),
        points: round.assessments.missed_points(),
    }
}
