//! A review: when a member last practised a question, how well, and when it is due again.
//!
//! The memory model is FSRS 6 with its default parameters (crate `fsrs`; the wiki of
//! open-spaced-repetition/fsrs4anki describes the algorithm on the page "The Algorithm").

use std::fmt;
use std::str::FromStr;

use fsrs::{FSRS, FSRS6_DEFAULT_DECAY, ItemState, MemoryState, current_retrievability};
use jiff::civil::Date;
use jiff::{ToSpan, Unit};
use serde::{Deserialize, Serialize};

use super::retention::Retention;

/// Maximum number of days until the next review: a hundred years, as in Anki.
pub(crate) const INTERVAL_MAX: u32 = 36_500;

/// How well a member knew the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rating {
    /// Less than 40 % of the key points.
    Again,
    /// Less than 70 %.
    Hard,
    /// Less than 100 %.
    Good,
    /// All key points.
    Easy,
}

impl Rating {
    /// All ratings, worst first.
    pub const ALL: [Self; 4] = [Self::Again, Self::Hard, Self::Good, Self::Easy];

    /// Returns the rating for `covered` of `points` key points.
    pub const fn from_points(covered: usize, points: usize) -> Self {
        let percent = covered * 100;
        if percent < points * 40 {
            Self::Again
        } else if percent < points * 70 {
            Self::Hard
        } else if covered < points {
            Self::Good
        } else {
            Self::Easy
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::Hard => "hard",
            Self::Good => "good",
            Self::Easy => "easy",
        }
    }
}

/// The review state of one question for one member.
///
/// Its size matters: with 100 questions per member, reviews use most of the bot's memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Review {
    /// Index in the guild's list of reviewed questions.
    pub(super) question: u32,
    /// Number of days after which the member recalls the answer with a probability of 90 %.
    stability: f32,
    /// From 1 to 10.
    difficulty: f32,
    /// The team's local date of the last review.
    pub last: Date,
    /// The team's local date on which it is due again.
    pub due: Date,
    /// Number of reviews.
    pub count: u16,
    /// Number of later reviews that were rated "again".
    pub lapses: u16,
    /// The last rating.
    pub rating: Rating,
}

/// Why a line is not a review.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseReviewError {
    #[error(
        "\"{0}\" is not a review: expected question, rating, stability, difficulty, last, due, count, lapses"
    )]
    Format(String),
    #[error("\"{line}\" is not a review: {error}")]
    Value {
        line: String,
        error: ReviewCheckError,
    },
}

/// Why the values of a review are inconsistent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReviewCheckError {
    #[error("the stability must be a number of days above 0")]
    Stability,
    #[error("the difficulty must be from 1 to 10")]
    Difficulty,
    #[error("it must be due at least a day after the last review")]
    Due,
    #[error("there must be more reviews than lapses")]
    Lapses,
}

// Stability and difficulty are never NaN (`FromStr` and FSRS ensure it), so equality is total.
impl Eq for Review {}

impl Review {
    /// Creates the state after a first review.
    pub(super) fn first(question: u32, rating: Rating, retention: Retention, today: Date) -> Self {
        let fresh = Self {
            question,
            stability: 0.0,
            difficulty: 0.0,
            last: today,
            due: today,
            count: 0,
            lapses: 0,
            rating,
        };
        fresh.apply_rating(None, rating, retention, today)
    }

    /// Returns the state after another review.
    pub(super) fn next(&self, rating: Rating, retention: Retention, today: Date) -> Self {
        let memory = self.memory();
        let mut next = self.apply_rating(Some(memory), rating, retention, today);
        next.lapses = self
            .lapses
            .saturating_add(u16::from(rating == Rating::Again));
        next
    }

    fn apply_rating(
        &self,
        memory: Option<MemoryState>,
        rating: Rating,
        retention: Retention,
        today: Date,
    ) -> Self {
        // After a clock or zone change, today may be before the last review.
        let today = today.max(self.last);
        let elapsed = days_between(self.last, today);
        let mut next = *self;
        next.count = self.count.saturating_add(1);
        next.rating = rating;
        next.last = today;
        let state = fsrs_next(memory, rating, retention, elapsed);
        let days = state.as_ref().map_or(1, |state| interval(state.interval));
        if let Some(ItemState { memory, .. }) = state {
            next.stability = memory.stability;
            next.difficulty = memory.difficulty;
        }
        next.due = add_days(today, days);
        next
    }

    const fn memory(&self) -> MemoryState {
        MemoryState {
            stability: self.stability,
            difficulty: self.difficulty,
        }
    }

    /// Returns the probability, from 0 to 1, that the member recalls the answer on that day.
    pub fn retrievability(&self, today: Date) -> f32 {
        let elapsed = days_between(self.last, today.max(self.last));
        #[expect(
            clippy::cast_precision_loss,
            reason = "days of a calendar that ends in 9999"
        )]
        let elapsed = elapsed as f32;
        current_retrievability(self.memory(), elapsed, FSRS6_DEFAULT_DECAY)
    }

    /// Returns stability in days and difficulty from 1 to 10.
    pub(super) const fn fsrs(&self) -> (f32, f32) {
        (self.stability, self.difficulty)
    }

    /// Whether it is due on that day.
    pub fn is_due(&self, today: Date) -> bool {
        self.due <= today
    }

    /// Returns the number of days from the last review to the next one: at least 1.
    pub fn interval(&self) -> u32 {
        days_between(self.last, self.due)
    }

    fn check(&self) -> Result<(), ReviewCheckError> {
        if !self.stability.is_finite() || self.stability <= 0.0 {
            return Err(ReviewCheckError::Stability);
        }
        if !(1.0..=10.0).contains(&self.difficulty) {
            return Err(ReviewCheckError::Difficulty);
        }
        if self.due <= self.last {
            return Err(ReviewCheckError::Due);
        }
        if self.count == 0 || self.lapses >= self.count {
            return Err(ReviewCheckError::Lapses);
        }
        Ok(())
    }
}

/// Returns the FSRS state after a rating. FSRS only fails on an invalid memory state; such a
/// question is treated as new.
fn fsrs_next(
    memory: Option<MemoryState>,
    rating: Rating,
    retention: Retention,
    elapsed: u32,
) -> Option<ItemState> {
    let fsrs = FSRS::default();
    let share = retention.share();
    let states = fsrs
        .next_states(memory, share, elapsed)
        .or_else(|_| fsrs.next_states(None, share, 0))
        .ok()?;
    Some(match rating {
        Rating::Again => states.again,
        Rating::Hard => states.hard,
        Rating::Good => states.good,
        Rating::Easy => states.easy,
    })
}

/// Rounds an interval to whole days, at least one: a question is not due twice on a day.
fn interval(days: f32) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from float to integer saturates, and the result is clamped"
    )]
    let days = days.round() as u32;
    days.clamp(1, INTERVAL_MAX)
}

/// Returns the number of days from one date to a later one; 0 if it is not later.
pub(super) fn days_between(from: Date, to: Date) -> u32 {
    let days = from
        .until((Unit::Day, to))
        .map_or(0, |span| span.get_days());
    u32::try_from(days).unwrap_or(0)
}

/// Adds days to a date; stops at the last day of the calendar.
pub(super) fn add_days(day: Date, days: u32) -> Date {
    day.saturating_add(i64::from(days).days())
}

/// Formats a line of a snapshot: question, rating, stability, difficulty, last, due, count, lapses.
impl fmt::Display for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {} {} {} {} {} {}",
            self.question,
            self.rating.as_str(),
            self.stability,
            self.difficulty,
            self.last,
            self.due,
            self.count,
            self.lapses
        )
    }
}

impl FromStr for Review {
    type Err = ParseReviewError;

    fn from_str(line: &str) -> Result<Self, ParseReviewError> {
        let review = parse_line(line).ok_or_else(|| ParseReviewError::Format(line.to_owned()))?;
        match review.check() {
            Ok(()) => Ok(review),
            Err(error) => Err(ParseReviewError::Value {
                line: line.to_owned(),
                error,
            }),
        }
    }
}

fn parse_line(line: &str) -> Option<Review> {
    let mut parts = line.split(' ');
    let mut part = || parts.next();
    let question = part()?.parse().ok()?;
    let word = part()?;
    let rating = Rating::ALL.into_iter().find(|one| one.as_str() == word)?;
    let review = Review {
        question,
        rating,
        stability: part()?.parse().ok()?,
        difficulty: part()?.parse().ok()?,
        last: part()?.parse().ok()?,
        due: part()?.parse().ok()?,
        count: part()?.parse().ok()?,
        lapses: part()?.parse().ok()?,
    };
    part().is_none().then_some(review)
}

impl Serialize for Review {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Review {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let line = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        line.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const TODAY: Date = date(2026, 3, 26);

    fn first(rating: Rating) -> Review {
        Review::first(7, rating, Retention::default(), TODAY)
    }

    #[test]
    fn the_share_of_points_gives_the_rating() {
        use Rating::{Again, Easy, Good, Hard};
        let of = |points| (0..=points).map(move |covered| Rating::from_points(covered, points));
        assert_eq!(of(3).collect::<Vec<_>>(), [Again, Again, Hard, Easy]);
        assert_eq!(of(4).collect::<Vec<_>>(), [Again, Again, Hard, Good, Easy]);
        let five = [Again, Again, Hard, Hard, Good, Easy];
        assert_eq!(of(5).collect::<Vec<_>>(), five);
        let ten = Rating::from_points(4, 10);
        assert_eq!((ten, Rating::from_points(7, 10)), (Hard, Good));
    }

    /// The values that the crate documents for its default parameters (`FSRS::next_states`).
    #[test]
    fn a_first_review_has_the_documented_values() {
        let state = |rating| {
            let review = first(rating);
            (review.stability, review.difficulty, review.interval())
        };
        assert_eq!(state(Rating::Again), (0.212, 6.4133, 1));
        assert_eq!(state(Rating::Hard), (1.2931, 5.112_170_7, 1));
        assert_eq!(state(Rating::Good), (2.3065, 2.118_104, 2));
        assert_eq!(state(Rating::Easy), (8.2956, 1.0, 8));
    }

    /// A history of reviews, each on its due date, gives the values that the crate computes for it.
    #[test]
    fn a_history_has_the_values_of_the_crate() {
        use fsrs::{FSRSItem, FSRSReview};
        let mut review = first(Rating::Good);
        let mut history = vec![FSRSReview {
            rating: 3,
            delta_t: 0,
        }];
        for (rating, number) in [
            (Rating::Good, 3),
            (Rating::Again, 1),
            (Rating::Hard, 2),
            (Rating::Easy, 4),
        ] {
            let delta_t = review.interval();
            history.push(FSRSReview {
                rating: number,
                delta_t,
            });
            review = review.next(rating, Retention::default(), review.due);
        }
        let item = FSRSItem { reviews: history };
        let expected = FSRS::default().memory_state(item, None).unwrap();
        assert!(
            (review.stability - expected.stability).abs() < 1e-3,
            "{review} {expected:?}"
        );
        assert!(
            (review.difficulty - expected.difficulty).abs() < 1e-3,
            "{review} {expected:?}"
        );
        assert_eq!((review.count, review.lapses), (5, 1));
    }

    #[test]
    fn recall_is_at_the_desired_share_when_due() {
        let review = first(Rating::Easy);
        assert!((review.retrievability(TODAY) - 1.0).abs() < 1e-6);
        assert!((review.retrievability(review.due) - 0.9).abs() < 0.01);
        // If the clock goes back, the probability stays at most 1.
        assert!((review.retrievability(date(2020, 1, 1)) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn snapshot_format_is_one_readable_line() {
        let json = serde_json::to_string(&first(Rating::Good)).unwrap();
        insta::assert_snapshot!(json, @r#""7 good 2.3065 2.118104 2026-03-26 2026-03-28 1 0""#);
        assert_eq!(
            serde_json::from_str::<Review>(&json).unwrap(),
            first(Rating::Good)
        );
    }

    #[test]
    fn refuses_lines_that_are_not_reviews() {
        let error_of = |line: &str| line.parse::<Review>().unwrap_err();
        insta::assert_snapshot!(error_of("7 good 2.3 2.1 2026-03-26"), @r#""7 good 2.3 2.1 2026-03-26" is not a review: expected question, rating, stability, difficulty, last, due, count, lapses"#);
        insta::assert_snapshot!(error_of("7 good NaN 2.1 2026-03-26 2026-03-28 1 0"), @r#""7 good NaN 2.1 2026-03-26 2026-03-28 1 0" is not a review: the stability must be a number of days above 0"#);
        insta::assert_snapshot!(error_of("7 good 2 11 2026-03-26 2026-03-28 1 0"), @r#""7 good 2 11 2026-03-26 2026-03-28 1 0" is not a review: the difficulty must be from 1 to 10"#);
        insta::assert_snapshot!(error_of("7 good 2 1 2026-03-26 2026-03-26 1 0"), @r#""7 good 2 1 2026-03-26 2026-03-26 1 0" is not a review: it must be due at least a day after the last review"#);
        insta::assert_snapshot!(error_of("7 good 2 1 2026-03-26 2026-03-27 1 1"), @r#""7 good 2 1 2026-03-26 2026-03-27 1 1" is not a review: there must be more reviews than lapses"#);
    }

    #[test]
    fn takes_few_bytes() {
        // The limit is 40 bytes per review, including spare capacity of the lists.
        assert_eq!(size_of::<Review>(), 28);
    }

    fn rating() -> impl Strategy<Value = Rating> {
        prop::sample::select(Rating::ALL.to_vec())
    }

    proptest! {
        /// Random ratings over 100,000 days, at any retention and with a clock that goes back:
        /// values stay finite, the next review is one day to a hundred years later, and the line
        /// can be parsed.
        #[test]
        fn any_history_stays_valid(
            steps in prop::collection::vec((rating(), -3000_i64..100_000), 1..40),
            percent in 70_u8..=97,
        ) {
            let retention = Retention::from_percent(percent).unwrap();
            let mut review: Option<Review> = None;
            for (rating, offset) in steps {
                let today = TODAY.saturating_add(offset.days());
                let next = match review {
                    Some(before) => before.next(rating, retention, today),
                    None => Review::first(0, rating, retention, today),
                };
                prop_assert!(next.stability.is_finite() && next.difficulty.is_finite());
                prop_assert!((1..=INTERVAL_MAX).contains(&next.interval()));
                prop_assert!(review.is_none_or(|before| next.last >= before.last));
                let recall = next.retrievability(today);
                prop_assert!((0.0..=1.0).contains(&recall), "{}", recall);
                prop_assert_eq!(next.to_string().parse::<Review>(), Ok(next));
                review = Some(next);
            }
        }

        /// A better rating never brings a question back sooner.
        #[test]
        fn better_ratings_wait_longer(
            before in prop::collection::vec((rating(), 0_u32..400), 0..6),
            wait in 0_u32..400,
        ) {
            let retention = Retention::default();
            let mut review = first(Rating::Good);
            for (rating, days) in before {
                review = review.next(rating, retention, add_days(review.last, days));
            }
            let today = add_days(review.last, wait);
            let waits = Rating::ALL.map(|rating| review.next(rating, retention, today).interval());
            prop_assert!(waits.is_sorted(), "{:?}", waits);
        }
    }
}
