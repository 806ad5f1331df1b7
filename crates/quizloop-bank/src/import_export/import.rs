//! Import of questions from CSV and JSON. Each row is checked like an entry of a question file. A
//! row with errors is rejected with its line and all reasons.

use std::collections::HashSet;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::limits::ID_MAX;
use super::super::load::Bank;
use super::super::question::Question;
use super::super::read::KEYS;
use quizloop_diagnostics::{Diagnostic, RawFile};

/// First number for rows without a number: far above the built-in ones.
const FIRST_NUMBER: u32 = 1000;

/// Default values of missing fields.
const DEFAULTS: [(&str, &str); 5] = [
    ("topic", "imported"),
    ("level", "mid"),
    ("type", "concept"),
    ("python", "3.11"),
    ("docs", "https://docs.python.org/3/library/asyncio.html"),
];

/// Result of an import.
#[derive(Debug, Default)]
pub struct ImportResult {
    /// Questions of the accepted rows.
    pub questions: Vec<Question>,
    /// Rejected rows, in order.
    pub rejected: Vec<RejectedRow>,
    /// Unknown columns, without duplicates.
    pub unknown_columns: Vec<String>,
}

/// Why a text can't be imported at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The header can't be read as CSV.
    #[error(transparent)]
    Header(::csv::Error),
    /// The header has no column `question`.
    #[error(
        "the first line has no column \"question\"; its columns are: {}",
        .columns.join(", ")
    )]
    NoQuestionColumn {
        /// The columns of the header.
        columns: Vec<String>,
    },
    /// The text is not a JSON list.
    #[error("this is not a JSON list of questions: {0}")]
    Json(serde_json::Error),
}

/// A row that was rejected.
#[derive(Debug, PartialEq, Eq)]
pub struct RejectedRow {
    /// Line on which the row starts, from 1.
    pub line: u64,
    /// Id of the question; empty if the row has none.
    pub name: String,
    /// Reasons for the rejection.
    pub reasons: Vec<String>,
}

/// Imports CSV whose header consists of the keys of question files. A list has one item per line.
///
/// # Errors
///
/// Fails if the text is not CSV with a column `question`.
pub fn import_csv(text: &str) -> Result<ImportResult, ImportError> {
    let mut reader = ::csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(strip_bom(text).as_bytes());
    let header = reader.headers().map_err(ImportError::Header)?.clone();
    let header: Vec<String> = header
        .iter()
        .map(|name| name.trim().to_lowercase())
        .collect();
    if !header.iter().any(|name| name == "question") {
        return Err(ImportError::NoQuestionColumn { columns: header });
    }
    let mut importer = Importer::default();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, ::csv::Position::line);
                let cells = header.iter().zip(record.iter());
                let fields = cells
                    .filter(|(_, cell)| !cell.trim().is_empty())
                    .map(|(name, cell)| (name.clone(), Value::String(cell.to_owned())))
                    .collect();
                importer.import_row(line, fields);
            }
            Err(error) => importer.reject(
                error.position().map_or(0, ::csv::Position::line),
                String::new(),
                vec![error.to_string()],
            ),
        }
    }
    Ok(importer.result)
}

/// Imports JSON: a list of objects with the keys of question files.
///
/// # Errors
///
/// Fails if the text is not a JSON list.
pub fn import_json(text: &str) -> Result<ImportResult, ImportError> {
    let text = strip_bom(text);
    let list: Vec<&RawValue> = serde_json::from_str(text).map_err(ImportError::Json)?;
    let mut importer = Importer::default();
    for item in list {
        let line = line_of(text, item.get());
        match serde_json::from_str::<Map<String, Value>>(item.get()) {
            Ok(fields) => importer.import_row(line, fields),
            Err(_) => {
                importer.reject(
                    line,
                    String::new(),
                    vec!["this is not an object".to_owned()],
                );
            }
        }
    }
    Ok(importer.result)
}

/// Removes a byte order mark, which spreadsheet programs often write.
fn strip_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Returns the line, from 1, on which `part` starts in `text`. `part` must be a slice of `text`.
fn line_of(text: &str, part: &str) -> u64 {
    let offset = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text.get(..offset).unwrap_or_default();
    1 + before.matches('\n').count() as u64
}

#[derive(Default)]
struct Importer {
    result: ImportResult,
    ids: HashSet<String>,
    generated_numbers: u32,
}

impl Importer {
    fn reject(&mut self, line: u64, name: String, reasons: Vec<String>) {
        self.result.rejected.push(RejectedRow {
            line,
            name,
            reasons,
        });
    }

    fn import_row(&mut self, line: u64, mut fields: Map<String, Value>) {
        fields.retain(|_, value| !value.is_null());
        self.record_unknown_columns(&fields);
        fields.retain(|name, _| KEYS.contains(&name.as_str()));
        if fields.is_empty() {
            return;
        }
        self.fill_in_defaults(&mut fields);
        let name = row_name(&fields);
        match parse_question(fields) {
            Ok(question) if self.ids.contains(&question.id) => {
                let reason = format!("the id `{}` is already used in an earlier row", question.id);
                self.reject(line, name, vec![reason]);
            }
            Ok(question) => {
                self.ids.insert(question.id.clone());
                self.result.questions.push(*question);
            }
            Err(reasons) => self.reject(line, name, reasons),
        }
    }

    fn record_unknown_columns(&mut self, fields: &Map<String, Value>) {
        for name in fields.keys() {
            if !KEYS.contains(&name.as_str()) && !self.result.unknown_columns.contains(name) {
                self.result.unknown_columns.push(name.clone());
            }
        }
    }

    /// Fills in missing fields: the default values, a generated number, and an id from the
    /// question.
    fn fill_in_defaults(&mut self, fields: &mut Map<String, Value>) {
        for (key, default) in DEFAULTS {
            fields.entry(key).or_insert_with(|| default.into());
        }
        if !fields.contains_key("number") {
            fields.insert(
                "number".into(),
                (FIRST_NUMBER + self.generated_numbers).into(),
            );
            self.generated_numbers += 1;
        }
        let question = fields.get("question").and_then(Value::as_str);
        if let (false, Some(question)) = (fields.contains_key("id"), question) {
            let id = kebab_case(question);
            fields.insert("id".into(), id.into());
        }
    }
}

fn row_name(fields: &Map<String, Value>) -> String {
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    text("id").unwrap_or_default().trim().to_owned()
}

/// Returns an id that consists of the first words of a question.
fn kebab_case(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let words = lower
        .split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit())
        .filter(|word| !word.is_empty());
    let mut id = String::new();
    for word in words {
        if id.len() + word.len() + 1 > ID_MAX {
            break;
        }
        if !id.is_empty() {
            id.push('-');
        }
        id.push_str(word);
    }
    id
}

/// Converts the fields to an entry of a question file, and loads it with all checks.
fn parse_question(fields: Map<String, Value>) -> Result<Box<Question>, Vec<String>> {
    let mut entry = toml::Table::new();
    for (key, value) in fields {
        let value = to_toml_value(&key, value)?;
        entry.insert(key, value);
    }
    let list = toml::Value::Array(vec![toml::Value::Table(entry)]);
    let file = toml::Table::from_iter([("question".to_owned(), list)]);
    let bytes = toml::to_string(&file).map_err(|error| vec![error.to_string()])?;
    let file = RawFile {
        name: String::new(),
        bytes: bytes.into_bytes(),
    };
    let (bank, diagnostics) = Bank::load(&[], &[file]);
    let reasons: Vec<_> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .map(reason_text)
        .collect();
    match bank.questions() {
        [question] if reasons.is_empty() => Ok(Box::new(question.clone())),
        _ => Err(reasons),
    }
}

fn reason_text(diagnostic: &Diagnostic) -> String {
    match &diagnostic.fix {
        Some(fix) => format!("{} ({fix})", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

/// Converts a value to its type in question files: numbers from text, lists from lines of text.
fn to_toml_value(key: &str, value: Value) -> Result<toml::Value, Vec<String>> {
    let not = |expected: &str| vec![format!("`{key}` is not {expected}")];
    match (key, value) {
        ("number", Value::String(text)) => text
            .trim()
            .parse()
            .map(toml::Value::Integer)
            .map_err(|_| not("a whole number")),
        ("number", Value::Number(number)) => number
            .as_i64()
            .map(toml::Value::Integer)
            .ok_or_else(|| not("a whole number")),
        ("points" | "pitfalls", Value::String(text)) => Ok(split_items(&text)),
        ("wrong_outputs", Value::String(text)) => serde_json::from_str::<Vec<String>>(&text)
            .map(|list| toml::Value::Array(list.into_iter().map(toml::Value::String).collect()))
            .map_err(|_| not("a JSON list of texts, such as [\"a\\nb\", \"b\\na\", \"a\"]")),
        ("points" | "pitfalls" | "wrong_outputs", Value::Array(list)) => list
            .into_iter()
            .map(|item| match item {
                Value::String(text) => Ok(toml::Value::String(text)),
                _ => Err(not("a list of texts")),
            })
            .collect::<Result<Vec<_>, _>>()
            .map(toml::Value::Array),
        (_, Value::String(text)) => Ok(toml::Value::String(text)),
        _ => Err(not("a text")),
    }
}

/// Bullets that people put before the items of a list.
pub const BULLETS: [&str; 3] = ["- ", "* ", "• "];

/// Splits a text into items, one per line, and removes bullets.
fn split_items(text: &str) -> toml::Value {
    let item = |line: &str| {
        let line = line.trim();
        let bare = BULLETS.iter().find_map(|bullet| line.strip_prefix(bullet));
        bare.unwrap_or(line).trim().to_owned()
    };
    let items = text.lines().map(item).filter(|line| !line.is_empty());
    toml::Value::Array(items.map(toml::Value::String).collect())
}

#[cfg(test)]
mod tests {
    use super::super::super::built_in;
    use super::super::{csv, json, pack};
    use super::*;

    fn built_in_bank() -> Bank {
        Bank::load(built_in(), &[]).0
    }

    fn all(bank: &Bank) -> Vec<&Question> {
        bank.questions().iter().collect()
    }

    #[test]
    fn exported_questions_can_be_imported_again() {
        let bank = built_in_bank();
        let all = all(&bank);
        let pack = RawFile {
            name: "pack.toml".into(),
            bytes: pack(&all).into_bytes(),
        };
        let (from_pack, diagnostics) = Bank::load(&[], &[pack]);
        assert_eq!(diagnostics, []);
        let from_csv = import_csv(&csv(&all)).unwrap();
        let from_json = import_json(&json(&all)).unwrap();
        for found in [
            from_pack.questions(),
            &from_csv.questions,
            &from_json.questions,
        ] {
            for (found, ours) in found.iter().zip(bank.questions()) {
                assert_eq!(found, ours);
            }
            assert_eq!(found.len(), bank.len());
        }
        assert_eq!((from_csv.rejected, from_json.rejected), (vec![], vec![]));
    }

    #[test]
    fn rejected_rows_have_a_line_and_all_reasons() {
        let text = "\u{feff}Question,answer,level,number,notes\n\
                    \"Why,\nat all?\",Because.,expert,seven,x\n\
                    What?,,mid,,\n";
        let import = import_csv(text).unwrap();
        assert_eq!(import.questions, []);
        assert_eq!(import.unknown_columns, ["notes"]);
        let lines: Vec<_> = import
            .rejected
            .iter()
            .map(|row| (row.line, row.name.as_str()))
            .collect();
        assert_eq!(lines, [(2, "why-at-all"), (4, "what")]);
        assert_eq!(
            import.rejected[0].reasons,
            ["`number` is not a whole number"]
        );
        let missing = import.rejected[1].reasons.join("; ");
        for field in ["answer", "how_to_answer", "points", "follow_up"] {
            assert!(missing.contains(&format!("`{field}`")), "{missing}");
        }
    }

    #[test]
    fn a_list_of_outputs_in_a_table_is_json() {
        let text = "question,wrong_outputs\nWhat?,\"2, 3\"\n";
        let import = import_csv(text).unwrap();
        assert_eq!(
            import.rejected[0].reasons,
            [r#"`wrong_outputs` is not a JSON list of texts, such as ["a\nb", "b\na", "a"]"#]
        );
    }

    #[test]
    fn json_rows_have_lines_and_duplicates_are_rejected() {
        let bank = built_in_bank();
        let one = json(&[&bank.questions()[0], &bank.questions()[0]]);
        let import = import_json(&one).unwrap();
        assert_eq!(import.questions.len(), 1);
        assert!(import.rejected[0].line > 10);
        assert!(import.rejected[0].reasons[0].contains("already used in an earlier row"));
        let import = import_json("[\n1,\n{}]").unwrap();
        assert_eq!(import.rejected[0].line, 2);
        assert_eq!(import.rejected[0].reasons, ["this is not an object"]);
        let error = import_json("{").unwrap_err().to_string();
        assert!(error.contains("not a JSON list of questions"), "{error}");
        let error = import_csv("a,b\n1,2\n").unwrap_err().to_string();
        assert_eq!(
            error,
            "the first line has no column \"question\"; its columns are: a, b"
        );
    }

    #[test]
    fn missing_fields_with_defaults_are_filled_in() {
        let bank = built_in_bank();
        let mut row: Vec<Map<String, Value>> =
            serde_json::from_str(&json(&[&bank.questions()[0]])).unwrap();
        for key in ["id", "number", "topic", "level", "type", "python", "docs"] {
            row[0].remove(key);
        }
        let bullets = "* One thing\n- Two **things**\n\nThree things";
        row[0].insert("points".into(), bullets.into());
        let import = import_json(&serde_json::to_string(&row).unwrap()).unwrap();
        assert_eq!(import.rejected, []);
        let question = &import.questions[0];
        assert_eq!(
            question.points,
            ["One thing", "Two **things**", "Three things"]
        );
        assert_eq!(
            (question.number, question.topic.as_str()),
            (1000, "imported")
        );
        assert!(
            question.id.starts_with("a-colleague-has-only"),
            "{}",
            question.id
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_imported_without_panic(text in "(question,answer\n)?\\PC{0,60}", json in "[\\[\\]{}\":,a-z0-9 ]{0,60}") {
            let _ = import_csv(&text);
            let _ = import_json(&json);
        }
    }
}
