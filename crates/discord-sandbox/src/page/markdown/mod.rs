//! Parses Discord's Markdown into a tree for the templates (Discord docs, reference, "Message
//! Formatting"; help page "Markdown Text 101").
//!
//! A Markdown crate parses the text. Syntax that Discord doesn't support (HTML, images, tables)
//! becomes text again; Discord's own syntax (mentions, time stamps) is found in the text nodes. The
//! tree contains no HTML: the template escapes all text.

mod inline;
mod names;
mod python;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use comrak::nodes::{AstNode, NodeCodeBlock, NodeValue};
use comrak::{Arena, Options, parse_document};
use serde::Serialize;

pub use names::NameResolver;

/// Maximum nesting of the tree; deeper nodes are shown as plain text. A text of brackets and
/// asterisks can nest as deep as it is long.
const MAX_DEPTH: usize = 24;
/// Smallest heading level in Discord.
const SMALLEST_HEADING: u8 = 3;

/// A node of the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MarkdownPart {
    /// The kind of node; `text.html` renders each kind.
    pub kind: &'static str,
    /// The text, unless the node is a container.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// A link's target, a time stamp's full time, or a code block's language.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The child nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<MarkdownPart>,
}

impl MarkdownPart {
    /// Creates a node with a text.
    pub fn text(kind: &'static str, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            ..Self::default()
        }
    }

    fn with_note(self, note: impl Into<String>) -> Self {
        Self {
            note: note.into(),
            ..self
        }
    }

    const fn container(kind: &'static str, parts: Vec<Self>) -> Self {
        Self {
            kind,
            text: String::new(),
            note: String::new(),
            parts,
        }
    }
}

static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(|| {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.underline = true;
    options.extension.spoiler = true;
    options.extension.subtext = true;
    options.extension.autolink = true;
    options
});

/// Parses a text.
pub fn parse(text: &str, names: &NameResolver<'_>) -> Vec<MarkdownPart> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(spoiler) = long_spoiler(rest) {
        parts.extend(parse_blocks(&rest[..spoiler.start], names));
        let inside = &rest[spoiler.start + SPOILER.len()..spoiler.end];
        let inside = parse_blocks(inside, names);
        parts.push(MarkdownPart::container("long-spoiler", inside));
        rest = &rest[spoiler.end + SPOILER.len()..];
    }
    parts.extend(parse_blocks(rest, names));
    parts
}

/// The mark before and after a spoiler.
const SPOILER: &str = "||";
/// The mark before and after a code block.
const FENCE: &str = "```";

/// Returns the positions of the two marks of the first spoiler that spans paragraphs or code
/// blocks, which the parser does not know.
fn long_spoiler(text: &str) -> Option<Range<usize>> {
    let mut marks = spoiler_marks(text);
    while let (Some(start), Some(end)) = (marks.next(), marks.next()) {
        let inside = &text[start..end];
        let line = text[..start].rsplit('\n').next().unwrap_or_default();
        let is_quoted = line.trim_start().starts_with('>');
        if !is_quoted && (inside.contains("\n\n") || inside.contains(FENCE)) {
            return Some(start..end);
        }
    }
    None
}

/// Returns the positions of all marks of spoilers outside code.
fn spoiler_marks(text: &str) -> impl Iterator<Item = usize> {
    let mut code_end: Option<&str> = None;
    let mut position = 0;
    std::iter::from_fn(move || {
        while position < text.len() {
            let rest = &text[position..];
            let found = [FENCE, "`", SPOILER]
                .into_iter()
                .find(|one| rest.starts_with(one));
            let at = position;
            position +=
                found.map_or_else(|| rest.chars().next().map_or(1, char::len_utf8), str::len);
            match (found, code_end) {
                (Some(SPOILER), None) => return Some(at),
                (Some(mark), Some(end)) if mark == end => code_end = None,
                (Some(mark), None) => code_end = Some(mark),
                _ => {}
            }
        }
        None
    })
}

/// Parses a text without spoilers that span paragraphs.
fn parse_blocks(text: &str, names: &NameResolver<'_>) -> Vec<MarkdownPart> {
    let arena = Arena::new();
    let root = parse_document(&arena, &end_quotes(text), &OPTIONS);
    children(root, names, 0)
}

/// Makes quotes end as in Discord: `> ` quotes its line alone, and `>>> ` the rest of the text. The
/// parser continues a quote until the next blank line.
fn end_quotes(text: &str) -> Cow<'_, str> {
    if !text.contains('>') {
        return Cow::Borrowed(text);
    }
    let mut lines: Vec<Cow<'_, str>> = Vec::new();
    let mut is_code = false;
    let mut quotes_rest = false;
    let mut was_quote = false;
    for line in text.split('\n') {
        let rest = line.strip_prefix(">>> ").filter(|_| !is_code);
        let is_quote = !is_code && line.starts_with("> ");
        if quotes_rest || rest.is_some() {
            quotes_rest = true;
            lines.push(format!("> {}", rest.unwrap_or(line)).into());
            continue;
        }
        if was_quote && !is_quote && !line.is_empty() {
            lines.push("".into());
        }
        if line.matches(FENCE).count() % 2 == 1 {
            is_code = !is_code;
        }
        was_quote = is_quote;
        lines.push(line.into());
    }
    lines.join("\n").into()
}

fn children<'a>(
    node: &'a AstNode<'a>,
    names: &NameResolver<'_>,
    depth: usize,
) -> Vec<MarkdownPart> {
    let mut parts: Vec<MarkdownPart> = Vec::new();
    let mut run = String::new();
    for child in node.children() {
        // Join adjacent text nodes: the parser may have split a mention.
        if let Some(text) = text_of(&child.data.borrow().value) {
            run.push_str(&text);
            continue;
        }
        inline::split(&std::mem::take(&mut run), names, &mut parts);
        if depth >= MAX_DEPTH {
            parts.push(MarkdownPart::text("text", inner_text(child)));
        } else {
            parts.extend(part(child, names, depth + 1));
        }
    }
    inline::split(&run, names, &mut parts);
    parts
}

/// Returns the text of nodes that are plain text in Discord, such as inline HTML.
fn text_of(value: &NodeValue) -> Option<String> {
    match value {
        NodeValue::Text(text) => Some(text.to_string()),
        NodeValue::HtmlInline(text) | NodeValue::Raw(text) => Some(text.clone()),
        _ => None,
    }
}

fn part<'a>(node: &'a AstNode<'a>, names: &NameResolver<'_>, depth: usize) -> Vec<MarkdownPart> {
    let inside = || children(node, names, depth);
    let kind = match &node.data.borrow().value {
        NodeValue::Paragraph => "paragraph",
        NodeValue::Strong => "strong",
        NodeValue::Emph => "em",
        NodeValue::Underline => "underline",
        NodeValue::Strikethrough => "strike",
        NodeValue::SpoileredText => "spoiler",
        NodeValue::Subtext => "subtext",
        NodeValue::BlockQuote => "quote",
        NodeValue::Item(_) => "item",
        NodeValue::List(list) => match list.list_type {
            comrak::nodes::ListType::Bullet => "bullets",
            comrak::nodes::ListType::Ordered => "numbers",
        },
        NodeValue::Heading(heading) => match heading.level.min(SMALLEST_HEADING) {
            1 => "heading1",
            2 => "heading2",
            _ => "heading3",
        },
        NodeValue::SoftBreak | NodeValue::LineBreak => {
            return vec![MarkdownPart::text("break", "")];
        }
        NodeValue::ThematicBreak => return vec![MarkdownPart::text("text", "---")],
        NodeValue::Code(code) => return vec![MarkdownPart::text("code", &*code.literal)],
        NodeValue::CodeBlock(block) => return vec![code_block(block)],
        NodeValue::HtmlBlock(block) => {
            let mut parts = Vec::new();
            inline::split(block.literal.trim_end(), names, &mut parts);
            return vec![MarkdownPart::container("paragraph", parts)];
        }
        NodeValue::Link(link) if is_web(&link.url) => {
            return vec![MarkdownPart::container("link", inside()).with_note(&*link.url)];
        }
        NodeValue::Image(link) if is_web(&link.url) => {
            // Discord shows no images in a text, but an exclamation mark and a link.
            let link = MarkdownPart::container("link", inside()).with_note(&*link.url);
            return vec![MarkdownPart::text("text", "!"), link];
        }
        _ => return inside(),
    };
    vec![MarkdownPart::container(kind, inside())]
}

/// Whether Discord makes a link of this address.
fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

fn code_block(block: &NodeCodeBlock) -> MarkdownPart {
    let language = block.info.trim().to_ascii_lowercase();
    let code = block.literal.trim_end_matches('\n');
    let parts = if matches!(language.as_str(), "py" | "python") {
        python::highlight(code)
    } else {
        vec![MarkdownPart::text("text", code)]
    };
    MarkdownPart::container("block", parts).with_note(language)
}

/// Returns all text under a node, without recursion.
fn inner_text<'a>(node: &'a AstNode<'a>) -> String {
    node.descendants()
        .filter_map(|one| match &one.data.borrow().value {
            NodeValue::Code(code) => Some(code.literal.clone()),
            NodeValue::SoftBreak | NodeValue::LineBreak => Some("\n".to_owned()),
            value => text_of(value),
        })
        .collect()
}

#[cfg(test)]
mod tests;
