//! The pages of a model answer, between which buttons turn.

use std::fmt;

use quizloop_bank::{Kind, Question};

/// A page of a model answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerPage {
    /// The question and its key points, or else its answer. It is shown first.
    Short,
    /// The whole answer, and what to read.
    Explanation,
    /// The programs and their outputs.
    Code,
    /// The answer as a candidate would say it aloud.
    Spoken,
    /// The pitfalls, and how to answer.
    Traps,
}

impl AnswerPage {
    /// All pages with their letters in custom ids, in the order of their buttons.
    pub const LETTERS: [(char, Self); 5] = [
        ('s', Self::Short),
        ('e', Self::Explanation),
        ('c', Self::Code),
        ('i', Self::Spoken),
        ('t', Self::Traps),
    ];

    /// Returns the pages that a question has: the first one, and those with a text of their own.
    pub fn of(question: &Question) -> impl Iterator<Item = Self> {
        let pages = Self::LETTERS.into_iter().map(|(_, page)| page);
        pages.filter(|page| page.has_text(question))
    }

    /// Returns the page, or the first one if the question has no such page. Example: the button is
    /// older than the question's present text.
    #[must_use]
    pub fn or_first(self, question: &Question) -> Self {
        if self.has_text(question) {
            self
        } else {
            Self::Short
        }
    }

    fn has_text(self, question: &Question) -> bool {
        match self {
            Self::Short => true,
            // Without key points, the first page shows the whole answer.
            Self::Explanation => !question.points.is_empty(),
            // The first page of a question of type predict shows its program and output.
            Self::Code => question.code.is_some() && question.kind != Some(Kind::Predict),
            Self::Spoken => question.example_answer.is_some() || question.follow_up.is_some(),
            Self::Traps => !question.pitfalls.is_empty() || question.how_to_answer.is_some(),
        }
    }

    /// Returns the position among all pages.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Parses the letter that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut letters = Self::LETTERS.into_iter();
        let found = letters.find(|(letter, _)| text.chars().eq([*letter]));
        found.map(|(_, page)| page)
    }
}

impl fmt::Display for AnswerPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (letter, _) = Self::LETTERS[self.index()];
        write!(f, "{letter}")
    }
}
