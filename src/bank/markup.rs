//! The little Markdown that prose of the bank uses: `code` between backticks, and **bold**.

use std::ops::Range;

/// A stretch of a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'t> {
    /// Outside of backticks.
    Prose(&'t str),
    /// Between backticks, without them.
    Code(&'t str),
    /// Backticks that nothing closes, and what follows them.
    Unclosed(&'t str),
}

/// Cuts a text at its backticks. As in `CommonMark`, a run of backticks is closed by the next run of
/// the same length in its paragraph.
pub fn segments(text: &str) -> Vec<Segment<'_>> {
    text.split("\n\n").flat_map(paragraph_segments).collect()
}

fn paragraph_segments(text: &str) -> Vec<Segment<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = next_backticks(rest) {
        if open.start > 0 {
            pieces.push(Segment::Prose(&rest[..open.start]));
        }
        let after = &rest[open.end..];
        let Some(close) = find_closing(after, open.len()) else {
            pieces.push(Segment::Unclosed(&rest[open.start..]));
            return pieces;
        };
        pieces.push(Segment::Code(&after[..close.start]));
        rest = &after[close.end..];
    }
    if !rest.is_empty() {
        pieces.push(Segment::Prose(rest));
    }
    pieces
}

/// The first run of backticks.
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

/// A stretch of prose as it is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StyledSpan<'t> {
    /// As it is.
    Plain(&'t str),
    /// Between double asterisks, without them.
    Bold(&'t str),
    /// Between backticks, without them.
    Code(&'t str),
}

/// Cuts one paragraph into stretches, in their order. Marks that nothing closes are shown as they are.
pub fn styled_spans(paragraph: &str) -> Vec<StyledSpan<'_>> {
    let mut spans = Vec::new();
    for piece in self::paragraph_segments(paragraph) {
        match piece {
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

/// What stands before, between and after the first pair of marks.
fn split_around_pair<'t>(text: &'t str, mark: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let (before, rest) = text.split_once(mark)?;
    let (inside, after) = rest.split_once(mark)?;
    (!inside.is_empty()).then_some((before, inside, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_in_pairs_are_taken_off() {
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
