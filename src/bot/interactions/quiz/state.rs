//! The state of a quiz and its actions.
//!
//! All state is in the custom ids, so a quiz survives a restart and two quizzes never interfere.

use std::fmt;

use rand::{Rng, RngExt};

use crate::bot::interactions::answer_page::AnswerPage;
use quizloop_bank::Level;
use quizloop_core::question_picker::PickMode;
use quizloop_core::review::Rating;

/// Number of outputs to choose from: the right one and three wrong ones.
pub const OPTION_COUNT: usize = 4;

/// The number of the right output in a permutation.
const RIGHT_OUTPUT: usize = 0;

/// Placeholder for any topic.
const ANY: &str = "*";

/// Precedes the name of a path in the place of the topic. A topic can't begin with it.
const PATH_PREFIX: char = '~';

/// The state of a quiz.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuizState {
    /// The id of the question shown.
    pub question: String,
    /// The topic that the member chose; `None` with a path.
    pub topic: Option<String>,
    /// The name of the path that the member chose.
    pub path: Option<String>,
    /// The level that the member chose.
    pub level: Option<Level>,
    pub mode: PickMode,
    /// Number of reviews of the question when it was asked: a second rating of the same showing is
    /// not counted.
    pub reviews_before: u16,
    /// The order in which the outputs are offered.
    pub order: OptionOrder,
    /// The position of the output that the member chose, if they chose one.
    pub chosen: Option<u8>,
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
    /// Rates the answer to a question without key points.
    Rate(Rating),
    /// Asks another question.
    Next,
    /// Turns to a page of the model answer.
    Page(AnswerPage),
    /// Turns to a page below which the score is shown.
    ScoredPage(ScoredPage),
}

/// A page of the model answer with a score below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoredPage {
    pub page: AnswerPage,
    pub made: MadePoints,
}

/// The key points that a member made: a bit for each, the first one lowest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MadePoints(u8);

impl MadePoints {
    /// Returns whether the member made a point, given by its position.
    pub const fn contains(self, point: usize) -> bool {
        point < u8::BITS as usize && self.0 & (1 << point) != 0
    }

    /// Returns the number of points.
    pub const fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Parses the two digits that [`fmt::Display`] writes.
    fn parse(text: &str) -> Option<Self> {
        let is_valid = text.len() == 2 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_valid
            .then(|| u8::from_str_radix(text, 16).ok().map(Self))
            .flatten()
    }
}

impl FromIterator<usize> for MadePoints {
    /// Takes the positions of points. A question has at most six.
    fn from_iter<I: IntoIterator<Item = usize>>(points: I) -> Self {
        let bit = |point| {
            u32::try_from(point)
                .ok()
                .and_then(|point| 1_u8.checked_shl(point))
        };
        Self(
            points
                .into_iter()
                .filter_map(bit)
                .fold(0, |all, one| all | one),
        )
    }
}

impl fmt::Display for MadePoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}", self.0)
    }
}

/// One of the 24 permutations of the four outputs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OptionOrder(u8);

impl OptionOrder {
    const ALL: u8 = 24;

    pub fn random(rng: &mut impl Rng) -> Self {
        Self(rng.random_range(0..Self::ALL))
    }

    /// Returns the order with that number, modulo the number of orders.
    pub fn numbered(number: u64) -> Self {
        let number = number % u64::from(Self::ALL);
        Self(u8::try_from(number).unwrap_or(0))
    }

    /// Returns the output at each position; the right one has the number [`RIGHT_OUTPUT`].
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
    const LETTERS: [(char, Self); 14] = [
        ('h', Self::Hint),
        ('w', Self::Write),
        ('1', Self::Choose(0)),
        ('2', Self::Choose(1)),
        ('3', Self::Choose(2)),
        ('4', Self::Choose(3)),
        ('a', Self::Answer),
        ('p', Self::Points),
        ('0', Self::NoPoints),
        ('A', Self::Rate(Rating::Again)),
        ('H', Self::Rate(Rating::Hard)),
        ('G', Self::Rate(Rating::Good)),
        ('E', Self::Rate(Rating::Easy)),
        ('n', Self::Next),
    ];

    /// Parses what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut letters = Self::LETTERS.into_iter();
        let found = letters.find(|(letter, _)| text.chars().eq([*letter]));
        if let Some((_, action)) = found {
            return Some(action);
        }
        let (page, made) = text.split_at_checked(1)?;
        let page = AnswerPage::parse(page)?;
        if made.is_empty() {
            return Some(Self::Page(page));
        }
        let made = MadePoints::parse(made)?;
        Some(Self::ScoredPage(ScoredPage { page, made }))
    }
}

/// Writes a letter; for a page with the score its letter and the points made, such as `e3f`.
impl fmt::Display for QuizAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(page) => return page.fmt(f),
            Self::ScoredPage(ScoredPage { page, made }) => return write!(f, "{page}{made}"),
            _ => {}
        }
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
        let rest = letters.as_str();
        let chosen = rest.chars().next_back().and_then(parse_chosen);
        let before = if chosen.is_some() {
            &rest[..rest.len() - 1]
        } else {
            rest
        };
        let path = topic.strip_prefix(PATH_PREFIX).map(str::to_owned);
        let is_topic = path.is_none() && *topic != ANY;
        Some(Self {
            question: (*question).to_owned(),
            topic: is_topic.then(|| (*topic).to_owned()),
            path,
            level,
            mode,
            reviews_before: before.parse().ok()?,
            order,
            chosen,
        })
    }

    /// Whether the member chose an output that the program does not print.
    pub fn predicted_wrong(&self) -> bool {
        let chosen = self.chosen.map(usize::from);
        let output = chosen.and_then(|place| self.order.permutation().get(place).copied());
        output.is_some_and(|output| output != RIGHT_OUTPUT)
    }
}

/// Writes `{mode}{level}{order}{reviews before}{chosen}:{question}:{topic}`, such as
/// `mja12:queue-handover:*`, or `mja12B:…` after the member chose the second output. A path, such
/// as `~backend`, is written in the place of the topic.
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
        write!(f, "{mode}{level}{order}{before}")?;
        if let Some(chosen) = self.chosen {
            write!(f, "{}", chosen_letter(chosen))?;
        }
        write!(f, ":{}:", self.question)?;
        match &self.path {
            Some(path) => write!(f, "{PATH_PREFIX}{path}"),
            None => f.write_str(self.topic.as_deref().unwrap_or(ANY)),
        }
    }
}

/// Returns the letter of a chosen output, `A` for the first.
const fn chosen_letter(position: u8) -> char {
    (b'A'.saturating_add(position)) as char
}

fn parse_chosen(letter: char) -> Option<u8> {
    let mut positions = (0..).take(OPTION_COUNT);
    positions.find(|position| chosen_letter(*position) == letter)
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

    /// Buttons of earlier versions have no chosen output.
    #[test]
    fn a_chosen_output_is_optional() {
        let parse = |text: &str| QuizState::parse(&text.split(':').collect::<Vec<_>>());
        let old = parse("mja12:queue-handover:*").unwrap();
        assert_eq!((old.chosen, old.reviews_before), (None, 12));
        assert!(!old.predicted_wrong());
        let right = parse("mja12A:queue-handover:*").unwrap();
        assert_eq!((right.chosen, right.reviews_before), (Some(0), 12));
        assert!(!right.predicted_wrong(), "the first order begins with it");
        let wrong = parse("mja12D:queue-handover:*").unwrap();
        assert!(wrong.predicted_wrong());
        assert_eq!(parse("mja12E:queue-handover:*"), None);
        assert_eq!(parse("mjaD:queue-handover:*"), None);
    }

    #[test]
    fn a_path_is_in_the_place_of_the_topic() {
        let parse = |text: &str| QuizState::parse(&text.split(':').collect::<Vec<_>>()).unwrap();
        let text = "m*a12:queue-handover:~backend";
        let state = parse(text);
        assert_eq!(
            (state.path.as_deref(), &state.topic),
            (Some("backend"), &None)
        );
        assert_eq!(state.to_string(), text);
        let topic = parse("m*a12:queue-handover:backend");
        assert_eq!(
            (topic.path, topic.topic.as_deref()),
            (None, Some("backend"))
        );
    }

    #[test]
    fn made_points_are_written_as_two_digits() {
        let made: MadePoints = [0, 2, 5, 2].into_iter().collect();
        assert_eq!((made.to_string(), made.count()), ("25".to_owned(), 3));
        assert_eq!(MadePoints::parse("25"), Some(made));
        assert!(made.contains(5) && !made.contains(1) && !made.contains(64));
        assert_eq!(
            [8, usize::MAX].into_iter().collect::<MadePoints>().count(),
            0
        );
        for wrong in ["", "5", "+5", "255", "ß"] {
            assert_eq!(MadePoints::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn letters_are_parsed_or_rejected() {
        let orders = ('\0'..='\u{200}').filter_map(OptionOrder::from_letter);
        assert_eq!(orders.count(), 24);
    }
}
