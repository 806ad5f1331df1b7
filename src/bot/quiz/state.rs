//! Where a quiz stands, and what is pressed in it. All of it is in the custom ids, so a quiz goes on after
//! a restart, and two of them never mix.

use std::fmt;

use rand::{Rng, RngExt};

use crate::bank::Level;
use crate::practice::question_picker::PickMode;

/// Outputs to choose from: the right one and three wrong ones.
pub const OPTION_COUNT: usize = 4;

/// Stands for "any topic" and "any level".
const ANY: &str = "*";

/// Where a quiz stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuizState {
    /// The id of the question shown.
    pub question: String,
    /// The topic that was asked for.
    pub topic: Option<String>,
    /// The level that was asked for.
    pub level: Option<Level>,
    /// What the member wants to practise.
    pub mode: PickMode,
    /// How often they had reviewed the question when it was asked.
    pub reviews_before: u16,
    /// In which order the outputs are offered.
    pub order: OptionOrder,
}

/// What is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuizAction {
    /// "Hint".
    Hint,
    /// "Write my answer": opens the form.
    Write,
    /// One of the outputs, as offered: 0 is the first.
    Choose(u8),
    /// "Show the answer".
    Answer,
    /// The menu of the key points.
    Points,
    /// "None of them".
    NoPoints,
    /// "Next", or "Another" before the answer was shown.
    Next,
}

/// One of the 24 orders of four outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OptionOrder(u8);

impl OptionOrder {
    const ALL: u8 = 24;

    /// Any of them.
    pub fn random(rng: &mut impl Rng) -> Self {
        Self(rng.random_range(0..Self::ALL))
    }

    /// Which output stands at each place; the right one is number 0.
    pub fn permutation(self) -> [usize; OPTION_COUNT] {
        let mut left = vec![0, 1, 2, 3];
        let mut number = usize::from(self.0);
        [6, 2, 1, 1].map(|size| {
            let place = left.remove(number / size % left.len());
            number %= size;
            place
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

    /// Reads its letter.
    pub fn parse(letter: &str) -> Option<Self> {
        let mut known = Self::LETTERS.into_iter();
        let found = known.find(|(one, _)| letter.chars().eq([*one]));
        found.map(|(_, step)| step)
    }
}

impl fmt::Display for QuizAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut known = Self::LETTERS.into_iter();
        match known.find(|(_, step)| step == self) {
            Some((letter, _)) => write!(f, "{letter}"),
            // There are four outputs, so there is no fifth place to press.
            None => f.write_str("-"),
        }
    }
}

impl QuizState {
    /// Reads what [`fmt::Display`] writes, in its parts.
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

/// State, question and topic: `mja12:queue-handover:*`.
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

#[expect(clippy::option_option, reason = "not a level, or any level, or one")]
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
    fn there_are_24_orders_and_each_has_every_output_once() {
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
    fn any_letter_is_an_order_or_none() {
        let orders = ('\0'..='\u{200}').filter_map(OptionOrder::from_letter);
        assert_eq!(orders.count(), 24);
    }
}
