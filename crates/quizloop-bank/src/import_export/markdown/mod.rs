//! Questions in Markdown: as headings, as bold or numbered lines, in lists, or in `<details>`
//! blocks. What follows is the answer.

mod body;
mod outline;

use quizloop_diagnostics::Source;

use self::outline::{BlockKind, OutlineBlock, outline};
use super::super::question::Level;
use super::build::level_of;
use super::fields::Field;
use super::html;
use super::plain_text;
use super::read_any::Rows;
use super::record::{Markup, Record};

/// How much more a question in a block of its own counts than one in a list.
const OWN_BLOCK_WEIGHT: usize = 2;

/// Words before or above a part of an answer.
const PART_LABELS: [&str; 12] = [
    "example",
    "examples",
    "code example",
    "simple example",
    "reference",
    "references",
    "note",
    "notes",
    "output",
    "hint",
    "explanation",
    "code",
];

/// Words before or above an answer.
const ANSWER_LABELS: [&str; 8] = [
    "answer",
    "answers",
    "solution",
    "model answer",
    "correct answer",
    "right answer",
    "show answer",
    "ans",
];

/// How a file marks its questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Headings of this level.
    Headings(u8),
    /// Paragraphs whose first line is bold.
    Bold,
    /// Items of numbered lists.
    Numbers,
    /// Summaries of `<details>` blocks.
    Details,
}

/// A question with the blocks that follow it.
struct Item<'t> {
    line: usize,
    question: String,
    /// The word of the section, if it stands for a level.
    level: Option<&'static str>,
    /// Text that follows the question in its own block.
    rest: &'t str,
    body: Vec<OutlineBlock<'t>>,
}

/// Reads a Markdown file.
pub(super) fn read(source: &Source) -> Rows {
    let blocks = outline(source.text(), 1);
    let headings = (1..=6).rev().map(Style::Headings);
    let styles = std::iter::once(Style::Bold)
        .chain(headings)
        .chain([Style::Details, Style::Numbers]);
    let read = styles.map(|style| {
        let records = records(&blocks, style);
        (style.score(&records), records)
    });
    // The first one of those with the highest score.
    let best = read.reduce(|best, next| if next.0 > best.0 { next } else { best });
    match best {
        Some((_, records)) if !records.is_empty() => Rows {
            records,
            ..Rows::default()
        },
        _ => plain_text::read_lines(source),
    }
}

impl Style {
    /// Returns how well questions in this style fit a file: how many have an answer. Numbered lists
    /// and summaries are usual in answers, too.
    fn score(self, records: &[Record]) -> usize {
        let answered = records.iter().filter(|record| record.has(Field::Answer));
        let count = answered.count();
        match self {
            Self::Headings(_) | Self::Bold => count * OWN_BLOCK_WEIGHT,
            Self::Details | Self::Numbers => count,
        }
    }
}

/// Returns the questions in a style.
fn records(blocks: &[OutlineBlock<'_>], style: Style) -> Vec<Record> {
    let mut items: Vec<Item<'_>> = Vec::new();
    let mut level = None;
    let mut is_inside = false;
    for block in blocks {
        let titles = titles(block, style);
        if !titles.is_empty() {
            is_inside = true;
            let with_level = |item| Item { level, ..item };
            items.extend(titles.into_iter().map(with_level));
            continue;
        }
        let item = items.last_mut().filter(|_| is_inside);
        // A heading directly below a question is a part of its answer.
        let is_first = item.as_ref().is_some_and(|item| item.is_empty());
        if is_section(block, style, is_first) {
            level = section_level(block.source);
            is_inside = false;
        } else if let Some(item) = item {
            item.body.push(block.clone());
        }
    }
    items.iter().filter_map(record).collect()
}

/// Returns the questions that a block begins, if it begins any.
fn titles<'t>(block: &OutlineBlock<'t>, style: Style) -> Vec<Item<'t>> {
    match (style, &block.kind) {
        (Style::Headings(level), BlockKind::Heading(found)) if level == *found => {
            let heading = heading_text(block.source);
            let is_question = !is_label(heading) && section_level(block.source).is_none();
            let title = is_question.then(|| Item::new(block.line, heading, ""));
            title.into_iter().collect()
        }
        (Style::Bold, BlockKind::Paragraph) => bold_title(block).into_iter().collect(),
        (Style::Numbers, BlockKind::Numbers(lines)) => numbered_titles(block, lines),
        (Style::Details, BlockKind::Html) => summary(block).into_iter().collect(),
        _ => Vec::new(),
    }
}

impl<'t> Item<'t> {
    fn new(line: usize, question: &str, rest: &'t str) -> Self {
        Self {
            line,
            question: clean_title(question),
            level: None,
            rest,
            body: Vec::new(),
        }
    }

    /// Whether nothing follows the question so far.
    fn is_empty(&self) -> bool {
        self.body.is_empty() && self.rest.trim().is_empty()
    }
}

/// Whether a block ends the question before it without beginning another one. `is_first` says that
/// it is the first one after the question.
fn is_section(block: &OutlineBlock<'_>, style: Style, is_first: bool) -> bool {
    let BlockKind::Heading(found) = block.kind else {
        return false;
    };
    let heading = heading_text(block.source);
    match style {
        _ if is_label(heading) => false,
        Style::Headings(level) => found <= level,
        Style::Bold => !is_first || section_level(block.source).is_some(),
        Style::Numbers | Style::Details => true,
    }
}

/// Returns the text of a heading, without the marks.
fn heading_text(source: &str) -> &str {
    let text = source.trim().trim_start_matches('#');
    text.trim_end_matches('#').trim()
}

/// Returns the word of a heading that stands for a level: "Beginner:".
fn section_level(source: &str) -> Option<&'static str> {
    level_of(heading_text(source)).map(Level::name)
}

/// Whether a heading or the first words of a paragraph introduce a part of an answer.
fn is_label(text: &str) -> bool {
    let label = label_word(text);
    PART_LABELS.contains(&label.as_str()) || ANSWER_LABELS.contains(&label.as_str())
}

/// Returns the words before the first colon, in lower case and without marks.
fn label_word(text: &str) -> String {
    let before = text.split(':').next().unwrap_or_default();
    let is_mark = |c: char| !c.is_alphanumeric();
    before.trim_matches(is_mark).to_lowercase()
}

/// Returns the bold first line of a paragraph, if it is numbered or a question.
fn bold_title<'t>(block: &OutlineBlock<'t>) -> Option<Item<'t>> {
    let (first, rest) = match block.source.split_once('\n') {
        Some((first, rest)) => (first, rest),
        None => (block.source, ""),
    };
    let inside = first.trim().strip_prefix("**")?.strip_suffix("**")?;
    let is_numbered = number_prefix(inside) > 0;
    let is_question = !inside.contains("**") && inside.ends_with(['?', '？', '؟']);
    let is_title = !is_label(inside) && (is_numbered || is_question);
    is_title.then(|| Item::new(block.line, inside, rest))
}

/// Returns the items of a numbered list: the first line of each is the question.
fn numbered_titles<'t>(block: &OutlineBlock<'t>, lines: &[usize]) -> Vec<Item<'t>> {
    let text = block.source;
    let starts = text.match_indices('\n').map(|(at, _)| at + 1);
    let starts: Vec<usize> = std::iter::once(0).chain(starts).collect();
    let position = |line: &usize| -> usize {
        let start = starts.get(line.saturating_sub(block.line));
        start.copied().unwrap_or(text.len())
    };
    let mut items = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let end = lines.get(index + 1).map_or(text.len(), position);
        let item = text.get(position(line)..end).unwrap_or_default();
        let (first, rest) = item.split_once('\n').unwrap_or((item, ""));
        items.push(Item::new(*line, first, rest));
    }
    items
}

/// Returns the summary of a `<details>` block, unless it only says "Answer".
fn summary<'t>(block: &OutlineBlock<'t>) -> Option<Item<'t>> {
    let (_, after) = block.source.split_once("<summary>")?;
    let (summary, rest) = after.split_once("</summary>")?;
    let question = html::to_markdown(summary, true);
    (!is_label(&question)).then(|| Item::new(block.line, &question, rest))
}

/// Removes what surrounds a question: bold marks, symbols and the number.
fn clean_title(text: &str) -> String {
    let text = if html::contains_html(text) {
        html::to_markdown(text, true)
    } else {
        text.to_owned()
    };
    let text = unbold(text.trim());
    let text =
        text.trim_start_matches(|c: char| !c.is_alphanumeric() && !"`\"'“‘([{<*_$@./-".contains(c));
    let text = text[number_prefix(text)..].trim();
    let text = unbold(text);
    text.strip_suffix("  ").unwrap_or(text).trim().to_owned()
}

fn unbold(text: &str) -> &str {
    let inside = text
        .strip_prefix("**")
        .and_then(|text| text.strip_suffix("**"));
    inside.filter(|text| !text.contains("**")).unwrap_or(text)
}

/// Returns the length of a number before a question: "1. ", "Q12. ", "Question 3: ".
pub(super) fn number_prefix(text: &str) -> usize {
    let lower = text.to_ascii_lowercase();
    let word = ["question ", "question", "q"]
        .into_iter()
        .find(|word| lower.starts_with(word));
    let start = word.map_or(0, str::len);
    let rest = &text[start..];
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mark = &rest[digits..];
    if !(1..=4).contains(&digits) || !mark.starts_with(['.', ')', ':']) {
        return 0;
    }
    let after = &mark[1..];
    let has_space = after.starts_with([' ', '\t', '*']);
    if has_space { start + digits + 1 } else { 0 }
}

/// Turns a question and its blocks into a row. A heading without a text below it is a section.
fn record(item: &Item<'_>) -> Option<Record> {
    let mut record = Record::new(item.line, Markup::Unknown);
    record.set_text(Field::Question, &item.question);
    let has_body = body::read(item, &mut record);
    if let Some(level) = item.level {
        record.set_text(Field::Level, level);
    }
    (has_body || item.question.ends_with(['?', '？', '؟'])).then_some(record)
}
