//! Tables: CSV with any delimiter and order of columns, and Anki's text export (Anki manual,
//! "Importing: Text Files"), which is a table with `#name:value` lines before it.

use std::collections::HashMap;

use quizloop_diagnostics::Source;

use super::super::read::KEYS;
use super::fields::{ColumnMapping, Columns, Field};
use super::read_any::{ColumnWord, Mistake, ReadOptions, Rows, missing_columns};
use super::record::{Markup, Record};

/// Delimiters of tables. The comma is the usual one.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// Names of the lines before the rows of Anki's export.
const ANKI_KEYS: [&str; 10] = [
    "separator",
    "html",
    "tags",
    "columns",
    "notetype",
    "deck",
    "notetype column",
    "deck column",
    "tags column",
    "guid column",
];

/// Reads a table with a header.
pub(super) fn read(source: &Source, options: &ReadOptions<'_>) -> Rows {
    let Some(delimiter) = delimiter(source.text(), options.columns) else {
        return Rows::default();
    };
    let mut reader = reader(source.text(), delimiter);
    let mut records = reader.records();
    let header = match records.next() {
        None => return Rows::default(),
        Some(Err(error)) => return Rows::with_mistake(csv_mistake(1, &error)),
        Some(Ok(header)) => header,
    };
    let header: Vec<String> = cells(&header).map(|cell| cell.trim().to_owned()).collect();
    let columns = Columns::of(&header, options.columns);
    let mut rows = Rows {
        ignored: columns.ignored(&header),
        ..Rows::default()
    };
    if let Some(name) = &columns.duplicate {
        rows.mistakes.push(Mistake::of_file(format!(
            "your table has the column \"{name}\" twice; rename or remove one of the two"
        )));
    }
    if let Some(mistake) = missing_columns(ColumnWord::Column, &columns, &header, options) {
        rows.mistakes.push(mistake);
        rows.lacks_columns = true;
    }
    let is_export = header == KEYS;
    rows.header = Some(header);
    if rows.mistakes.is_empty() {
        let table = Table {
            source,
            columns: &columns.fields,
            markup: Markup::Unknown,
            skipped: 0,
            is_export,
        };
        table.read_rows(records, &mut rows);
    }
    rows
}

/// Whether the first line of a text is the header of a table: it has several cells, one of which is
/// a usual name for the question, or one that is mapped.
pub(super) fn has_header(text: &str, mappings: &[ColumnMapping]) -> bool {
    let header = DELIMITERS.iter().filter_map(|delimiter| {
        let header = first_record(text, *delimiter)?;
        Some(Columns::of(&header, mappings))
    });
    let is_header = |columns: Columns| columns.contain(Field::Question) && columns.understood() > 1;
    header.into_iter().any(is_header)
}

/// Returns the delimiter with which the most columns of the header have a known name, or else the
/// one with which it has the most columns.
fn delimiter(text: &str, mappings: &[ColumnMapping]) -> Option<u8> {
    let found = DELIMITERS
        .into_iter()
        .enumerate()
        .filter_map(|(index, delimiter)| {
            let header = first_record(text, delimiter)?;
            let understood = Columns::of(&header, mappings).understood();
            Some((
                (understood, header.len(), std::cmp::Reverse(index)),
                delimiter,
            ))
        });
    found.max().map(|(_, delimiter)| delimiter)
}

fn first_record(text: &str, delimiter: u8) -> Option<Vec<String>> {
    let record = reader(text, delimiter).records().next()?.ok()?;
    Some(cells(&record).map(str::to_owned).collect())
}

fn reader(text: &str, delimiter: u8) -> ::csv::Reader<&[u8]> {
    ::csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .delimiter(delimiter)
        .from_reader(text.as_bytes())
}

/// Returns the cells without empty ones at the end, which spreadsheets write.
fn cells(record: &::csv::StringRecord) -> impl Iterator<Item = &str> {
    record.iter().take(used_cells(record))
}

/// Returns the number of cells up to the last one with a text.
fn used_cells(record: &::csv::StringRecord) -> usize {
    let used = (1..)
        .zip(record)
        .filter(|(_, cell)| !cell.trim().is_empty());
    used.last().map_or(0, |(count, _)| count)
}

/// A table whose columns are known.
struct Table<'t> {
    source: &'t Source,
    columns: &'t [Option<Field>],
    markup: Markup,
    /// Number of bytes before the rows.
    skipped: usize,
    /// Whether the table was written by our export.
    is_export: bool,
}

impl Table<'_> {
    fn read_rows<'r>(
        &self,
        records: impl Iterator<Item = Result<::csv::StringRecord, ::csv::Error>> + 'r,
        rows: &mut Rows,
    ) {
        for record in records {
            let position = match &record {
                Ok(record) => record.position(),
                Err(error) => error.position(),
            };
            let line = self.line(position);
            match record {
                Err(error) => rows.mistakes.push(csv_mistake(line, &error)),
                Ok(record) => match self.read_row(line, &record) {
                    Err(mistake) => rows.mistakes.push(mistake),
                    Ok(record) if record.is_empty() => {}
                    Ok(record) => rows.records.push(record),
                },
            }
        }
    }

    /// Reads a row. One with more cells than the header has a delimiter in a text without quotes: it
    /// would lose the rest of that text.
    fn read_row(&self, line: usize, record: &::csv::StringRecord) -> Result<Record, Mistake> {
        let (used, columns) = (used_cells(record), self.columns.len());
        if used > columns {
            return Err(Mistake::at(
                line,
                String::new(),
                vec![format!(
                    "the row has {used} cells, but the first line has {columns} (put each text that \
                     contains the separator in double quotes)"
                )],
            ));
        }
        let mut row = Record::new(line, self.markup);
        row.is_export = self.is_export;
        for (field, cell) in self.columns.iter().zip(record.iter()) {
            if let Some(field) = field {
                row.set_text(*field, cell);
            }
        }
        Ok(row)
    }

    /// Returns the line on which a row starts. The reader's position is that of the empty lines
    /// before the row, if there are any.
    fn line(&self, position: Option<&::csv::Position>) -> usize {
        let text = self.source.text();
        let byte = position.map_or(0, ::csv::Position::byte);
        let start = self.skipped + usize::try_from(byte).unwrap_or_default();
        let rest = text.get(start..).unwrap_or_default();
        let start = start + (rest.len() - rest.trim_start_matches('\n').len());
        self.source.line_number(start)
    }
}

fn csv_mistake(line: usize, error: &::csv::Error) -> Mistake {
    Mistake::at(line, String::new(), vec![error.to_string()])
}

/// Whether a text begins like Anki's export.
pub(super) fn is_anki(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    anki_line(first).is_some()
}

/// Returns name and value of a line such as `#separator:tab`.
fn anki_line(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix('#')?.split_once(':')?;
    let name = name.trim();
    ANKI_KEYS.contains(&name).then_some((name, value))
}

/// Reads Anki's text export. Without names of columns, the first one is the front and the second one
/// the back, besides those for the tags and for Anki itself.
pub(super) fn read_anki(source: &Source, options: &ReadOptions<'_>) -> Rows {
    let text = source.text();
    let mut settings: HashMap<&str, &str> = HashMap::new();
    let mut skipped = 0;
    for line in text.split_inclusive('\n') {
        let Some((name, value)) = anki_line(line.trim_end_matches('\n')) else {
            break;
        };
        settings.insert(name, value);
        skipped += line.len();
    }
    let rest = text.get(skipped..).unwrap_or_default();
    let delimiter = settings
        .get("separator")
        .and_then(|name| anki_delimiter(name));
    let delimiter = delimiter.unwrap_or(b'\t');
    let width = reader(rest, delimiter)
        .records()
        .filter_map(Result::ok)
        .map(|record| used_cells(&record))
        .max();
    let names = anki_columns(&settings, delimiter, width.unwrap_or_default());
    let columns = Columns::of(&names, options.columns);
    let mut rows = Rows::default();
    let table = Table {
        source,
        columns: &columns.fields,
        markup: if settings
            .get("html")
            .is_some_and(|html| html.trim() == "true")
        {
            Markup::Html
        } else {
            Markup::Unknown
        },
        skipped,
        is_export: false,
    };
    table.read_rows(reader(rest, delimiter).records(), &mut rows);
    rows.header = Some(names);
    rows
}

/// Returns the delimiter that a word of Anki's, or a character, stands for.
fn anki_delimiter(name: &str) -> Option<u8> {
    match name.to_ascii_lowercase().trim() {
        "comma" => Some(b','),
        "semicolon" => Some(b';'),
        "tab" => Some(b'\t'),
        "space" => Some(b' '),
        "pipe" => Some(b'|'),
        "colon" => Some(b':'),
        _ => name.bytes().next().filter(u8::is_ascii),
    }
}

/// Names the columns of Anki's export. The first two that are not for Anki itself are the question
/// and the answer, unless the file names its columns in a way that is understood.
fn anki_columns(settings: &HashMap<&str, &str>, delimiter: u8, width: usize) -> Vec<String> {
    let named: Vec<String> = settings.get("columns").map_or_else(Vec::new, |names| {
        let names = names.split(char::from(delimiter));
        names.map(|name| name.trim().to_owned()).collect()
    });
    let is_understood = Columns::of(&named, &[]);
    let is_understood =
        is_understood.contain(Field::Question) && is_understood.contain(Field::Answer);
    let special: HashMap<usize, &str> = ["notetype", "deck", "tags", "guid"]
        .into_iter()
        .filter_map(|name| {
            let column = settings.get(format!("{name} column").as_str())?;
            Some((column.trim().parse::<usize>().ok()?.checked_sub(1)?, name))
        })
        .collect();
    let mut texts = ["question", "answer"].into_iter();
    let name = |index: usize| match special.get(&index) {
        Some(name) => (*name).to_owned(),
        None if is_understood => named.get(index).cloned().unwrap_or_default(),
        None => texts.next().unwrap_or_default().to_owned(),
    };
    (0..width).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header_of(text: &str) -> Vec<String> {
        read(&Source::new("a.csv", text), &ReadOptions::default())
            .header
            .unwrap()
    }

    #[test]
    fn the_delimiter_is_recognised() {
        for text in [
            "answer,question\n",
            "answer;question\n",
            "answer\tquestion;\n",
            "answer|question\n",
        ] {
            let header = header_of(text);
            assert_eq!(header[0], "answer", "{text}");
        }
        assert_eq!(header_of("Frage, bitte;Antwort;Thema\n").len(), 3);
    }

    #[test]
    fn the_columns_of_anki_are_found() {
        let columns = |text: &str| {
            let rows = read_anki(&Source::new("a.txt", text), &ReadOptions::default());
            rows.header.unwrap().join("|")
        };
        let special = "#separator:tab\n#guid column:1\n#tags column:4\n";
        assert_eq!(
            columns(&format!("{special}g\tf\tb\tt\n")),
            "guid|question|answer|tags"
        );
        let named = "#separator:comma\n#columns:Back,Front,Extra\n";
        assert_eq!(columns(&format!("{named}b,f,e\n")), "Back|Front|Extra");
        assert_eq!(
            columns("#separator:pipe\n#columns:Vorne|Hinten\nf|b\n"),
            "question|answer"
        );
    }
}
