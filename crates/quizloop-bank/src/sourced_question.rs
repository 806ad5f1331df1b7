//! A question with the positions of its fields in the file, for diagnostics.

use super::field_error::FieldError;
use super::question::Question;
use quizloop_diagnostics::{Diagnostic, Severity, Source, Span, TomlField};

/// Position of a field in its file.
#[derive(Debug, Clone)]
pub struct FieldSpan {
    /// Name of the key.
    pub field: &'static str,
    /// Index of the item, for items of lists.
    pub item: Option<usize>,
    /// Position of the key; for an item, of the item.
    pub key: Span,
    /// Position of the value.
    pub value: Span,
}

/// A question with its origin.
#[derive(Debug, Clone)]
pub struct SourcedQuestion {
    pub question: Question,
    /// Index of the file.
    pub file: usize,
    /// Whether the question is built in; the rules are stricter then.
    pub built_in: bool,
    /// Whether the file has an id for it; otherwise the id is made from the question.
    pub has_own_id: bool,
    /// Position of the header of its table.
    pub header_span: Span,
    /// Positions of its fields.
    pub field_spans: Vec<FieldSpan>,
}

impl FieldSpan {
    pub fn new<T>(field: &'static str, item: Option<usize>, found: &TomlField<T>) -> Self {
        Self {
            field,
            item,
            key: found.key.clone(),
            value: found.span.clone(),
        }
    }
}

impl SourcedQuestion {
    /// Returns the position of a field's key, or of a list's item. Falls back to the header of the
    /// entry if the field is missing.
    pub(crate) fn key_span(&self, field: &str, item: Option<usize>) -> Span {
        self.field_span(field, item).map_or_else(
            || self.header_span.clone(),
            |field_span| field_span.key.clone(),
        )
    }

    /// Returns the position of some words in a field's value. Falls back to the key if the words
    /// are not found, for example because a line break separates them.
    pub(crate) fn text_span(
        &self,
        source: &Source,
        field: &str,
        item: Option<usize>,
        words: &str,
    ) -> Span {
        let Some(field_span) = self.field_span(field, item) else {
            return self.header_span.clone();
        };
        let found = source.find_within(&field_span.value, words);
        if words.is_empty() || found == field_span.value {
            field_span.key.clone()
        } else {
            found
        }
    }

    /// Returns the severity of a problem with which a question can still be asked: error for
    /// built-in questions, warning for the operator's.
    pub(crate) const fn warning_severity(&self) -> Severity {
        if self.built_in {
            Severity::Error
        } else {
            Severity::Warning
        }
    }

    /// Returns an error with its position.
    pub fn located(&self, source: &Source, error: FieldError) -> Diagnostic {
        let span = self.key_span(error.field, error.item);
        Diagnostic::at(source, &span, error.message).fix(error.fix)
    }

    /// Creates an error at a field's key.
    pub fn error(&self, source: &Source, field: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(source, &self.key_span(field, None), message)
    }

    fn field_span(&self, field: &str, item: Option<usize>) -> Option<&FieldSpan> {
        self.field_spans
            .iter()
            .find(|field_span| field_span.field == field && field_span.item == item)
    }
}
