//! Reads question files: parses TOML into entries, with a diagnostic for every missing or invalid
//! field.

use std::str::FromStr;

use super::import_export::hashed_id;
use super::python::{
    ParsePythonVersionError, ParsePythonVersionsError, PythonVersion, PythonVersions,
};
use super::question::{Frequency, Kind, Level, OTHER_TOPIC, Question};
use super::question_path::{self, SourcedPath};
use super::reflow::{reflow, reflow_blocks, trim_lines};
use super::sourced_question::{FieldSpan, SourcedQuestion};
use quizloop_diagnostics::toml_reader::{self, TomlField, TomlReader, TomlTable};
use quizloop_diagnostics::{Diagnostic, Source, did_you_mean};

/// All keys of an entry, in the order in which exports write them.
pub(crate) const KEYS: [&str; 22] = [
    "id",
    "number",
    "topic",
    "level",
    "type",
    "tags",
    "asked",
    "since",
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
const QUESTION_TABLE: &str = "[[question]]";

/// Origin of a file.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// Index of the file.
    pub file: usize,
    /// Whether the file is built in.
    pub built_in: bool,
}

/// Contents of a file.
#[derive(Debug, Default)]
pub struct FileContents {
    pub questions: Vec<SourcedQuestion>,
    /// Questions of which a field could not be read. They are only checked for more errors.
    pub incomplete: Vec<IncompleteQuestion>,
    pub paths: Vec<SourcedPath>,
    pub diagnostics: Vec<Diagnostic>,
}

/// A question of which some fields could not be read; in their place it has defaults.
#[derive(Debug)]
pub struct IncompleteQuestion {
    pub entry: SourcedQuestion,
    /// Fields that are missing or could not be read. Their errors are reported already.
    pub unreadable: Vec<&'static str>,
}

/// Reads all questions and paths of a file. Those with errors are skipped, and each error becomes a
/// diagnostic.
pub fn read(source: &Source, origin: Origin) -> FileContents {
    let mut reader = TomlReader::new(source);
    let mut contents = read_contents(&mut reader, origin);
    contents.diagnostics = reader.into_diagnostics();
    contents
}

fn read_contents(reader: &mut TomlReader<'_>, origin: Origin) -> FileContents {
    let mut contents = FileContents::default();
    let Some(document) = reader.document() else {
        return contents;
    };
    let known = ["question", "path"];
    let top = reader.table(document.get_ref(), 0..0, "a question file", &known);
    let questions = reader.optional(&top, "question", toml_reader::array);
    let paths = reader.optional(&top, "path", toml_reader::array);
    if questions.is_none() && paths.is_none() && reader.is_clean() {
        let message = "this file contains no questions";
        let fix = format!("start each question with {QUESTION_TABLE}");
        reader.error(&(0..0), message, fix);
    }
    if let Some(list) = questions {
        read_questions(reader, list.value, origin, &mut contents);
    }
    if let Some(list) = paths {
        contents.paths = question_path::read(reader, list.value, origin);
    }
    contents
}

fn read_questions(
    reader: &mut TomlReader<'_>,
    list: &[toml_reader::TomlValue<'_>],
    origin: Origin,
    contents: &mut FileContents,
) {
    for found in reader.items("question", list, toml_reader::table) {
        let table = reader.table(found.value, found.span, QUESTION_TABLE, &KEYS);
        let mut read = QuestionReader::new(reader, table);
        let entry = read.read_question(origin);
        let unreadable = read.unreadable;
        if unreadable.is_empty() {
            contents.questions.push(entry);
        } else {
            contents
                .incomplete
                .push(IncompleteQuestion { entry, unreadable });
        }
    }
}

/// A field has an error, which is reported already.
struct Reported;

/// Reads one entry.
struct QuestionReader<'w, 's, 'd> {
    reader: &'w mut TomlReader<'s>,
    table: TomlTable<'d>,
    field_spans: Vec<FieldSpan>,
    /// Fields that could not be read.
    unreadable: Vec<&'static str>,
}

impl<'w, 's, 'd> QuestionReader<'w, 's, 'd> {
    const fn new(reader: &'w mut TomlReader<'s>, table: TomlTable<'d>) -> Self {
        Self {
            reader,
            table,
            field_spans: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    /// Reads every field, so that one run reports all errors of an entry.
    fn read_question(&mut self, origin: Origin) -> SourcedQuestion {
        let has_own_id = self.table.contains_key("id");
        let id = self.string_field("id");
        let number = self.number_field();
        let topic = self.string_field("topic");
        let level = self.keyword::<Level>("level", "level", &Level::ALL.map(Level::name));
        let kind = self.keyword::<Kind>("type", "type", &Kind::ALL.map(Kind::name));
        let tags = self.name_list("tags");
        let often = Frequency::ALL.map(Frequency::name);
        let asked = self.keyword::<Frequency>("asked", "`asked` value", &often);
        let since = self.version_field("since");
        let question = self.required_prose("question", reflow);
        let answer = self.required_prose("answer", reflow_blocks);
        let how_to_answer = self.prose_field("how_to_answer");
        let example_answer = self.prose_field("example_answer");
        let points = self.prose_list("points");
        let pitfalls = self.prose_list("pitfalls");
        let code = self.program_field("code");
        let output = self.program_field("output");
        let wrong_outputs = self.program_list("wrong_outputs");
        let broken = self.program_field("broken");
        let broken_output = self.program_field("broken_output");
        let python = self.python_field();
        let docs = self.string_field("docs");
        let follow_up = self.prose_field("follow_up");
        let text = self.or_default("question", question.ok_or(Reported));
        let id = self.or_default("id", id);
        let question = Question {
            id: id.unwrap_or_else(|| hashed_id(&text)),
            number: self.or_default("number", number),
            topic: self
                .or_default("topic", topic)
                .unwrap_or_else(|| OTHER_TOPIC.to_owned()),
            level: self.or_default("level", level),
            kind: self.or_default("type", kind),
            tags: self.or_default("tags", tags.ok_or(Reported)),
            asked: self.or_default("asked", asked),
            since: self.or_default("since", since),
            question: text,
            answer: self.or_default("answer", answer.ok_or(Reported)),
            how_to_answer: self.or_default("how_to_answer", how_to_answer),
            example_answer: self.or_default("example_answer", example_answer),
            points: self.or_default("points", points.ok_or(Reported)),
            pitfalls: self.or_default("pitfalls", pitfalls.ok_or(Reported)),
            code: self.or_default("code", code),
            output: self.or_default("output", output),
            wrong_outputs: self.or_default("wrong_outputs", wrong_outputs.ok_or(Reported)),
            broken: self.or_default("broken", broken),
            broken_output: self.or_default("broken_output", broken_output),
            python: self.or_default("python", python),
            docs: self.or_default("docs", docs),
            follow_up: self.or_default("follow_up", follow_up),
        };
        SourcedQuestion {
            question,
            file: origin.file,
            built_in: origin.built_in,
            has_own_id,
            header_span: self.table.span.clone(),
            field_spans: std::mem::take(&mut self.field_spans),
        }
    }

    /// Returns the value of a field. In place of one that could not be read, returns the default.
    fn or_default<T: Default>(&mut self, field: &'static str, read: Result<T, Reported>) -> T {
        read.unwrap_or_else(|Reported| {
            self.unreadable.push(field);
            T::default()
        })
    }

    fn record_span<T>(&mut self, field: &'static str, found: &TomlField<T>) {
        self.field_spans.push(FieldSpan::new(field, None, found));
    }

    /// Reads a text that may be missing.
    fn optional_string(
        &mut self,
        key: &'static str,
    ) -> Result<Option<TomlField<&'d str>>, Reported> {
        if !self.table.contains_key(key) {
            return Ok(None);
        }
        let found = self.reader.optional(&self.table, key, toml_reader::text);
        let found = found.ok_or(Reported)?;
        self.record_span(key, &found);
        Ok(Some(found))
    }

    fn string_field(&mut self, key: &'static str) -> Result<Option<String>, Reported> {
        let found = self.optional_string(key)?;
        Ok(found.map(|found| found.value.trim().to_owned()))
    }

    /// Reads a text and joins its lines with `flow`.
    fn required_prose(
        &mut self,
        key: &'static str,
        flow: impl Fn(&str) -> String,
    ) -> Option<String> {
        let found = self.reader.required(&self.table, key, toml_reader::text)?;
        self.record_span(key, &found);
        Some(flow(found.value))
    }

    fn prose_field(&mut self, key: &'static str) -> Result<Option<String>, Reported> {
        let found = self.optional_string(key)?;
        Ok(found.map(|found| reflow(found.value)))
    }

    fn program_field(&mut self, key: &'static str) -> Result<Option<String>, Reported> {
        let found = self.optional_string(key)?;
        Ok(found.map(|found| trim_lines(found.value)))
    }

    /// Reads an optional list of names.
    fn name_list(&mut self, key: &'static str) -> Option<Vec<String>> {
        let names = self.optional_items(key)?;
        Some(names.iter().map(|name| name.trim().to_owned()).collect())
    }

    /// Reads an optional list of texts that keep their line breaks.
    fn program_list(&mut self, key: &'static str) -> Option<Vec<String>> {
        let items = self.optional_items(key)?;
        Some(items.into_iter().map(trim_lines).collect())
    }

    /// Returns the texts of a list, or none if there is no such key.
    fn optional_items(&mut self, key: &'static str) -> Option<Vec<&'d str>> {
        if !self.table.contains_key(key) {
            return Some(Vec::new());
        }
        let read = toml_reader::array;
        let found = self.reader.optional(&self.table, key, read)?;
        self.string_items(key, &found)
    }

    fn number_field(&mut self) -> Result<Option<u32>, Reported> {
        if !self.table.contains_key("number") {
            return Ok(None);
        }
        let read = toml_reader::positive_integer;
        let found = self.reader.optional(&self.table, "number", read);
        let found = found.ok_or(Reported)?;
        self.record_span("number", &found);
        Ok(Some(found.value))
    }

    /// Reads a keyword that may be missing; `name` is what an error calls it.
    fn keyword<T: FromStr>(
        &mut self,
        key: &'static str,
        name: &str,
        words: &[&str],
    ) -> Result<Option<T>, Reported> {
        let Some(found) = self.optional_string(key)? else {
            return Ok(None);
        };
        let read = found.value.trim().parse().ok();
        if read.is_none() {
            let message = format!("unknown {name} \"{}\"", found.value);
            self.reader
                .error(&found.span, message, did_you_mean(found.value, words));
        }
        read.map(Some).ok_or(Reported)
    }

    /// Reads a version that may be missing.
    fn version_field(&mut self, key: &'static str) -> Result<Option<PythonVersion>, Reported> {
        let Some(found) = self.optional_string(key)? else {
            return Ok(None);
        };
        let read = found.value.trim().parse();
        read.map(Some).map_err(|error: ParsePythonVersionError| {
            let fix = "write the oldest version that the answer is about, or remove it";
            self.reader.error(&found.span, error.to_string(), fix);
            Reported
        })
    }

    fn python_field(&mut self) -> Result<Option<PythonVersions>, Reported> {
        let Some(found) = self.optional_string("python")? else {
            return Ok(None);
        };
        let read = found.value.trim().parse();
        read.map(Some).map_err(|error: ParsePythonVersionsError| {
            let fix = "write the first version that runs the code, or the first and the last one";
            self.reader.error(&found.span, error.to_string(), fix);
            Reported
        })
    }

    /// Reads an optional list of texts.
    fn prose_list(&mut self, key: &'static str) -> Option<Vec<String>> {
        let items = self.optional_items(key)?;
        Some(items.into_iter().map(reflow).collect())
    }

    /// Returns the texts of a list, if all items are texts.
    fn string_items(
        &mut self,
        key: &'static str,
        found: &TomlField<&'d [toml_reader::TomlValue<'d>]>,
    ) -> Option<Vec<&'d str>> {
        self.record_span(key, found);
        let items = self.reader.items(key, found.value, toml_reader::text);
        for (index, item) in items.iter().enumerate() {
            self.field_spans
                .push(FieldSpan::new(key, Some(index), item));
        }
        let is_complete = items.len() == found.value.len();
        is_complete.then(|| items.iter().map(|item| item.value).collect())
    }
}
