//! The streak: computed from the ledger, never stored.

use std::cmp::max;

use super::ledger::{Actor, Ledger, RoundResult};
use super::round::Round;

/// Number of answered rounds that earn a freeze.
pub const ROUNDS_PER_FREEZE: u32 = 7;

/// Maximum number of freezes that a member can hold.
pub const MAX_FREEZES: u32 = 2;

/// Outcome of a round for one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundOutcome {
    /// Answered in time.
    Answered,
    /// Not answered, but covered by a freeze.
    Frozen {
        /// Whether a reply came after the window.
        late: bool,
    },
    /// Not answered, and not covered by a freeze.
    Missed {
        /// Whether a reply came after the window.
        late: bool,
    },
    /// Answered after seeing the model answer: neither extends nor ends the streak.
    PeekedFirst,
    /// An admin voided the round for all members.
    Void(Actor),
    /// An admin credited the member with the round.
    Credited(Option<Actor>),
    /// The round is open, so the member has not missed it yet.
    Open {
        /// Whether they saw the model answer, so that a reply leaves the streak unchanged.
        peeked: bool,
    },
}

/// A member's streak after some round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Streak {
    /// Number of rounds answered in a row.
    pub current: u32,
    /// Largest value that `current` ever had.
    pub longest: u32,
    /// Number of freezes held.
    pub freezes: u32,
    /// Total number of rounds answered or credited.
    pub answered: u32,
}

impl Streak {
    /// Returns how many more answered rounds earn the next freeze; `None` with [`MAX_FREEZES`]
    /// freezes.
    pub const fn rounds_to_next_freeze(&self) -> Option<u32> {
        if self.freezes >= MAX_FREEZES {
            return None;
        }
        Some(ROUNDS_PER_FREEZE - self.answered % ROUNDS_PER_FREEZE)
    }

    fn answer(&mut self) {
        self.current += 1;
        self.answered += 1;
        self.longest = max(self.longest, self.current);
        if self.answered.is_multiple_of(ROUNDS_PER_FREEZE) && self.freezes < MAX_FREEZES {
            self.freezes += 1;
        }
    }

    /// Counts a missed round. A freeze is used only if there is a streak to protect.
    fn miss(&mut self, late: bool) -> RoundOutcome {
        if self.current > 0 && self.freezes > 0 {
            self.freezes -= 1;
            return RoundOutcome::Frozen { late };
        }
        self.current = 0;
        RoundOutcome::Missed { late }
    }

    fn apply_round(&mut self, ledger: &Ledger, round: &Round, open: bool) -> RoundOutcome {
        if let Some(by) = round.voided_by {
            return RoundOutcome::Void(by);
        }
        match ledger.result(round.number) {
            RoundResult::Answered => {
                self.answer();
                RoundOutcome::Answered
            }
            RoundResult::Credited => {
                self.answer();
                RoundOutcome::Credited(ledger.credited_by(round.number))
            }
            RoundResult::PeekedFirst => RoundOutcome::PeekedFirst,
            RoundResult::Late => self.miss(true),
            result @ (RoundResult::Nothing | RoundResult::Peeked) if open => RoundOutcome::Open {
                peeked: result == RoundResult::Peeked,
            },
            RoundResult::Nothing | RoundResult::Peeked => self.miss(false),
        }
    }
}

/// Iterates over a member's rounds in order, with the outcome of each and the streak after it.
///
/// `rounds` are all rounds of the team. Intents without a message are skipped, and the last posted
/// round is the open one. Rounds before the member's first result are skipped.
pub fn replay<'a>(
    ledger: &'a Ledger,
    rounds: &'a [Round],
) -> impl Iterator<Item = (&'a Round, RoundOutcome, Streak)> {
    let open = rounds.iter().rev().find(|round| round.message.is_some());
    let open = open.map(|round| round.number);
    let first = ledger.first_round().unwrap_or(u32::MAX);
    // Rounds are numbered from 1 without gaps, so the index is the number minus 1.
    let skip = (first.saturating_sub(1) as usize).min(rounds.len());
    rounds[skip..]
        .iter()
        .filter(|round| round.message.is_some())
        .scan(Streak::default(), move |streak, round| {
            let outcome = streak.apply_round(ledger, round, open == Some(round.number));
            Some((round, outcome, *streak))
        })
}

/// Returns the streak after all rounds.
pub fn streak(ledger: &Ledger, rounds: &[Round]) -> Streak {
    replay(ledger, rounds)
        .last()
        .map(|(_, _, streak)| streak)
        .unwrap_or_default()
}
