//! A question file's TOML → entries, with a finding for everything that is missing or of a wrong type.

use std::str::FromStr;

use super::entry::{Entry, Spot};
use super::python::Python;
use super::question::{Kind, Level, Question};
use super::reflow::{reflow, trim_lines};
use crate::findings::walk::{self, Field, Table, Walk};
use crate::findings::{Finding, Source, did_you_mean};

/// All keys of an entry, in the order in which they are written.
pub const KEYS: [&str; 19] = [
    "id",
    "number",
    "topic",
    "level",
    "type",
    "question",
    "answer",
    "how_to_answer",
    "example_answer",
    "points",
    "pitfalls",
    "code",
    "output",
    "wrong_outputs",
    "broken",
    "broken_output",
    "python",
    "docs",
    "follow_up",
];

/// The name of an entry's table.
const ENTRY: &str = "[[question]]";

/// Where a file comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// Which of the files it is.
    pub file: usize,
    /// Whether it is one of ours.
    pub built_in: bool,
}

/// Reads all entries of a file. An entry with a mistake is left out and its mistakes are noted.
pub fn read(source: &Source, origin: Origin) -> (Vec<Entry>, Vec<Finding>) {
    let mut walk = Walk::new(source);
    let entries = entries(&mut walk, origin);
    (entries, walk.into_findings())
}

fn entries(walk: &mut Walk<'_>, origin: Origin) -> Vec<Entry> {
    let Some(document) = walk.document() else {
        return Vec::new();
    };
    let top = walk.table(document.get_ref(), 0..0, "a question file", &["question"]);
    let Some(list) = walk.optional(&top, "question", walk::array) else {
        if walk.is_clean() {
            let message = "there is no question in this file";
            walk.error(
                &(0..0),
                message,
                format!("begin each question with {ENTRY}"),
            );
        }
        return Vec::new();
    };
    let tables = walk.items("question", list.value, walk::table);
    tables
        .into_iter()
        .filter_map(|found| {
            let table = walk.table(found.value, found.span, ENTRY, &KEYS);
            Reader::new(walk, table).entry(origin)
        })
        .collect()
}

/// Reads one entry.
struct Reader<'w, 's, 'd> {
    walk: &'w mut Walk<'s>,
    table: Table<'d>,
    spots: Vec<Spot>,
}

impl<'w, 's, 'd> Reader<'w, 's, 'd> {
    const fn new(walk: &'w mut Walk<'s>, table: Table<'d>) -> Self {
        Self {
            walk,
            table,
            spots: Vec::new(),
        }
    }

    /// Every field is asked for before the first that is missing ends it, so that all are noted.
    fn entry(mut self, origin: Origin) -> Option<Entry> {
        let id = self.line("id");
        let number = self.number();
        let topic = self.line("topic");
        let level = self.word::<Level>("level", &Level::ALL.map(Level::name));
        let kind = self.word::<Kind>("type", &Kind::ALL.map(Kind::name));
        let question = self.prose("question");
        let answer = self.prose("answer");
        let how_to_answer = self.prose("how_to_answer");
        let example_answer = self.prose("example_answer");
        let points = self.list("points");
        let pitfalls = self.list("pitfalls");
        let code = self.program("code");
        let output = self.program("output");
        let wrong_outputs = self.programs("wrong_outputs");
        let broken = self.program("broken");
        let broken_output = self.program("broken_output");
        let python = self.python();
        let docs = self.line("docs");
        let follow_up = self.prose("follow_up");
        let question = Question {
            id: id?,
            number: number?,
            topic: topic?,
            level: level?,
            kind: kind?,
            question: question?,
            answer: answer?,
            how_to_answer: how_to_answer?,
            example_answer: example_answer?,
            points: points?,
            pitfalls: pitfalls?,
            code,
            output,
            wrong_outputs: wrong_outputs?,
            broken,
            broken_output,
            python: python?,
            docs: docs?,
            follow_up: follow_up?,
        };
        Some(Entry {
            question,
            file: origin.file,
            built_in: origin.built_in,
            head: self.table.span,
            spots: self.spots,
        })
    }

    fn keep<T>(&mut self, field: &'static str, found: &Field<T>) {
        self.spots.push(Spot::of(field, None, found));
    }

    fn text(&mut self, key: &'static str) -> Option<Field<&'d str>> {
        let found = self.walk.required(&self.table, key, walk::text)?;
        self.keep(key, &found);
        Some(found)
    }

    fn line(&mut self, key: &'static str) -> Option<String> {
        self.text(key).map(|found| found.value.trim().to_owned())
    }

    fn prose(&mut self, key: &'static str) -> Option<String> {
        self.text(key).map(|found| reflow(found.value))
    }

    fn program(&mut self, key: &'static str) -> Option<String> {
        let found = self.walk.optional(&self.table, key, walk::text)?;
        self.keep(key, &found);
        Some(trim_lines(found.value))
    }

    /// A list that may be missing, of texts that keep their lines.
    fn programs(&mut self, key: &'static str) -> Option<Vec<String>> {
        let Some(found) = self.walk.optional(&self.table, key, walk::array) else {
            return Some(Vec::new());
        };
        let items = self.items(key, &found)?;
        Some(items.into_iter().map(trim_lines).collect())
    }

    fn number(&mut self) -> Option<u32> {
        let found = self.walk.required(&self.table, "number", walk::number)?;
        self.keep("number", &found);
        Some(found.value)
    }

    fn word<T: FromStr>(&mut self, key: &'static str, words: &[&str]) -> Option<T> {
        let found = self.text(key)?;
        let read = found.value.trim().parse().ok();
        if read.is_none() {
            let message = format!("unknown {key} \"{}\"", found.value);
            self.walk
                .error(&found.span, message, did_you_mean(found.value, words));
        }
        read
    }

    fn python(&mut self) -> Option<Python> {
        let found = self.text("python")?;
        match found.value.trim().parse() {
            Ok(python) => Some(python),
            Err(error) => {
                let fix =
                    "write the first version in which the code runs, or the first and the last";
                self.walk.error(
                    &found.span,
                    super::python::BadPython::to_string(&error),
                    fix,
                );
                None
            }
        }
    }

    fn list(&mut self, key: &'static str) -> Option<Vec<String>> {
        let found = self.walk.required(&self.table, key, walk::array)?;
        let items = self.items(key, &found)?;
        Some(items.into_iter().map(reflow).collect())
    }

    /// The texts of a list, if all of its items are texts.
    fn items(
        &mut self,
        key: &'static str,
        found: &Field<&'d [walk::Value<'d>]>,
    ) -> Option<Vec<&'d str>> {
        self.keep(key, found);
        let items = self.walk.items(key, found.value, walk::text);
        for (index, item) in items.iter().enumerate() {
            self.spots.push(Spot::of(key, Some(index), item));
        }
        let whole = items.len() == found.value.len();
        whole.then(|| items.iter().map(|item| item.value).collect())
    }
}
