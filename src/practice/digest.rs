//! What a team did in a week: who took part, and which questions were hard.

use std::cmp::Reverse;

use jiff::civil::Date;

use super::board::Row;
use super::id::UserId;
use super::ledger::{Ledger, Mark};
use super::round::Round;
use super::streak::{Entry, Streak, walk};
use super::team::Team;

/// So many of the hardest questions are named, and of the longest streaks.
const NAMED: usize = 3;

/// A streak that is named has at least so many rounds.
const STREAK_MIN: u32 = 2;

/// A team's week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Rounds that were posted.
    pub rounds: usize,
    /// Who took part, the best first: in any of the week's rounds there is a mark of theirs.
    pub rows: Vec<Row>,
    /// The longest streaks of those who took part, the longest first.
    pub streaks: Vec<(UserId, u32)>,
    /// The questions that the largest shares did not answer, the hardest first.
    pub hardest: Vec<Hard>,
}

/// A question that was hard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hard {
    /// The round.
    pub round: u32,
    /// The id of the question.
    pub question: String,
    /// How many did not answer in time, or looked first.
    pub missed: usize,
    /// Of how many: those who took part in the week and had begun by that round.
    pub of: usize,
}

impl Team {
    /// The week of that Monday, without members who are `hidden`.
    pub fn digest(&self, monday: Date, hidden: impl Fn(UserId) -> bool) -> Digest {
        let rounds: Vec<&Round> = self.rounds_of_week(monday).collect();
        let took_part = |ledger: &Ledger| {
            let mut marks = rounds.iter().map(|round| ledger.mark(round.number));
            marks.any(|mark| mark != Mark::Nothing)
        };
        let part: Vec<(UserId, &Ledger)> = self
            .members()
            .filter(|(user, ledger)| took_part(ledger) && !hidden(*user))
            .collect();
        let mut rows: Vec<Row> = part
            .iter()
            .map(|(user, ledger)| self.week_row(*user, ledger, &rounds))
            .collect();
        let mut streaks: Vec<(UserId, u32)> = rows
            .iter()
            .map(|row| (row.user, row.streak.current))
            .filter(|(_, streak)| *streak >= STREAK_MIN)
            .collect();
        rows.sort_by_key(|row| (Reverse(row.answered), Reverse(row.streak.current), row.user));
        streaks.sort_by_key(|(user, streak)| (Reverse(*streak), *user));
        streaks.truncate(NAMED);
        Digest {
            rounds: rounds.len(),
            rows,
            streaks,
            hardest: self.hardest(&rounds, &part),
        }
    }

    fn week_row(&self, user: UserId, ledger: &Ledger, rounds: &[&Round]) -> Row {
        let mut row = Row {
            user,
            answered: 0,
            streak: Streak::default(),
        };
        for (round, entry, streak) in walk(ledger, self.rounds()) {
            let of_week = rounds.iter().any(|one| one.number == round.number);
            let answered = matches!(entry, Entry::Answered | Entry::Credited(_));
            row.answered += u32::from(of_week && answered);
            row.streak = streak;
        }
        row
    }

    /// The open round is left out: there still is time to answer it. So is a void one.
    fn hardest(&self, rounds: &[&Round], part: &[(UserId, &Ledger)]) -> Vec<Hard> {
        let open = self.open_round().map(|round| round.number);
        let judged = rounds
            .iter()
            .filter(|round| round.void.is_none() && open != Some(round.number));
        let mut hardest: Vec<Hard> = judged
            .map(|round| hard(round, part))
            .filter(|hard| hard.missed > 0)
            .collect();
        // Shares are compared without fractions: a/b > c/d is a*d > c*b.
        hardest.sort_by(|one, other| {
            let (left, right) = (one.missed * other.of, other.missed * one.of);
            right.cmp(&left).then(one.round.cmp(&other.round))
        });
        hardest.truncate(NAMED);
        hardest
    }
}

fn hard(round: &Round, part: &[(UserId, &Ledger)]) -> Hard {
    let number = round.number;
    let had_begun = |ledger: &Ledger| ledger.first_round().is_some_and(|first| first <= number);
    let theirs = || part.iter().filter(|(_, ledger)| had_begun(ledger));
    let missed = theirs()
        .filter(|(_, ledger)| !matches!(ledger.mark(number), Mark::Answered | Mark::Credited));
    Hard {
        round: number,
        question: round.question.clone(),
        missed: missed.count(),
        of: theirs().count(),
    }
}
