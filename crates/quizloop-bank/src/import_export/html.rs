//! HTML in other tools' files becomes Markdown.

use std::rc::Rc;

use htmd::options::{BulletListMarker, Options};
use htmd::{HtmlToMarkdown, Node};

use super::super::markup::{Block, Segment, blocks, map_prose, segments};

/// Longest HTML that is converted, in bytes: many times the longest text of a question. The parser
/// needs more than linear time for some malformed texts.
const HTML_MAX: usize = 20_000;

/// Deepest nesting that is converted: the converter is recursive.
const DEPTH_MAX: usize = 50;

/// Characters that the converter would escape as Markdown, each with one for private use that
/// replaces it meanwhile. Discord shows single ones as they are.
const PROTECTED: [(char, char); 5] = [
    ('`', '\u{e000}'),
    ('_', '\u{e001}'),
    ('[', '\u{e002}'),
    (']', '\u{e003}'),
    ('\\', '\u{e004}'),
];

/// The asterisk is protected only in texts that may contain Markdown besides HTML.
const PROTECTED_ASTERISK: (char, char) = ('*', '\u{e005}');

/// Whether a text that may be Markdown contains HTML outside its code: an end tag, a tag that needs
/// none, or an entity. A start tag alone may be what the text is about.
pub(super) fn contains_html(text: &str) -> bool {
    if text.len() > HTML_MAX {
        return false;
    }
    segments(text).into_iter().any(|segment| match segment {
        Segment::Prose(prose) | Segment::Unclosed(prose) => has_tag(prose) || has_entity(prose),
        Segment::Code(_) => false,
    })
}

/// Number of characters after `<` that tell which tag it is.
const LONGEST_TAG: usize = 5;

/// Length of the longest entity that is recognised, in characters.
const LONGEST_ENTITY: usize = 10;

fn has_tag(prose: &str) -> bool {
    prose.match_indices('<').any(|(at, _)| {
        let rest: String = prose[at + 1..].chars().take(LONGEST_TAG).collect();
        let rest = rest.to_ascii_lowercase();
        let is_end_tag = rest
            .strip_prefix('/')
            .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
        is_end_tag
            || ["br>", "br/>", "br />", "img ", "hr>"]
                .iter()
                .any(|tag| rest.starts_with(tag))
    })
}

fn has_entity(prose: &str) -> bool {
    prose.match_indices('&').any(|(at, _)| {
        let rest: String = prose[at + 1..].chars().take(LONGEST_ENTITY).collect();
        let Some(name) = rest.find(';').and_then(|end| rest.get(..end)) else {
            return false;
        };
        let is_number = name.strip_prefix('#').is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        let is_name =
            (2..=8).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        is_number || is_name
    })
}

/// Tags of which HTML with several lines consists.
const BLOCK_TAGS: [&str; 7] = ["<p>", "<p ", "<ul", "<ol", "<div", "<pre", "<table"];

/// Converts the HTML in Markdown. Code blocks stay as they are. The lines of Markdown have a meaning,
/// unless the HTML has paragraphs of its own.
pub(super) fn mixed_to_markdown(text: &str) -> String {
    let parts = blocks(text).into_iter().map(|block| match block {
        Block::Code { whole, .. } => whole.to_owned(),
        Block::Prose(prose) if BLOCK_TAGS.iter().any(|tag| prose.contains(tag)) => {
            to_markdown(prose, true)
        }
        Block::Prose(prose) => {
            let lines = prose.lines().map(|line| {
                if contains_html(line) {
                    let indentation = line.len() - line.trim_start().len();
                    format!("{}{}", &line[..indentation], to_markdown(line, true))
                } else {
                    line.to_owned()
                }
            });
            lines.collect::<Vec<_>>().join("\n")
        }
    });
    parts.collect::<Vec<_>>().join("\n")
}

/// Converts HTML to Markdown. `has_markdown` says that the text may contain Markdown, too. A text
/// that is too long or nested too deep is returned unchanged.
pub(super) fn to_markdown(html: &str, has_markdown: bool) -> String {
    let options = Options {
        bullet_list_marker: BulletListMarker::Dash,
        ul_bullet_spacing: 1,
        ol_number_spacing: 1,
        ..Options::default()
    };
    let converter = HtmlToMarkdown::builder()
        .options(options)
        .skip_tags(vec!["script", "style"])
        .build();
    let protected = protect(&with_code_in_pre(html), has_markdown);
    if protected.len() > HTML_MAX {
        return html.to_owned();
    }
    let Ok(tree) = converter.html_to_tree(&protected) else {
        return html.to_owned();
    };
    if depth_exceeds(&tree, DEPTH_MAX) {
        return html.to_owned();
    }
    let markdown = converter.tree_to_markdown(&tree);
    // A line break ends a paragraph of a question.
    let markdown = map_prose(&markdown, |prose| unescape(prose).replace("  \n", "\n\n"));
    restore(&markdown)
}

/// Marks preformatted text as code, as the converter expects it.
fn with_code_in_pre(html: &str) -> String {
    let mut marked = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find("<pre>") {
        let (before, inside) = (&rest[..start], &rest[start + "<pre>".len()..]);
        marked.push_str(before);
        let end = inside.find("</pre>").unwrap_or(inside.len());
        let (code, after) = inside.split_at(end);
        if code.trim_start().starts_with("<code") {
            marked.push_str("<pre>");
            marked.push_str(code);
        } else {
            marked.push_str("<pre><code>");
            marked.push_str(code);
            marked.push_str("</code>");
        }
        rest = after;
    }
    marked + rest
}

fn protect(html: &str, has_markdown: bool) -> String {
    let mut text = if has_markdown {
        with_entities_in_code(html)
    } else {
        html.to_owned()
    };
    if has_markdown {
        text = text.replace(PROTECTED_ASTERISK.0, &PROTECTED_ASTERISK.1.to_string());
    }
    PROTECTED
        .iter()
        .fold(text, |text, (character, replacement)| {
            text.replace(*character, &replacement.to_string())
        })
}

/// Escapes the characters of HTML in Markdown's inline code, where they stand for themselves.
fn with_entities_in_code(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut end = 0;
    for segment in segments(text) {
        let Segment::Code(code) = segment else {
            continue;
        };
        // A segment is a slice of the text.
        let start = (code.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        escaped.push_str(&text[end..start]);
        escaped.push_str(&code.replace('&', "&amp;").replace('<', "&lt;"));
        end = start + code.len();
    }
    escaped + &text[end..]
}

fn restore(text: &str) -> String {
    let all = PROTECTED.iter().chain([&PROTECTED_ASTERISK]);
    all.fold(text.to_owned(), |text, (character, replacement)| {
        text.replace(*replacement, &character.to_string())
    })
}

/// Removes the backslashes before characters that need none in a message.
fn unescape(prose: &str) -> String {
    let mut text = String::with_capacity(prose.len());
    let mut characters = prose.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek();
        if c != '\\' || !next.is_some_and(|next| ".-#=>+<()!~".contains(*next)) {
            text.push(c);
        }
    }
    text
}

/// Whether a tree is deeper than `max`. Not recursive, unlike the converter.
fn depth_exceeds(tree: &Rc<Node>, max: usize) -> bool {
    let mut nodes = vec![(Rc::clone(tree), 0)];
    while let Some((node, depth)) = nodes.pop() {
        if depth > max {
            return true;
        }
        let children = node.children.borrow();
        nodes.extend(children.iter().map(|child| (Rc::clone(child), depth + 1)));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_found_outside_code() {
        for html in [
            "<p>a</p>",
            "a<br>b",
            "a &amp; b",
            "&#39;a&#39;",
            "<b>x</b> `y`",
        ] {
            assert!(contains_html(html), "{html}");
        }
        for other in [
            "`<b>x</b>`",
            "What does <p> do?",
            "1 < 2 & 3; 4",
            "a && b;",
            "x",
        ] {
            assert!(!contains_html(other), "{other}");
        }
    }

    #[test]
    fn html_becomes_markdown() {
        let html = "<p>It <b>waits</b> &amp; <i>yields</i>: <code>a_b</code>, not_this.</p>\
                    <ul><li>a</li><li>b</li></ul>one<br>two<pre>if x:\n    y</pre>";
        insta::assert_snapshot!(to_markdown(html, false), @"
        It **waits** & *yields*: `a_b`, not_this.

        - a
        - b

        one

        two

        ```
        if x:
            y
        ```
        ");
        let mixed = "**Use** `a < b & c` in snake_case.<br>1 &lt; 2";
        insta::assert_snapshot!(to_markdown(mixed, true), @"
        **Use** `a < b & c` in snake_case.

        1 < 2
        ");
    }

    #[test]
    fn deep_and_long_html_stays_as_it_is() {
        for html in [
            "<div>".repeat(1000),
            format!("<p>{}</p>", "x".repeat(HTML_MAX)),
        ] {
            assert_eq!(to_markdown(&html, false), html);
        }
        // The document adds three levels. A test's thread has a stack as small as any of the bot's.
        let deepest = "<blockquote><b>".repeat((DEPTH_MAX - 4) / 2) + "x";
        assert_ne!(to_markdown(&deepest, false), deepest);
    }
}
