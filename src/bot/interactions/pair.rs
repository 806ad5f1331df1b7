//! The components of mock interviews. A custom id holds the match and the phase in which the
//! component was shown.

use std::fmt;

use quizloop_core::id::ChannelId;
use quizloop_core::review::Rating;

/// What a component of a match does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairAction {
    /// *I interview first*.
    Start,
    /// The other member interviews now.
    Swap,
    /// Shows the question to the interviewer.
    Card,
    /// The interviewer ticks key points in the menu.
    Points,
    /// The interviewer removes all ticks.
    NoPoints,
    Finish,
    /// Shows the result to the candidate.
    Result,
    /// The candidate confirms the interviewer's ticks.
    Confirm,
    /// The candidate chooses other points in the menu.
    Change,
    /// The candidate made none of the points.
    ChangeToNone,
    /// The candidate rates an answer to a question without key points.
    Rate(Rating),
    /// They met.
    Met,
    NotMet,
}

impl PairAction {
    pub const LETTERS: [(char, Self); 16] = [
        ('i', Self::Start),
        ('s', Self::Swap),
        ('c', Self::Card),
        ('p', Self::Points),
        ('0', Self::NoPoints),
        ('f', Self::Finish),
        ('r', Self::Result),
        ('y', Self::Confirm),
        ('k', Self::Change),
        ('n', Self::ChangeToNone),
        ('A', Self::Rate(Rating::Again)),
        ('H', Self::Rate(Rating::Hard)),
        ('G', Self::Rate(Rating::Good)),
        ('E', Self::Rate(Rating::Easy)),
        ('m', Self::Met),
        ('x', Self::NotMet),
    ];

    /// Parses the letter in custom ids.
    pub fn parse(text: &str) -> Option<Self> {
        let mut letters = Self::LETTERS.into_iter();
        let found = letters.find(|(letter, _)| text.chars().eq([*letter]));
        found.map(|(_, action)| action)
    }

    /// Whether the response replaces the message with the component.
    pub const fn updates_message(self) -> bool {
        match self {
            Self::Start
            | Self::Swap
            | Self::Points
            | Self::NoPoints
            | Self::Finish
            | Self::Confirm
            | Self::Change
            | Self::ChangeToNone
            | Self::Rate(_) => true,
            Self::Card | Self::Result | Self::Met | Self::NotMet => false,
        }
    }
}

impl fmt::Display for PairAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = Self::LETTERS.into_iter();
        let found = letters.find(|(_, action)| action == self);
        write!(f, "{}", found.map_or(' ', |(letter, _)| letter))
    }
}

/// The match of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairState {
    /// The team's channel.
    pub channel: ChannelId,
    /// The number of the match.
    pub number: u32,
    /// The phase in which the component was shown; for a result, its phase.
    pub phase: u32,
}

impl PairState {
    /// Parses the arguments of a custom id.
    pub fn parse(arguments: &[&str]) -> Option<Self> {
        let [channel, number, phase] = arguments else {
            return None;
        };
        Some(Self {
            channel: channel.parse().ok()?,
            number: number.parse().ok()?,
            phase: phase.parse().ok()?,
        })
    }
}

impl fmt::Display for PairState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            channel,
            number,
            phase,
        } = self;
        write!(f, "{channel}:{number}:{phase}")
    }
}
