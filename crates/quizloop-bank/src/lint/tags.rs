//! Checks the fields that classify an entry: tags of the fixed list in `data/README.md`, and how often
//! the question is asked.

use std::sync::LazyLock;

use super::super::sourced_question::SourcedQuestion;
use quizloop_diagnostics::{Diagnostic, Source, did_you_mean};

/// The page for authors, which defines the tags.
const README: &str = include_str!("../../../../data/README.md");

/// The heading under which the tags are listed, one per line.
const HEADING: &str = "\n### Tags\n";

/// The tags of the built-in questions.
static TAGS: LazyLock<Vec<&str>> = LazyLock::new(|| listed_tags(README));

/// Reports tags that are not in the list, and missing fields.
pub fn check(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let question = &entry.question;
    for (item, tag) in question.tags.iter().enumerate() {
        if !TAGS.contains(&tag.as_str()) {
            let span = entry.key_span("tags", Some(item));
            let message = format!("data/README.md does not list the tag `{tag}`");
            diagnostics.push(Diagnostic::at(source, &span, message).fix(did_you_mean(tag, &TAGS)));
        }
    }
    let fields = [
        ("tags", question.tags.is_empty()),
        ("asked", question.asked.is_none()),
    ];
    for (field, is_missing) in fields {
        if is_missing {
            let message = format!("`{field}` is missing");
            let fix = "every built-in question has it; data/README.md says what to write";
            diagnostics.push(entry.error(source, field, message).fix(fix));
        }
    }
}

/// Returns the tags that the page lists, such as "- `fastapi`: …".
fn listed_tags(page: &str) -> Vec<&str> {
    let list = page.split_once(HEADING).map_or("", |(_, list)| list);
    let list = list.split_once("\n#").map_or(list, |(list, _)| list);
    list.lines()
        .filter_map(|line| Some(line.strip_prefix("- `")?.split_once('`')?.0))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::super::{Bank, built_in};
    use super::*;

    #[test]
    fn the_list_of_the_page_is_read() {
        let page = "- `no`\n### Tags\n\nText\n\n- `a`: one\n- `b-c`: two\n\n## Next\n- `no`\n";
        assert_eq!(listed_tags(page), ["a", "b-c"]);
    }

    #[test]
    fn every_listed_tag_is_used() {
        let (bank, _) = Bank::load(built_in(), &[]);
        let questions = bank.questions().iter();
        let used: HashSet<&str> = questions
            .flat_map(|question| question.tags.iter().map(String::as_str))
            .collect();
        let unused: Vec<_> = TAGS.iter().filter(|tag| !used.contains(**tag)).collect();
        assert!(unused.is_empty(), "{unused:?}");
        assert_eq!(TAGS.len(), used.len());
    }
}
