//! Lists and objects of JSON and YAML files, and the rows in them.

use std::collections::HashSet;

use super::super::read::KEYS;
use super::fields::{Columns, Field};
use super::read_any::{ColumnWord, Mistake, ReadOptions, Rows, missing_columns};
use super::record::{FieldValue, Markup, Record};

/// Deepest nesting in which questions are looked for, and of the tree that readers build.
pub(super) const DEPTH_MAX: usize = 6;

/// Keys of lists that say nothing about their questions.
const LIST_KEYS: [&str; 8] = [
    "questions",
    "question",
    "results",
    "items",
    "data",
    "cards",
    "notes",
    "entries",
];

/// Keys of Red's trivia lists that are no questions.
const RED_KEYS: [&str; 3] = ["AUTHOR", "DESCRIPTION", "CONFIG"];

/// A value with the line on which it starts, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) line: usize,
    pub(super) value: TreeValue,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TreeValue {
    Null,
    /// A text, a number or a word, as it is written.
    Text(String),
    List(Vec<Tree>),
    Map(Vec<TreeEntry>),
    /// Something deeper than `DEPTH_MAX`.
    TooDeep,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TreeEntry {
    /// Line of the key.
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) tree: Tree,
}

/// Finds the rows: objects in lists, in lists by topic, or one for each question with its answer.
pub(super) fn rows(tree: &Tree, options: &ReadOptions<'_>) -> Rows {
    let mut finder = RowFinder {
        options,
        rows: Rows::default(),
        keys: Vec::new(),
        known_keys: HashSet::new(),
    };
    finder.find(tree, None, 0);
    finder.finish()
}

struct RowFinder<'o> {
    options: &'o ReadOptions<'o>,
    rows: Rows,
    /// Keys of the objects that were read as rows.
    keys: Vec<String>,
    known_keys: HashSet<String>,
}

impl RowFinder<'_> {
    fn find(&mut self, tree: &Tree, topic: Option<&str>, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        match &tree.value {
            TreeValue::List(items) => {
                for item in items {
                    self.read_item(item, topic);
                }
            }
            TreeValue::Map(entries) if self.is_row(entries) => self.read_item(tree, topic),
            TreeValue::Map(entries) => {
                for entry in entries {
                    self.read_entry(entry, topic, depth);
                }
            }
            TreeValue::Null | TreeValue::Text(_) | TreeValue::TooDeep => {}
        }
    }

    /// Whether an object is a row: it has a question, and texts.
    fn is_row(&self, entries: &[TreeEntry]) -> bool {
        let names: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
        let columns = Columns::of(&names, self.options.columns);
        entries.iter().zip(&columns.fields).any(|(entry, field)| {
            *field == Some(Field::Question) && matches!(entry.tree.value, TreeValue::Text(_))
        })
    }

    /// Reads an entry of an object that is no row itself.
    fn read_entry(&mut self, entry: &TreeEntry, topic: Option<&str>, depth: usize) {
        let key = entry.key.trim();
        if RED_KEYS.contains(&key) {
            return;
        }
        let is_asked = key.ends_with(['?', '？', '؟', ':', '.', '!']) || key.contains(' ');
        match &entry.tree.value {
            TreeValue::Text(answer) if is_asked => {
                self.add_pair(entry, FieldValue::Text(answer.clone()), topic);
            }
            TreeValue::List(items) if is_asked && all_texts(items).is_some() => {
                let answers = all_texts(items).unwrap_or_default();
                self.add_pair(entry, FieldValue::List(answers), topic);
            }
            TreeValue::List(_) | TreeValue::Map(_) => {
                let is_name = !LIST_KEYS.contains(&key.to_lowercase().as_str());
                let topic = if is_name { Some(key) } else { topic };
                self.find(&entry.tree, topic, depth + 1);
            }
            TreeValue::Null | TreeValue::Text(_) | TreeValue::TooDeep => {}
        }
    }

    /// Adds a key that is a question with its answer.
    fn add_pair(&mut self, entry: &TreeEntry, answer: FieldValue, topic: Option<&str>) {
        let mut record = Record::new(entry.line, Markup::Unknown);
        let question = entry.key.trim().trim_end_matches("?:");
        let mark = if question.len() < entry.key.trim().len() {
            "?"
        } else {
            ""
        };
        record.set_text(Field::Question, format!("{question}{mark}"));
        record.set(Field::Answer, answer);
        self.add(record, topic);
    }

    fn add(&mut self, mut record: Record, topic: Option<&str>) {
        if let Some(topic) = topic {
            record.set_text(Field::Topic, topic);
        }
        self.rows.records.push(record);
    }

    /// Reads an item of a list: an object, a question alone, or a list of a question and an answer.
    fn read_item(&mut self, item: &Tree, topic: Option<&str>) {
        let mut record = Record::new(item.line, Markup::Unknown);
        match &item.value {
            TreeValue::Text(question) => record.set_text(Field::Question, question),
            TreeValue::List(items) => {
                let texts = all_texts(items).unwrap_or_default();
                let fields = [Field::Question, Field::Answer, Field::Tags];
                for (field, text) in fields.into_iter().zip(texts) {
                    record.set_text(field, text);
                }
            }
            TreeValue::Map(entries) => {
                if let Err(mistake) = self.read_object(item.line, entries, &mut record) {
                    self.rows.mistakes.push(mistake);
                    return;
                }
            }
            TreeValue::Null | TreeValue::TooDeep => {}
        }
        if record.is_empty() {
            let reason = "this is no object with a question and an answer".to_owned();
            let mistake = Mistake::at(item.line, String::new(), vec![reason]);
            self.rows.mistakes.push(mistake);
        } else {
            self.add(record, topic);
        }
    }

    fn read_object(
        &mut self,
        line: usize,
        entries: &[TreeEntry],
        record: &mut Record,
    ) -> Result<(), Mistake> {
        let names: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
        let columns = Columns::of(&names, self.options.columns);
        record.is_export = is_export(&names);
        for (entry, field) in entries.iter().zip(&columns.fields) {
            if self.known_keys.insert(entry.key.clone()) {
                self.keys.push(entry.key.clone());
                self.rows
                    .ignored
                    .extend(field.is_none().then(|| entry.key.clone()));
            }
            let Some(field) = field else { continue };
            match &entry.tree.value {
                TreeValue::Null => {}
                TreeValue::Text(text) => record.set_text(*field, text),
                TreeValue::List(items) if all_texts(items).is_some() => {
                    let texts = all_texts(items).unwrap_or_default();
                    record.set(*field, FieldValue::List(texts));
                }
                TreeValue::List(_) | TreeValue::Map(_) | TreeValue::TooDeep => {
                    let reason = format!("`{}` is neither a text nor a list of texts", entry.key);
                    return Err(Mistake::at(line, String::new(), vec![reason]));
                }
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Rows {
        let has_question = |record: &Record| record.has(Field::Question);
        if !self.keys.is_empty() && !self.rows.records.iter().any(has_question) {
            let columns = Columns::of(&self.keys, self.options.columns);
            let mistake = missing_columns(ColumnWord::Key, &columns, &self.keys, self.options);
            self.rows.lacks_columns = true;
            self.rows.mistakes = mistake.into_iter().collect();
            self.rows.records.clear();
        }
        self.rows.header = (!self.keys.is_empty()).then_some(self.keys);
        self.rows
    }
}

/// Whether an object was written by our export: it has those keys that every exported question has,
/// and only keys of question files.
fn is_export(names: &[String]) -> bool {
    let has = |key: &&str| names.iter().any(|name| name == key);
    ["id", "topic", "question", "answer"].iter().all(has)
        && names.iter().all(|name| KEYS.contains(&name.as_str()))
}

/// Returns the texts of a list in which there is nothing else.
fn all_texts(items: &[Tree]) -> Option<Vec<String>> {
    let texts = items.iter().map(|item| match &item.value {
        TreeValue::Text(text) => Some(text.clone()),
        TreeValue::Null | TreeValue::List(_) | TreeValue::Map(_) | TreeValue::TooDeep => None,
    });
    texts.collect()
}
