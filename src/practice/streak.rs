//! The streak: computed from the ledger, never stored beside it.

use std::cmp::max;

use super::ledger::{Actor, Ledger, RoundResult};
use super::round::Round;

/// A freeze is earned with each seventh answered round.
pub const ROUNDS_PER_FREEZE: u32 = 7;

/// At most this many freezes are held.
pub const MAX_FREEZES: u32 = 2;

/// What a round was for one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundOutcome {
    /// Answered in time.
    Answered,
    /// Not answered; a freeze covered it. `late`: a reply came after the window.
    Frozen {
        /// Whether a reply came after the window.
        late: bool,
    },
    /// Not answered, and no freeze was there. `late`: a reply came after the window.
    Missed {
        /// Whether a reply came after the window.
        late: bool,
    },
    /// Answered after looking at the model answer: neither extends nor ends the streak.
    PeekedFirst,
    /// An admin voided the round for all.
    Void(Actor),
    /// An admin credited the member with the round.
    Credited(Option<Actor>),
    /// The round is open and can't be missed yet.
    Open,
}

/// A member's standing after some round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Streak {
    /// Rounds answered in a row.
    pub current: u32,
    /// The longest row there ever was.
    pub longest: u32,
    /// Freezes held.
    pub freezes: u32,
    /// Rounds answered or credited in all.
    pub answered: u32,
}

impl Streak {
    /// How many more answered rounds bring the next freeze; `None` while all that can be held are.
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

    /// A freeze is spent only if there is a streak to keep.
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
            RoundResult::Nothing | RoundResult::Peeked if open => RoundOutcome::Open,
            RoundResult::Nothing | RoundResult::Peeked => self.miss(false),
        }
    }
}

/// Walks a member's rounds in order; each comes with what it was and the standing after it.
///
/// `rounds` are all rounds of the team; those that are only intended are left out, and the last one
/// posted is the open one. Rounds before the member's first are not theirs.
pub fn replay<'a>(
    ledger: &'a Ledger,
    rounds: &'a [Round],
) -> impl Iterator<Item = (&'a Round, RoundOutcome, Streak)> {
    let open = rounds.iter().rev().find(|round| round.message.is_some());
    let open = open.map(|round| round.number);
    let first = ledger.first_round().unwrap_or(u32::MAX);
    // Rounds are numbered without gaps from 1, so the number is the place.
    let skip = (first.saturating_sub(1) as usize).min(rounds.len());
    rounds[skip..]
        .iter()
        .filter(|round| round.message.is_some())
        .scan(Streak::default(), move |streak, round| {
            let entry = streak.apply_round(ledger, round, open == Some(round.number));
            Some((round, entry, *streak))
        })
}

/// The standing after all rounds.
pub fn streak(ledger: &Ledger, rounds: &[Round]) -> Streak {
    replay(ledger, rounds)
        .last()
        .map(|(_, _, streak)| streak)
        .unwrap_or_default()
}
