//! Reads questions from the files that people have.
//!
//! The format follows from the name of the file, and if that tells nothing, from its text. Each
//! row is checked like an entry of a question file. A row with mistakes is left out with its line
//! and all reasons; what concerns the whole file is said once.

use std::fmt;

use quizloop_diagnostics::{Diagnostic, MAX_BYTES, Source, redact};

use super::super::field_error::{FieldError, check};
use super::super::question::{OTHER_TOPIC, Question};
use super::super::read::{self, Origin};
use super::build::{NO_ANSWER, QuestionBuilder};
use super::decode::{NOT_UTF8, decode};
use super::fields::{ColumnMapping, Columns, Field, LISTED_COLUMNS};
use super::record::Record;
use super::{json_tree, markdown, plain_text, table, tree, yaml_tree};

/// Maximum number of rows of a file. More are more than any team asks in ten years.
pub const ROWS_MAX: usize = 10_000;

/// Maximum number of mistakes with the same reason that are listed one by one.
const SAME_REASON_MAX: usize = 5;

/// Maximum number of reasons that are looked for in many rows.
const COMMON_REASONS: usize = 5;

/// Which formats are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Formats {
    /// Those that members may send: all but YAML.
    #[default]
    Discord,
    /// All formats.
    CommandLine,
}

/// How to read a file.
#[derive(Clone, Copy)]
pub struct ReadOptions<'r> {
    pub formats: Formats,
    /// Fields of columns with unusual names.
    pub columns: &'r [ColumnMapping],
    /// Topic of rows without one.
    pub default_topic: &'r str,
    /// Answer of rows without one. Without it, such rows are left out.
    pub default_answer: Option<&'r str>,
    /// Number for the first row without one. Without it, such rows have none.
    pub first_number: Option<u32>,
    /// Whether another question, such as a built-in one, has this id, so that none is made up that
    /// would replace it.
    pub is_taken: &'r dyn Fn(&str) -> bool,
    /// The caller's rule for questions, as in [`Bank::check`](crate::Bank::check).
    pub rule: &'r dyn Fn(&Question) -> Vec<FieldError>,
}

impl Default for ReadOptions<'_> {
    fn default() -> Self {
        Self {
            formats: Formats::default(),
            columns: &[],
            default_topic: OTHER_TOPIC,
            default_answer: None,
            first_number: None,
            is_taken: &|_| false,
            rule: &|_| Vec::new(),
        }
    }
}

/// The questions of a file.
#[derive(Debug, Default)]
pub struct ImportedFile {
    /// Questions of the accepted rows, in their order.
    pub questions: Vec<ImportedQuestion>,
    /// What could not be read: about the whole file first, then by line. A file without questions
    /// has at least one mistake.
    pub mistakes: Vec<Mistake>,
    /// What accepted rows had to leave out.
    pub warnings: Vec<String>,
    /// The columns of a table, or the keys of objects, as they are written.
    pub header: Option<Vec<String>>,
    /// Columns that belong to no field.
    pub ignored_columns: Vec<String>,
    /// Whether no question could be read because the columns have unknown names.
    pub lacks_columns: bool,
}

/// A question of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedQuestion {
    /// The id in the file, or a made-up one that depends on what is asked.
    pub key: String,
    /// Whether the key is the id in the file.
    pub has_own_key: bool,
    /// Whether the file has a level for it.
    pub has_level: bool,
    /// Line on which it starts, from 1, as an editor counts.
    pub line: usize,
    pub question: Question,
}

/// Why a row, or the whole file, can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Line on which the row starts, from 1; `None` for the whole file.
    pub line: Option<usize>,
    /// Id of the question or its beginning; may be empty.
    pub name: String,
    /// What is wrong and what to do about it. Never empty.
    pub reasons: Vec<String>,
    /// The same with the position in the file, for formats with a syntax.
    pub diagnostic: Option<Box<Diagnostic>>,
}

impl Mistake {
    pub(super) fn of_file(reason: impl Into<String>) -> Self {
        Self {
            line: None,
            name: String::new(),
            reasons: vec![reason.into()],
            diagnostic: None,
        }
    }

    pub(super) fn at(line: usize, name: String, reasons: Vec<String>) -> Self {
        Self {
            line: Some(line),
            name,
            reasons,
            diagnostic: None,
        }
    }

    fn from_diagnostic(diagnostic: Diagnostic, name: String) -> Self {
        let reason = match &diagnostic.fix {
            Some(fix) => format!("{} ({fix})", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        Self {
            line: diagnostic.location.as_ref().map(|location| location.line),
            name,
            reasons: vec![reason],
            diagnostic: Some(Box::new(diagnostic)),
        }
    }
}

/// Formats the mistake on one line: `line 7, "What is…": it has no answer`.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}")?;
            if !self.name.is_empty() {
                write!(f, ", \"{}\"", redact(&self.name))?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&redact(&self.reasons.join("; ")))
    }
}

/// What a reader found in a file.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) records: Vec<Record>,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) header: Option<Vec<String>>,
    /// Columns that belong to no field.
    pub(super) ignored: Vec<String>,
    /// Whether a column that every question needs is missing.
    pub(super) lacks_columns: bool,
}

impl Rows {
    pub(super) fn with_mistake(mistake: Mistake) -> Self {
        Self {
            mistakes: vec![mistake],
            ..Self::default()
        }
    }
}

/// Form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Toml,
    Json,
    Yaml,
    Table,
    Anki,
    Markdown,
    PlainText,
}

/// Reads a file. Its name decides how, as far as it tells.
pub fn read_any(name: &str, bytes: &[u8], options: &ReadOptions<'_>) -> ImportedFile {
    if bytes.len() > MAX_BYTES {
        let limit = MAX_BYTES / (1024 * 1024);
        return failed(Mistake::of_file(format!(
            "this file is too big: the maximum is {limit} MB; split it"
        )));
    }
    let (source, is_guess) = decode(name, bytes);
    let mut file = match format(&source, options) {
        Format::Toml => read_pack(&source, options),
        Format::Yaml if options.formats == Formats::Discord => failed(Mistake::of_file(
            "YAML files can't be sent here; the bot's operator can import them on the command line",
        )),
        format => import(format, read_rows(format, &source, options), options),
    };
    if is_guess {
        file.warnings.insert(0, NOT_UTF8.to_owned());
    }
    if file.questions.is_empty() && file.mistakes.is_empty() {
        file.mistakes.push(Mistake::of_file(
            "this file contains no question; add a row for each one",
        ));
    }
    file
}

fn failed(mistake: Mistake) -> ImportedFile {
    ImportedFile {
        mistakes: vec![mistake],
        ..ImportedFile::default()
    }
}

fn format(source: &Source, options: &ReadOptions<'_>) -> Format {
    let extension = source
        .name()
        .rsplit_once('.')
        .map_or("", |(_, after)| after);
    let text = source.text().trim_start();
    match extension.to_ascii_lowercase().as_str() {
        "toml" => Format::Toml,
        "json" => Format::Json,
        "yaml" | "yml" => Format::Yaml,
        _ if table::is_anki(text) => Format::Anki,
        "csv" | "tsv" => Format::Table,
        "md" | "markdown" => Format::Markdown,
        _ if plain_text::is_blocks(text) => Format::PlainText,
        _ if text.starts_with("[[question]]") => Format::Toml,
        _ if text.starts_with(['[', '{']) => Format::Json,
        _ if table::has_header(text, options.columns) => Format::Table,
        _ if has_headings(text) => Format::Markdown,
        _ => Format::PlainText,
    }
}

fn has_headings(text: &str) -> bool {
    let is_heading = |line: &str| {
        let rest = line.trim_start_matches('#');
        rest.len() < line.len() && rest.starts_with(' ')
    };
    text.lines().any(is_heading)
}

fn read_rows(format: Format, source: &Source, options: &ReadOptions<'_>) -> Rows {
    let tree = match format {
        Format::Table => return table::read(source, options),
        Format::Anki => return table::read_anki(source, options),
        Format::Markdown => return markdown::read(source),
        Format::PlainText | Format::Toml => return plain_text::read(source),
        Format::Json => json_tree::parse(source),
        Format::Yaml => yaml_tree::parse(source),
    };
    match tree {
        Ok(tree) => tree::rows(&tree, options),
        Err(diagnostic) => Rows::with_mistake(Mistake::from_diagnostic(*diagnostic, String::new())),
    }
}

/// Turns rows into questions.
fn import(format: Format, mut rows: Rows, options: &ReadOptions<'_>) -> ImportedFile {
    let mut mistakes = rows.mistakes;
    if rows.records.len() > ROWS_MAX {
        mistakes.push(Mistake::of_file(format!(
            "the file has {} rows; only the first {ROWS_MAX} were read",
            rows.records.len()
        )));
        rows.records.truncate(ROWS_MAX);
    }
    let mut builder = QuestionBuilder::new(&rows.records, options);
    let mut questions = Vec::new();
    for record in &rows.records {
        match builder.build(record) {
            Ok(question) => questions.push(question),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    let has_none = questions.is_empty() && !rows.records.is_empty();
    merge_same(&mut mistakes, has_none);
    if format == Format::PlainText {
        explain_lines(&mut mistakes);
    }
    mistakes.sort_by_key(|mistake| mistake.line);
    ImportedFile {
        questions,
        mistakes,
        warnings: builder.warnings(),
        header: rows.header,
        ignored_columns: rows.ignored,
        lacks_columns: rows.lacks_columns,
    }
}

/// Says once what many rows have in common.
fn merge_same(mistakes: &mut Vec<Mistake>, has_no_questions: bool) {
    let mut reasons: Vec<String> = Vec::new();
    let single = |mistake: &Mistake| -> Option<String> {
        let [only] = mistake.reasons.as_slice() else {
            return None;
        };
        mistake.line.is_some().then(|| only.clone())
    };
    for reason in mistakes.iter().filter_map(single) {
        if !reasons.contains(&reason) && reasons.len() < COMMON_REASONS {
            reasons.push(reason);
        }
    }
    for reason in reasons {
        let lines: Vec<usize> = mistakes
            .iter()
            .filter(|mistake| single(mistake).as_ref() == Some(&reason))
            .filter_map(|mistake| mistake.line)
            .collect();
        let is_all = has_no_questions && lines.len() == mistakes.len() && lines.len() > 1;
        if lines.len() <= SAME_REASON_MAX && !is_all {
            continue;
        }
        mistakes.retain(|mistake| single(mistake).as_ref() != Some(&reason));
        mistakes.push(Mistake::of_file(same_reason(&reason, &lines, is_all)));
    }
}

/// Number of lines that a mistake of many rows names.
const NAMED_LINES: usize = 10;

fn same_reason(reason: &str, lines: &[usize], is_all: bool) -> String {
    if is_all && reason == NO_ANSWER {
        return "no question has an answer, but each one needs one".to_owned();
    }
    let mut named: Vec<_> = lines
        .iter()
        .take(NAMED_LINES)
        .map(usize::to_string)
        .collect();
    if lines.len() > NAMED_LINES {
        named.push("…".to_owned());
    }
    let (count, named) = (lines.len(), named.join(", "));
    format!("{count} rows were left out: {reason} (lines {named})")
}

/// Says how to write an answer in a text with one question per line.
fn explain_lines(mistakes: &mut [Mistake]) {
    let lacks_answer = |reason: &&mut String| reason.contains("answer");
    let mut reasons = mistakes.iter_mut().flat_map(|mistake| &mut mistake.reasons);
    if let Some(reason) = reasons.find(lacks_answer) {
        reason.push_str("; write it after the question, separated by a tab or by \" | \"");
    }
}

/// Reads a question file.
fn read_pack(source: &Source, options: &ReadOptions<'_>) -> ImportedFile {
    let origin = Origin {
        file: 0,
        built_in: false,
    };
    let read::FileContents {
        questions: entries,
        diagnostics,
        ..
    } = read::read(source, origin);
    let mut file = ImportedFile {
        mistakes: diagnostics
            .into_iter()
            .filter(Diagnostic::is_error)
            .map(|diagnostic| Mistake::from_diagnostic(diagnostic, String::new()))
            .collect(),
        ..ImportedFile::default()
    };
    let mut seen = std::collections::HashMap::new();
    for entry in entries {
        let line = source.location(&entry.header_span).line;
        let id = entry.question.id.clone();
        let errors = check(&entry.question, false, options.rule);
        let before = seen.get(&id).copied();
        let duplicate = before.map(|before: usize| {
            entry.error(
                source,
                "id",
                format!("the id `{id}` is already used on line {before}"),
            )
        });
        let errors: Vec<Diagnostic> = errors
            .into_iter()
            .map(|error| {
                entry
                    .error(source, error.field, error.message)
                    .fix(error.fix)
            })
            .chain(duplicate)
            .collect();
        if errors.is_empty() {
            seen.insert(id.clone(), line);
            file.questions.push(ImportedQuestion {
                key: id,
                has_own_key: entry.has_own_id,
                has_level: entry.question.level.is_some(),
                line,
                question: entry.question,
            });
        } else {
            let mistakes = errors
                .into_iter()
                .map(|error| Mistake::from_diagnostic(error, id.clone()));
            file.mistakes.extend(mistakes);
        }
    }
    file.mistakes.sort_by_key(|mistake| mistake.line);
    file
}

/// What a format calls its columns.
#[derive(Debug, Clone, Copy)]
pub(super) enum ColumnWord {
    Column,
    Key,
}

/// Says which columns every question needs and a file lacks, and how to name them.
pub(super) fn missing_columns(
    word: ColumnWord,
    columns: &Columns,
    header: &[String],
    options: &ReadOptions<'_>,
) -> Option<Mistake> {
    let needs = |field: &Field| *field == Field::Question || options.default_answer.is_none();
    let missing: Vec<Field> = [Field::Question, Field::Answer]
        .into_iter()
        .filter(|field| needs(field) && !columns.contain(*field))
        .collect();
    if missing.is_empty() || header.is_empty() {
        return None;
    }
    let (subject, one, all) = match word {
        ColumnWord::Column => ("your table has", "column", "columns"),
        ColumnWord::Key => ("your objects have", "key", "keys"),
    };
    let lacks: Vec<_> = missing
        .iter()
        .map(|field| format!("no {one} \"{}\"", field.key()))
        .collect();
    let unknown = header.iter().zip(&columns.fields);
    let unknown = unknown.filter(|(name, field)| field.is_none() && !name.is_empty());
    let unknown = unknown
        .map(|(name, _)| name.as_str())
        .chain(["COLUMN", "COLUMN"]);
    let example: Vec<_> = missing
        .iter()
        .zip(unknown)
        .map(|(field, name)| format!("{}={name}", field.key()))
        .collect();
    let names = header.iter().take(LISTED_COLUMNS);
    let mut names: Vec<_> = names.map(|name| format!("\"{name}\"")).collect();
    if header.len() > LISTED_COLUMNS {
        names.push("…".to_owned());
    }
    Some(Mistake::of_file(format!(
        "{subject} {}; each question needs one. The {all} are {}. Rename them, or say which is \
         which: {}",
        lacks.join(" and "),
        names.join(", "),
        example.join(", ")
    )))
}
