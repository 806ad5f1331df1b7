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
pub enum Mode {
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
pub struct Choice<'f, 'a> {
    /// What the member wants.
    pub mode: Mode,
    /// The questions that fit topic and level, by id; those of open rounds are left out.
    pub fitting: &'f [&'a str],
    /// The question on the message where "Next" was pressed, which is not the next one.
    pub shown: &'f str,
    /// The team's local date.
    pub today: Date,
}

/// Why a question was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
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
pub struct Pick<'a> {
    /// Its id.
    pub question: &'a str,
    /// How often the member has reviewed it.
    pub before: u16,
    /// Why.
    pub why: Why,
}

/// Why there is no question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nothing {
    /// Nothing has that topic and level.
    Fits,
    /// Nothing of it is due; the next one is on that day, if there is one.
    Due {
        /// A day after today.
        next: Option<Date>,
    },
    /// All of it has been seen.
    New,
    /// All of it was asked today.
    LeftToday,
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
        choice: &Choice<'_, 'a>,
        asked: impl Fn(&str) -> bool,
        rng: &mut impl Rng,
    ) -> Result<Pick<'a>, Nothing> {
        let known = self.known(user, choice);
        let seen: Vec<Seen<'a, '_>> = known.iter().filter_map(Known::seen).collect();
        let free = |one: &&Seen<'a, '_>| !asked(one.question) && one.question != choice.shown;
        let least = |why, fits: fn(&Review, Date) -> bool| {
            let fits = |one: &&Seen<'a, '_>| fits(one.review, choice.today);
            let first = seen
                .iter()
                .filter(free)
                .filter(fits)
                .min_by(|a, b| a.compare(b, choice.today));
            first.map(|one| one.pick(why))
        };
        let due = || least(Why::Due, Review::is_due);
        let ahead = || least(Why::Ahead, |review, today| review.last < today);
        let new = |rng: &mut _| {
            let unseen = known.iter().filter(|one| one.review.is_none());
            let free = unseen.filter(|one| !asked(one.question) && one.question != choice.shown);
            // One draw from all of them: choosing while going through them draws for each.
            let free: Vec<_> = free.collect();
            free.choose(rng).map(|one| Pick {
                question: one.question,
                before: 0,
                why: Why::New,
            })
        };
        let again = |rng| {
            let wanted =
                |one: &&Seen<'a, '_>| one.question != choice.shown && one.failed_on(choice.today);
            seen.iter()
                .filter(wanted)
                .choose(rng)
                .map(|one| one.pick(Why::Again))
        };
        let pick = match choice.mode {
            Mode::Due => due().or_else(|| again(rng)),
            Mode::New => new(rng),
            Mode::Mixed => due()
                .or_else(|| new(&mut *rng))
                .or_else(|| again(&mut *rng))
                .or_else(ahead),
        };
        pick.ok_or_else(|| nothing(choice, &known))
    }

    /// The questions to choose from with the member's memory of each.
    fn known<'a, 'r>(&'r self, user: UserId, choice: &Choice<'_, 'a>) -> Vec<Known<'a, 'r>> {
        let mut reviews: Vec<(&str, &Review)> = self.reviews(user).collect();
        reviews.sort_unstable_by_key(|(question, _)| *question);
        let review = |question: &str| {
            let place = reviews.binary_search_by_key(&question, |(question, _)| *question);
            place.ok().map(|place| reviews[place].1)
        };
        let known = |question: &&'a str| Known {
            question,
            review: review(question),
        };
        choice.fitting.iter().map(known).collect()
    }
}

struct Known<'a, 'r> {
    question: &'a str,
    review: Option<&'r Review>,
}

impl<'a, 'r> Known<'a, 'r> {
    fn seen(&self) -> Option<Seen<'a, 'r>> {
        self.review.map(|review| Seen {
            question: self.question,
            review,
        })
    }
}

struct Seen<'a, 'r> {
    question: &'a str,
    review: &'r Review,
}

impl<'a> Seen<'a, '_> {
    const fn pick(&self, why: Why) -> Pick<'a> {
        Pick {
            question: self.question,
            before: self.review.count,
            why,
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

fn nothing(choice: &Choice<'_, '_>, known: &[Known<'_, '_>]) -> Nothing {
    if known.is_empty() {
        return Nothing::Fits;
    }
    match choice.mode {
        Mode::Due => {
            let dues = known.iter().filter_map(|one| one.review).map(|one| one.due);
            Nothing::Due {
                next: dues.filter(|due| *due > choice.today).min(),
            }
        }
        Mode::New => Nothing::New,
        Mode::Mixed => Nothing::LeftToday,
    }
}
