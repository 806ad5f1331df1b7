//! Choice of the next question for a member to practise.

use std::cmp::Ordering;

use jiff::civil::Date;
use rand::seq::IteratorRandom as _;
use rand::{Rng, RngExt as _};

use super::guild::Guild;
use super::id::UserId;
use super::review::{Rating, Review};

/// Which questions a member wants to practise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PickMode {
    /// Questions that are due for review.
    Due,
    /// Questions that the member has never reviewed.
    New,
    /// Due questions first, then new ones, then any.
    #[default]
    Mixed,
}

/// The order in which new questions are picked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PickOrder {
    /// At random.
    #[default]
    Random,
    /// In the order of the candidates, as on a path. It ends when nothing is due and nothing is
    /// new.
    Listed,
}

/// The questions to choose from, and the member's choice of mode.
#[derive(Debug, Clone, Copy)]
pub struct PickRequest<'f, 'a> {
    pub mode: PickMode,
    pub order: PickOrder,
    /// Ids of the questions that match topic and level, without those of open rounds.
    pub candidates: &'f [&'a str],
    /// The question on the message whose "Next" button was pressed; it is never picked again.
    pub shown: &'f str,
    /// The team's local date.
    pub today: Date,
}

/// Why a question was picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PickReason {
    /// It is due for review.
    Due,
    /// The member has never reviewed it.
    New,
    /// The member rated it "again" today.
    Again,
    /// Nothing is due and nothing is new: the member is most likely to forget this one.
    Ahead,
}

/// A question that was picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PickedQuestion<'a> {
    /// Question id.
    pub question: &'a str,
    /// How often the member has reviewed it.
    pub review_count: u16,
    pub reason: PickReason,
}

/// Why no question was picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PickError {
    /// There are no candidates.
    NoMatch,
    /// The question on the message is the only one that is due.
    OnlyShownDue,
    /// No matching question is due.
    NoneDue {
        /// The next day with a due question, after today.
        next: Option<Date>,
    },
    /// The member has reviewed all matching questions.
    AllSeen,
    /// All matching questions were asked today.
    AllAskedToday,
}

impl Guild {
    /// Picks the next question. The order of preference, as far as the mode allows it:
    ///
    /// 1. due questions, the one most likely to be forgotten first;
    /// 2. new questions, at random or in the order of the candidates;
    /// 3. questions that the member rated "again" today, at random;
    /// 4. due questions that were asked today but not rated, in the order of the first;
    /// 5. questions that are not due yet, the one most likely to be forgotten first.
    ///
    /// With [`PickOrder::Listed`], the mixed mode ends after 2.
    ///
    /// A question for which `asked` returns true was asked today. It is picked again only if the
    /// member rated it "again", or if it still is due because they passed it over.
    ///
    /// # Errors
    ///
    /// Returns the reason if no question can be picked.
    pub fn pick<'a>(
        &self,
        user: UserId,
        request: &PickRequest<'_, 'a>,
        asked: impl Fn(&str) -> bool,
        rng: &mut impl Rng,
    ) -> Result<PickedQuestion<'a>, PickError> {
        let candidates = self.candidates(user, request);
        let seen: Vec<Reviewed<'a, '_>> = candidates
            .iter()
            .filter_map(ReviewCandidate::reviewed)
            .collect();
        let free = |one: &&Reviewed<'a, '_>| !asked(one.question) && one.question != request.shown;
        let most_forgotten = |reason, fits: fn(&Review, Date) -> bool| {
            let fits = |one: &&Reviewed<'a, '_>| fits(one.review, request.today);
            let first = seen
                .iter()
                .filter(free)
                .filter(fits)
                .min_by(|a, b| a.compare(b, request.today));
            first.map(|one| one.pick(reason))
        };
        let due = || most_forgotten(PickReason::Due, Review::is_due);
        let passed_over = || {
            let is_due = |one: &&Reviewed<'a, '_>| {
                one.question != request.shown && one.review.is_due(request.today)
            };
            let first = seen.iter().filter(is_due);
            let first = first.min_by(|a, b| a.compare(b, request.today));
            first.map(|one| one.pick(PickReason::Due))
        };
        let ahead = || most_forgotten(PickReason::Ahead, |review, today| review.last < today);
        let new = |rng: &mut _| {
            let is_new = |one: &&ReviewCandidate<'_, '_>| {
                one.review.is_none() && one.question != request.shown
            };
            let unseen = candidates.iter().filter(is_new);
            let one = match request.order {
                PickOrder::Random => draw(unseen.collect(), |one| !asked(one.question), rng),
                PickOrder::Listed => unseen.into_iter().find(|one| !asked(one.question)),
            };
            one.map(|one| PickedQuestion {
                question: one.question,
                review_count: 0,
                reason: PickReason::New,
            })
        };
        let again = |rng| {
            let is_failed = |one: &&Reviewed<'a, '_>| {
                one.question != request.shown && one.failed_on(request.today)
            };
            seen.iter()
                .filter(is_failed)
                .choose(rng)
                .map(|one| one.pick(PickReason::Again))
        };
        let pick = match request.mode {
            PickMode::Due => due().or_else(|| again(rng)).or_else(passed_over),
            PickMode::New => new(rng),
            PickMode::Mixed if request.order == PickOrder::Listed => due().or_else(|| new(rng)),
            PickMode::Mixed => due()
                .or_else(|| new(&mut *rng))
                .or_else(|| again(&mut *rng))
                .or_else(passed_over)
                .or_else(ahead),
        };
        pick.ok_or_else(|| pick_error(request, &candidates))
    }

    /// Returns the questions to choose from, with the member's review of each.
    fn candidates<'a, 'r>(
        &'r self,
        user: UserId,
        request: &PickRequest<'_, 'a>,
    ) -> Vec<ReviewCandidate<'a, 'r>> {
        let mut reviews: Vec<(&str, &Review)> = self.reviews(user).collect();
        reviews.sort_unstable_by_key(|(question, _)| *question);
        let review = |question: &str| {
            let index = reviews.binary_search_by_key(&question, |(question, _)| *question);
            index.ok().map(|index| reviews[index].1)
        };
        let candidate = |question: &&'a str| ReviewCandidate {
            question,
            review: review(question),
        };
        request.candidates.iter().map(candidate).collect()
    }
}

struct ReviewCandidate<'a, 'r> {
    question: &'a str,
    review: Option<&'r Review>,
}

impl<'a, 'r> ReviewCandidate<'a, 'r> {
    fn reviewed(&self) -> Option<Reviewed<'a, 'r>> {
        self.review.map(|review| Reviewed {
            question: self.question,
            review,
        })
    }
}

struct Reviewed<'a, 'r> {
    question: &'a str,
    review: &'r Review,
}

impl<'a> Reviewed<'a, '_> {
    const fn pick(&self, reason: PickReason) -> PickedQuestion<'a> {
        PickedQuestion {
            question: self.question,
            review_count: self.review.count,
            reason,
        }
    }

    fn failed_on(&self, today: Date) -> bool {
        self.review.last == today && self.review.rating == Rating::Again
    }

    /// Orders the question that is most likely to be forgotten first.
    fn compare(&self, other: &Self, today: Date) -> Ordering {
        let recall = |one: &Self| one.review.retrievability(today);
        recall(self).total_cmp(&recall(other))
    }
}

/// Draws from those for which `fits` returns true, all equally likely. It is called for those drawn
/// only: most fit, and a look-up for each of a large bank costs more than everything else here.
fn draw<T>(mut from: Vec<T>, fits: impl Fn(&T) -> bool, rng: &mut impl Rng) -> Option<T> {
    while !from.is_empty() {
        let drawn = from.swap_remove(rng.random_range(..from.len()));
        if fits(&drawn) {
            return Some(drawn);
        }
    }
    None
}

fn pick_error(request: &PickRequest<'_, '_>, candidates: &[ReviewCandidate<'_, '_>]) -> PickError {
    if candidates.is_empty() {
        return PickError::NoMatch;
    }
    match request.mode {
        PickMode::Due => {
            let dues = || candidates.iter().filter_map(|one| one.review);
            // Any other due question would have been picked.
            if dues().any(|review| review.is_due(request.today)) {
                return PickError::OnlyShownDue;
            }
            let dues = dues().map(|review| review.due);
            PickError::NoneDue {
                next: dues.filter(|due| *due > request.today).min(),
            }
        }
        PickMode::New => PickError::AllSeen,
        PickMode::Mixed => PickError::AllAskedToday,
    }
}
