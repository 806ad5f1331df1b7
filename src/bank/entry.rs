//! A question together with the places its fields have in the file, for the checks.

use std::fmt;

use super::question::Question;
use crate::findings::{Field, Finding, Severity, Source, Span};

/// Where a field stands.
#[derive(Debug, Clone)]
pub struct Spot {
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
pub struct Passage<'e> {
    /// The key's name.
    pub field: &'static str,
    /// For lists: which item, from 0.
    pub item: Option<usize>,
    /// What is there.
    pub text: &'e str,
}

/// As findings name it: `` `answer` ``, `point 2`.
impl fmt::Display for Passage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.item {
            Some(item) => write!(f, "{} {}", self.field.trim_end_matches('s'), item + 1),
            None => write!(f, "`{}`", self.field),
        }
    }
}

/// A question of one file.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The question.
    pub question: Question,
    /// Which of the files it is from.
    pub file: usize,
    /// Whether it is one of ours, for which the rules are strict.
    pub built_in: bool,
    /// Where its table begins.
    pub head: Span,
    /// Where its fields stand.
    pub spots: Vec<Spot>,
}

impl Spot {
    /// The spot of a field.
    pub fn of<T>(field: &'static str, item: Option<usize>, found: &Field<T>) -> Self {
        Self {
            field,
            item,
            key: found.key.clone(),
            value: found.span.clone(),
        }
    }
}

impl Entry {
    /// Where a field's key stands, or the item of a list; the entry's head if it has no such key.
    pub fn key(&self, field: &str, item: Option<usize>) -> Span {
        self.spot(field, item)
            .map_or_else(|| self.head.clone(), |spot| spot.key.clone())
    }

    /// Where some words of a field's value stand; its key if they are not to be found, as they went
    /// over the end of a line.
    pub fn words(&self, source: &Source, field: &str, item: Option<usize>, words: &str) -> Span {
        let Some(spot) = self.spot(field, item) else {
            return self.head.clone();
        };
        let found = source.within(&spot.value, words);
        if words.is_empty() || found == spot.value {
            spot.key.clone()
        } else {
            found
        }
    }

    /// All prose, field by field, and item by item for lists.
    pub fn prose(&self) -> impl Iterator<Item = Passage<'_>> {
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
        let fields = fields.into_iter().map(|(field, text)| Passage {
            field,
            item: None,
            text,
        });
        let items = lists.into_iter().flat_map(|(field, items)| {
            items.iter().enumerate().map(move |(item, text)| Passage {
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
    pub const fn strictness(&self) -> Severity {
        if self.built_in {
            Severity::Error
        } else {
            Severity::Warning
        }
    }

    /// An error about a passage.
    pub fn error_in(&self, source: &Source, passage: &Passage<'_>, what: String) -> Finding {
        Finding::at(source, &self.key(passage.field, passage.item), what)
    }

    /// An error about a field.
    pub fn error(&self, source: &Source, field: &str, message: impl Into<String>) -> Finding {
        Finding::at(source, &self.key(field, None), message)
    }

    fn spot(&self, field: &str, item: Option<usize>) -> Option<&Spot> {
        self.spots
            .iter()
            .find(|spot| spot.field == field && spot.item == item)
    }
}
