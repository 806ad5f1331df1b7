//! Reports the parts that an entry leaves out.

use super::question::{OTHER_TOPIC, Question};
use super::sourced_question::SourcedQuestion;
use quizloop_diagnostics::{Diagnostic, Source};

/// Reports the missing parts of an entry together. It is asked all the same, unless it is built in.
pub fn check(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let mut missing = missing_parts(&entry.question);
    if !entry.has_own_id {
        missing.insert(0, "id");
    }
    if entry.built_in {
        missing.extend(missing_in_built_in(&entry.question));
    }
    let Some(list) = joined(&missing) else {
        return;
    };
    let fix = match (entry.built_in, entry.has_own_id) {
        (true, _) => "every built-in question has them; data/README.md says what to write".into(),
        (false, true) => "it is asked without them".into(),
        (false, false) => format!(
            "it is asked without them; add `id = \"{}\"` before you change its text, or it becomes \
             a new question",
            entry.question.id
        ),
    };
    let message = format!("this question has no {list}");
    let diagnostic = Diagnostic::at(source, &entry.header_span, message);
    diagnostics.push(diagnostic.severity(entry.warning_severity()).fix(fix));
}

/// Returns the keys of the parts that members would see.
fn missing_parts(question: &Question) -> Vec<&'static str> {
    let parts = [
        ("topic", question.topic != OTHER_TOPIC),
        ("level", question.level.is_some()),
        ("how_to_answer", question.how_to_answer.is_some()),
        ("example_answer", question.example_answer.is_some()),
        ("points", !question.points.is_empty()),
        ("pitfalls", !question.pitfalls.is_empty()),
        ("docs", question.docs.is_some()),
        ("follow_up", question.follow_up.is_some()),
    ];
    absent(&parts).collect()
}

/// Returns the other keys that a built-in entry needs.
fn missing_in_built_in(question: &Question) -> Vec<&'static str> {
    let parts = [
        ("number", question.number.is_some()),
        ("type", question.kind.is_some()),
        ("python", question.python.is_some()),
    ];
    absent(&parts).collect()
}

fn absent<'p>(parts: &'p [(&'static str, bool)]) -> impl Iterator<Item = &'static str> + use<'p> {
    let absent = parts.iter().filter(|(_, is_present)| !is_present);
    absent.map(|(key, _)| *key)
}

/// Joins keys to a list such as `` `a`, `b` or `c` ``; `None` if there are none.
fn joined(keys: &[&str]) -> Option<String> {
    let quoted: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
    let (last, others) = quoted.split_last()?;
    Some(if others.is_empty() {
        last.clone()
    } else {
        format!("{} or {last}", others.join(", "))
    })
}
