//! Import of questions from CSV and JSON. Each row is checked like an entry of a question file. A
//! row with errors is rejected with its line and all reasons.

use std::collections::HashSet;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::field_error::FieldError;
use super::super::limits::ID_MAX;
use super::super::load::Bank;
use super::super::question::Question;
use super::super::read::KEYS;
use super::super::reflow::reflow;
use quizloop_diagnostics::{Diagnostic, RawFile, Source};

/// How to import.
#[derive(Clone, Copy)]
pub struct ImportOptions<'r> {
    /// Number for the first row without one, if such rows are to be numbered.
    pub first_number: Option<u32>,
    /// The caller's rule for questions, as in [`Bank::check`].
    pub rule: &'r dyn Fn(&Question) -> Vec<FieldError>,
}

impl Default for ImportOptions<'_> {
    fn default() -> Self {
        Self {
            first_number: None,
            rule: &|_| Vec::new(),
        }
    }
}

/// Result of an import.
#[derive(Debug, Default)]
pub struct ImportResult {
    /// Questions of the accepted rows.
    pub questions: Vec<Question>,
    /// Rejected rows, in order.
    pub rejected: Vec<RejectedRow>,
    /// Unknown columns, without duplicates.
    pub unknown_columns: Vec<String>,
    /// Number given to the first row without one.
    pub first_generated_number: Option<u32>,
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
    /// Two columns of the header have the same name.
    #[error("the first line has the column \"{0}\" twice; rename or remove one of the two")]
    DuplicateColumn(String),
    /// There is only a header or an empty list.
    #[error("this file contains no questions; add a row for each one")]
    NoQuestions,
    /// The text is not a JSON list.
    #[error("this is not a JSON list of questions: {0}")]
    Json(serde_json::Error),
}

/// A row that was rejected.
#[derive(Debug, PartialEq, Eq)]
pub struct RejectedRow {
    /// Line on which the row starts, from 1.
    pub line: usize,
    /// Id of the question; empty if the row has none.
    pub name: String,
    /// Reasons for the rejection.
    pub reasons: Vec<String>,
}

/// A row as it was read.
struct Row {
    /// Line on which the row starts, from 1.
    line: usize,
    /// The fields, or why the row can't be read.
    fields: Result<Map<String, Value>, String>,
}

/// Imports CSV whose header consists of the keys of question files. A list has one item per line.
///
/// # Errors
///
/// Fails if the text is not CSV with a column `question` and at least one row.
pub fn import_csv(
    source: &Source,
    options: &ImportOptions<'_>,
) -> Result<ImportResult, ImportError> {
    // A lone carriage return also ends a row.
    let source = &Source::new(source.name(), source.text().replace('\r', "\n"));
    let mut reader = ::csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(source.text().as_bytes());
    let header = column_names(reader.headers().map_err(ImportError::Header)?)?;
    let rows = reader.records().map(|record| Row {
        line: row_line(
            source,
            match &record {
                Ok(record) => record.position(),
                Err(error) => error.position(),
            },
        ),
        fields: record
            .map_err(|error| error.to_string())
            .and_then(|record| csv_fields(&header, &record)),
    });
    import_rows(rows.collect(), options)
}

/// Returns the names of the columns, without empty ones at the end, which spreadsheets write.
fn column_names(header: &::csv::StringRecord) -> Result<Vec<String>, ImportError> {
    let name = |cell: &str| cell.trim().to_lowercase();
    let names: Vec<String> = header.iter().take(used_cells(header)).map(name).collect();
    if !names.iter().any(|name| name == "question") {
        return Err(ImportError::NoQuestionColumn { columns: names });
    }
    let is_duplicate =
        |(index, name): &(usize, &String)| !name.is_empty() && names[..*index].contains(name);
    match names.iter().enumerate().find(is_duplicate) {
        Some((_, name)) => Err(ImportError::DuplicateColumn(name.clone())),
        None => Ok(names),
    }
}

/// Returns the number of cells up to the last one with a text.
fn used_cells(record: &::csv::StringRecord) -> usize {
    let used = (1..)
        .zip(record)
        .filter(|(_, cell)| !cell.trim().is_empty());
    used.last().map_or(0, |(count, _)| count)
}

/// Returns the cells with a text. A row with more cells than the header has a comma in a text
/// without quotes: it would lose the rest of that text.
fn csv_fields(
    header: &[String],
    record: &::csv::StringRecord,
) -> Result<Map<String, Value>, String> {
    let (cells, columns) = (used_cells(record), header.len());
    if cells > columns {
        return Err(format!(
            "the row has {cells} cells, but the first line has {columns} (put each text that \
             contains a comma in double quotes)"
        ));
    }
    let cells = header.iter().zip(record.iter());
    Ok(cells
        .filter(|(_, cell)| !cell.trim().is_empty())
        .map(|(name, cell)| (name.clone(), Value::String(cell.to_owned())))
        .collect())
}

/// Returns the line on which a row starts. The reader's position is that of the empty lines before
/// the row, if there are any.
fn row_line(source: &Source, position: Option<&::csv::Position>) -> usize {
    let byte = position.map_or(0, ::csv::Position::byte);
    let start = usize::try_from(byte).unwrap_or_default();
    let rest = source.text().get(start..).unwrap_or_default();
    let start = start + (rest.len() - rest.trim_start_matches('\n').len());
    source.location(&(start..start)).line
}

/// Imports JSON: a list of objects with the keys of question files.
///
/// # Errors
///
/// Fails if the text is not a JSON list with at least one item.
pub fn import_json(
    source: &Source,
    options: &ImportOptions<'_>,
) -> Result<ImportResult, ImportError> {
    let text = source.text();
    let list: Vec<&RawValue> = serde_json::from_str(text).map_err(ImportError::Json)?;
    let row = |item: &RawValue| {
        // The item is a slice of the text.
        let start = (item.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        Row {
            line: source.location(&(start..start)).line,
            fields: serde_json::from_str(item.get())
                .map_err(|_| "this is not an object".to_owned()),
        }
    };
    import_rows(list.into_iter().map(row).collect(), options)
}

fn import_rows(rows: Vec<Row>, options: &ImportOptions<'_>) -> Result<ImportResult, ImportError> {
    let mut importer = Importer::new(&rows, options);
    for row in rows {
        match row.fields {
            Ok(fields) => importer.import_row(row.line, fields),
            Err(reason) => importer.reject(row.line, String::new(), vec![reason]),
        }
    }
    let result = importer.result;
    if result.questions.is_empty() && result.rejected.is_empty() {
        return Err(ImportError::NoQuestions);
    }
    Ok(result)
}

struct Importer<'o> {
    options: &'o ImportOptions<'o>,
    result: ImportResult,
    ids: HashSet<String>,
    /// Numbers in the file.
    numbers: HashSet<u64>,
    /// Next number for a row without one. More than a `u32`, because the numbers in the file can
    /// leave no room above them; such a number is rejected like any other that is too large.
    next_number: Option<u64>,
}

impl<'o> Importer<'o> {
    fn new(rows: &[Row], options: &'o ImportOptions<'o>) -> Self {
        let fields = rows.iter().filter_map(|row| row.fields.as_ref().ok());
        let numbers: HashSet<u64> = fields.filter_map(row_number).collect();
        Self {
            options,
            result: ImportResult::default(),
            ids: HashSet::new(),
            numbers,
            next_number: options.first_number.map(u64::from),
        }
    }

    fn generate_number(&mut self) -> Option<u64> {
        let mut number = self.next_number?;
        while self.numbers.contains(&number) {
            number += 1;
        }
        self.next_number = Some(number + 1);
        if self.result.first_generated_number.is_none() {
            self.result.first_generated_number = u32::try_from(number).ok();
        }
        Some(number)
    }

    fn reject(&mut self, line: usize, name: String, reasons: Vec<String>) {
        self.result.rejected.push(RejectedRow {
            line,
            name,
            reasons,
        });
    }

    fn import_row(&mut self, line: usize, mut fields: Map<String, Value>) {
        fields.retain(|_, value| !value.is_null());
        self.record_unknown_columns(&fields);
        fields.retain(|name, _| KEYS.contains(&name.as_str()));
        if fields.is_empty() {
            return;
        }
        self.fill_in_defaults(&mut fields);
        let name = row_name(&fields);
        match parse_question(fields, self.options.rule) {
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
            let shown = if name.is_empty() {
                "(without a name)"
            } else {
                name
            };
            let columns = &mut self.result.unknown_columns;
            if !KEYS.contains(&name.as_str()) && !columns.iter().any(|column| column == shown) {
                columns.push(shown.to_owned());
            }
        }
    }

    /// Fills in a missing number if it is wanted, and a missing id from the question.
    fn fill_in_defaults(&mut self, fields: &mut Map<String, Value>) {
        if !fields.contains_key("number")
            && let Some(number) = self.generate_number()
        {
            fields.insert("number".into(), number.into());
        }
        let question = fields.get("question").and_then(Value::as_str);
        if let (false, Some(question)) = (fields.contains_key("id"), question) {
            fields.insert("id".into(), generated_id(question).into());
        }
    }
}

fn row_name(fields: &Map<String, Value>) -> String {
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    text("id").unwrap_or_default().trim().to_owned()
}

/// Returns the number of a row, if it has a valid one.
fn row_number(fields: &Map<String, Value>) -> Option<u64> {
    match fields.get("number")? {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.as_u64(),
        _ => None,
    }
}

/// Number of hexadecimal digits of the hash in a generated id: a CRC-32, which no later version
/// computes differently.
const HASH_DIGITS: usize = 8;

/// Returns an id that consists of the first words of a question. It depends on the question alone,
/// because decks store it and the same table may be imported again.
///
/// Words that stand for only a part of the question (it is longer, or has letters or symbols that
/// an id can't have) are followed by a hash, for example `await-5f3a10c2`. Without it, two
/// questions with the same beginning would have the same id.
fn generated_id(question: &str) -> String {
    let question = reflow(question);
    let is_kept = |c: char| c.is_ascii_alphanumeric() || c.is_whitespace();
    let is_whole = question
        .chars()
        .all(|c| is_kept(c) || ".,;:?!'\"`()-".contains(c));
    let words = kebab_case(&question);
    if is_whole && words.len() <= ID_MAX && !words.is_empty() {
        return words;
    }
    hashed_id(&question)
}

/// Returns an id that consists of the first words of a reflowed question and a hash of all of it. No
/// built-in question has such an id.
pub(crate) fn hashed_id(question: &str) -> String {
    let words = kebab_case(question);
    let words = first_words(&words, ID_MAX - HASH_DIGITS - 1);
    let words = if words.is_empty() { "question" } else { words };
    let hash = crc32fast::hash(question.as_bytes());
    format!("{words}-{hash:0HASH_DIGITS$x}")
}

/// Returns the words of a text in kebab-case.
fn kebab_case(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let words: Vec<_> = lower
        .split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit())
        .filter(|word| !word.is_empty())
        .collect();
    words.join("-")
}

/// Returns the words of a kebab-case text that fit into `max` characters; a single longer word is
/// cut.
fn first_words(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let end = text[..=max].rfind('-').unwrap_or(max);
    &text[..end]
}

/// Converts the fields to an entry of a question file, and loads it with all checks.
fn parse_question(
    fields: Map<String, Value>,
    rule: &dyn Fn(&Question) -> Vec<FieldError>,
) -> Result<Box<Question>, Vec<String>> {
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
    let (bank, diagnostics) = Bank::check(&[], &[file], rule);
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
        ("tags", Value::String(text)) => Ok(split_names(&text)),
        ("wrong_outputs", Value::String(text)) => serde_json::from_str::<Vec<String>>(&text)
            .map(|list| toml::Value::Array(list.into_iter().map(toml::Value::String).collect()))
            .map_err(|_| not("a JSON list of texts, such as [\"a\\nb\", \"b\\na\", \"a\"]")),
        ("tags" | "points" | "pitfalls" | "wrong_outputs", Value::Array(list)) => list
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
pub(crate) const BULLETS: [&str; 3] = ["- ", "* ", "• "];

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

/// Splits a text into names, which contain neither spaces nor commas.
fn split_names(text: &str) -> toml::Value {
    let names = text.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
    let names = names.filter(|name| !name.is_empty());
    toml::Value::Array(names.map(|name| name.to_owned().into()).collect())
}

#[cfg(test)]
mod tests {
    use super::super::super::built_in;
    use super::super::{csv, json, pack};
    use super::*;

    fn built_in_bank() -> Bank {
        Bank::load(built_in(), &[]).0
    }

    fn from_csv(text: &str) -> Result<ImportResult, ImportError> {
        let source = Source::decode("table.csv", text.as_bytes()).unwrap();
        import_csv(&source, &ImportOptions::default())
    }

    fn from_json(text: &str) -> Result<ImportResult, ImportError> {
        let source = Source::decode("list.json", text.as_bytes()).unwrap();
        import_json(&source, &ImportOptions::default())
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
        let table = from_csv(&csv(&all)).unwrap();
        let list = from_json(&json(&all)).unwrap();
        for found in [from_pack.questions(), &table.questions, &list.questions] {
            for (found, ours) in found.iter().zip(bank.questions()) {
                assert_eq!(found, ours);
            }
            assert_eq!(found.len(), bank.len());
        }
        assert_eq!((table.rejected, list.rejected), (vec![], vec![]));
    }

    #[test]
    fn rejected_rows_have_a_line_and_all_reasons() {
        let text = "\u{feff}Question,answer,level,number,notes\n\
                    \"Why,\nat all?\",Because.,expert,seven,x\n\
                    What?,,mid,,\n";
        let import = from_csv(text).unwrap();
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
        assert_eq!(
            import.rejected[1].reasons,
            ["missing key `answer` in [[question]] (add a line `answer = …`)"]
        );
    }

    /// A row with its question and all other required texts.
    fn row(question: &str) -> String {
        format!("{question},Because.,Say it.,I say it.,\"a\nb\nc\",no,What next?")
    }

    const HEADER: &str = "question,answer,how_to_answer,example_answer,points,pitfalls,follow_up";

    fn generated_ids(questions: &[&str]) -> Vec<String> {
        let rows: Vec<_> = questions.iter().map(|one| row(one)).collect();
        let import = from_csv(&format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
        assert_eq!(import.rejected, []);
        let ids = import.questions.iter().map(|question| question.id.clone());
        ids.collect()
    }

    #[test]
    fn a_row_with_more_cells_than_the_header_is_rejected() {
        let text = format!(
            "{HEADER},,\n{},then,why?\n{},,,\n",
            row("Why?"),
            row("What?")
        );
        let import = from_csv(&text).unwrap();
        assert_eq!(import.questions.len(), 1, "empty cells lose nothing");
        assert_eq!(
            import.rejected[0].reasons,
            [
                "the row has 9 cells, but the first line has 7 (put each text that contains a comma \
                 in double quotes)"
            ]
        );
        let double = format!("{HEADER},,,Answer\n{},,,b\n", row("Why?"));
        assert_eq!(
            from_csv(&double).unwrap_err().to_string(),
            "the first line has the column \"answer\" twice; rename or remove one of the two"
        );
        let nameless = from_csv("question,,answer\na,b,c\n").unwrap();
        assert_eq!(nameless.unknown_columns, ["(without a name)"]);
    }

    #[test]
    fn lines_are_counted_as_editors_count_them() {
        for (newline, name) in [("\n", "Unix"), ("\r\n", "Windows"), ("\r", "old Mac")] {
            let text = ["question,level", "Why?,mid", "", "What?,mid"].join(newline);
            let import = from_csv(&text).unwrap();
            let lines: Vec<_> = import.rejected.iter().map(|row| row.line).collect();
            assert_eq!(lines, [2, 4], "{name}");
        }
    }

    #[test]
    fn generated_numbers_are_not_those_of_the_file() {
        let rows = |numbers: &[&str]| {
            let row = |(index, number): (usize, &&str)| {
                format!("{number},{}", row(&format!("Question {index}?")))
            };
            let rows: Vec<_> = numbers.iter().enumerate().map(row).collect();
            format!("number,{HEADER}\n{}\n", rows.join("\n"))
        };
        let numbers = |text: &str, first_number: Option<u32>| -> Vec<Option<u32>> {
            let options = ImportOptions {
                first_number,
                ..ImportOptions::default()
            };
            let import = import_csv(&Source::new("a.csv", text), &options).unwrap();
            let questions = import.questions.iter();
            questions.map(|question| question.number).collect()
        };
        assert_eq!(numbers(&rows(&["", "7"]), None), [None, Some(7)]);
        assert_eq!(
            numbers(&rows(&["", "", "2001", ""]), Some(2000)),
            [2000, 2002, 2001, 2003].map(Some)
        );
        let full = rows(&["", "4294967295"]);
        let numbered = numbers(&full, Some(u32::MAX));
        assert_eq!(numbered, [Some(u32::MAX)], "no number is above it");
    }

    #[test]
    fn generated_ids_differ_for_different_questions() {
        insta::assert_snapshot!(generated_ids(&[
            "What is a task?",
            "Что делает await?",
            "كيف يعمل await؟",
            "协程是什么？",
            "コルーチンとは何ですか？",
            "What is the difference between asyncio.gather and asyncio.wait?",
            "What is the difference between asyncio.gather and a TaskGroup?",
            "What does x == y mean?",
            "What does x != y mean?",
        ]).join("\n"), @"
        what-is-a-task
        await-7c5fe32c
        await-3c80560a
        question-d7df89cd
        question-324d07ec
        what-is-the-difference-between-5b91d9c7
        what-is-the-difference-between-cdef967d
        what-does-x-y-mean-854a3e3f
        what-does-x-y-mean-b8d85f59
        ");
        let long = "a".repeat(60);
        let ids = generated_ids(&[&long, &format!("{long}b")]);
        assert!(ids.iter().all(|id| id.len() <= ID_MAX), "{ids:?}");
    }

    #[test]
    fn a_generated_id_depends_on_the_question_alone() {
        let (first, second) = ("Что делает await?", "كيف يعمل await؟");
        let ids = generated_ids(&[first, second]);
        assert_eq!(generated_ids(&[second, first]), [&*ids[1], &*ids[0]]);
    }

    #[test]
    fn a_header_or_an_empty_list_alone_is_an_error() {
        for error in [
            from_csv("question,answer\r\n").unwrap_err(),
            from_csv("question,answer\n,\n").unwrap_err(),
            from_json("[]").unwrap_err(),
        ] {
            assert_eq!(
                error.to_string(),
                "this file contains no questions; add a row for each one"
            );
        }
    }

    #[test]
    fn a_pack_keeps_the_spaces_inside_code() {
        let spaces = format!(
            "`x {} y` is code, {} and this is not.",
            " ".repeat(99),
            "a ".repeat(60)
        );
        let text = json(&[&built_in_bank().questions()[0]]);
        let mut rows: Vec<Map<String, Value>> = serde_json::from_str(&text).unwrap();
        for key in ["answer", "how_to_answer"] {
            rows[0].insert(key.into(), spaces.clone().into());
        }
        let import = from_json(&serde_json::to_string(&rows).unwrap()).unwrap();
        assert_eq!(import.questions[0].answer, spaces);
        let file = RawFile {
            name: "pack.toml".into(),
            bytes: pack(&[&import.questions[0]]).into_bytes(),
        };
        assert_eq!(Bank::load(&[], &[file]).0.questions(), import.questions);
    }

    #[test]
    fn a_list_of_outputs_in_a_table_is_json() {
        let text = "question,wrong_outputs\nWhat?,\"2, 3\"\n";
        let import = from_csv(text).unwrap();
        assert_eq!(
            import.rejected[0].reasons,
            [r#"`wrong_outputs` is not a JSON list of texts, such as ["a\nb", "b\na", "a"]"#]
        );
    }

    #[test]
    fn tags_in_a_table_are_separated_by_spaces_commas_or_lines() {
        let names = |text| split_names(text).to_string();
        assert_eq!(names("a-b c"), r#"["a-b", "c"]"#);
        assert_eq!(names(" a-b,c;\nd "), r#"["a-b", "c", "d"]"#);
        let row = row("How?");
        let text = format!("tags,asked,since,{HEADER}\n\"pools, fastapi\",often,3.14,{row}\n");
        let import = from_csv(&text).unwrap();
        assert_eq!(import.rejected, []);
        let question = &import.questions[0];
        assert_eq!(question.tags, ["pools", "fastapi"]);
        assert_eq!(question.asked, Some(crate::Frequency::Often));
        assert_eq!(question.since, "3.14".parse().ok());
        // Every format keeps them.
        let file = RawFile {
            name: "pack.toml".into(),
            bytes: pack(&[question]).into_bytes(),
        };
        let (from_pack, _) = Bank::load(&[], &[file]);
        assert_eq!(from_pack.questions(), import.questions);
        let table = from_csv(&csv(&[question])).unwrap();
        let list = from_json(&json(&[question])).unwrap();
        assert_eq!(table.questions, import.questions);
        assert_eq!(list.questions, import.questions);
    }

    #[test]
    fn json_rows_have_lines_and_duplicates_are_rejected() {
        let bank = built_in_bank();
        let one = json(&[&bank.questions()[0], &bank.questions()[0]]);
        let import = from_json(&one).unwrap();
        assert_eq!(import.questions.len(), 1);
        assert!(import.rejected[0].line > 10);
        assert!(import.rejected[0].reasons[0].contains("already used in an earlier row"));
        let import = from_json("[\n1,\n{}]").unwrap();
        assert_eq!(import.rejected[0].line, 2);
        assert_eq!(import.rejected[0].reasons, ["this is not an object"]);
        let error = from_json("{").unwrap_err().to_string();
        assert!(error.contains("not a JSON list of questions"), "{error}");
        let error = from_csv("a,b\n1,2\n").unwrap_err().to_string();
        assert_eq!(
            error,
            "the first line has no column \"question\"; its columns are: a, b"
        );
    }

    #[test]
    fn only_a_missing_id_is_filled_in() {
        let bank = built_in_bank();
        let mut row: Vec<Map<String, Value>> =
            serde_json::from_str(&json(&[&bank.questions()[0]])).unwrap();
        for key in ["id", "number", "topic", "level", "type", "python", "docs"] {
            row[0].remove(key);
        }
        let bullets = "* One thing\n- Two **things**\n\nThree things";
        row[0].insert("points".into(), bullets.into());
        let import = from_json(&serde_json::to_string(&row).unwrap()).unwrap();
        assert_eq!(import.rejected, []);
        let question = &import.questions[0];
        assert_eq!(
            question.points,
            ["One thing", "Two **things**", "Three things"]
        );
        assert_eq!(
            (question.number, question.topic.as_str()),
            (None, crate::OTHER_TOPIC)
        );
        assert_eq!((question.level, question.kind), (None, None));
        assert_eq!((&question.docs, question.python), (&None, None));
        assert!(
            question.id.starts_with("a-colleague-has-only"),
            "{}",
            question.id
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_imported_without_panic(text in "(question,answer\n)?\\PC{0,60}", json in "[\\[\\]{}\":,a-z0-9 ]{0,60}") {
            let _ = from_csv(&text);
            let _ = from_json(&json);
        }
    }
}
