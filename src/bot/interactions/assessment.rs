//! The state of a self-assessment, all of it in custom ids.

use std::fmt;

use quizloop_core::id::MessageId;
use quizloop_core::review::Rating;

/// A menu or button with which a member assesses their reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssessmentAction {
    /// Chooses key points that the reply made.
    Points,
    /// States that the reply made none of the key points.
    NoPoints,
    /// Rates the reply to a question without key points.
    Rate(Rating),
}

/// The question that a member assesses, as it was when its model answer was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssessmentState {
    /// The round's message.
    pub round: MessageId,
    /// Number of the question's key points. If it is another one now, the ticks mean other points.
    pub points: u8,
    /// The member's number of reviews of the question.
    pub reviews_before: u16,
}

impl AssessmentAction {
    pub const LETTERS: [(char, Self); 6] = [
        ('p', Self::Points),
        ('0', Self::NoPoints),
        ('1', Self::Rate(Rating::Again)),
        ('2', Self::Rate(Rating::Hard)),
        ('3', Self::Rate(Rating::Good)),
        ('4', Self::Rate(Rating::Easy)),
    ];

    /// Parses the letter that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut letters = Self::LETTERS.into_iter();
        let found = letters.find(|(letter, _)| text.chars().eq([*letter]));
        found.map(|(_, action)| action)
    }
}

impl fmt::Display for AssessmentAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = Self::LETTERS.into_iter();
        let found = letters.find(|(_, action)| action == self);
        found.map_or(Ok(()), |(letter, _)| write!(f, "{letter}"))
    }
}

impl AssessmentState {
    /// Parses the colon-separated parts that [`fmt::Display`] writes.
    pub fn parse(arguments: &[&str]) -> Option<Self> {
        let [round, points, reviews_before] = arguments else {
            return None;
        };
        Some(Self {
            round: round.parse().ok()?,
            points: points.parse().ok()?,
            reviews_before: reviews_before.parse().ok()?,
        })
    }
}

/// Writes `{message of the round}:{points}:{reviews before}`.
impl fmt::Display for AssessmentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            round,
            points,
            reviews_before,
        } = self;
        write!(f, "{round}:{points}:{reviews_before}")
    }
}
