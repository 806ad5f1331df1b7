//! What the custom ids of an interview contain: the interview itself is stored, so they only say
//! which question of which interview a button belongs to.

use std::fmt;

use jiff::Timestamp;

use super::answer_page::AnswerPage;
use super::quiz::OptionOrder;
use quizloop_bank::Level;
use quizloop_core::interview::INTERVIEW_MINUTES;
use quizloop_core::review::Rating;

/// Placeholder for any topic or level, and for no interview.
const ANY: &str = "*";

/// A button or the menu of an interview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterviewAction {
    /// The member said their answer.
    Said,
    /// Opens the modal for the member's own answer.
    Write,
    /// Goes to the next question without an answer.
    Skip,
    /// Chooses an output by its position, counted from 0.
    Choose(u8),
    /// Shows the first model answer that is not assessed, in a new message.
    SeeAnswers,
    /// Chooses key points that the member said.
    Points,
    /// States that the member said none of the key points.
    NoPoints,
    /// Rates the answer to a question without key points.
    Rate(Rating),
    /// Goes to the next model answer where there is nothing to tick.
    Next,
    /// Turns to a page of the model answer.
    Page(AnswerPage),
}

/// The question of an interview to which a button belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterviewState {
    /// The start of the interview, in milliseconds since 1970.
    pub start: i64,
    /// The position of the question, counted from 0.
    pub position: u8,
    /// Number of the question's key points. If it is another one now, the ticks mean other points.
    pub points: u8,
}

/// The interview that a member wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterviewSetup {
    pub minutes: u8,
    pub level: Option<Level>,
    pub topic: Option<String>,
    /// The start of an interview whose answers the member will not tick any more.
    pub replaces: Option<i64>,
}

impl InterviewAction {
    pub const LETTERS: [(char, Self); 15] = [
        ('a', Self::Said),
        ('w', Self::Write),
        ('k', Self::Skip),
        ('1', Self::Choose(0)),
        ('2', Self::Choose(1)),
        ('3', Self::Choose(2)),
        ('4', Self::Choose(3)),
        ('v', Self::SeeAnswers),
        ('p', Self::Points),
        ('0', Self::NoPoints),
        ('A', Self::Rate(Rating::Again)),
        ('H', Self::Rate(Rating::Hard)),
        ('G', Self::Rate(Rating::Good)),
        ('E', Self::Rate(Rating::Easy)),
        ('n', Self::Next),
    ];

    /// Parses the letter that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut letters = Self::LETTERS.into_iter();
        let found = letters.find(|(letter, _)| text.chars().eq([*letter]));
        let action = found.map(|(_, action)| action);
        action.or_else(|| AnswerPage::parse(text).map(Self::Page))
    }

    /// Whether a press changes the message with the button: the model answers follow each other in
    /// one message, and each question is a message of its own.
    pub const fn updates_message(self) -> bool {
        match self {
            Self::Points | Self::NoPoints | Self::Rate(_) | Self::Next | Self::Page(_) => true,
            Self::Said | Self::Write | Self::Skip | Self::Choose(_) | Self::SeeAnswers => false,
        }
    }
}

impl fmt::Display for InterviewAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Page(page) = self {
            return page.fmt(f);
        }
        let mut letters = Self::LETTERS.into_iter();
        let found = letters.find(|(_, action)| action == self);
        // Only four outputs are ever offered.
        write!(f, "{}", found.map_or('-', |(letter, _)| letter))
    }
}

impl InterviewState {
    /// Returns the start of the interview.
    pub fn started_at(self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.start).ok()
    }

    /// Returns the order in which the outputs of the question are offered. It follows from the start
    /// of the interview, so that it is the same whenever the question is shown.
    pub fn order(self) -> OptionOrder {
        OptionOrder::numbered(self.start.unsigned_abs() + u64::from(self.position) * 7)
    }

    /// Parses the colon-separated parts that [`fmt::Display`] writes.
    pub fn parse(arguments: &[&str]) -> Option<Self> {
        let [start, position, points] = arguments else {
            return None;
        };
        Some(Self {
            start: start.parse().ok()?,
            position: position.parse().ok()?,
            points: points.parse().ok()?,
        })
    }
}

/// Writes `{start}:{position}:{points}`.
impl fmt::Display for InterviewState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            start,
            position,
            points,
        } = self;
        write!(f, "{start}:{position}:{points}")
    }
}

impl InterviewSetup {
    /// Parses the colon-separated parts that [`fmt::Display`] writes.
    pub fn parse(arguments: &[&str]) -> Option<Self> {
        let [minutes, level, topic, replaces] = arguments else {
            return None;
        };
        let minutes = minutes.parse().ok()?;
        let given = |text: &str| (text != ANY).then(|| text.to_owned());
        Some(Self {
            minutes: INTERVIEW_MINUTES.contains(&minutes).then_some(minutes)?,
            level: given(level).map(|level| level.parse()).transpose().ok()?,
            topic: given(topic),
            replaces: given(replaces)
                .map(|start| start.parse())
                .transpose()
                .ok()?,
        })
    }
}

/// Writes `{minutes}:{level}:{topic}:{replaces}`.
impl fmt::Display for InterviewSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = self.level.map_or(ANY, Level::name);
        let topic = self.topic.as_deref().unwrap_or(ANY);
        write!(f, "{}:{level}:{topic}:", self.minutes)?;
        match self.replaces {
            Some(start) => write!(f, "{start}"),
            None => f.write_str(ANY),
        }
    }
}
