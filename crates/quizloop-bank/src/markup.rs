//! The subset of Markdown in the bank's prose: `code` between backticks, and **bold**; in answers of
//! questions that are not built in also code blocks and lists.

use std::ops::Range;

/// A part of a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'t> {
    /// Text outside backticks.
    Prose(&'t str),
    /// Text between backticks, without them.
    Code(&'t str),
    /// Unclosed backticks and the text after them.
    Unclosed(&'t str),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block<'t> {
    /// Paragraphs, separated by empty lines.
    Prose(&'t str),
    /// A code block between two lines with three backticks.
    Code {
        /// The word after the first backticks; may be empty.
        language: &'t str,
        /// The lines between the backticks, without their common indentation.
        text: String,
        /// The block with its backticks.
        whole: &'t str,
    },
}

/// The beginning of the first and the last line of a code block.
const CODE_FENCE: &str = "```";

/// Splits a text at its code blocks. One that is not closed is prose.
pub fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut prose_start = 0;
    let mut position = 0;
    let last_fence = last_fence(text);
    while let Some(line) = line_at(text, position).filter(|_| position < last_fence) {
        let Some((block, end)) = code_block(text, position, line) else {
            position += line.len();
            continue;
        };
        push_prose(&text[prose_start..position], &mut blocks);
        blocks.push(block);
        (prose_start, position) = (end, end);
    }
    push_prose(&text[prose_start..], &mut blocks);
    blocks
}

/// Returns the position of the last line that can close a code block. No block begins after it.
fn last_fence(text: &str) -> usize {
    let mut position = 0;
    let mut last = 0;
    for line in text.split_inclusive('\n') {
        if line.trim() == CODE_FENCE {
            last = position;
        }
        position += line.len();
    }
    last
}

fn push_prose<'t>(prose: &'t str, blocks: &mut Vec<Block<'t>>) {
    let prose = prose.trim_matches('\n');
    if !prose.trim().is_empty() {
        blocks.push(Block::Prose(prose));
    }
}

/// Returns the line at a position with its line end, or `None` at the end of the text.
fn line_at(text: &str, position: usize) -> Option<&str> {
    text[position..].split_inclusive('\n').next()
}

/// Returns the code block that a line begins, and the position after it.
fn code_block<'t>(text: &'t str, start: usize, first: &'t str) -> Option<(Block<'t>, usize)> {
    let indentation = first.len() - first.trim_start_matches(' ').len();
    let language = first.trim().strip_prefix(CODE_FENCE)?.trim();
    if language.contains('`') {
        return None;
    }
    let code_start = start + first.len();
    let mut position = code_start;
    while let Some(line) = line_at(text, position) {
        if line.trim() == CODE_FENCE {
            let code = text[code_start..position].lines();
            let code: Vec<_> = code
                .map(|line| without_indentation(line, indentation))
                .collect();
            let end = position + line.len();
            let block = Block::Code {
                language,
                text: code.join("\n"),
                whole: text[start..end].trim_end_matches('\n'),
            };
            return Some((block, end));
        }
        position += line.len();
    }
    None
}

/// Removes up to `indentation` spaces at the beginning.
fn without_indentation(line: &str, indentation: usize) -> &str {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    &line[spaces.min(indentation)..]
}

/// Applies a function to the prose of a text outside of code, and leaves the rest unchanged.
pub(crate) fn map_prose(text: &str, change: impl Fn(&str) -> String) -> String {
    let mut changed = String::with_capacity(text.len());
    let mut end = 0;
    for segment in segments(text) {
        let Segment::Prose(prose) = segment else {
            continue;
        };
        // A segment is a slice of the text.
        let start = (prose.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        changed.push_str(&text[end..start]);
        changed.push_str(&change(prose));
        end = start + prose.len();
    }
    changed + &text[end..]
}

/// Splits a text at its backticks. As in `CommonMark`, a run of backticks is closed by the next run
/// of the same length in the same paragraph.
/// Code blocks are left out.
pub fn segments(text: &str) -> Vec<Segment<'_>> {
    let prose = blocks(text).into_iter().filter_map(|block| match block {
        Block::Prose(prose) => Some(prose),
        Block::Code { .. } => None,
    });
    let paragraphs = prose.flat_map(|prose| prose.split("\n\n"));
    paragraphs.flat_map(paragraph_segments).collect()
}

fn paragraph_segments(text: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let mut rest = text;
    while let Some(open) = next_backticks(rest) {
        if open.start > 0 {
            segments.push(Segment::Prose(&rest[..open.start]));
        }
        let after = &rest[open.end..];
        let Some(close) = find_closing(after, open.len()) else {
            segments.push(Segment::Unclosed(&rest[open.start..]));
            return segments;
        };
        segments.push(Segment::Code(&after[..close.start]));
        rest = &after[close.end..];
    }
    if !rest.is_empty() {
        segments.push(Segment::Prose(rest));
    }
    segments
}

/// Returns the range of the first run of backticks.
fn next_backticks(text: &str) -> Option<Range<usize>> {
    let start = text.find('`')?;
    let length = text[start..]
        .bytes()
        .take_while(|byte| *byte == b'`')
        .count();
    Some(start..start + length)
}

fn find_closing(text: &str, length: usize) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some(run) = next_backticks(&text[from..]) {
        let run = from + run.start..from + run.end;
        if run.len() == length {
            return Some(run);
        }
        from = run.end;
    }
    None
}

/// A part of prose with its style.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StyledSpan<'t> {
    /// Text without style.
    Plain(&'t str),
    /// Text between double asterisks, without them.
    Bold(&'t str),
    /// Text between backticks, without them.
    Code(&'t str),
}

/// Splits one paragraph into styled parts, in order. Unclosed marks become plain text.
pub fn styled_spans(paragraph: &str) -> Vec<StyledSpan<'_>> {
    let mut spans = Vec::new();
    for segment in paragraph_segments(paragraph) {
        match segment {
            Segment::Code(code) => spans.push(StyledSpan::Code(code)),
            Segment::Unclosed(open) => spans.push(StyledSpan::Plain(open)),
            Segment::Prose(prose) => push_bold_spans(prose, &mut spans),
        }
    }
    spans
}

fn push_bold_spans<'t>(prose: &'t str, spans: &mut Vec<StyledSpan<'t>>) {
    let mut rest = prose;
    while let Some((before, inside, after)) = split_around_pair(rest, "**") {
        spans.extend((!before.is_empty()).then_some(StyledSpan::Plain(before)));
        spans.push(StyledSpan::Bold(inside));
        rest = after;
    }
    spans.extend((!rest.is_empty()).then_some(StyledSpan::Plain(rest)));
}

/// Returns the text before, between and after the first pair of marks.
fn split_around_pair<'t>(text: &'t str, mark: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let (before, rest) = text.split_once(mark)?;
    let (inside, after) = rest.split_once(mark)?;
    (!inside.is_empty()).then_some((before, inside, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_blocks_are_separate_from_prose() {
        let text = "One:\n\n  ```py\n  if x:\n\n      y\n  ```\nTwo `z`.\n\n```\nnot closed";
        let code = Block::Code {
            language: "py",
            text: "if x:\n\n    y".into(),
            whole: "  ```py\n  if x:\n\n      y\n  ```",
        };
        assert_eq!(
            blocks(text),
            [
                Block::Prose("One:"),
                code,
                Block::Prose("Two `z`.\n\n```\nnot closed")
            ]
        );
        assert_eq!(blocks(""), []);
        assert_eq!(
            map_prose("a `a`\n```\na\n```\na", str::to_uppercase),
            "A `a`\n```\na\n```\nA"
        );
    }

    #[test]
    fn paired_marks_are_removed() {
        use StyledSpan::{Bold, Code, Plain};
        assert_eq!(
            styled_spans("Use `a ** b`, **never** c"),
            [
                Plain("Use "),
                Code("a ** b"),
                Plain(", "),
                Bold("never"),
                Plain(" c")
            ]
        );
        assert_eq!(
            styled_spans("2 ** 3 and `x"),
            [Plain("2 ** 3 and "), Plain("`x")]
        );
        assert_eq!(styled_spans("``a`b``"), [Code("a`b")]);
    }
}
