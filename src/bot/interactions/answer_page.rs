//! The pages of a model answer, between which buttons turn.

use std::fmt;

use quizloop_bank::{Kind, Question};

/// A page of a model answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerPage {
    /// The question and its key points. It is shown first.
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

    /// Returns the pages that a question has. The first page of a question of type predict shows
    /// its program and output, so it has no page for them.
    pub fn of(question: &Question) -> impl Iterator<Item = Self> {
        let has_code = question.code.is_some() && question.kind != Kind::Predict;
        let pages = Self::LETTERS.into_iter().map(|(_, page)| page);
        pages.filter(move |page| has_code || *page != Self::Code)
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
