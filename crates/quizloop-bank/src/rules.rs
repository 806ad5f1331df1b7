//! Rules that an entry must follow to be asked, besides its [limits](super::limits): valid names,
//! complete fields, and no text that would break the formatting of a message.

use super::question::Kind;
use super::sourced_question::SourcedQuestion;
use quizloop_diagnostics::{Diagnostic, Source};

/// Prefix of the links of built-in questions.
const PYTHON_DOCS: &str = "https://docs.python.org/3/";

/// Maximum length of a link in characters: it may become a link button (Discord docs,
/// components/reference, "Button Structure": url).
const DOCS_MAX: usize = 512;

/// The text that ends a code block in a message.
const CODE_FENCE: &str = "```";

/// What to do about a name that is not in kebab-case.
pub(crate) const KEBAB_CASE_FIX: &str =
    "write lower-case letters and digits, with single hyphens between words";

/// Returns an error for each broken rule. An entry with errors is not asked.
pub fn check(entry: &SourcedQuestion, source: &Source) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    check_names(entry, source, &mut diagnostics);
    check_tags(entry, source, &mut diagnostics);
    check_texts(entry, source, &mut diagnostics);
    check_programs(entry, source, &mut diagnostics);
    check_docs(entry, source, &mut diagnostics);
    diagnostics
}

fn check_names(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let question = &entry.question;
    for (field, name) in [("id", &question.id), ("topic", &question.topic)] {
        if !is_kebab_case(name) {
            let message = format!("the {field} \"{name}\" is not in kebab-case");
            diagnostics.push(entry.error(source, field, message).fix(KEBAB_CASE_FIX));
        }
    }
}

fn check_tags(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let tags = &entry.question.tags;
    for (item, tag) in tags.iter().enumerate() {
        let (message, fix) = if !is_kebab_case(tag) {
            let message = format!("the tag \"{tag}\" is not in kebab-case");
            (message, KEBAB_CASE_FIX)
        } else if tags[..item].contains(tag) {
            let message = format!("the tag `{tag}` is a duplicate");
            (message, "remove one of the two")
        } else {
            continue;
        };
        let span = entry.key_span("tags", Some(item));
        diagnostics.push(Diagnostic::at(source, &span, message).fix(fix));
    }
}

/// Whether a name is in kebab-case. Ids become part of custom ids, in which `:` and `*` have a
/// meaning.
pub(crate) fn is_kebab_case(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.split('-')
        .all(|word| !word.is_empty() && word.chars().all(is_allowed))
}

fn check_texts(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    for text_field in entry.question.text_fields() {
        let problem = if text_field.text.is_empty() {
            Some(("is empty", "write it, or remove the entry"))
        } else if text_field.text.contains(CODE_FENCE) {
            Some((
                "contains a code fence",
                "put programs into `code`, and short code between single backticks",
            ))
        } else if text_field.text.contains(is_forbidden_control) {
            Some(("contains a control character", "remove it"))
        } else if matches!(text_field.field, "points" | "pitfalls")
            && text_field.text.contains('\n')
        {
            Some((
                "contains an empty line",
                "split it into two items: each item is a single line",
            ))
        } else {
            None
        };
        if let Some((what, fix)) = problem {
            diagnostics.push(
                entry
                    .error_in(source, &text_field, format!("{text_field} {what}"))
                    .fix(fix),
            );
        }
    }
    let points = &entry.question.points;
    for (item, point) in points.iter().enumerate() {
        if points[..item].contains(point) {
            let message = format!("point {} is a duplicate", item + 1);
            let diagnostic = Diagnostic::at(source, &entry.key_span("points", Some(item)), message);
            diagnostics.push(diagnostic.fix("remove one of the two: members tick each point"));
        }
    }
}

fn is_forbidden_control(c: char) -> bool {
    c.is_control() && c != '\n'
}

fn check_programs(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let question = &entry.question;
    for (field, text) in entry.question.programs() {
        if text.contains(CODE_FENCE) {
            let message =
                format!("`{field}` contains a code fence, which would end the code block");
            let fix = "write the three backticks in another way, such as \"`\" * 3";
            diagnostics.push(entry.error(source, field, message).fix(fix));
        }
        if text.contains(|c| is_forbidden_control(c) && c != '\t') {
            let message = format!("`{field}` contains a control character");
            diagnostics.push(
                entry
                    .error(source, field, message)
                    .fix("remove it, or write an escape sequence"),
            );
        }
    }
    let pairs = [
        (
            "code",
            question.code.is_some(),
            "output",
            question.output.is_some(),
        ),
        (
            "output",
            question.output.is_some(),
            "code",
            question.code.is_some(),
        ),
        (
            "broken",
            question.broken.is_some(),
            "code",
            question.code.is_some(),
        ),
        (
            "broken_output",
            question.broken_output.is_some(),
            "broken",
            question.broken.is_some(),
        ),
    ];
    for (field, is_set, required, required_is_set) in pairs {
        if is_set && !required_is_set {
            let message = format!("`{field}` needs `{required}`, which is missing");
            let fix = format!("add `{required}`, or remove `{field}`");
            diagnostics.push(entry.error(source, field, message).fix(fix));
        }
    }
    check_kinds(entry, source, diagnostics);
    check_wrong_outputs(entry, source, diagnostics);
}

/// Number of wrong outputs: with the right one, members choose from four.
const WRONG_OUTPUTS_COUNT: usize = 3;

fn check_wrong_outputs(
    entry: &SourcedQuestion,
    source: &Source,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let question = &entry.question;
    let wrong = question.wrong_outputs.as_slice();
    if wrong.is_empty() {
        return;
    }
    let mut report = |item: Option<usize>, message: String, fix: &str| {
        let span = entry.key_span("wrong_outputs", item);
        diagnostics.push(Diagnostic::at(source, &span, message).fix(fix));
    };
    if question.kind != Kind::Predict {
        let message = format!(
            "a question of type {} cannot have `wrong_outputs`",
            question.kind
        );
        report(None, message, "write type = \"predict\", or remove them");
    }
    if wrong.len() != WRONG_OUTPUTS_COUNT {
        let message = format!(
            "`wrong_outputs` has {} items, but needs {WRONG_OUTPUTS_COUNT}",
            wrong.len()
        );
        report(
            None,
            message,
            "add or remove items: members choose from these and the right one",
        );
    }
    for (item, text) in wrong.iter().enumerate() {
        let (what, fix) = if text.is_empty() {
            ("is empty", "write it, or remove all three")
        } else if question.output.as_ref() == Some(text) {
            (
                "is the right output",
                "write an output that someone with a misconception expects",
            )
        } else if wrong[..item].contains(text) {
            ("is a duplicate", "write a different one")
        } else {
            continue;
        };
        report(Some(item), format!("wrong output {} {what}", item + 1), fix);
    }
}

fn check_kinds(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let question = &entry.question;
    if question.kind == Kind::Predict && question.code.is_none() {
        let message = "a question of type predict needs `code`, which is missing";
        let fix = "add `code` and `output`, or choose another type";
        diagnostics.push(entry.error(source, "type", message).fix(fix));
    }
    if question.kind == Kind::Bug && question.broken.is_none() && entry.built_in {
        let message = "a question of type bug needs `broken`, which is missing";
        let fix = "add `broken`, the program with the bug; `code` is the fixed program";
        diagnostics.push(entry.error(source, "type", message).fix(fix));
    }
    if question.kind != Kind::Bug && question.broken.is_some() {
        let message = format!("a question of type {} cannot have `broken`", question.kind);
        diagnostics.push(
            entry
                .error(source, "broken", message)
                .fix("write type = \"bug\", or remove it"),
        );
    }
}

fn check_docs(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let docs = entry.question.docs.as_str();
    let page = docs.strip_prefix("https://").unwrap_or_default();
    let problem = if page.is_empty()
        || page.starts_with('/')
        || docs.contains(|c: char| c.is_whitespace() || is_forbidden_control(c))
    {
        Some((
            "is not an https link".to_owned(),
            "write the full link, such as \"https://docs.python.org/3/library/asyncio.html\"",
        ))
    } else if docs.len() > DOCS_MAX {
        let over = docs.len() - DOCS_MAX;
        Some((
            format!(
                "has {} characters, {over} more than the limit of {DOCS_MAX}",
                docs.len()
            ),
            "shorten it",
        ))
    } else if entry.built_in && !docs.starts_with(PYTHON_DOCS) {
        Some((
            format!("does not start with {PYTHON_DOCS}"),
            "link to Python's own documentation",
        ))
    } else {
        None
    };
    if let Some((what, fix)) = problem {
        diagnostics.push(
            entry
                .error(source, "docs", format!("`docs` {what}"))
                .fix(fix),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kebab_case_has_single_hyphens_between_words() {
        for good in ["a", "queue-handover", "python-3-14"] {
            assert!(is_kebab_case(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "A", "a_b", "a b", "a:b", "ä"] {
            assert!(!is_kebab_case(bad), "{bad}");
        }
    }
}
