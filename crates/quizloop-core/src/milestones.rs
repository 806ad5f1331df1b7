//! Milestones of a streak, which the bot mentions to the member once.
//!
//! Whether a member has reached one follows from the ledger: the round that made their streak longer
//! than ever before, to one of [`MILESTONES`]. Only the mention is stored, with that round,
//! for as long as its replies are. Later it is too late to mention it, so nothing has to be kept.

use super::id::UserId;
use super::ledger::RoundResult;
use super::streak::{RoundOutcome, Streak, replay};
use super::team::Team;

/// The streaks that are milestones.
pub const MILESTONES: [u32; 4] = [3, 7, 30, 100];

/// A milestone that a member has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milestone {
    /// The number of the round.
    pub round: u32,
    /// The number of rounds answered in a row.
    pub streak: u32,
    /// Whether the same round earned a freeze.
    pub earned_freeze: bool,
}

impl Team {
    /// Returns the milestone that a member has reached with one of the two newest rounds, has not been
    /// told of, and has not lost since. A streak that only repeats an earlier one is none.
    pub fn unmentioned_milestone(&self, user: UserId) -> Option<Milestone> {
        let newest = self.open_round()?.number;
        let is_candidate = |number: u32| {
            let counts = matches!(
                self.result(user, number),
                RoundResult::Answered | RoundResult::Credited
            );
            let round = self.round(number);
            counts && round.is_some_and(|round| !round.window.milestones.contains(&user))
        };
        // Most members have answered and are at no milestone: the replay is only for these.
        let candidates: Vec<u32> = [newest.saturating_sub(1), newest]
            .into_iter()
            .filter(|number| is_candidate(*number))
            .collect();
        if candidates.is_empty() {
            return None;
        }
        let ledger = self.members.get(&user)?;
        let (mut before, mut reached) = (Streak::default(), None);
        for (round, outcome, after) in replay(ledger, &self.rounds) {
            let counts = matches!(outcome, RoundOutcome::Answered | RoundOutcome::Credited(_));
            let is_new = after.longest > before.longest && MILESTONES.contains(&after.longest);
            if counts && is_new && candidates.contains(&round.number) {
                reached = Some(Milestone {
                    round: round.number,
                    streak: after.longest,
                    earned_freeze: after.freezes > before.freezes,
                });
            }
            before = after;
        }
        reached.filter(|reached| before.current >= reached.streak)
    }

    /// Records that a milestone is mentioned to a member, and returns it; `None` if there is none.
    pub fn mention_milestone(&mut self, user: UserId) -> Option<Milestone> {
        let reached = self.unmentioned_milestone(user)?;
        let round = self.round_mut(reached.round)?;
        round.window.milestones.insert(user);
        Some(reached)
    }
}
