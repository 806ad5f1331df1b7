//! Markdown that would not come out as meant.

use super::super::entry::{Entry, Passage};
use super::super::markup::{Piece, pieces};
use crate::findings::{Finding, Source};

/// Notes open backticks and what Discord shows otherwise than written, or what reflowing destroys.
pub fn check(entry: &Entry, source: &Source, findings: &mut Vec<Finding>) {
    for passage in entry.prose() {
        let mut note = |words: &str, what: &str, fix: &str| {
            let span = entry.words(source, passage.field, passage.item, words);
            let finding = Finding::at(source, &span, format!("{passage} {what}"));
            findings.push(finding.severity(entry.strictness()).fix(fix));
        };
        for piece in pieces(passage.text) {
            match piece {
                Piece::Code(code) if code.trim().is_empty() => {
                    note(
                        "",
                        "has empty backticks",
                        "put code between them, or take them out",
                    );
                }
                Piece::Open(open) => note(
                    open.split(' ').next().unwrap_or_default(),
                    "has a backtick that nothing closes",
                    "backticks come in pairs",
                ),
                Piece::Prose(prose) => {
                    if let Some((words, what, fix)) = odd(prose) {
                        note(words, what, fix);
                    }
                }
                Piece::Code(_) => {}
            }
        }
        if let Some((what, fix)) = odd_paragraph(&passage) {
            note("", what, fix);
        }
    }
}

/// Links and HTML.
fn odd(prose: &str) -> Option<(&str, &'static str, &'static str)> {
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
fn odd_paragraph(passage: &Passage<'_>) -> Option<(&'static str, &'static str)> {
    for paragraph in passage.text.split("\n\n") {
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
        use Piece::{Code, Open, Prose};
        assert_eq!(pieces("a `b` c"), [Prose("a "), Code("b"), Prose(" c")]);
        assert_eq!(pieces("`` ` `` x"), [Code(" ` "), Prose(" x")]);
        assert_eq!(
            pieces("a `b\n\nc` d"),
            [Prose("a "), Open("`b"), Prose("c"), Open("` d")]
        );
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn links_and_tags_are_odd_and_comparisons_are_not() {
        assert!(odd("see https://example.org").is_some());
        assert!(odd("see [this](x)").is_some());
        assert!(odd("a <b>bold</b> word").is_some());
        assert!(odd("if 1 < 2 or a <= b").is_none());
    }

    #[test]
    fn lines_of_their_own_are_odd() {
        let odd = |text| {
            let passage = Passage {
                field: "answer",
                item: None,
                text,
            };
            odd_paragraph(&passage).map(|(what, _)| what)
        };
        assert_eq!(odd("A.\n\n# B"), Some("has a heading in it"));
        assert_eq!(odd("- a - b"), Some("has a list in it"));
        assert_eq!(odd("1. a 2. b"), Some("has a list in it"));
        assert_eq!(odd("| a | b |"), Some("has a table in it"));
        assert_eq!(odd("3.11 brought it. *Never* -1."), None);
    }
}
