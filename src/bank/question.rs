//! What a question of the bank is made of.

use std::fmt;
use std::str::FromStr;

use super::python::PythonVersions;

/// One entry of the bank. Prose is Discord Markdown in paragraphs, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its name, in kebab-case, unique in the bank.
    pub id: String,
    /// Its place in the syllabus, from 1.
    pub number: u32,
    /// What it is about, in kebab-case.
    pub topic: String,
    /// For whom it is.
    pub level: Level,
    /// What is asked for.
    pub kind: Kind,
    /// What is asked.
    pub question: String,
    /// The model answer.
    pub answer: String,
    /// What the interviewer listens for.
    pub how_to_answer: String,
    /// The answer as one would say it aloud.
    pub example_answer: String,
    /// What an interviewer would tick: 3 to 6, each a single line.
    pub points: Vec<String>,
    /// False beliefs and traps: 1 to 4.
    pub pitfalls: Vec<String>,
    /// A complete Python program.
    pub code: Option<String>,
    /// What `code` prints. There is one whenever there is code.
    pub output: Option<String>,
    /// For questions that ask to predict: three things that `code` does not print, but that somebody with a false
    /// belief expects; or none.
    pub wrong_outputs: Vec<String>,
    /// The program with the bug, of which `code` is the mended version.
    pub broken: Option<String>,
    /// What `broken` prints, if it shows the bug by itself.
    pub broken_output: Option<String>,
    /// The Python versions in which the code runs.
    pub python: PythonVersions,
    /// A page to read on, `https`.
    pub docs: String,
    /// What an interviewer would ask next.
    pub follow_up: String,
}

/// How much experience a question is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Someone who writes coroutines.
    Junior,
    /// Someone who runs them in production.
    Mid,
    /// Someone who designs with them.
    Senior,
}

/// What a question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An explanation.
    Concept,
    /// A comparison of two or more things.
    Compare,
    /// A design.
    Design,
    /// The bug in a program.
    Bug,
    /// The output of a program.
    Predict,
}

/// Says that a word is not one of a few.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is none of {1}")]
pub struct ParseKeywordError(String, &'static str);

impl Level {
    /// All, from the first to the last.
    pub const ALL: [Self; 3] = [Self::Junior, Self::Mid, Self::Senior];

    /// How it is written in question files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Junior => "junior",
            Self::Mid => "mid",
            Self::Senior => "senior",
        }
    }
}

impl Kind {
    /// All.
    pub const ALL: [Self; 5] = [
        Self::Concept,
        Self::Compare,
        Self::Design,
        Self::Bug,
        Self::Predict,
    ];

    /// How it is written in question files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Concept => "concept",
            Self::Compare => "compare",
            Self::Design => "design",
            Self::Bug => "bug",
            Self::Predict => "predict",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Level {
    type Err = ParseKeywordError;

    fn from_str(word: &str) -> Result<Self, ParseKeywordError> {
        let level = Self::ALL.into_iter().find(|level| level.name() == word);
        level.ok_or_else(|| ParseKeywordError(word.to_owned(), "junior, mid, senior"))
    }
}

impl FromStr for Kind {
    type Err = ParseKeywordError;

    fn from_str(word: &str) -> Result<Self, ParseKeywordError> {
        let kind = Self::ALL.into_iter().find(|kind| kind.name() == word);
        kind.ok_or_else(|| {
            ParseKeywordError(word.to_owned(), "concept, compare, design, bug, predict")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        for kind in Kind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        let error = "expert".parse::<Level>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"expert\" is none of junior, mid, senior"
        );
    }
}
