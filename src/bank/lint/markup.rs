//! Markdown that would not come out as meant.

use super::super::markup::{Segment, segments};
use super::super::sourced_question::{SourcedQuestion, TextField};
use crate::diagnostics::{Diagnostic, Source};

/// Notes open backticks and what Discord shows otherwise than written, or what reflowing destroys.
pub fn check(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    for text_field in entry.text_fields() {
        let mut report = |words: &str, what: &str, fix: &str| {
            let span = entry.text_span(source, text_field.field, text_field.item, words);
            let diagnostic = Diagnostic::at(source, &span, format!("{text_field} {what}"));
            diagnostics.push(diagnostic.severity(entry.lint_severity()).fix(fix));
        };
        for piece in segments(text_field.text) {
            match piece {
                Segment::Code(code) if code.trim().is_empty() => {
                    report(
                        "",
                        "has empty backticks",
                        "put code between them, or take them out",
                    );
                }
                Segment::Unclosed(open) => report(
                    open.split(' ').next().unwrap_or_default(),
                    "has a backtick that nothing closes",
                    "backticks come in pairs",
                ),
                Segment::Prose(prose) => {
                    if let Some((words, what, fix)) = find_link_or_tag(prose) {
                        report(words, what, fix);
                    }
                }
                Segment::Code(_) => {}
            }
        }
        if let Some((what, fix)) = find_block_markup(&text_field) {
            report("", what, fix);
        }
    }
}

/// Links and HTML.
fn find_link_or_tag(prose: &str) -> Option<(&str, &'static str, &'static str)> {
    let link = ["https://", "http://", "]("]
        .into_iter()
        .find(|link| prose.contains(link));
    if let Some(link) = link {
        return Some((link, "has a link in it", "the entry's link is `docs`"));
    }
    let tag = prose.match_indices('<').find(|(at, _)| {
        let mut after = prose[at + 1..].chars();
        let next = after.next();
        next == Some('/') || next.is_some_and(|c| c.is_ascii_alphabetic())
    });
    let (at, _) = tag?;
    let fix = "Discord shows tags as they are: use Markdown, and backticks for code";
    Some((&prose[at..=at], "has an HTML tag in it", fix))
}

/// Headings, lists and tables: they need lines of their own, which reflowing joins.
fn find_block_markup(text_field: &TextField<'_>) -> Option<(&'static str, &'static str)> {
    for paragraph in text_field.text.split("\n\n") {
        let first = paragraph.split(' ').next().unwrap_or_default();
        let numbered = first.strip_suffix('.').is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        if ["#", "##", "###", "-#"].contains(&first) {
            return Some(("has a heading in it", "write it as a sentence"));
        }
        if numbered || ["-", "*", "+", "•"].contains(&first) {
            return Some((
                "has a list in it",
                "write sentences: line breaks inside a paragraph are not kept",
            ));
        }
        if first.starts_with('|') {
            return Some((
                "has a table in it",
                "write sentences: Discord shows no tables",
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_backticks_is_closed_by_one_of_its_length() {
        use Segment::{Code, Prose, Unclosed};
        assert_eq!(segments("a `b` c"), [Prose("a "), Code("b"), Prose(" c")]);
        assert_eq!(segments("`` ` `` x"), [Code(" ` "), Prose(" x")]);
        assert_eq!(
            segments("a `b\n\nc` d"),
            [Prose("a "), Unclosed("`b"), Prose("c"), Unclosed("` d")]
        );
        assert_eq!(segments(""), []);
    }

    #[test]
    fn links_and_tags_are_odd_and_comparisons_are_not() {
        assert!(find_link_or_tag("see https://example.org").is_some());
        assert!(find_link_or_tag("see [this](x)").is_some());
        assert!(find_link_or_tag("a <b>bold</b> word").is_some());
        assert!(find_link_or_tag("if 1 < 2 or a <= b").is_none());
    }

    #[test]
    fn lines_of_their_own_are_odd() {
        let odd = |text| {
            let text_field = TextField {
                field: "answer",
                item: None,
                text,
            };
            find_block_markup(&text_field).map(|(what, _)| what)
        };
        assert_eq!(odd("A.\n\n# B"), Some("has a heading in it"));
        assert_eq!(odd("- a - b"), Some("has a list in it"));
        assert_eq!(odd("1. a 2. b"), Some("has a list in it"));
        assert_eq!(odd("| a | b |"), Some("has a table in it"));
        assert_eq!(odd("3.11 brought it. *Never* -1."), None);
    }
}
