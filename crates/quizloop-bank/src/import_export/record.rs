//! A row of another tool's file.

use std::collections::BTreeMap;

use super::fields::Field;

/// What the texts of a row are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Markup {
    Markdown,
    Html,
    /// Markdown that may contain HTML.
    Unknown,
}

/// A text or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FieldValue {
    Text(String),
    List(Vec<String>),
}

/// A row as it was read.
#[derive(Debug)]
pub(super) struct Record {
    /// Line on which the row starts, from 1.
    pub(super) line: usize,
    pub(super) markup: Markup,
    /// Whether the row was written by our export.
    pub(super) is_export: bool,
    fields: BTreeMap<Field, FieldValue>,
}

impl Record {
    pub(super) const fn new(line: usize, markup: Markup) -> Self {
        Self {
            line,
            markup,
            is_export: false,
            fields: BTreeMap::new(),
        }
    }

    /// Sets a field. Wrong choices are collected; another field keeps its first value. Empty texts
    /// are no values.
    pub(super) fn set(&mut self, field: Field, value: FieldValue) {
        let is_empty = match &value {
            FieldValue::Text(text) => text.trim().is_empty(),
            FieldValue::List(items) => items.iter().all(|item| item.trim().is_empty()),
        };
        if is_empty {
            return;
        }
        if field == Field::WrongChoices && self.has(field) {
            let mut all = self.list(field);
            all.extend(items_of(&value));
            self.fields.insert(field, FieldValue::List(all));
        } else {
            self.fields.entry(field).or_insert(value);
        }
    }

    pub(super) fn set_text(&mut self, field: Field, text: impl Into<String>) {
        self.set(field, FieldValue::Text(text.into()));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.fields.contains_key(&field)
    }

    pub(super) fn value(&self, field: Field) -> Option<&FieldValue> {
        self.fields.get(&field)
    }

    /// Returns a text; the items of a list become paragraphs.
    pub(super) fn text(&self, field: Field) -> Option<String> {
        match self.fields.get(&field)? {
            FieldValue::Text(text) => Some(text.clone()),
            FieldValue::List(items) => Some(items.join("\n\n")),
        }
    }

    /// Returns the items of a list; a text is split.
    pub(super) fn list(&self, field: Field) -> Vec<String> {
        self.fields.get(&field).map(items_of).unwrap_or_default()
    }
}

/// Bullets that people put before the items of a list.
pub(crate) const BULLETS: [&str; 3] = ["- ", "* ", "• "];

fn items_of(value: &FieldValue) -> Vec<String> {
    match value {
        FieldValue::Text(text) => split_items(text),
        FieldValue::List(items) => items.clone(),
    }
}

/// Splits a cell into items: a JSON list, one item per line, or separated by semicolons.
fn split_items(text: &str) -> Vec<String> {
    if let Some(items) = json_list(text) {
        return items;
    }
    let is_one_line = !text.trim().contains('\n');
    let separator = if is_one_line { ';' } else { '\n' };
    let items = text.split(separator).map(without_bullet);
    items.filter(|item| !item.is_empty()).collect()
}

/// Whether a list with one item per line would be split in another way.
pub(crate) fn needs_json(items: &[String]) -> bool {
    match items {
        [only] => only.contains(';') || only.starts_with('['),
        [first, ..] => first.starts_with('['),
        [] => false,
    }
}

/// Returns the items of a list in JSON, or `None` if the text is none.
pub(super) fn json_list(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    text.starts_with('[')
        .then(|| serde_json::from_str(text).ok())?
}

/// Removes the bullet before an item.
fn without_bullet(line: &str) -> String {
    let line = line.trim();
    let bare = BULLETS.iter().find_map(|bullet| line.strip_prefix(bullet));
    bare.unwrap_or(line).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_json_or_lines_or_separated_by_semicolons() {
        for text in [
            r#"["a one", "b; two"]"#,
            "- a one\n* b; two\n\n",
            "a one\nb; two",
        ] {
            assert_eq!(split_items(text), ["a one", "b; two"], "{text}");
        }
        assert_eq!(split_items("a one; b two;"), ["a one", "b two"]);
        assert_eq!(split_items("[x] is a list"), ["[x] is a list"]);
    }

    #[test]
    fn wrong_choices_of_several_columns_are_collected() {
        let mut record = Record::new(1, Markup::Unknown);
        for text in ["a", " ", "b"] {
            record.set_text(Field::WrongChoices, text);
        }
        record.set_text(Field::Question, "first");
        record.set_text(Field::Question, "second");
        assert_eq!(record.list(Field::WrongChoices), ["a", "b"]);
        assert_eq!(record.text(Field::Question).as_deref(), Some("first"));
    }
}
