//! The little Markdown that prose of the bank uses: `code` between backticks, and **bold**.

use std::ops::Range;

/// A stretch of a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Outside of backticks.
    Prose(&'t str),
    /// Between backticks, without them.
    Code(&'t str),
    /// Backticks that nothing closes, and what follows them.
    Open(&'t str),
}

/// Cuts a text at its backticks. As in `CommonMark`, a run of backticks is closed by the next run of
/// the same length in its paragraph.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    text.split("\n\n").flat_map(paragraph).collect()
}

fn paragraph(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = ticks(rest) {
        if open.start > 0 {
            pieces.push(Piece::Prose(&rest[..open.start]));
        }
        let after = &rest[open.end..];
        let Some(close) = closing(after, open.len()) else {
            pieces.push(Piece::Open(&rest[open.start..]));
            return pieces;
        };
        pieces.push(Piece::Code(&after[..close.start]));
        rest = &after[close.end..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Prose(rest));
    }
    pieces
}

/// The first run of backticks.
fn ticks(text: &str) -> Option<Range<usize>> {
    let start = text.find('`')?;
    let length = text[start..]
        .bytes()
        .take_while(|byte| *byte == b'`')
        .count();
    Some(start..start + length)
}

fn closing(text: &str, length: usize) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some(run) = ticks(&text[from..]) {
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
pub enum Span<'t> {
    /// As it is.
    Plain(&'t str),
    /// Between double asterisks, without them.
    Bold(&'t str),
    /// Between backticks, without them.
    Code(&'t str),
}

/// Cuts one paragraph into stretches, in their order. Marks that nothing closes are shown as they are.
pub fn spans(paragraph: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    for piece in self::paragraph(paragraph) {
        match piece {
            Piece::Code(code) => spans.push(Span::Code(code)),
            Piece::Open(open) => spans.push(Span::Plain(open)),
            Piece::Prose(prose) => bold(prose, &mut spans),
        }
    }
    spans
}

fn bold<'t>(prose: &'t str, spans: &mut Vec<Span<'t>>) {
    let mut rest = prose;
    while let Some((before, inside, after)) = between(rest, "**") {
        spans.extend((!before.is_empty()).then_some(Span::Plain(before)));
        spans.push(Span::Bold(inside));
        rest = after;
    }
    spans.extend((!rest.is_empty()).then_some(Span::Plain(rest)));
}

/// What stands before, between and after the first pair of marks.
fn between<'t>(text: &'t str, mark: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let (before, rest) = text.split_once(mark)?;
    let (inside, after) = rest.split_once(mark)?;
    (!inside.is_empty()).then_some((before, inside, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_in_pairs_are_taken_off() {
        use Span::{Bold, Code, Plain};
        assert_eq!(
            spans("Use `a ** b`, **never** c"),
            [
                Plain("Use "),
                Code("a ** b"),
                Plain(", "),
                Bold("never"),
                Plain(" c")
            ]
        );
        assert_eq!(spans("2 ** 3 and `x"), [Plain("2 ** 3 and "), Plain("`x")]);
        assert_eq!(spans("``a`b``"), [Code("a`b")]);
    }
}
