//! A problem in a field of a question.

use super::question::{Kind, Question};
use super::{limits, rules};

/// A problem in a field of a question, with which it can't be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the key to which the problem belongs.
    pub field: &'static str,
    /// Index of the item, for items of lists.
    pub item: Option<usize>,
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl FieldError {
    pub fn new(field: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            field,
            item: None,
            message: message.into(),
            fix: fix.into(),
        }
    }

    /// Sets the item of a list to which the problem belongs.
    #[must_use]
    pub const fn item(mut self, item: Option<usize>) -> Self {
        self.item = item;
        self
    }
}

/// Returns the errors of a question that comes from no file. It must keep the same rules as an entry
/// of an operator's file, besides the caller's rule on how it is shown.
pub fn check_question(
    question: &Question,
    rule: impl Fn(&Question) -> Vec<FieldError>,
) -> Vec<FieldError> {
    check(question, false, rule)
}

/// Returns the errors of a question. The caller's rule is applied to questions that keep all others,
/// and to no built-in ones.
pub fn check(
    question: &Question,
    built_in: bool,
    rule: impl Fn(&Question) -> Vec<FieldError>,
) -> Vec<FieldError> {
    let mut errors = rules::check(question, built_in);
    errors.extend(limits::check(question, built_in));
    if errors.is_empty() && !built_in {
        errors = rule(question);
    }
    errors
}

/// Returns the errors of a question of which some fields could not be read. An error counts only if
/// it would remain whatever those fields contain: while the type is unknown, a program that only
/// one type may have is no error.
pub fn check_incomplete(
    question: &Question,
    built_in: bool,
    unreadable: &[&'static str],
) -> Vec<FieldError> {
    let mut readings = possible_readings(question, unreadable).into_iter();
    let of_reading = |question: Question| check(&question, built_in, |_| Vec::new());
    let mut errors = readings.next().map(of_reading).unwrap_or_default();
    errors.retain(|error| !unreadable.contains(&error.field));
    for reading in readings {
        let found = of_reading(reading);
        errors.retain(|error| found.contains(error));
    }
    errors
}

/// Returns the question with each type that it may have, without and with the programs that could
/// not be read.
fn possible_readings(question: &Question, unreadable: &[&str]) -> Vec<Question> {
    let mut kinds = vec![question.kind];
    if unreadable.contains(&"type") {
        kinds.extend(Kind::ALL.map(Some));
    }
    let with_programs = |mut question: Question| {
        let program = || Some("unknown".to_owned());
        for field in unreadable {
            match *field {
                "code" => question.code = program(),
                "output" => question.output = program(),
                "broken" => question.broken = program(),
                "broken_output" => question.broken_output = program(),
                _ => {}
            }
        }
        question
    };
    let of_kind = |kind| {
        let mut question = question.clone();
        question.kind = kind;
        [question.clone(), with_programs(question)]
    };
    kinds.into_iter().flat_map(of_kind).collect()
}
