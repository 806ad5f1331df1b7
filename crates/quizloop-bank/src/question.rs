//! A question of the bank and its fields.

use std::fmt;
use std::str::FromStr;

use super::python::{PythonVersion, PythonVersions};

/// The topic of questions whose author names none.
pub const OTHER_TOPIC: &str = "other";

/// The beginning of the ids of a server's own questions. No file may use it.
pub const SERVER_ID_PREFIX: &str = "s-";

/// One question of the bank. Prose is Discord Markdown in paragraphs, ready to be shown.
///
/// Built-in questions have every part. Of others only the id, the question and the answer are
/// certain, and a text that is there is never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Id in kebab-case, unique in the bank.
    pub id: String,
    /// Position in the syllabus, from 1.
    pub number: Option<u32>,
    /// Topic in kebab-case; [`OTHER_TOPIC`] if the author names none.
    pub topic: String,
    /// See [`Question::matches_level`] and [`Question::effective_level`] for questions without one.
    pub level: Option<Level>,
    pub kind: Option<Kind>,
    /// Keywords in kebab-case, at most five: an entry has one topic, but belongs to several
    /// subjects.
    pub tags: Vec<String>,
    /// How often interviewers ask the question, if its author says so.
    pub asked: Option<Frequency>,
    /// The oldest Python version that the answer is about. `None` stands for every version that the
    /// bank covers.
    pub since: Option<PythonVersion>,
    pub question: String,
    /// The model answer.
    pub answer: String,
    /// What the interviewer wants to hear.
    pub how_to_answer: Option<String>,
    /// The answer as a candidate would say it aloud.
    pub example_answer: Option<String>,
    /// Key points that an interviewer would tick: up to 6, each a single line.
    pub points: Vec<String>,
    /// Misconceptions and traps: up to 4.
    pub pitfalls: Vec<String>,
    /// A complete Python program.
    pub code: Option<String>,
    /// What `code` prints. It is set if and only if `code` is.
    pub output: Option<String>,
    /// For questions of type predict: three outputs that `code` does not print, but that someone
    /// with a misconception expects. May be empty.
    pub wrong_outputs: Vec<String>,
    /// The program with the bug; `code` is the fixed version.
    pub broken: Option<String>,
    /// What `broken` prints, if the output shows the bug.
    pub broken_output: Option<String>,
    /// The Python versions in which the code runs.
    pub python: Option<PythonVersions>,
    /// `https` link to the documentation.
    pub docs: Option<String>,
    /// What the interviewer would ask next.
    pub follow_up: Option<String>,
}

/// A question without any text, from which others are built.
impl Default for Question {
    fn default() -> Self {
        Self {
            id: String::new(),
            number: None,
            topic: OTHER_TOPIC.to_owned(),
            level: None,
            kind: None,
            tags: Vec::new(),
            asked: None,
            since: None,
            question: String::new(),
            answer: String::new(),
            how_to_answer: None,
            example_answer: None,
            points: Vec::new(),
            pitfalls: Vec::new(),
            code: None,
            output: None,
            wrong_outputs: Vec::new(),
            broken: None,
            broken_output: None,
            python: None,
            docs: None,
            follow_up: None,
        }
    }
}

/// A text in a prose field.
#[derive(Debug, Clone, Copy)]
pub struct TextField<'e> {
    /// Name of the key.
    pub field: &'static str,
    /// Index of the item, for items of lists.
    pub item: Option<usize>,
    pub text: &'e str,
}

/// Formats the field as diagnostics name it: `` `answer` ``, `point 2`.
impl fmt::Display for TextField<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.item {
            Some(item) => write!(f, "{} {}", self.field.trim_end_matches('s'), item + 1),
            None => write!(f, "`{}`", self.field),
        }
    }
}

/// The level of experience that a question is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// For people who write coroutines.
    Junior,
    /// For people who run coroutines in production.
    Mid,
    /// For people who design systems with coroutines.
    Senior,
}

/// The type of answer that a question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An explanation.
    Concept,
    /// A comparison of two or more things.
    Compare,
    /// A design.
    Design,
    /// Finding the bug in a program.
    Bug,
    /// Predicting the output of a program.
    Predict,
}

/// How often interviewers ask a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Frequency {
    /// In most interviews on the subject.
    Often,
    /// In some interviews.
    Sometimes,
    /// In few interviews, but worth knowing.
    Rarely,
}

/// A word is not one of the allowed keywords.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not one of {1}")]
pub struct ParseKeywordError(String, &'static str);

impl Question {
    /// Returns all prose: each field, and each item of the lists.
    pub fn text_fields(&self) -> impl Iterator<Item = TextField<'_>> {
        let fields = [
            ("question", Some(&self.question)),
            ("answer", Some(&self.answer)),
            ("how_to_answer", self.how_to_answer.as_ref()),
            ("example_answer", self.example_answer.as_ref()),
            ("follow_up", self.follow_up.as_ref()),
        ];
        let lists = [("points", &self.points), ("pitfalls", &self.pitfalls)];
        let fields = fields.into_iter().filter_map(|(field, text)| {
            Some(TextField {
                field,
                item: None,
                text: text?,
            })
        });
        let items = lists.into_iter().flat_map(|(field, items)| {
            items.iter().enumerate().map(move |(item, text)| TextField {
                field,
                item: Some(item),
                text,
            })
        });
        fields.chain(items)
    }

    /// Returns all programs with their outputs and wrong outputs, if the entry has them.
    pub fn programs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fields = [
            ("code", &self.code),
            ("output", &self.output),
            ("broken", &self.broken),
            ("broken_output", &self.broken_output),
        ];
        let wrong = self.wrong_outputs.iter();
        fields
            .into_iter()
            .filter_map(|(field, text)| Some((field, text.as_deref()?)))
            .chain(wrong.map(|text| ("wrong_outputs", text.as_str())))
    }

    /// Returns whether the question passes a filter for a level. A question without a level passes
    /// every one.
    pub fn matches_level(&self, level: Level) -> bool {
        self.level.is_none_or(|own| own == level)
    }

    /// Returns the level as which the question counts where exactly one is needed.
    pub fn effective_level(&self) -> Level {
        self.level.unwrap_or(Level::Mid)
    }

    /// Returns the number as people see it: `#17`, or `#s12` for one of a server's own questions.
    pub fn number_label(&self) -> Option<String> {
        let is_of_server = self.id.starts_with(SERVER_ID_PREFIX);
        let prefix = if is_of_server { "#s" } else { "#" };
        self.number.map(|number| format!("{prefix}{number}"))
    }

    /// Returns the number as people see it, or the id of a question without a number.
    pub fn label(&self) -> String {
        self.number_label().unwrap_or_else(|| self.id.clone())
    }
}

impl Level {
    /// All levels, in ascending order.
    pub const ALL: [Self; 3] = [Self::Junior, Self::Mid, Self::Senior];

    /// Returns the keyword in question files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Junior => "junior",
            Self::Mid => "mid",
            Self::Senior => "senior",
        }
    }
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::Concept,
        Self::Compare,
        Self::Design,
        Self::Bug,
        Self::Predict,
    ];

    /// Returns the keyword in question files.
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

impl Frequency {
    /// All frequencies, in descending order.
    pub const ALL: [Self; 3] = [Self::Often, Self::Sometimes, Self::Rarely];

    /// Returns the keyword in question files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Often => "often",
            Self::Sometimes => "sometimes",
            Self::Rarely => "rarely",
        }
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
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

impl FromStr for Frequency {
    type Err = ParseKeywordError;

    fn from_str(word: &str) -> Result<Self, ParseKeywordError> {
        let asked = Self::ALL.into_iter().find(|asked| asked.name() == word);
        asked.ok_or_else(|| ParseKeywordError(word.to_owned(), "often, sometimes, rarely"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_without_a_level_passes_every_filter_and_counts_as_mid() {
        let mut question = Question::default();
        assert!(
            Level::ALL
                .iter()
                .all(|level| question.matches_level(*level))
        );
        assert_eq!(question.effective_level(), Level::Mid);
        question.level = Some(Level::Senior);
        assert!(question.matches_level(Level::Senior) && !question.matches_level(Level::Mid));
        assert_eq!(question.effective_level(), Level::Senior);
    }

    #[test]
    fn a_question_is_called_by_its_number_or_else_by_its_id() {
        let named = |id: &str, number| {
            let question = Question {
                id: id.into(),
                number,
                ..Question::default()
            };
            (question.number_label(), question.label())
        };
        assert_eq!(named("a", Some(17)), (Some("#17".into()), "#17".into()));
        assert_eq!(named("s-1", Some(12)), (Some("#s12".into()), "#s12".into()));
        assert_eq!(named("a", None), (None, "a".into()));
    }

    #[test]
    fn keywords_are_parsed_as_they_are_written() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        for kind in Kind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        for asked in Frequency::ALL {
            assert_eq!(asked.to_string().parse(), Ok(asked));
        }
        let error = "expert".parse::<Level>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"expert\" is not one of junior, mid, senior"
        );
    }
}
