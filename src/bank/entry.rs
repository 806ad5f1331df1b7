//! A question together with the places its fields have in the file, for the checks.

use super::question::Question;
use crate::findings::{Field, Finding, Source, Span};

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

    /// Where some words of a field's value stand.
    pub fn words(&self, source: &Source, field: &str, item: Option<usize>, words: &str) -> Span {
        match self.spot(field, item) {
            Some(spot) => {
                let found = source.within(&spot.value, words);
                if found == spot.value {
                    spot.key.clone()
                } else {
                    found
                }
            }
            None => self.head.clone(),
        }
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
