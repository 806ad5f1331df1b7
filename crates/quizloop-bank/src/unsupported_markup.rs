//! Finds Markdown that Discord would not show as intended.

use super::markup::{Block, Segment, blocks, segments};
use super::question::TextField;
use super::sourced_question::SourcedQuestion;
use quizloop_diagnostics::{Diagnostic, Source};

/// Reports unclosed backticks, markup that Discord does not render, and markup that reflowing
/// destroys.
pub fn check(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    for text_field in entry.question.text_fields() {
        let mut report = |words: &str, problem: &str, fix: &str| {
            let span = entry.text_span(source, text_field.field, text_field.item, words);
            let diagnostic = Diagnostic::at(source, &span, format!("{text_field} {problem}"));
            diagnostics.push(diagnostic.severity(entry.warning_severity()).fix(fix));
        };
        for segment in segments(text_field.text) {
            match segment {
                Segment::Code(code) if code.trim().is_empty() => {
                    report(
                        "",
                        "contains empty backticks",
                        "put code between them, or remove them",
                    );
                }
                Segment::Unclosed(open) => report(
                    open.split(' ').next().unwrap_or_default(),
                    "contains an unclosed backtick",
                    "close it with a second backtick, or remove it",
                ),
                Segment::Prose(prose) => {
                    if let Some((words, problem, fix)) = find_link_or_tag(prose) {
                        report(words, problem, fix);
                    }
                }
                Segment::Code(_) => {}
            }
        }
        if let Some((problem, fix)) = find_block_markup(&text_field, entry.built_in) {
            report("", problem, fix);
        }
    }
}

/// Finds a link or an HTML tag. Returns the words to highlight, the problem and the fix.
fn find_link_or_tag(prose: &str) -> Option<(&str, &'static str, &'static str)> {
    let link = ["https://", "http://", "]("]
        .into_iter()
        .find(|link| prose.contains(link));
    if let Some(link) = link {
        return Some((link, "contains a link", "move the link to `docs`"));
    }
    let tag = prose.match_indices('<').find(|(at, _)| {
        let mut after = prose[at + 1..].chars();
        let next = after.next();
        next == Some('/') || next.is_some_and(|c| c.is_ascii_alphabetic())
    });
    let (at, _) = tag?;
    let fix = "use Markdown, and backticks for code: Discord does not render HTML";
    Some((&prose[at..=at], "contains an HTML tag", fix))
}

/// Finds a heading, list or table. They need separate lines, which reflowing joins. Only answers that
/// are not built in keep their lists.
fn find_block_markup(
    text_field: &TextField<'_>,
    built_in: bool,
) -> Option<(&'static str, &'static str)> {
    let keeps_lists = text_field.field == "answer" && !built_in;
    let prose = blocks(text_field.text)
        .into_iter()
        .filter_map(|block| match block {
            Block::Prose(prose) => Some(prose),
            Block::Code { .. } => None,
        });
    for paragraph in prose.flat_map(|prose| prose.split("\n\n")) {
        let first = paragraph.split(' ').next().unwrap_or_default();
        let numbered = first.strip_suffix('.').is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        });
        if ["#", "##", "###", "-#"].contains(&first) {
            return Some(("contains a heading", "write it as a sentence"));
        }
        let is_list = numbered || ["-", "*", "+", "•"].contains(&first);
        if is_list && !keeps_lists {
            return Some((
                "contains a list",
                "write sentences: line breaks inside a paragraph are not kept",
            ));
        }
        if first.starts_with('|') {
            return Some((
                "contains a table",
                "write sentences: Discord does not render tables",
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
    fn links_and_tags_are_found_and_comparisons_are_not() {
        assert!(find_link_or_tag("see https://example.org").is_some());
        assert!(find_link_or_tag("see [this](x)").is_some());
        assert!(find_link_or_tag("a <b>bold</b> word").is_some());
        assert!(find_link_or_tag("if 1 < 2 or a <= b").is_none());
    }

    #[test]
    fn headings_lists_and_tables_are_found() {
        let find = |field, text, built_in| {
            let text_field = TextField {
                field,
                item: None,
                text,
            };
            find_block_markup(&text_field, built_in).map(|(problem, _)| problem)
        };
        let problem_in = |text| find("answer", text, true);
        assert_eq!(problem_in("A.\n\n# B"), Some("contains a heading"));
        assert_eq!(problem_in("- a - b"), Some("contains a list"));
        assert_eq!(problem_in("1. a 2. b"), Some("contains a list"));
        assert_eq!(problem_in("| a | b |"), Some("contains a table"));
        assert_eq!(find("answer", "- a\n- b", false), None, "the list is kept");
        assert_eq!(
            find("how_to_answer", "- a - b", false),
            Some("contains a list")
        );
        let code = "So:\n```py\na = 1\n\n# a comment\n```";
        assert_eq!(find("answer", code, false), None);
        assert_eq!(problem_in("3.11 brought it. *Never* -1."), None);
    }
}
