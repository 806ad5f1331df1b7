//! The blocks of a Markdown file.

use std::ops::Range;

use comrak::nodes::{ListType, NodeValue};
use comrak::{Arena, Options, parse_document};

/// A block at the top level of a text, such as a heading or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutlineBlock<'t> {
    /// Line on which the block starts, from 1.
    pub(super) line: usize,
    pub(super) kind: BlockKind,
    /// The lines of the block.
    pub(super) source: &'t str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// A heading of a level from 1.
    Heading(u8),
    Paragraph,
    Bullets,
    /// A numbered list, with the first line of each item, counted in the file.
    Numbers(Vec<usize>),
    Code,
    Html,
    Rule,
    /// A quote or a table.
    Other,
}

/// Splits a text into blocks. `first_line` is the number of its first line in the file.
pub(super) fn outline(text: &str, first_line: usize) -> Vec<OutlineBlock<'_>> {
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let slice = |lines: Range<usize>| {
        let at = |line: usize| starts.get(line).copied().unwrap_or(text.len());
        text.get(at(lines.start)..at(lines.end)).unwrap_or_default()
    };
    let arena = Arena::new();
    let document = parse_document(&arena, text, &Options::default());
    let blocks = document.children().map(|node| {
        let data = node.data();
        let position = data.sourcepos;
        let line = |line: usize| first_line + line.saturating_sub(1);
        OutlineBlock {
            line: line(position.start.line),
            kind: match &data.value {
                NodeValue::Heading(heading) if !heading.setext => BlockKind::Heading(heading.level),
                // A line of dashes below a text usually separates questions.
                NodeValue::Heading(_) | NodeValue::Paragraph => BlockKind::Paragraph,
                NodeValue::List(list) if list.list_type == ListType::Bullet => BlockKind::Bullets,
                NodeValue::List(_) => {
                    let items = node.children();
                    BlockKind::Numbers(
                        items
                            .map(|item| line(item.data().sourcepos.start.line))
                            .collect(),
                    )
                }
                NodeValue::CodeBlock(_) => BlockKind::Code,
                NodeValue::HtmlBlock(_) => BlockKind::Html,
                NodeValue::ThematicBreak => BlockKind::Rule,
                _ => BlockKind::Other,
            },
            source: slice(position.start.line.saturating_sub(1)..position.end.line),
        }
    });
    blocks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_lines() {
        let text = "# A\n\nb\nc\n\n1. d\n\n   e\n2. f\n\n```\n# g\n```\n---\n- h\n\n<p>\ni\n</p>\n";
        let blocks: Vec<_> = outline(text, 1)
            .into_iter()
            .map(|block| (block.line, block.kind, block.source.trim_end()))
            .collect();
        assert_eq!(
            blocks,
            [
                (1, BlockKind::Heading(1), "# A"),
                (3, BlockKind::Paragraph, "b\nc"),
                (6, BlockKind::Numbers(vec![6, 9]), "1. d\n\n   e\n2. f"),
                (11, BlockKind::Code, "```\n# g\n```"),
                (14, BlockKind::Rule, "---"),
                (15, BlockKind::Bullets, "- h"),
                (17, BlockKind::Html, "<p>\ni\n</p>"),
            ]
        );
    }
}
