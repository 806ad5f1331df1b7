//! Checks that an answer covers its key points: a member who gives the model answer must be able to
//! tick all of them.
//!
//! The check is cautious. A name in backticks must occur in the answer, but of a point's plain
//! words only a part must, because the answer may use other words.

use std::collections::HashSet;

use super::super::markup::{Segment, segments};
use super::super::question::TextField;
use super::super::sourced_question::SourcedQuestion;
use super::stemming::{prose_stems, stems};
use quizloop_diagnostics::{Diagnostic, Source};

/// Minimum length of a checked name: shorter ones, such as `x` or `fd`, only occur in examples.
const MIN_NAME_LENGTH: usize = 3;

/// Minimum number of plain words for a check of the words.
const MIN_WORDS: usize = 4;

/// At least one out of this number of plain words in a point must occur in the answer.
const COVERAGE_DIVISOR: usize = 3;

/// Reports points that the answer does not cover.
pub fn check(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let answer = entry.question.answer.to_lowercase();
    let known: HashSet<String> = stems(&answer).into_iter().collect();
    for point in entry
        .question
        .text_fields()
        .filter(|text_field| text_field.field == "points")
    {
        let Some((words, problem)) = missing_terms(&point, &answer, &known) else {
            continue;
        };
        let span = entry.text_span(source, point.field, point.item, &words);
        let diagnostic = Diagnostic::at(source, &span, format!("the answer {problem} {point}"));
        let fix = "add it to the answer, or remove it from the point";
        diagnostics.push(diagnostic.fix(fix));
    }
}

/// Returns what the answer lacks of a point: the words to highlight, and the message up to the
/// point's name.
fn missing_terms(
    point: &TextField<'_>,
    answer: &str,
    known: &HashSet<String>,
) -> Option<(String, String)> {
    let missing = code_names(point.text).find(|name| !answer.contains(&name.to_lowercase()));
    if let Some(name) = missing {
        return Some((name.to_owned(), format!("does not mention `{name}` of")));
    }
    let words = prose_stems(point.text);
    let covered = words.iter().filter(|word| known.contains(*word)).count();
    let is_missing = words.len() >= MIN_WORDS && covered * COVERAGE_DIVISOR < words.len();
    is_missing.then(|| (String::new(), "does not seem to cover".to_owned()))
}

/// Returns the names in the code of a text.
fn code_names(text: &str) -> impl Iterator<Item = &str> {
    segments(text)
        .into_iter()
        .filter_map(|segment| match segment {
            Segment::Code(code) => Some(code),
            Segment::Prose(_) | Segment::Unclosed(_) => None,
        })
        .flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .filter(|name| name.len() >= MIN_NAME_LENGTH && !name.starts_with(|c: char| c.is_numeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing_from(answer: &str, text: &str) -> Option<String> {
        let point = TextField {
            field: "points",
            item: Some(0),
            text,
        };
        let known = stems(answer).into_iter().collect();
        missing_terms(&point, &answer.to_lowercase(), &known).map(|(_, problem)| problem)
    }

    #[test]
    fn names_and_a_part_of_the_plain_words_must_occur() {
        let answer = "Call `Queue.put()`; with `maxsize` it waits until there is room.";
        assert_eq!(
            missing_from(answer, "`queue.put()` waits when the queue is full"),
            None
        );
        assert_eq!(
            missing_from(answer, "`get()` waits").unwrap(),
            "does not mention `get` of"
        );
        let other = "Shutting down closes all consumers cleanly";
        assert_eq!(
            missing_from(answer, other).unwrap(),
            "does not seem to cover"
        );
        // Too few words for a check.
        assert_eq!(missing_from(answer, "Not thread-safe"), None);
    }
}
