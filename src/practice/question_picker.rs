//! Which question a member practises next.

use std::cmp::Ordering;

use jiff::civil::Date;
use rand::Rng;
use rand::seq::{IndexedRandom as _, IteratorRandom as _};

use super::guild::Guild;
use super::id::UserId;
use super::review::{Rating, Review};

/// What a member wants to practise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PickMode {
    /// What is due.
    Due,
    /// What they have not seen.
    New,
    /// What is due, then what they have not seen, then anything.
    #[default]
    Mixed,
}

/// What there is to choose from.
#[derive(Debug, Clone, Copy)]
pub struct PickRequest<'f, 'a> {
    /// What the member wants.
    pub mode: PickMode,
    /// The questions that fit topic and level, by id; those of open rounds are left out.
    pub candidates: &'f [&'a str],
    /// The question on the message where "Next" was pressed, which is not the next one.
    pub shown: &'f str,
    /// The team's local date.
    pub today: Date,
}

/// Why a question was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PickReason {
    /// It is due.
    Due,
    /// The member has not seen it.
    New,
    /// They rated it "again" today.
    Again,
    /// Nothing is due and nothing unseen: the one they are most likely to forget.
    Ahead,
}

/// A question that was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PickedQuestion<'a> {
    /// Its id.
    pub question: &'a str,
    /// How often the member has reviewed it.
    pub review_count: u16,
    /// Why.
    pub reason: PickReason,
}

/// Why there is no question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PickError {
    /// Nothing has that topic and level.
    NoMatch,
    /// Nothing of it is due; the next one is on that day, if there is one.
    NoneDue {
        /// A day after today.
        next: Option<Date>,
    },
    /// All of it has been seen.
    AllSeen,
    /// All of it was asked today.
    AllAskedToday,
}

impl Guild {
    /// Chooses the next question: what is due first, what is most likely forgotten before the rest; then
    /// what was not seen, at random; then what was rated "again" today; then, if the member does not
    /// mind which, what is not due yet. What was `asked` today does not come again unless it was rated
    /// "again".
    ///
    /// # Errors
    ///
    /// There is none, and why.
    pub fn pick<'a>(
        &self,
        user: UserId,
        request: &PickRequest<'_, 'a>,
        asked: impl Fn(&str) -> bool,
        rng: &mut impl Rng,
    ) -> Result<PickedQuestion<'a>, PickError> {
        let candidates = self.candidates(user, request);
        let seen: Vec<Reviewed<'a, '_>> =
            candidates.iter().filter_map(Candidate::reviewed).collect();
        let free = |one: &&Reviewed<'a, '_>| !asked(one.question) && one.question != request.shown;
        let least = |why, fits: fn(&Review, Date) -> bool| {
            let fits = |one: &&Reviewed<'a, '_>| fits(one.review, request.today);
            let first = seen
                .iter()
                .filter(free)
                .filter(fits)
                .min_by(|a, b| a.compare(b, request.today));
            first.map(|one| one.pick(why))
        };
        let due = || least(PickReason::Due, Review::is_due);
        let ahead = || least(PickReason::Ahead, |review, today| review.last < today);
        let new = |rng: &mut _| {
            let unseen = candidates.iter().filter(|one| one.review.is_none());
            let free = unseen.filter(|one| !asked(one.question) && one.question != request.shown);
            // One draw from all of them: choosing while going through them draws for each.
            let free: Vec<_> = free.collect();
            free.choose(rng).map(|one| PickedQuestion {
                question: one.question,
                review_count: 0,
                reason: PickReason::New,
            })
        };
        let again = |rng| {
            let wanted = |one: &&Reviewed<'a, '_>| {
                one.question != request.shown && one.failed_on(request.today)
            };
            seen.iter()
                .filter(wanted)
                .choose(rng)
                .map(|one| one.pick(PickReason::Again))
        };
        let pick = match request.mode {
            PickMode::Due => due().or_else(|| again(rng)),
            PickMode::New => new(rng),
            PickMode::Mixed => due()
                .or_else(|| new(&mut *rng))
                .or_else(|| again(&mut *rng))
                .or_else(ahead),
        };
        pick.ok_or_else(|| pick_error(request, &candidates))
    }

    /// The questions to choose from with the member's memory of each.
    fn candidates<'a, 'r>(
        &'r self,
        user: UserId,
        request: &PickRequest<'_, 'a>,
    ) -> Vec<Candidate<'a, 'r>> {
        let mut reviews: Vec<(&str, &Review)> = self.reviews(user).collect();
        reviews.sort_unstable_by_key(|(question, _)| *question);
        let review = |question: &str| {
            let place = reviews.binary_search_by_key(&question, |(question, _)| *question);
            place.ok().map(|place| reviews[place].1)
        };
        let candidate = |question: &&'a str| Candidate {
            question,
            review: review(question),
        };
        request.candidates.iter().map(candidate).collect()
    }
}

struct Candidate<'a, 'r> {
    question: &'a str,
    review: Option<&'r Review>,
}

impl<'a, 'r> Candidate<'a, 'r> {
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
    const fn pick(&self, why: PickReason) -> PickedQuestion<'a> {
        PickedQuestion {
            question: self.question,
            review_count: self.review.count,
            reason: why,
        }
    }

    fn failed_on(&self, today: Date) -> bool {
        self.review.last == today && self.review.rating == Rating::Again
    }

    /// What is most likely forgotten comes first.
    fn compare(&self, other: &Self, today: Date) -> Ordering {
        let recall = |one: &Self| one.review.retrievability(today);
        recall(self).total_cmp(&recall(other))
    }
}

fn pick_error(request: &PickRequest<'_, '_>, candidates: &[Candidate<'_, '_>]) -> PickError {
    if candidates.is_empty() {
        return PickError::NoMatch;
    }
    match request.mode {
        PickMode::Due => {
            let dues = candidates
                .iter()
                .filter_map(|one| one.review)
                .map(|one| one.due);
            PickError::NoneDue {
                next: dues.filter(|due| *due > request.today).min(),
            }
        }
        PickMode::New => PickError::AllSeen,
        PickMode::Mixed => PickError::AllAskedToday,
    }
}
