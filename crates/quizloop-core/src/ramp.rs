//! The ramp: newcomers meet easier questions first.
//!
//! The ramp only orders what is new. It never hides a question that is due for review, and it gives
//! way if nothing easier is left. For example, a member who has rated two junior questions "good" is
//! asked junior ones; after the third, junior and mid ones; after three mid ones, any.

use std::collections::HashSet;

use super::guild::Guild;
use super::id::UserId;
use super::programme::{LEVELS, Programme};
use super::review::Rating;

/// Number of questions of a level that a member must know before harder ones come.
const KNOWN_PER_STAGE: usize = 3;

/// Number of first questions of a team that are junior or mid.
const EASY_ROUNDS: usize = 5;

/// How far on the ramp a member or a team is. A question without a level counts as mid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RampStage {
    /// Junior questions.
    Junior,
    /// Junior and mid questions.
    Mid,
    /// All questions.
    #[default]
    All,
}

impl RampStage {
    const ASCENDING: [Self; 3] = [Self::Junior, Self::Mid, Self::All];

    /// Returns a member's stage, from the levels and last ratings of their reviews. A harder question
    /// counts for the easier stage as well: three mid questions rated good end both.
    pub fn of_reviews<'a>(reviews: impl IntoIterator<Item = (&'a str, Rating)>) -> Self {
        let mut known = [0; LEVELS.len()];
        for (level, rating) in reviews {
            if rating >= Rating::Good {
                known[rank(Some(level))] += 1;
            }
        }
        let [junior, mid, senior] = known;
        if mid + senior >= KNOWN_PER_STAGE {
            Self::All
        } else if junior + mid + senior >= KNOWN_PER_STAGE {
            Self::Mid
        } else {
            Self::Junior
        }
    }

    /// Returns the stage of a team that has created `rounds` rounds: a junior question, then four
    /// junior or mid ones. A team that chose levels or an order gets what it chose.
    pub(super) fn of_team(rounds: usize, programme: &Programme) -> Self {
        let has_chosen = !programme.levels.is_empty() || !programme.order.is_default();
        match rounds {
            _ if has_chosen => Self::All,
            0 => Self::Junior,
            1..EASY_ROUNDS => Self::Mid,
            _ => Self::All,
        }
    }

    /// Whether questions with that level are asked.
    pub fn allows(self, level: Option<&str>) -> bool {
        rank(level) <= self as usize
    }

    /// Returns this stage, or the first harder one that has a question.
    #[must_use]
    pub(super) fn widened(self, has_question: impl Fn(Self) -> bool) -> Self {
        let mut stages = Self::ASCENDING.into_iter().filter(|stage| *stage >= self);
        stages
            .find(|stage| has_question(*stage))
            .unwrap_or(Self::All)
    }
}

/// A question that `/quiz` may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuizCandidate<'a> {
    /// Question id.
    pub id: &'a str,
    /// Keyword of the level.
    pub level: Option<&'a str>,
}

impl Guild {
    /// Returns the candidates for `/quiz` without the new questions that are too hard for a member.
    ///
    /// `level_of` returns the keyword of the level of a question that the member has reviewed, and
    /// `None` if the server does not have it any more. A question for which `is_free` returns false
    /// is not picked as a new one now. It is called for few questions: a look-up for each of a large
    /// bank costs more than everything else here.
    pub fn narrow_to_ramp<'a, 'l>(
        &self,
        user: UserId,
        candidates: &[QuizCandidate<'a>],
        level_of: impl Fn(&str) -> Option<&'l str>,
        is_free: impl Fn(&str) -> bool,
    ) -> Vec<&'a str> {
        let ratings = self
            .reviews(user)
            .filter_map(|(question, review)| Some((level_of(question)?, review.rating)));
        let stage = RampStage::of_reviews(ratings);
        if stage == RampStage::All {
            return candidates.iter().map(|one| one.id).collect();
        }
        let reviewed: HashSet<&str> = self.reviews(user).map(|(question, _)| question).collect();
        let is_new = |one: &QuizCandidate<'_>| !reviewed.contains(one.id);
        let stage = stage.widened(|stage| {
            let mut allowed = candidates.iter().filter(|one| stage.allows(one.level));
            allowed.any(|one| is_new(one) && is_free(one.id))
        });
        let fits = |one: &&QuizCandidate<'_>| stage.allows(one.level) || !is_new(one);
        candidates.iter().filter(fits).map(|one| one.id).collect()
    }
}

/// Returns the position of a level, the easiest first.
fn rank(level: Option<&str>) -> usize {
    let position = LEVELS.iter().position(|one| Some(*one) == level);
    position.unwrap_or(RampStage::Mid as usize)
}
