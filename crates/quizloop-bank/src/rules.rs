//! Rules that an entry must follow to be asked, besides its [limits](super::limits): valid names,
//! complete fields, and no text that would break the formatting of a message.

use super::field_error::FieldError;
use super::markup::{Block, blocks};
use super::question::{Kind, Question, TextField};

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

/// Returns an error for each broken rule. A question with errors is not asked. More rules hold for
/// built-in questions.
pub fn check(question: &Question, built_in: bool) -> Vec<FieldError> {
    let mut errors = Vec::new();
    check_names(question, &mut errors);
    check_tags(question, &mut errors);
    check_texts(question, built_in, &mut errors);
    check_programs(question, &mut errors);
    check_kinds(question, built_in, &mut errors);
    check_wrong_outputs(question, &mut errors);
    check_docs(question, built_in, &mut errors);
    errors
}

fn check_names(question: &Question, errors: &mut Vec<FieldError>) {
    for (field, name) in [("id", &question.id), ("topic", &question.topic)] {
        if !is_kebab_case(name) {
            let message = format!("the {field} \"{name}\" is not in kebab-case");
            errors.push(FieldError::new(field, message, KEBAB_CASE_FIX));
        }
    }
}

fn check_tags(question: &Question, errors: &mut Vec<FieldError>) {
    let tags = &question.tags;
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
        errors.push(FieldError::new("tags", message, fix).item(Some(item)));
    }
}

/// Whether a name is in kebab-case. Ids become part of custom ids, in which `:` and `*` have a
/// meaning.
pub(crate) fn is_kebab_case(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.split('-')
        .all(|word| !word.is_empty() && word.chars().all(is_allowed))
}

/// Checks the prose. Only the answer may have code blocks, because each of the other texts is shown
/// inside of a line or a quote. Those of built-in questions have `code`, which tests run.
fn check_texts(question: &Question, built_in: bool, errors: &mut Vec<FieldError>) {
    for text_field in question.text_fields() {
        let TextField { field, item, text } = text_field;
        let (what, fix) = if text.is_empty() {
            let is_required = matches!(field, "question" | "answer");
            let fix = if is_required {
                "write it, or remove the entry"
            } else {
                "write it, or remove it"
            };
            ("is empty", fix)
        } else if text.contains(CODE_FENCE) && (built_in || field != "answer") {
            (
                "contains a code fence",
                "put programs into `code`, and short code between single backticks",
            )
        } else if has_open_code_block(text) {
            (
                "has a code block that does not end",
                "end it with a line of three backticks",
            )
        } else if text.contains(is_forbidden_control) {
            ("contains a control character", "remove it")
        } else if item.is_some() && text.contains('\n') {
            (
                "contains an empty line",
                "split it into two items: each item is a single line",
            )
        } else {
            continue;
        };
        let message = format!("{text_field} {what}");
        errors.push(FieldError::new(field, message, fix).item(item));
    }
    let points = &question.points;
    for (item, point) in points.iter().enumerate() {
        if points[..item].contains(point) {
            let message = format!("point {} is a duplicate", item + 1);
            let fix = "remove one of the two: members tick each point";
            errors.push(FieldError::new("points", message, fix).item(Some(item)));
        }
    }
}

fn has_open_code_block(text: &str) -> bool {
    let is_open =
        |block: &Block<'_>| matches!(block, Block::Prose(prose) if prose.contains(CODE_FENCE));
    blocks(text).iter().any(is_open)
}

fn is_forbidden_control(c: char) -> bool {
    c.is_control() && c != '\n'
}

fn check_programs(question: &Question, errors: &mut Vec<FieldError>) {
    for (field, text) in question.programs() {
        if text.contains(CODE_FENCE) {
            let message =
                format!("`{field}` contains a code fence, which would end the code block");
            let fix = "write the three backticks in another way, such as \"`\" * 3";
            errors.push(FieldError::new(field, message, fix));
        }
        if text.contains(|c| is_forbidden_control(c) && c != '\t') {
            let message = format!("`{field}` contains a control character");
            let fix = "remove it, or write an escape sequence";
            errors.push(FieldError::new(field, message, fix));
        }
    }
    let code = ("code", question.code.is_some());
    let output = ("output", question.output.is_some());
    let broken = ("broken", question.broken.is_some());
    let broken_output = ("broken_output", question.broken_output.is_some());
    let needs = [
        (code, output),
        (output, code),
        (broken, code),
        (broken_output, broken),
    ];
    for ((field, is_set), (required, required_is_set)) in needs {
        if is_set && !required_is_set {
            let message = format!("`{field}` needs `{required}`, which is missing");
            let fix = format!("add `{required}`, or remove `{field}`");
            errors.push(FieldError::new(field, message, fix));
        }
    }
}

/// Number of wrong outputs: with the right one, members choose from four.
const WRONG_OUTPUTS_COUNT: usize = 3;

fn check_wrong_outputs(question: &Question, errors: &mut Vec<FieldError>) {
    let field = "wrong_outputs";
    let wrong = question.wrong_outputs.as_slice();
    if wrong.is_empty() {
        return;
    }
    if question.kind != Some(Kind::Predict) {
        let message = format!("{} cannot have `{field}`", of_type(question.kind));
        let fix = "write type = \"predict\", or remove them";
        errors.push(FieldError::new(field, message, fix));
    }
    if wrong.len() != WRONG_OUTPUTS_COUNT {
        let message = format!(
            "`{field}` has {} items, but needs {WRONG_OUTPUTS_COUNT}",
            wrong.len()
        );
        let fix = "add or remove items: members choose from these and the right one";
        errors.push(FieldError::new(field, message, fix));
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
        let message = format!("wrong output {} {what}", item + 1);
        errors.push(FieldError::new(field, message, fix).item(Some(item)));
    }
}

/// Names a question by its type, at the beginning of a message.
fn of_type(kind: Option<Kind>) -> String {
    match kind {
        Some(kind) => format!("a question of type {kind}"),
        None => "a question without a type".into(),
    }
}

fn check_kinds(question: &Question, built_in: bool, errors: &mut Vec<FieldError>) {
    let kind = question.kind;
    if kind == Some(Kind::Predict) && question.code.is_none() {
        let message = "a question of type predict needs `code`, which is missing";
        let fix = "add `code` and `output`, or choose another type";
        errors.push(FieldError::new("type", message, fix));
    }
    if kind == Some(Kind::Bug) && question.broken.is_none() && built_in {
        let message = "a question of type bug needs `broken`, which is missing";
        let fix = "add `broken`, the program with the bug; `code` is the fixed program";
        errors.push(FieldError::new("type", message, fix));
    }
    if kind != Some(Kind::Bug) && question.broken.is_some() {
        let message = format!("{} cannot have `broken`", of_type(kind));
        let fix = "write type = \"bug\", or remove it";
        errors.push(FieldError::new("broken", message, fix));
    }
}

fn check_docs(question: &Question, built_in: bool, errors: &mut Vec<FieldError>) {
    let Some(docs) = question.docs.as_deref() else {
        return;
    };
    let page = docs.strip_prefix("https://").unwrap_or_default();
    let is_link = !page.is_empty()
        && !page.starts_with('/')
        && !docs.contains(|c: char| c.is_whitespace() || is_forbidden_control(c));
    let (what, fix) = if !is_link {
        (
            "is not an https link".to_owned(),
            "write the full link, such as \"https://docs.python.org/3/library/asyncio.html\"",
        )
    } else if docs.len() > DOCS_MAX {
        let (length, over) = (docs.len(), docs.len() - DOCS_MAX);
        let what = format!("has {length} characters, {over} more than the limit of {DOCS_MAX}");
        (what, "shorten it")
    } else if built_in && !docs.starts_with(PYTHON_DOCS) {
        (
            format!("does not start with {PYTHON_DOCS}"),
            "link to Python's own documentation",
        )
    } else {
        return;
    };
    errors.push(FieldError::new("docs", format!("`docs` {what}"), fix));
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
