//! Self-assessment of a round's question: which key points did the member's reply make?
//!
//! It is for members whose result in the round is [`RoundResult::Answered`], and counts once per
//! round and member. The share of points is also an FSRS rating, so the daily question and `/quiz`
//! share one memory state.
//!
//! The ticks of each member are kept for the two newest rounds, so that a repeated press changes
//! nothing. Of older rounds only the numbers for each point remain, and they can't be assessed any
//! more. Example: Ada ticks two of three points in round 4. When round 6 opens, round 4 keeps "one
//! assessment, the third point missed once" and no longer her id.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::guild::Guild;
use super::id::{ChannelId, MessageId, UserId};
use super::ledger::RoundResult;
use super::members::NewRating;
use super::review::{Rating, Review};
use super::round::Round;
use super::team::Team;

/// Maximum number of key points in an assessment: a menu offers at most 25 options (Discord docs,
/// components/reference, "String Select").
pub const POINTS_MAX: usize = 25;

/// The key points of a question that a member ticked. Empty for a question without key points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticks {
    /// Number of the question's key points when it was assessed.
    points: u8,
    /// One bit per point, the first point in the lowest bit.
    made: u32,
}

/// A text is not a list of ticks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a list of ticks: expected one x or . for each of at most 25 key points")]
pub struct ParseTicksError(String);

impl Ticks {
    /// Creates the ticks of the points with the indices `made` among `points` key points. Indices
    /// of points that don't exist are ignored.
    pub fn new(points: usize, made: impl IntoIterator<Item = usize>) -> Self {
        let points = points.min(POINTS_MAX);
        let bits = made.into_iter().filter(|index| *index < points);
        Self {
            points: u8::try_from(points).unwrap_or(u8::MAX),
            made: bits.fold(0, |made, index| made | 1 << index),
        }
    }

    /// Returns the number of key points.
    pub fn points(self) -> usize {
        usize::from(self.points)
    }

    /// Returns the number of ticked points.
    pub const fn made(self) -> usize {
        self.made.count_ones() as usize
    }

    /// Returns the indices of the points without a tick.
    pub fn missed(self) -> impl Iterator<Item = usize> {
        (0..self.points()).filter(move |index| !self.has(*index))
    }

    /// Returns the rating for the share of ticked points.
    pub fn rating(self) -> Rating {
        Rating::from_points(self.made(), self.points())
    }

    const fn has(self, index: usize) -> bool {
        self.made >> index & 1 == 1
    }
}

/// One letter per point: x ticked, . not.
impl fmt::Display for Ticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = |index| if self.has(index) { 'x' } else { '.' };
        f.write_str(&(0..self.points()).map(letter).collect::<String>())
    }
}

impl FromStr for Ticks {
    type Err = ParseTicksError;

    fn from_str(text: &str) -> Result<Self, ParseTicksError> {
        let is_valid =
            text.len() <= POINTS_MAX && text.bytes().all(|one| matches!(one, b'x' | b'.'));
        if !is_valid {
            return Err(ParseTicksError(text.to_owned()));
        }
        let ticked = text.bytes().enumerate().filter(|(_, one)| *one == b'x');
        Ok(Self::new(text.len(), ticked.map(|(index, _)| index)))
    }
}

impl Serialize for Ticks {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ticks {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// How often a question was assessed, and how often each of its key points was missed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PointCounts {
    /// Number of assessments.
    pub assessed: u32,
    /// For each key point, the number of assessments without a tick.
    pub missed: Vec<u32>,
}

/// A text is not the counts of a question's key points.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not a count of assessments: expected how many, then how many missed each point"
)]
pub struct ParsePointCountsError(String);

impl PointCounts {
    fn new(points: usize) -> Self {
        Self {
            assessed: 0,
            missed: vec![0; points],
        }
    }

    fn add(&mut self, ticks: Ticks) {
        self.assessed = self.assessed.saturating_add(1);
        for index in ticks.missed() {
            if let Some(missed) = self.missed.get_mut(index) {
                *missed = missed.saturating_add(1);
            }
        }
    }

    fn add_counts(&mut self, other: &Self) {
        self.assessed = self.assessed.saturating_add(other.assessed);
        for (missed, more) in self.missed.iter_mut().zip(&other.missed) {
            *missed = missed.saturating_add(*more);
        }
    }
}

/// The number of assessments, then how often each point was missed: `4 0 3 1`.
impl fmt::Display for PointCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.assessed)?;
        self.missed
            .iter()
            .try_for_each(|missed| write!(f, " {missed}"))
    }
}

impl FromStr for PointCounts {
    type Err = ParsePointCountsError;

    fn from_str(text: &str) -> Result<Self, ParsePointCountsError> {
        let numbers: Result<Vec<u32>, _> = text.split(' ').map(str::parse).collect();
        match numbers.as_deref() {
            Ok([assessed, missed @ ..])
                if missed.len() <= POINTS_MAX && missed.iter().all(|one| one <= assessed) =>
            {
                Ok(Self {
                    assessed: *assessed,
                    missed: missed.to_vec(),
                })
            }
            _ => Err(ParsePointCountsError(text.to_owned())),
        }
    }
}

impl Serialize for PointCounts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PointCounts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a member has assessed of the questions of one topic, over all rounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TopicPoints {
    /// Number of assessed questions. One that was asked and assessed twice counts twice.
    pub questions: u32,
    /// Number of ticked key points.
    pub made: u32,
    /// Number of key points.
    pub points: u32,
}

/// A text is not what a member has assessed of a topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a topic's points: expected how many questions, ticked points and points")]
pub struct ParseTopicPointsError(String);

impl TopicPoints {
    fn add(&mut self, ticks: Ticks) {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.questions = self.questions.saturating_add(1);
        self.made = self.made.saturating_add(count(ticks.made()));
        self.points = self.points.saturating_add(count(ticks.points()));
    }
}

/// Questions, ticked points and points: `3 7 12`.
impl fmt::Display for TopicPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.questions, self.made, self.points)
    }
}

impl FromStr for TopicPoints {
    type Err = ParseTopicPointsError;

    fn from_str(text: &str) -> Result<Self, ParseTopicPointsError> {
        let numbers: Result<Vec<u32>, _> = text.split(' ').map(str::parse).collect();
        match numbers.as_deref() {
            Ok(&[questions, made, points]) if made <= points => Ok(Self {
                questions,
                made,
                points,
            }),
            _ => Err(ParseTopicPointsError(text.to_owned())),
        }
    }
}

impl Serialize for TopicPoints {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TopicPoints {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The key points that were missed in all assessments of a round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MissedPoints {
    /// Number of assessments.
    pub assessed: usize,
    pub missed: usize,
    /// The key points of all assessments together.
    pub total: usize,
}

impl MissedPoints {
    /// Adds the points of another round.
    pub(super) fn add(&mut self, other: Self) {
        self.assessed += other.assessed;
        self.missed += other.missed;
        self.total += other.total;
    }

    /// Compares the missed shares.
    pub(super) fn compare_share(self, other: Self) -> std::cmp::Ordering {
        (self.missed * other.total).cmp(&(other.missed * self.total))
    }

    /// Returns the missed share in percent, rounded down.
    pub fn percent(&self) -> usize {
        (self.missed * 100).checked_div(self.total).unwrap_or(0)
    }
}

/// The assessments of one round. Boxed, because most rounds of most teams have none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Assessments(Option<Box<StoredAssessments>>);

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredAssessments {
    /// The ticks of each member; empty in all but the two newest rounds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    ticks: BTreeMap<UserId, Ticks>,
    /// The counts of members whose ticks are no longer kept. There is more than one entry only if
    /// the question got another number of key points while the round could be assessed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    counts: Vec<PointCounts>,
}

impl Assessments {
    /// Whether nobody has assessed the round.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the ticks of a member, if they assessed the round and it is one of the two newest.
    pub fn ticks(&self, user: UserId) -> Option<Ticks> {
        self.0.as_ref()?.ticks.get(&user).copied()
    }

    /// Returns how often the round was assessed, and how often each point was missed, for a
    /// question that has `points` key points now.
    ///
    /// Assessments of a text with another number of points are not included: which point is which
    /// is unknown then.
    pub fn counts(&self, points: usize) -> PointCounts {
        let mut counts = PointCounts::new(points);
        let Some(stored) = &self.0 else {
            return counts;
        };
        for ticks in stored.ticks.values().filter(|one| one.points() == points) {
            counts.add(*ticks);
        }
        for earlier in stored
            .counts
            .iter()
            .filter(|one| one.missed.len() == points)
        {
            counts.add_counts(earlier);
        }
        counts
    }

    /// Returns how many key points were missed in all assessments; `None` if there was none with key
    /// points.
    pub fn missed_points(&self) -> Option<MissedPoints> {
        let stored = self.0.as_ref()?;
        let mut sum = MissedPoints::default();
        for ticks in stored.ticks.values() {
            sum.assessed += 1;
            sum.missed += ticks.missed().count();
            sum.total += ticks.points();
        }
        for earlier in &stored.counts {
            let assessed = earlier.assessed as usize;
            sum.assessed += assessed;
            sum.missed += earlier
                .missed
                .iter()
                .map(|one| *one as usize)
                .sum::<usize>();
            sum.total += assessed * earlier.missed.len();
        }
        (sum.total > 0).then_some(sum)
    }

    /// Returns the members whose ticks are kept.
    pub(super) fn members(&self) -> impl Iterator<Item = UserId> {
        self.0
            .iter()
            .flat_map(|stored| stored.ticks.keys().copied())
    }

    fn insert(&mut self, user: UserId, ticks: Ticks) {
        self.0.get_or_insert_default().ticks.insert(user, ticks);
    }

    /// Removes the ticks of a member, also from the counts, as long as they are kept.
    pub(super) fn erase(&mut self, user: UserId) {
        if let Some(stored) = &mut self.0 {
            stored.ticks.remove(&user);
            if **stored == StoredAssessments::default() {
                self.0 = None;
            }
        }
    }

    /// Keeps only the counts, in which no member can be found.
    pub(super) fn drop_members(&mut self) {
        let Some(stored) = &mut self.0 else {
            return;
        };
        for ticks in std::mem::take(&mut stored.ticks).into_values() {
            let points = ticks.points();
            let known = stored
                .counts
                .iter()
                .position(|one| one.missed.len() == points);
            let index = known.unwrap_or_else(|| {
                stored.counts.push(PointCounts::new(points));
                stored.counts.len() - 1
            });
            stored.counts[index].add(ticks);
        }
        stored.counts.shrink_to_fit();
    }
}

/// Why a member can't assess a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssessmentError {
    #[error("there is no such round")]
    RoundNotFound,
    #[error("the round is void")]
    Void,
    #[error("only the two newest rounds can be assessed")]
    TooOld,
    /// Their reply was late, or they saw the answer first, or an admin credited them.
    #[error("the member has not answered the round in time")]
    NotAnswered,
}

/// A round that a member can assess, or has assessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssessableRound {
    /// The team's channel.
    pub channel: ChannelId,
    /// The round's message.
    pub message: MessageId,
    /// The member's ticks, if they assessed it.
    pub ticks: Option<Ticks>,
}

/// A self-assessment that a member gave.
#[derive(Debug, Clone, Copy)]
pub struct NewAssessment<'a> {
    /// The round's message.
    pub message: MessageId,
    /// The question's topic.
    pub topic: &'a str,
    pub ticks: Ticks,
    /// [`Ticks::rating`], or the member's own rating of a question without key points.
    pub rating: Rating,
    /// The member's number of reviews of the question when the answer was shown. If it has grown
    /// since, the memory stays as it is.
    pub review_count: u16,
    pub now: Timestamp,
}

/// The state after an assessment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assessed {
    /// The team's channel.
    pub channel: ChannelId,
    /// The ticks that count: of a repeated assessment, those of the first.
    pub ticks: Ticks,
    /// Whether it was recorded now; false if the member had assessed the round before.
    pub is_new: bool,
    /// The member's review of the question.
    pub review: Option<Review>,
}

impl Guild {
    /// Returns the round with that question that a member can assess or has assessed: the one with
    /// the message `preferred`, or else one that they have not assessed.
    pub fn assessable_round(
        &self,
        question: &str,
        user: UserId,
        preferred: Option<MessageId>,
    ) -> Option<AssessableRound> {
        let rounds = self.teams.values().flat_map(|team| {
            let recent = team.posted_rounds().rev().take(2);
            let matching = recent.filter(move |round| round.question == question);
            matching.filter_map(move |round| {
                team.check_assessable(round, user).ok()?;
                Some(AssessableRound {
                    channel: team.channel,
                    message: round.message?,
                    ticks: round.assessments.ticks(user),
                })
            })
        });
        // Newest first: `min_by_key` returns the first of several.
        rounds.min_by_key(|round| (Some(round.message) != preferred, round.ticks.is_some()))
    }

    /// Records a self-assessment, once per round and member, and rates the member's review of the
    /// question. A repeated call changes nothing.
    ///
    /// # Errors
    ///
    /// Fails without any change if the member can't assess the round.
    pub fn assess(
        &mut self,
        user: UserId,
        new: &NewAssessment<'_>,
    ) -> Result<Assessed, AssessmentError> {
        let team = self.team_by_message(new.message);
        let team = team.ok_or(AssessmentError::RoundNotFound)?;
        let round = team.round_by_message(new.message);
        let round = round.ok_or(AssessmentError::RoundNotFound)?;
        team.check_assessable(round, user)?;
        let (channel, number, question) = (team.channel, round.number, round.question.clone());
        if let Some(ticks) = round.assessments.ticks(user) {
            return Ok(Assessed {
                channel,
                ticks,
                is_new: false,
                review: self.review(user, &question).copied(),
            });
        }
        let rating = NewRating {
            question: &question,
            review_count: new.review_count,
            rating: new.rating,
            retention: team.settings.retention,
            today: team.settings.schedule.zone.date(new.now),
        };
        let (review, _) = self.rate(user, &rating);
        let round = self
            .team_mut(channel)
            .and_then(|team| team.round_mut(number));
        if let Some(round) = round {
            round.assessments.insert(user, new.ticks);
        }
        self.update_profile(user, |profile| {
            let topics = &mut profile.assessed_topics;
            topics
                .entry(new.topic.to_owned())
                .or_default()
                .add(new.ticks);
        });
        Ok(Assessed {
            channel,
            ticks: new.ticks,
            is_new: true,
            review: Some(review),
        })
    }
}

impl Team {
    /// Checks that a member can assess a round of this team.
    fn check_assessable(&self, round: &Round, user: UserId) -> Result<(), AssessmentError> {
        if round.voided_by.is_some() {
            return Err(AssessmentError::Void);
        }
        if !self.is_recent(round.number) {
            return Err(AssessmentError::TooOld);
        }
        if self.result(user, round.number) != RoundResult::Answered {
            return Err(AssessmentError::NotAnswered);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> UserId {
        UserId::new(7)
    }

    #[test]
    fn ticks_are_one_letter_per_point() {
        let ticks = Ticks::new(4, [0, 2, 2, 9]);
        assert_eq!(ticks.to_string(), "x.x.");
        assert_eq!((ticks.made(), ticks.points()), (2, 4));
        assert_eq!(ticks.missed().collect::<Vec<_>>(), [1, 3]);
        assert_eq!(ticks.rating(), Rating::Hard);
        assert_eq!("x.x.".parse(), Ok(ticks));
        assert_eq!("".parse(), Ok(Ticks::default()));
        for other in ["x.y", "x. ", &".".repeat(26)] {
            assert!(other.parse::<Ticks>().is_err(), "{other}");
        }
    }

    #[test]
    fn counts_of_older_rounds_are_one_line_and_name_nobody() {
        let mut assessments = Assessments::default();
        assert!(assessments.is_empty());
        assessments.insert(ada(), Ticks::new(3, [0, 2]));
        assessments.insert(UserId::new(8), Ticks::new(3, [0]));
        let json = |of: &Assessments| serde_json::to_string(of).unwrap();
        insta::assert_snapshot!(json(&assessments), @r#"{"ticks":{"7":"x.x","8":"x.."}}"#);
        let counts = assessments.counts(3);
        assert_eq!((counts.assessed, &counts.missed[..]), (2, &[0, 2, 1][..]));
        assessments.drop_members();
        insta::assert_snapshot!(json(&assessments), @r#"{"counts":["2 0 2 1"]}"#);
        assert_eq!(assessments.counts(3), counts);
        let read: Assessments = serde_json::from_str(&json(&assessments)).unwrap();
        assert_eq!(read, assessments);
    }

    /// Example: the operator's file adds a key point while the round is open.
    #[test]
    fn another_number_of_key_points_is_counted_apart() {
        let mut assessments = Assessments::default();
        assessments.insert(ada(), Ticks::new(3, [0]));
        assessments.insert(UserId::new(8), Ticks::new(4, [3]));
        for _ in 0..2 {
            assert_eq!(assessments.counts(3).missed, [0, 1, 1]);
            assert_eq!(assessments.counts(4).missed, [1, 1, 1, 0]);
            assert_eq!(assessments.counts(5), PointCounts::new(5));
            assessments.drop_members();
        }
    }

    #[test]
    fn a_topics_points_are_one_line() {
        let mut points = TopicPoints::default();
        points.add(Ticks::new(4, [0, 2]));
        points.add(Ticks::default());
        points.add(Ticks::new(3, [1]));
        assert_eq!(points.to_string(), "3 3 7");
        assert_eq!("3 3 7".parse(), Ok(points));
        for other in ["", "1 2", "1 3 2", "1 -1 2", "1 1 1 1"] {
            assert!(other.parse::<TopicPoints>().is_err(), "{other}");
        }
    }

    #[test]
    fn damaged_counts_are_refused() {
        let error_of = |text: &str| text.parse::<PointCounts>().unwrap_err().to_string();
        insta::assert_snapshot!(error_of("2 3"), @r#""2 3" is not a count of assessments: expected how many, then how many missed each point"#);
        for other in ["", "x", "1 -1", "2  1"] {
            assert!(other.parse::<PointCounts>().is_err(), "{other}");
        }
    }
}
