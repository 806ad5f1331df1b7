//! A problem in a field of a question.

use super::question::Question;
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
