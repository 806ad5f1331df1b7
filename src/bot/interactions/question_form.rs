//! The form for a question: what it is for, what its command's options chose, and what a member
//! wrote.
//!
//! Purpose and options are in the modal's custom id. The texts become a draft if they are refused.
//!
//! Two admins may edit the same question at once. So the form of an edit also has a hash of what it was
//! opened with, and is saved only over that.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::num::ParseIntError;
use std::str::FromStr;

use quizloop_bank::{Kind, Level};
use quizloop_core::server_questions::QuestionContent;

/// Names of the form's fields.
pub const QUESTION: &str = "question";
pub const ANSWER: &str = "answer";
pub const POINTS: &str = "points";
pub const HOW_TO_ANSWER: &str = "how_to_answer";
pub const FOLLOW_UP: &str = "follow_up";

/// Placeholder for nothing in a custom id.
const NOTHING: &str = "-";

/// What a form is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormPurpose {
    /// An admin adds a question.
    Add,
    /// An admin edits a question.
    Edit {
        /// Question id.
        question: String,
        /// What the form was opened with, or what its admin has chosen to overwrite. `None` in a form
        /// of an earlier version of the bot.
        opened: Option<ContentHash>,
    },
    /// A member suggests a question.
    Suggest,
}

/// Identifies the content of a question at one time. It is in the custom id of a modal, which has no
/// room for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentHash(u32);

impl ContentHash {
    /// Returns the hash of a content. Another version of Rust may hash differently; then an open form
    /// is taken for outdated once, and its admin is asked.
    pub fn of(content: &QuestionContent) -> Self {
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        let hash = hasher.finish();
        Self((hash >> 32) as u32)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl FromStr for ContentHash {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        u32::from_str_radix(text, 16).map(Self)
    }
}

/// What is chosen by options of the command and not in the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuestionOptions {
    pub level: Option<Level>,
    pub kind: Option<Kind>,
    /// In kebab-case.
    pub topic: Option<String>,
}

/// A form with its purpose and options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionForm {
    pub purpose: FormPurpose,
    pub options: QuestionOptions,
}

/// The texts of a form as a member wrote them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuestionTexts {
    pub question: String,
    pub answer: String,
    /// One key point per line.
    pub points: String,
    pub how_to_answer: String,
    pub follow_up: String,
}

/// A filled-in form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionDraft {
    pub form: QuestionForm,
    pub texts: QuestionTexts,
}

impl QuestionForm {
    /// Parses the arguments of a custom id.
    pub fn parse(arguments: &[&str]) -> Option<Self> {
        let [purpose, question, level, kind, topic, opened @ ..] = arguments else {
            return None;
        };
        let purpose = match (*purpose, *question, opened) {
            ("add", NOTHING, []) => FormPurpose::Add,
            ("suggest", NOTHING, []) => FormPurpose::Suggest,
            ("edit", question, opened @ ([] | [_])) => FormPurpose::Edit {
                question: question.to_owned(),
                opened: opened.first().map(|hash| hash.parse()).transpose().ok()?,
            },
            _ => return None,
        };
        let given = |text: &&str| *text != NOTHING;
        Some(Self {
            purpose,
            options: QuestionOptions {
                level: Some(*level)
                    .filter(given)
                    .map(str::parse)
                    .transpose()
                    .ok()?,
                kind: Some(*kind).filter(given).map(str::parse).transpose().ok()?,
                topic: Some(*topic).filter(given).map(str::to_owned),
            },
        })
    }
}

/// Writes the arguments of a custom id.
impl fmt::Display for QuestionForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (purpose, question) = match &self.purpose {
            FormPurpose::Add => ("add", NOTHING),
            FormPurpose::Edit { question, .. } => ("edit", question.as_str()),
            FormPurpose::Suggest => ("suggest", NOTHING),
        };
        let QuestionOptions { level, kind, topic } = &self.options;
        let level = level.map_or(NOTHING, Level::name);
        let kind = kind.map_or(NOTHING, Kind::name);
        let topic = topic.as_deref().unwrap_or(NOTHING);
        write!(f, "{purpose}:{question}:{level}:{kind}:{topic}")?;
        match &self.purpose {
            FormPurpose::Edit {
                opened: Some(opened),
                ..
            } => write!(f, ":{opened}"),
            _ => Ok(()),
        }
    }
}

impl QuestionTexts {
    /// Takes the texts of a submitted modal.
    pub fn from_fields(fields: &HashMap<String, String>) -> Self {
        let text = |name| fields.get(name).cloned().unwrap_or_default();
        Self {
            question: text(QUESTION),
            answer: text(ANSWER),
            points: text(POINTS),
            how_to_answer: text(HOW_TO_ANSWER),
            follow_up: text(FOLLOW_UP),
        }
    }

    /// Returns the texts of a stored question, to be edited.
    pub fn of(content: &QuestionContent) -> Self {
        Self {
            question: content.question.clone(),
            answer: content.answer.clone(),
            points: content.points.join("\n"),
            how_to_answer: content.how_to_answer.clone().unwrap_or_default(),
            follow_up: content.follow_up.clone().unwrap_or_default(),
        }
    }

    /// Returns the size in bytes.
    pub const fn bytes(&self) -> usize {
        self.question.len()
            + self.answer.len()
            + self.points.len()
            + self.how_to_answer.len()
            + self.follow_up.len()
    }
}

impl QuestionDraft {
    /// Returns the question that the form describes. What the form does not show, such as the code
    /// of an imported question, is taken from `stored`.
    pub fn content(&self, stored: QuestionContent) -> QuestionContent {
        let QuestionOptions { level, kind, topic } = &self.form.options;
        QuestionContent {
            level: level.map(|level| level.name().to_owned()),
            kind: kind.map(|kind| kind.name().to_owned()),
            topic: topic.clone(),
            question: clean(&self.texts.question),
            answer: clean(&self.texts.answer),
            points: points(&self.texts.points),
            how_to_answer: optional(&self.texts.how_to_answer),
            follow_up: optional(&self.texts.follow_up),
            ..stored
        }
    }

    /// Returns the names of the fields in which the form differs from a stored question: those of the
    /// modal, `level`, `topic` and `kind`.
    pub fn differing_fields(&self, stored: &QuestionContent) -> Vec<&'static str> {
        let written = self.content(stored.clone()).cleaned();
        let fields = [
            (QUESTION, written.question != stored.question),
            (ANSWER, written.answer != stored.answer),
            (POINTS, written.points != stored.points),
            (HOW_TO_ANSWER, written.how_to_answer != stored.how_to_answer),
            (FOLLOW_UP, written.follow_up != stored.follow_up),
            ("level", written.level != stored.level),
            ("topic", written.topic != stored.topic),
            ("kind", written.kind != stored.kind),
        ];
        let differing = fields.into_iter().filter(|(_, differs)| *differs);
        differing.map(|(name, _)| name).collect()
    }
}

/// Removes spaces at the ends of a text and of its lines. Line breaks stay: in a form they are
/// meant, and code has them. Discord shows a tab in different widths.
fn clean(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim().replace('\t', "    ")
}

fn optional(text: &str) -> Option<String> {
    Some(clean(text)).filter(|text| !text.is_empty())
}

/// Returns the key points of a text with one a line, without the bullets or numbers of a list.
fn points(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| without_bullet(line.trim()));
    lines
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

fn without_bullet(line: &str) -> &str {
    let after_number = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let rest = if after_number.len() < line.len() {
        after_number.strip_prefix(['.', ')'])
    } else {
        line.strip_prefix(['-', '*', '•'])
    };
    // "3.11 adds" and "*args" begin with no bullet.
    match rest {
        Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => rest.trim_start(),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quizloop_core::server_questions::FileFields;

    fn draft(texts: QuestionTexts) -> QuestionDraft {
        let form = QuestionForm::parse(&["add", "-", "mid", "-", "tasks"]).unwrap();
        QuestionDraft { form, texts }
    }

    #[test]
    fn a_form_becomes_a_question() {
        let texts = QuestionTexts {
            question: "  What does `await` do? \n".into(),
            answer: "It waits.\r\n\r\n```py\r\nif x:   \r\n\tawait y\r\n```\n\n".into(),
            points: "- suspends the coroutine\n\n 2. 3.11 adds TaskGroup\n*args\n•  three\n-\n"
                .into(),
            how_to_answer: "   ".into(),
            follow_up: "And then?".into(),
        };
        let content = draft(texts).content(QuestionContent::default());
        assert_eq!(content.question, "What does `await` do?");
        assert_eq!(
            content.answer,
            "It waits.\n\n```py\nif x:\n    await y\n```"
        );
        let points = [
            "suspends the coroutine",
            "3.11 adds TaskGroup",
            "*args",
            "three",
        ];
        assert_eq!(content.points, points);
        assert_eq!(content.how_to_answer, None);
        assert_eq!(content.level.as_deref(), Some("mid"));
        assert_eq!(content.kind, None);
        assert_eq!(content.topic.as_deref(), Some("tasks"));
        // What was stored can be edited without a change.
        let again = draft(QuestionTexts::of(&content)).content(QuestionContent::default());
        assert_eq!(again, content);
    }

    /// A question from a file has more than the form shows.
    #[test]
    fn an_edit_keeps_what_the_form_does_not_show() {
        let stored = QuestionContent {
            question: "Old?".into(),
            answer: "Old.".into(),
            points: vec!["old".into()],
            file: FileFields {
                code: Some("print(1)".into()),
                ..FileFields::default()
            },
            ..QuestionContent::default()
        };
        let texts = QuestionTexts {
            question: "New?".into(),
            answer: "New.".into(),
            ..QuestionTexts::default()
        };
        let edited = draft(texts).content(stored);
        assert_eq!((&*edited.question, edited.points.len()), ("New?", 0));
        assert_eq!(edited.file.code.as_deref(), Some("print(1)"));
    }
}
