//! The subset of Markdown in the bank's prose: `code` between backticks, and **bold**.

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

/// Splits a text at its backticks. As in `CommonMark`, a run of backticks is closed by the next run
/// of the same length in the same paragraph.
pub fn segments(text: &str) -> Vec<Segment<'_>> {
    text.split("\n\n").flat_map(paragraph_segments).collect()
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
