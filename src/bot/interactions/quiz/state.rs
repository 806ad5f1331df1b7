//! The state of a quiz and its actions.
//!
//! All state is in the custom ids, so a quiz survives a restart and two quizzes never interfere.

use std::fmt;

use rand::{Rng, RngExt};

use quizloop_bank::Level;
use quizloop_core::question_picker::PickMode;

/// Number of outputs to choose from: the right one and three wrong ones.
pub const OPTION_COUNT: usize = 4;

/// Placeholder for any topic.
const ANY: &str = "*";

/// The state of a quiz.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuizState {
    /// The id of the question shown.
    pub question: String,
    /// The topic that the member chose.
    pub topic: Option<String>,
    /// The level that the member chose.
    pub level: Option<Level>,
    pub mode: PickMode,
    /// Number of reviews of the question when it was asked: a second rating of the same showing is
    /// not counted.
    pub reviews_before: u16,
    /// The order in which the outputs are offered.
    pub order: OptionOrder,
}

/// A button or menu of a quiz.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuizAction {
    /// Shows the hint.
    Hint,
    /// Opens the modal for the member's own answer.
    Write,
    /// Chooses an output by its position, counted from 0.
    Choose(u8),
    /// Shows the model answer.
    Answer,
    /// Chooses key points that the member made.
    Points,
    /// States that the member made none of the key points.
    NoPoints,
    /// Asks another question.
    Next,
}

/// One of the 24 permutations of the four outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OptionOrder(u8);

impl OptionOrder {
    const ALL: u8 = 24;

    pub fn random(rng: &mut impl Rng) -> Self {
        Self(rng.random_range(0..Self::ALL))
    }

    /// Returns the output at each position; the right one has the number 0.
    pub fn permutation(self) -> [usize; OPTION_COUNT] {
        // The digits of the number in the factorial number system select from the remaining
        // outputs.
        let mut remaining = vec![0, 1, 2, 3];
        let mut number = usize::from(self.0);
        [6, 2, 1, 1].map(|factorial| {
            let output = remaining.remove(number / factorial % remaining.len());
            number %= factorial;
            output
        })
    }

    fn letter(self) -> char {
        char::from(b'a' + self.0)
    }

    fn from_letter(letter: char) -> Option<Self> {
        let number = u8::try_from(letter).ok()?.checked_sub(b'a')?;
        (number < Self::ALL).then_some(Self(number))
    }
}

impl QuizAction {
    const LETTERS: [(char, Self); 10] = [
        ('h', Self::Hint),
        ('w', Self::Write),
        ('1', Self::Choose(0)),
        ('2', Self::Choose(1)),
        ('3', Self::Choose(2)),
        ('4', Self::Choose(3)),
        ('a', Self::Answer),
        ('p', Self::Points),
        ('0', Self::NoPoints),
        ('n', Self::Next),
    ];

    /// Parses the letter that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut letters = Self::LETTERS.into_iter();
        let found = letters.find(|(letter, _)| text.chars().eq([*letter]));
        found.map(|(_, action)| action)
    }
}

impl fmt::Display for QuizAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut letters = Self::LETTERS.into_iter();
        match letters.find(|(_, action)| action == self) {
            Some((letter, _)) => write!(f, "{letter}"),
            // `Choose` of more than the four outputs, which are never offered.
            None => f.write_str("-"),
        }
    }
}

impl QuizState {
    /// Parses the colon-separated parts that [`fmt::Display`] writes.
    pub fn parse(arguments: &[&str]) -> Option<Self> {
        let [state, question, topic] = arguments else {
            return None;
        };
        let mut letters = state.chars();
        let mode = parse_mode(letters.next()?)?;
        let level = parse_level(letters.next()?)?;
        let order = OptionOrder::from_letter(letters.next()?)?;
        Some(Self {
            question: (*question).to_owned(),
            topic: (*topic != ANY).then(|| (*topic).to_owned()),
            level,
            mode,
            reviews_before: letters.as_str().parse().ok()?,
            order,
        })
    }
}

/// Writes `{mode}{level}{order}{reviews before}:{question}:{topic}`, such as
/// `mja12:queue-handover:*`.
impl fmt::Display for QuizState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            PickMode::Due => 'd',
            PickMode::New => 'n',
            PickMode::Mixed => 'm',
        };
        let level = match self.level {
            None => '*',
            Some(Level::Junior) => 'j',
            Some(Level::Mid) => 'm',
            Some(Level::Senior) => 's',
        };
        let (order, before) = (self.order.letter(), self.reviews_before);
        let topic = self.topic.as_deref().unwrap_or(ANY);
        write!(f, "{mode}{level}{order}{before}:{}:{topic}", self.question)
    }
}

const fn parse_mode(letter: char) -> Option<PickMode> {
    match letter {
        'd' => Some(PickMode::Due),
        'n' => Some(PickMode::New),
        'm' => Some(PickMode::Mixed),
        _ => None,
    }
}

/// Parses the letter of a level; `Some(None)` is any level.
#[expect(clippy::option_option, reason = "invalid, any level, or one level")]
const fn parse_level(letter: char) -> Option<Option<Level>> {
    match letter {
        '*' => Some(None),
        'j' => Some(Some(Level::Junior)),
        'm' => Some(Some(Level::Mid)),
        's' => Some(Some(Level::Senior)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn all_orders_are_permutations() {
        let orders: BTreeSet<_> = (0..OptionOrder::ALL)
            .map(|one| OptionOrder(one).permutation())
            .collect();
        assert_eq!(orders.len(), 24);
        for mut order in orders {
            order.sort_unstable();
            assert_eq!(order, [0, 1, 2, 3]);
        }
        assert_eq!(OptionOrder::default().permutation(), [0, 1, 2, 3]);
    }

    #[test]
    fn letters_are_parsed_or_rejected() {
        let orders = ('\0'..='\u{200}').filter_map(OptionOrder::from_letter);
        assert_eq!(orders.count(), 24);
    }
}
