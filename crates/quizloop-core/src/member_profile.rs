//! Profile of a member: data besides the ledgers of the guild's teams.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::interview::{InterviewCheckError, Interviews};
use super::review::{Review, add_days};
use super::review_reminders::ReviewReminder;
use super::self_assessment::TopicPoints;
use super::text::pluralize;
use super::zone::Zone;

/// Number of days for which practice is kept: the chart of `/progress` shows 26 weeks, including
/// the current one.
pub const PRACTICE_DAYS_KEPT: u32 = 26 * 7;

/// Number of reviews by which a full list grows; small, so that little capacity stays unused.
const GROWTH: usize = 4;

/// Profile of one member.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberProfile {
    /// Reviews, sorted by question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) reviews: Vec<Review>,
    /// Practice on each of the last days, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "practised")]
    pub(super) practice_days: Vec<PracticeDay>,
    /// Since when the member is hidden from leaderboards and reports, at their request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "hidden")]
    pub hidden_since: Option<Date>,
    /// What the member assessed, by topic.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[serde(rename = "assessed")]
    pub(super) assessed_topics: BTreeMap<String, TopicPoints>,
    /// Boxed, because few members have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) review_reminder: Option<Box<ReviewReminder>>,
    /// Boxed, because few members have held one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) interviews: Option<Box<Interviews>>,
    /// Number of mock interviews that the member held, as interviewer or as candidate.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mock_interviews: u32,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference to the field"
)]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Number of reviews on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PracticeDay {
    /// The team's local date.
    pub day: Date,
    /// At least 1.
    pub count: u16,
}

/// Why a profile is inconsistent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileCheckError {
    #[error("reviews must be sorted by question, without duplicates")]
    ReviewOrder,
    #[error(
        "a review refers to question {question}, but only {} listed",
        pluralize(*.listed, "question is", "questions are")
    )]
    UnknownQuestion { question: u32, listed: usize },
    #[error("days of practice must be sorted, without duplicates")]
    PracticeDayOrder,
    #[error(transparent)]
    Interviews(#[from] InterviewCheckError),
}

/// A text is not a day of practice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a day of practice: expected a date and a count")]
pub struct ParsePracticeDayError(String);

impl MemberProfile {
    /// Whether the profile contains no data.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the kept days of practice, oldest first.
    pub fn practice_days(&self) -> &[PracticeDay] {
        &self.practice_days
    }

    /// Returns the number of topics of which the member assessed a question.
    pub fn assessed_topic_count(&self) -> usize {
        self.assessed_topics.len()
    }

    /// Returns the member's interviews, if there are any.
    pub fn interviews(&self) -> Option<&Interviews> {
        self.interviews.as_deref()
    }

    /// Returns what the member assessed of a topic.
    pub fn topic_points(&self, topic: &str) -> TopicPoints {
        self.assessed_topics.get(topic).copied().unwrap_or_default()
    }

    /// Returns the day of the last activity in this profile.
    pub(crate) fn last_seen(&self) -> Option<Date> {
        let reviewed = self.reviews.iter().map(|review| review.last).max();
        let practised = self.practice_days.last().map(|one| one.day);
        // Setting a reminder is an activity; receiving one is not. The local day may differ by one,
        // which does not matter within thirteen months.
        let reminder = self.review_reminder.as_ref();
        let requested = reminder.map(|one| Zone::utc().date(one.reminder.requested_at));
        let interviewed = self.interviews().and_then(Interviews::last_seen);
        let last = reviewed.max(practised).max(requested).max(interviewed);
        last.max(self.hidden_since)
    }

    pub(super) fn review(&self, question: u32) -> Option<&Review> {
        let index = self.position(question).ok()?;
        self.reviews.get(index)
    }

    /// Inserts or replaces the review of a question, and counts the practice.
    pub(super) fn put_review(&mut self, review: Review) {
        match self.position(review.question) {
            Ok(index) => self.reviews[index] = review,
            Err(index) => {
                if self.reviews.len() == self.reviews.capacity() {
                    self.reviews.reserve_exact(GROWTH);
                }
                self.reviews.insert(index, review);
            }
        }
        self.count_practice(review.last);
    }

    /// Adds what this profile does not have of another one of the same member. `questions` holds
    /// this guild's index of each question of the other guild.
    pub(super) fn fill_from(&mut self, other: Self, questions: &[u32]) {
        let Self {
            reviews,
            practice_days,
            hidden_since,
            assessed_topics,
            review_reminder,
            interviews,
            mock_interviews,
        } = other;
        for mut review in reviews {
            // The index is valid in every guild that was checked.
            let Some(&question) = questions.get(review.question as usize) else {
                continue;
            };
            review.question = question;
            match self.position(question) {
                Ok(index) if self.reviews[index].last < review.last => self.reviews[index] = review,
                Ok(_) => {}
                Err(index) => self.reviews.insert(index, review),
            }
        }
        for day in practice_days {
            let days = &mut self.practice_days;
            match days.binary_search_by_key(&day.day, |one| one.day) {
                Ok(index) => days[index].count = days[index].count.max(day.count),
                Err(index) => days.insert(index, day),
            }
        }
        for (topic, points) in assessed_topics {
            let own = self.assessed_topics.entry(topic).or_default();
            // As with the days, adding the same data again must change nothing.
            if own.questions < points.questions {
                *own = points;
            }
        }
        self.hidden_since = self.hidden_since.or(hidden_since);
        self.review_reminder = self.review_reminder.take().or(review_reminder);
        if let Some(interviews) = interviews {
            self.interviews
                .get_or_insert_default()
                .fill_from(*interviews);
        }
        self.mock_interviews = self.mock_interviews.max(mock_interviews);
    }

    fn position(&self, question: u32) -> Result<usize, usize> {
        self.reviews
            .binary_search_by_key(&question, |review| review.question)
    }

    fn count_practice(&mut self, day: Date) {
        match self.practice_days.last_mut() {
            // If the clock went back, the review counts for the last recorded day.
            Some(last) if last.day >= day => last.count = last.count.saturating_add(1),
            _ => {
                self.practice_days
                    .retain(|one| add_days(one.day, PRACTICE_DAYS_KEPT) > day);
                self.practice_days.push(PracticeDay { day, count: 1 });
            }
        }
    }

    /// Checks that the profile is consistent with a guild of `questions` reviewed questions.
    pub(super) fn check(&self, questions: usize) -> Result<(), ProfileCheckError> {
        let unsorted = |two: &[Review]| two[0].question >= two[1].question;
        if self.reviews.windows(2).any(unsorted) {
            return Err(ProfileCheckError::ReviewOrder);
        }
        let beyond = |review: &&Review| review.question as usize >= questions;
        if let Some(review) = self.reviews.iter().find(beyond) {
            return Err(ProfileCheckError::UnknownQuestion {
                question: review.question,
                listed: questions,
            });
        }
        if self
            .practice_days
            .windows(2)
            .any(|two| two[0].day >= two[1].day)
        {
            return Err(ProfileCheckError::PracticeDayOrder);
        }
        if let Some(interviews) = self.interviews() {
            interviews.check()?;
        }
        Ok(())
    }
}

impl fmt::Display for PracticeDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.day, self.count)
    }
}

impl FromStr for PracticeDay {
    type Err = ParsePracticeDayError;

    fn from_str(text: &str) -> Result<Self, ParsePracticeDayError> {
        let read = || {
            let (day, count) = text.split_once(' ')?;
            let (day, count) = (day.parse().ok()?, count.parse().ok()?);
            (count > 0).then_some(Self { day, count })
        };
        read().ok_or_else(|| ParsePracticeDayError(text.to_owned()))
    }
}

impl Serialize for PracticeDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PracticeDay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
