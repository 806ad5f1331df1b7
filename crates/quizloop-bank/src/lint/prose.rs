//! Finds condescending words, and texts that are too short or too long.

use std::ops::RangeInclusive;

use super::super::markup::{Segment, segments};
use super::super::sourced_question::SourcedQuestion;
use quizloop_diagnostics::{Diagnostic, Source};

/// Words that belittle readers who do not know the answer.
const CONDESCENDING_WORDS: [&str; 3] = ["simply", "just", "obviously"];

/// Number of words in the model answer.
const ANSWER_WORDS: RangeInclusive<usize> = 60..=150;

/// Number of sentences in the example answer.
const EXAMPLE_SENTENCES: RangeInclusive<usize> = 3..=6;

/// Reports condescending words, and lengths outside the limits.
pub fn check(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    for text_field in entry.question.text_fields() {
        for word in condescending_words(text_field.text) {
            let span = entry.text_span(source, text_field.field, text_field.item, word);
            let diagnostic =
                Diagnostic::at(source, &span, format!("{text_field} contains \"{word}\""));
            let fix = "remove the word, or be precise: only, exactly, a moment ago";
            diagnostics.push(diagnostic.fix(fix));
        }
    }
    let question = &entry.question;
    let words = question.answer.split_whitespace().count();
    let sentences = count_sentences(&question.example_answer);
    let sizes = [
        ("answer", words, ANSWER_WORDS, "words"),
        ("example_answer", sentences, EXAMPLE_SENTENCES, "sentences"),
    ];
    for (field, count, limits, unit) in sizes {
        if !limits.contains(&count) {
            let (min, max) = limits.into_inner();
            let message = format!("`{field}` needs {min} to {max} {unit}, but has {count}");
            diagnostics.push(entry.error(source, field, message));
        }
    }
}

fn condescending_words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for segment in segments(text) {
        let Segment::Prose(prose) = segment else {
            continue;
        };
        // A hyphen belongs to the word: "just-in-time" is a term.
        let words = prose.split(|c: char| !c.is_alphanumeric() && c != '-');
        found.extend(words.filter(|word| {
            CONDESCENDING_WORDS
                .iter()
                .any(|condescending| word.eq_ignore_ascii_case(condescending))
        }));
    }
    found
}

/// Counts the ends of sentences outside code: a mark, optional closing quotes or brackets, then a
/// space or the end of the text.
fn count_sentences(text: &str) -> usize {
    let prose: String = segments(text)
        .into_iter()
        .map(|segment| match segment {
            Segment::Prose(prose) => prose,
            Segment::Code(_) | Segment::Unclosed(_) => "code",
        })
        .collect();
    prose
        .split_whitespace()
        .filter(|word| {
            word.trim_end_matches(['"', '\'', ')', '*', '”', '’'])
                .ends_with(['.', '!', '?'])
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_and_outside_of_code() {
        let text = "Just await it. `just` is not `simply`; adjust it just-in-time, OBVIOUSLY.";
        assert_eq!(condescending_words(text), ["Just", "OBVIOUSLY"]);
    }

    #[test]
    fn sentences_end_with_a_mark() {
        assert_eq!(
            count_sentences("Use `a. b`. (Since 3.11.) \"Really?\" Yes!"),
            4
        );
        assert_eq!(count_sentences("no end"), 0);
    }
}
