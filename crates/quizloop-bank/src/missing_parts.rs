//! Reports the parts that entries leave out.

use super::question::{OTHER_TOPIC, Question};
use super::sourced_question::SourcedQuestion;
use quizloop_diagnostics::{Diagnostic, Source};

/// Maximum number of entries listed for a file.
const MAX_LISTED: usize = 50;

/// Reports missing parts: an error for each built-in entry, and a warning for each operator's file
/// with one line per entry. Such an entry is asked all the same.
pub fn check(entries: &[SourcedQuestion], sources: &[Source], diagnostics: &mut Vec<Diagnostic>) {
    let built_in = entries.iter().filter(|entry| entry.built_in);
    diagnostics.extend(built_in.filter_map(|entry| error(entry, &sources[entry.file])));
    for (file, source) in sources.iter().enumerate() {
        let in_file = |entry: &&SourcedQuestion| !entry.built_in && entry.file == file;
        let incomplete: Vec<_> = entries
            .iter()
            .filter(in_file)
            .filter_map(|entry| Some((entry, joined(&missing_parts(entry))?)))
            .collect();
        if !incomplete.is_empty() {
            diagnostics.push(warning(source, &incomplete));
        }
    }
}

fn error(entry: &SourcedQuestion, source: &Source) -> Option<Diagnostic> {
    let mut missing = missing_parts(entry);
    missing.extend(missing_in_built_in(&entry.question));
    let message = format!("this question has no {}", joined(&missing)?);
    let fix = "every built-in question has them; data/README.md says what to write";
    Some(Diagnostic::at(source, &entry.header_span, message).fix(fix))
}

fn warning(source: &Source, incomplete: &[(&SourcedQuestion, String)]) -> Diagnostic {
    let line = |(entry, missing): &(&SourcedQuestion, String)| {
        let line = source.location(&entry.header_span).line;
        format!("line {line}: no {missing}")
    };
    let mut lines: Vec<_> = incomplete.iter().take(MAX_LISTED).map(line).collect();
    if let Some(more) = incomplete.len().checked_sub(MAX_LISTED + 1) {
        lines.push(format!("and {} more", more + 1));
    }
    if incomplete.iter().any(|(entry, _)| !entry.has_own_id) {
        lines.push(
            "Without an `id`, a question whose text you change becomes a new question.".into(),
        );
    }
    let message = match incomplete.len() {
        1 => "a question is incomplete; it is asked all the same".to_owned(),
        count => format!("{count} questions are incomplete; they are asked all the same"),
    };
    Diagnostic::warning(source.name(), message).fix(lines.join("\n"))
}

/// Returns the keys of the parts that people would see, and of the id.
fn missing_parts(entry: &SourcedQuestion) -> Vec<&'static str> {
    let question = &entry.question;
    let parts = [
        ("id", entry.has_own_id),
        ("topic", question.topic != OTHER_TOPIC),
        ("level", question.level.is_some()),
        ("how_to_answer", question.how_to_answer.is_some()),
        ("example_answer", question.example_answer.is_some()),
        ("points", !question.points.is_empty()),
        ("pitfalls", !question.pitfalls.is_empty()),
        ("docs", question.docs.is_some()),
        ("follow_up", question.follow_up.is_some()),
    ];
    absent(&parts)
}

/// Returns the other keys that a built-in entry needs.
fn missing_in_built_in(question: &Question) -> Vec<&'static str> {
    let parts = [
        ("number", question.number.is_some()),
        ("type", question.kind.is_some()),
        ("python", question.python.is_some()),
    ];
    absent(&parts)
}

fn absent(parts: &[(&'static str, bool)]) -> Vec<&'static str> {
    let absent = parts.iter().filter(|(_, is_present)| !is_present);
    absent.map(|(key, _)| *key).collect()
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

#[cfg(test)]
mod tests {
    use super::super::{Bank, PackFile};

    #[test]
    fn a_long_list_is_cut() {
        let entry = |number: usize| {
            format!("[[question]]\nquestion = \"Why {number}?\"\nanswer = \"So.\"\n")
        };
        let warning = |count: usize| {
            let file = PackFile {
                name: "own.toml".into(),
                bytes: (0..count).map(entry).collect::<String>().into_bytes(),
            };
            let (_, diagnostics) = Bank::check(&[], &[file], |_| Vec::new());
            let [warning] = diagnostics.try_into().unwrap();
            warning.fix.unwrap()
        };
        assert_eq!(warning(50).lines().count(), 51);
        assert!(!warning(50).contains("more"));
        assert_eq!(warning(51).lines().count(), 52);
        assert!(warning(51).contains("\nand 1 more\n"));
    }
}
