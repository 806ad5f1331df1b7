//! Plain text: a question on each line, pairs of `Q:` and `A:`, or blocks of a trivia set.

use quizloop_diagnostics::Source;

use super::fields::Field;
use super::markdown::number_prefix;
use super::read_any::Rows;
use super::record::{BULLETS, FieldValue, Markup, Record};

/// Words before a question and before its answer.
const PAIR_LABELS: [(&str, Field); 4] = [
    ("question:", Field::Question),
    ("answer:", Field::Answer),
    ("q:", Field::Question),
    ("a:", Field::Answer),
];

/// Reads a text without a header.
pub(super) fn read(source: &Source) -> Rows {
    let text = source.text();
    if is_blocks(text) {
        read_blocks(source)
    } else if has_pairs(text) {
        read_pairs(source)
    } else {
        read_lines(source)
    }
}

/// Reads one question per line. A tab or ` | ` separates it from its answer.
pub(super) fn read_lines(source: &Source) -> Rows {
    let mut rows = Rows::default();
    for (number, line) in (1..).zip(source.text().lines()) {
        let line = without_mark(line);
        if line.is_empty() {
            continue;
        }
        let mut record = Record::new(number, Markup::Unknown);
        let cells: Vec<&str> = if line.contains('\t') {
            line.split('\t').collect()
        } else {
            line.splitn(2, " | ").collect()
        };
        let fields = [Field::Question, Field::Answer, Field::Tags];
        for (field, cell) in fields.into_iter().zip(cells) {
            record.set_text(field, cell.trim());
        }
        rows.records.push(record);
    }
    rows
}

/// Removes the bullet or the number before a line.
fn without_mark(line: &str) -> &str {
    let line = line.trim();
    let bare = BULLETS.iter().find_map(|bullet| line.strip_prefix(bullet));
    let line = bare.unwrap_or(line).trim();
    line[number_prefix(line)..].trim()
}

/// Returns the field that a line names, and the rest of the line.
fn pair_label(line: &str) -> Option<(Field, &str)> {
    let line = line.trim().trim_start_matches('*');
    PAIR_LABELS.iter().find_map(|(label, field)| {
        let start = line.get(..label.len())?;
        let rest = line.get(label.len()..)?;
        let is_label = start.eq_ignore_ascii_case(label);
        is_label.then(|| (*field, rest.trim_start_matches('*').trim()))
    })
}

fn has_pairs(text: &str) -> bool {
    let labels = |wanted| {
        let lines = text.lines().filter_map(pair_label);
        lines.filter(|(field, _)| *field == wanted).count()
    };
    labels(Field::Question) > 0 && labels(Field::Answer) > 0
}

/// Reads pairs of `Q:` and `A:`. Each goes on until the next one.
pub(super) fn read_pairs(source: &Source) -> Rows {
    let mut rows = Rows::default();
    let mut texts: Vec<(usize, Field, String)> = Vec::new();
    for (number, line) in (1..).zip(source.text().lines()) {
        match (pair_label(line), texts.last_mut()) {
            (Some((field, text)), _) => texts.push((number, field, text.to_owned())),
            (None, Some((_, _, text))) => {
                text.push('\n');
                text.push_str(line);
            }
            (None, None) => {}
        }
    }
    for (line, field, text) in texts {
        if field == Field::Question {
            rows.records.push(Record::new(line, Markup::Unknown));
        }
        if let Some(record) = rows.records.last_mut() {
            record.set_text(field, text.trim());
        }
    }
    rows
}

/// The line before a question in a trivia set.
const BLOCK_MARK: &str = "#Q ";

/// Whether a text is a trivia set: `#Q` and a question, `^` and the right answer, and choices with
/// letters.
pub(super) fn is_blocks(text: &str) -> bool {
    text.trim_start().starts_with(BLOCK_MARK)
}

fn read_blocks(source: &Source) -> Rows {
    let mut rows = Rows::default();
    let mut block = TriviaBlock::default();
    for (number, line) in (1..).zip(source.text().lines()) {
        if let Some(question) = line.trim_start().strip_prefix(BLOCK_MARK) {
            rows.records.extend(std::mem::take(&mut block).record());
            block.line = number;
            question.trim().clone_into(&mut block.question);
        } else {
            block.add(line.trim());
        }
    }
    rows.records.extend(block.record());
    rows
}

/// A question of a trivia set.
#[derive(Default)]
struct TriviaBlock {
    line: usize,
    question: String,
    answer: String,
    choices: Vec<String>,
}

impl TriviaBlock {
    fn add(&mut self, line: &str) {
        if let Some(answer) = line.strip_prefix("^ ") {
            answer.trim().clone_into(&mut self.answer);
        } else if let Some(choice) = choice(line).filter(|_| !self.answer.is_empty()) {
            self.choices.push(choice.to_owned());
        } else if self.answer.is_empty() && !line.is_empty() {
            // A question goes on until its answer.
            self.question.push(' ');
            self.question.push_str(line);
        }
    }

    fn record(self) -> Option<Record> {
        let mut record = Record::new(self.line, Markup::Unknown);
        record.set_text(Field::Question, self.question);
        record.set_text(Field::Answer, self.answer);
        record.set(Field::Choices, FieldValue::List(self.choices));
        (!record.is_empty()).then_some(record)
    }
}

/// Returns the text after a letter: "A a queue".
fn choice(line: &str) -> Option<&str> {
    let (letter, text) = line.split_at_checked(2)?;
    let mut bytes = letter.bytes();
    let is_letter = bytes.next().is_some_and(|byte| byte.is_ascii_uppercase());
    (is_letter && bytes.next() == Some(b' ')).then(|| text.trim())
}
