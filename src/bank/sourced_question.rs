//! A question together with the places its fields have in the file, for the checks.

use std::fmt;

use super::question::Question;
use crate::diagnostics::{Diagnostic, Severity, Source, Span, TomlField};

/// Where a field stands.
#[derive(Debug, Clone)]
pub struct FieldSpan {
    /// The key's name.
    pub field: &'static str,
    /// For lists: which item, from 0.
    pub item: Option<usize>,
    /// Where its key stands; for an item, the item.
    pub key: Span,
    /// Where its value stands.
    pub value: Span,
}

/// A piece of prose.
#[derive(Debug, Clone, Copy)]
pub struct TextField<'e> {
    /// The key's name.
    pub field: &'static str,
    /// For lists: which item, from 0.
    pub item: Option<usize>,
    /// What is there.
    pub text: &'e str,
}

/// As diagnostics name it: `` `answer` ``, `point 2`.
impl fmt::Display for TextField<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.item {
            Some(item) => write!(f, "{} {}", self.field.trim_end_matches('s'), item + 1),
            None => write!(f, "`{}`", self.field),
        }
    }
}

/// A question of one file.
#[derive(Debug, Clone)]
pub struct SourcedQuestion {
    /// The question.
    pub question: Question,
    /// Which of the files it is from.
    pub file: usize,
    /// Whether it is one of ours, for which the rules are strict.
    pub built_in: bool,
    /// Where its table begins.
    pub header_span: Span,
    /// Where its fields stand.
    pub field_spans: Vec<FieldSpan>,
}

impl FieldSpan {
    /// The spot of a field.
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
    /// Where a field's key stands, or the item of a list; the entry's head if it has no such key.
    pub fn key_span(&self, field: &str, item: Option<usize>) -> Span {
        self.field_span(field, item).map_or_else(
            || self.header_span.clone(),
            |field_span| field_span.key.clone(),
        )
    }

    /// Where some words of a field's value stand; its key if they are not to be found, as they went
    /// over the end of a line.
    pub fn text_span(
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

    /// All prose, field by field, and item by item for lists.
    pub fn text_fields(&self) -> impl Iterator<Item = TextField<'_>> {
        let question = &self.question;
        let fields = [
            ("question", &question.question),
            ("answer", &question.answer),
            ("how_to_answer", &question.how_to_answer),
            ("example_answer", &question.example_answer),
            ("follow_up", &question.follow_up),
        ];
        let lists = [
            ("points", &question.points),
            ("pitfalls", &question.pitfalls),
        ];
        let fields = fields.into_iter().map(|(field, text)| TextField {
            field,
            item: None,
            text,
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

    /// All programs and what they print or might be thought to print, as far as the entry has them.
    pub fn programs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let question = &self.question;
        let fields = [
            ("code", &question.code),
            ("output", &question.output),
            ("broken", &question.broken),
            ("broken_output", &question.broken_output),
        ];
        let wrong = question.wrong_outputs.iter();
        fields
            .into_iter()
            .filter_map(|(field, text)| Some((field, text.as_deref()?)))
            .chain(wrong.map(|text| ("wrong_outputs", text.as_str())))
    }

    /// How bad it is to break a rule of good entries: ours must keep them, an operator may not care.
    pub const fn lint_severity(&self) -> Severity {
        if self.built_in {
            Severity::Error
        } else {
            Severity::Warning
        }
    }

    /// An error about a text_field.
    pub fn error_in(
        &self,
        source: &Source,
        text_field: &TextField<'_>,
        what: String,
    ) -> Diagnostic {
        Diagnostic::at(
            source,
            &self.key_span(text_field.field, text_field.item),
            what,
        )
    }

    /// An error about a field.
    pub fn error(&self, source: &Source, field: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(source, &self.key_span(field, None), message)
    }

    fn field_span(&self, field: &str, item: Option<usize>) -> Option<&FieldSpan> {
        self.field_spans
            .iter()
            .find(|field_span| field_span.field == field && field_span.item == item)
    }
}
