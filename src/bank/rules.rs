//! What an entry must be to be asked at all, besides its [limits](super::limits): named well, complete,
//! and made so that nothing in it breaks the message around it.

use super::question::Kind;
use super::sourced_question::SourcedQuestion;
use crate::diagnostics::{Diagnostic, Source};

/// Where the built-in questions link to.
const PYTHON_DOCS: &str = "https://docs.python.org/3/";

/// Characters of a link: it may become a link button (Discord docs, components/reference, "Button
/// Structure": url).
const DOCS_MAX: usize = 512;

/// What ends a code block in a message.
const CODE_FENCE: &str = "```";

/// Everything in an entry that keeps it from being asked.
pub fn check(entry: &SourcedQuestion, source: &Source) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    check_names(entry, source, &mut diagnostics);
    check_texts(entry, source, &mut diagnostics);
    check_programs(entry, source, &mut diagnostics);
    check_docs(entry, source, &mut diagnostics);
    diagnostics
}

fn check_names(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let question = &entry.question;
    for (field, name) in [("id", &question.id), ("topic", &question.topic)] {
        if !is_kebab_case(name) {
            let what = format!("the {field} \"{name}\" is not in kebab-case");
            let fix = "write lower-case letters and digits, with single hyphens between words";
            diagnostics.push(entry.error(source, field, what).fix(fix));
        }
    }
}

/// Ids become part of what buttons carry, where `:` and `*` have a meaning.
fn is_kebab_case(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.split('-')
        .all(|word| !word.is_empty() && word.chars().all(plain))
}

fn check_texts(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    for text_field in entry.text_fields() {
        let wrong = if text_field.text.is_empty() {
            Some(("is empty", "write it, or take the entry out"))
        } else if text_field.text.contains(CODE_FENCE) {
            Some((
                "has a code fence in it",
                "put programs into `code`, a word of code between single backticks",
            ))
        } else if text_field.text.contains(is_forbidden_control) {
            Some(("has a control character in it", "take it out"))
        } else if matches!(text_field.field, "points" | "pitfalls")
            && text_field.text.contains('\n')
        {
            Some((
                "has an empty line in it",
                "make two of it: each is a single line",
            ))
        } else {
            None
        };
        if let Some((what, fix)) = wrong {
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
            let what = format!("point {} is there twice", item + 1);
            let diagnostic = Diagnostic::at(source, &entry.key_span("points", Some(item)), what);
            diagnostics
                .push(diagnostic.fix("each point is ticked on its own: take one of them out"));
        }
    }
}

fn is_forbidden_control(c: char) -> bool {
    c.is_control() && c != '\n'
}

fn check_programs(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let question = &entry.question;
    for (field, text) in entry.programs() {
        if text.contains(CODE_FENCE) {
            let what = format!("`{field}` has a code fence in it, which would end the code block");
            let fix = "write the three backticks in another way, such as \"`\" * 3";
            diagnostics.push(entry.error(source, field, what).fix(fix));
        }
        if text.contains(|c| is_forbidden_control(c) && c != '\t') {
            let what = format!("`{field}` has a control character in it");
            diagnostics.push(
                entry
                    .error(source, field, what)
                    .fix("take it out, or write its escape"),
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
    for (field, is_there, other, other_is_there) in pairs {
        if is_there && !other_is_there {
            let what = format!("there is `{field}`, but no `{other}`");
            let fix = format!("add `{other}`, or take `{field}` out");
            diagnostics.push(entry.error(source, field, what).fix(fix));
        }
    }
    check_kinds(entry, source, diagnostics);
    check_wrong_outputs(entry, source, diagnostics);
}

/// How many wrong outputs there are beside the right one: four to choose from.
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
    let mut report = |item: Option<usize>, what: String, fix: &str| {
        let place = entry.key_span("wrong_outputs", item);
        diagnostics.push(Diagnostic::at(source, &place, what).fix(fix));
    };
    if question.kind != Kind::Predict {
        let what = format!("a question of type {} has `wrong_outputs`", question.kind);
        report(None, what, "make it type = \"predict\", or take them out");
    }
    if wrong.len() != WRONG_OUTPUTS_COUNT {
        let what = format!(
            "`wrong_outputs` has {} items, not {WRONG_OUTPUTS_COUNT}",
            wrong.len()
        );
        report(
            None,
            what,
            "with the right one there are four to choose from",
        );
    }
    for (item, text) in wrong.iter().enumerate() {
        let (what, fix) = if text.is_empty() {
            ("is empty", "write it, or take all three out")
        } else if question.output.as_ref() == Some(text) {
            ("is the right one", "write what a false belief leads to")
        } else if wrong[..item].contains(text) {
            ("is there twice", "write another one")
        } else {
            continue;
        };
        report(Some(item), format!("wrong output {} {what}", item + 1), fix);
    }
}

fn check_kinds(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let question = &entry.question;
    if question.kind == Kind::Predict && question.code.is_none() {
        let what = "there is no `code` of which to predict the output";
        let fix = "add `code` and `output`, or choose another type";
        diagnostics.push(entry.error(source, "type", what).fix(fix));
    }
    if question.kind == Kind::Bug && question.broken.is_none() && entry.built_in {
        let what = "there is no `broken` program in which to find the bug";
        let fix = "add `broken`; `code` is the mended program";
        diagnostics.push(entry.error(source, "type", what).fix(fix));
    }
    if question.kind != Kind::Bug && question.broken.is_some() {
        let what = format!(
            "a question of type {} has a `broken` program",
            question.kind
        );
        diagnostics.push(
            entry
                .error(source, "broken", what)
                .fix("make it type = \"bug\", or take it out"),
        );
    }
}

fn check_docs(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let docs = entry.question.docs.as_str();
    let page = docs.strip_prefix("https://").unwrap_or_default();
    let wrong = if page.is_empty()
        || page.starts_with('/')
        || docs.contains(|c: char| c.is_whitespace() || is_forbidden_control(c))
    {
        Some((
            "is not an https link".to_owned(),
            "write the whole link, such as \"https://docs.python.org/3/library/asyncio.html\"",
        ))
    } else if docs.len() > DOCS_MAX {
        let over = docs.len() - DOCS_MAX;
        Some((
            format!(
                "has {} characters, {over} more than the {DOCS_MAX} that fit",
                docs.len()
            ),
            "shorten it",
        ))
    } else if entry.built_in && !docs.starts_with(PYTHON_DOCS) {
        Some((
            format!("is not under {PYTHON_DOCS}"),
            "link to Python's own documentation",
        ))
    } else {
        None
    };
    if let Some((what, fix)) = wrong {
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
