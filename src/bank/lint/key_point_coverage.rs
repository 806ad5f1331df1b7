//! An answer must hold what its points ask for: who learns it by heart must be able to tick them all.
//!
//! The check is a cautious one. A name in backticks must be in the answer; of a point's plain words only
//! a part must, as the answer may say it otherwise.

use std::collections::HashSet;

use super::super::markup::{Segment, segments};
use super::super::sourced_question::{SourcedQuestion, TextField};
use super::stemming::{prose_stems, stems};
use crate::diagnostics::{Diagnostic, Source};

/// Shorter names, such as `x` or `fd`, are made up for an example.
const MIN_NAME_LENGTH: usize = 3;

/// Of fewer plain words nothing can be told.
const MIN_WORDS: usize = 4;

/// One in so many of a point's plain words must be in the answer.
const COVERAGE_DIVISOR: usize = 3;

/// Notes points whose terms the answer lacks.
pub fn check(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let answer = entry.question.answer.to_lowercase();
    let known: HashSet<String> = stems(&answer).into_iter().collect();
    for point in entry
        .text_fields()
        .filter(|text_field| text_field.field == "points")
    {
        let Some((words, what)) = missing_terms(&point, &answer, &known) else {
            continue;
        };
        let span = entry.text_span(source, point.field, point.item, &words);
        let diagnostic = Diagnostic::at(source, &span, format!("the answer {what} {point}"));
        let fix = "say it in the answer as well, or drop it from the point";
        diagnostics.push(diagnostic.severity(entry.lint_severity()).fix(fix));
    }
}

/// What the answer lacks of a point: the words to show, and a sentence up to the point's name.
fn missing_terms(
    point: &TextField<'_>,
    answer: &str,
    known: &HashSet<String>,
) -> Option<(String, String)> {
    let missing = code_names(point.text).find(|name| !answer.contains(&name.to_lowercase()));
    if let Some(name) = missing {
        return Some((name.to_owned(), format!("does not have the `{name}` of")));
    }
    let words = prose_stems(point.text);
    let there = words.iter().filter(|word| known.contains(*word)).count();
    let lacks = words.len() >= MIN_WORDS && there * COVERAGE_DIVISOR < words.len();
    lacks.then(|| (String::new(), "does not seem to say".to_owned()))
}

/// The names in a text's code.
fn code_names(text: &str) -> impl Iterator<Item = &str> {
    segments(text)
        .into_iter()
        .filter_map(|piece| match piece {
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
        missing_terms(&point, &answer.to_lowercase(), &known).map(|(_, what)| what)
    }

    #[test]
    fn names_must_be_there_and_plain_words_in_part() {
        let answer = "Call `Queue.put()`; with `maxsize` it waits until there is room.";
        assert_eq!(
            missing_from(answer, "`queue.put()` waits when the queue is full"),
            None
        );
        assert_eq!(
            missing_from(answer, "`get()` waits").unwrap(),
            "does not have the `get` of"
        );
        let other = "Shutting down closes all consumers cleanly";
        assert_eq!(missing_from(answer, other).unwrap(), "does not seem to say");
        // Too few words to tell.
        assert_eq!(missing_from(answer, "Not thread-safe"), None);
    }
}
