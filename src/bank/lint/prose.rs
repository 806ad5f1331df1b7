//! Words that talk down, and texts that are too short or too long to be learnt from.

use std::ops::RangeInclusive;

use super::super::markup::{Segment, segments};
use super::super::sourced_question::SourcedQuestion;
use crate::diagnostics::{Diagnostic, Source};

/// To somebody who does not know the answer, nothing is obvious.
const CONDESCENDING_WORDS: [&str; 3] = ["simply", "just", "obviously"];

/// How many words a model answer of ours has.
const ANSWER_WORDS: RangeInclusive<usize> = 60..=150;

/// How many sentences an example answer of ours has.
const EXAMPLE_SENTENCES: RangeInclusive<usize> = 3..=6;

/// Notes both.
pub fn check(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    for text_field in entry.text_fields() {
        for word in condescending_words(text_field.text) {
            let span = entry.text_span(source, text_field.field, text_field.item, word);
            let diagnostic = Diagnostic::at(source, &span, format!("{text_field} says \"{word}\""));
            diagnostics.push(
                diagnostic
                    .severity(entry.lint_severity())
                    .fix("take the word out, or say what you mean: only, exactly, a moment ago"),
            );
        }
    }
    if entry.built_in {
        let question = &entry.question;
        let words = question.answer.split_whitespace().count();
        let sentences = count_sentences(&question.example_answer);
        let sizes = [
            ("answer", words, ANSWER_WORDS, "words"),
            ("example_answer", sentences, EXAMPLE_SENTENCES, "sentences"),
        ];
        for (field, count, wanted, unit) in sizes {
            if !wanted.contains(&count) {
                let (least, most) = wanted.into_inner();
                let what = format!("`{field}` has {count} {unit}, not {least} to {most}");
                diagnostics.push(entry.error(source, field, what));
            }
        }
    }
}

fn condescending_words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for piece in segments(text) {
        let Segment::Prose(prose) = piece else {
            continue;
        };
        // "just-in-time" is a term.
        let words = prose.split(|c: char| !c.is_alphanumeric() && c != '-');
        found.extend(words.filter(|word| {
            CONDESCENDING_WORDS
                .iter()
                .any(|down| word.eq_ignore_ascii_case(down))
        }));
    }
    found
}

/// Ends of sentences outside of code: a mark, perhaps closing signs, and a space or the end.
fn count_sentences(text: &str) -> usize {
    let prose: String = segments(text)
        .into_iter()
        .map(|piece| match piece {
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
