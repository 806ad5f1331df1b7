//! The choice of an interview's questions.

use std::collections::HashMap;

use jiff::civil::Date;
use rand::Rng;
use rand::seq::IndexedRandom as _;

use super::INTERVIEW_QUESTIONS;
use crate::guild::Guild;
use crate::id::UserId;
use crate::programme::LEVELS;
use crate::review::Review;

/// The facts about a question by which an interview chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterviewCandidate<'a> {
    /// Question id.
    pub question: &'a str,
    /// Keyword of the level. A question without one counts as mid.
    pub level: Option<&'a str>,
    pub kind: InterviewKind,
}

/// The types of questions of which an interview has one each, the easiest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InterviewKind {
    Other,
    /// Predicting the output of a program.
    Predict,
    Design,
}

impl InterviewCandidate<'_> {
    /// Returns the level as a number, the lowest first.
    fn level(&self) -> usize {
        let known = |level| LEVELS.iter().position(|one| *one == level);
        self.level.and_then(known).unwrap_or(1)
    }

    /// Returns the key by which questions become harder.
    fn difficulty(&self) -> (usize, InterviewKind) {
        (self.level(), self.kind)
    }
}

/// A candidate with the member's review of it.
type Reviewable<'a, 'r> = (InterviewCandidate<'a>, Option<&'r Review>);

/// The questions that are drawn so far, and those that are left.
struct InterviewDraw<'a, 'r> {
    left: Vec<Reviewable<'a, 'r>>,
    drawn: Vec<InterviewCandidate<'a>>,
    today: Date,
}

impl Guild {
    /// Draws the questions of an interview, in the order in which they are asked: by level, then by
    /// type. There are fewer than [`INTERVIEW_QUESTIONS`] only if not that many match.
    ///
    /// One is due for review, one is to predict and one to design, as far as there are such; one
    /// question can be several of these. The others are from the levels of which the fewest are
    /// drawn, so that the interview has all levels of the candidates, and if possible were not
    /// reviewed today. Open questions are never drawn.
    pub fn draw_interview<'a>(
        &self,
        user: UserId,
        candidates: &[InterviewCandidate<'a>],
        today: Date,
        rng: &mut impl Rng,
    ) -> Vec<&'a str> {
        let reviews: HashMap<&str, &Review> = self.reviews(user).collect();
        let with_review = |one: &InterviewCandidate<'a>| (*one, reviews.get(one.question).copied());
        let free = candidates
            .iter()
            .filter(|one| !self.is_question_open(one.question));
        let mut draw = InterviewDraw {
            left: free.map(with_review).collect(),
            drawn: Vec::new(),
            today,
        };
        draw.take_due();
        draw.take_kind(InterviewKind::Predict, rng);
        draw.take_kind(InterviewKind::Design, rng);
        while draw.drawn.len() < INTERVIEW_QUESTIONS && !draw.left.is_empty() {
            draw.take_rarest_level(rng);
        }
        draw.drawn.sort_by_key(InterviewCandidate::difficulty);
        draw.drawn.iter().map(|one| one.question).collect()
    }
}

impl InterviewDraw<'_, '_> {
    /// Takes the due question that the member is most likely to have forgotten.
    fn take_due(&mut self) {
        let due = self.left.iter().enumerate().filter_map(|(index, one)| {
            let review = one.1.filter(|review| review.is_due(self.today))?;
            Some((index, review.retrievability(self.today)))
        });
        if let Some((index, _)) = due.min_by(|(_, a), (_, b)| a.total_cmp(b)) {
            self.take(index);
        }
    }

    /// Takes a question of a type, unless one is drawn.
    fn take_kind(&mut self, kind: InterviewKind, rng: &mut impl Rng) {
        if self.drawn.iter().all(|one| one.kind != kind) {
            self.take_any(rng, |one| one.kind == kind);
        }
    }

    /// Takes a question of the level of which the fewest are drawn, the lowest of several.
    fn take_rarest_level(&mut self, rng: &mut impl Rng) {
        let drawn = |level| self.drawn.iter().filter(|one| one.level() == level).count();
        let levels = self.left.iter().map(|(one, _)| one.level());
        let rarest = levels.min_by_key(|level| (drawn(*level), *level));
        self.take_any(rng, |one| Some(one.level()) == rarest);
    }

    /// Takes one of the fitting questions at random, if possible one that was not reviewed today.
    fn take_any(&mut self, rng: &mut impl Rng, fits: impl Fn(&InterviewCandidate<'_>) -> bool) {
        let fitting = |index: &usize| fits(&self.left[*index].0);
        let fitting: Vec<usize> = (0..self.left.len()).filter(fitting).collect();
        let is_fresh = |index: &&usize| {
            let review = self.left[**index].1;
            review.is_none_or(|review| review.last < self.today)
        };
        let fresh: Vec<usize> = fitting.iter().filter(is_fresh).copied().collect();
        let pool = if fresh.is_empty() { fitting } else { fresh };
        if let Some(index) = pool.choose(rng) {
            self.take(*index);
        }
    }

    fn take(&mut self, index: usize) {
        self.drawn.push(self.left.remove(index).0);
    }
}
