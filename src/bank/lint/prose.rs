//! Words that talk down, and texts that are too short or too long to be learnt from.

use std::ops::RangeInclusive;

use super::super::entry::Entry;
use super::super::markup::{Piece, pieces};
use crate::findings::{Finding, Source};

/// To somebody who does not know the answer, nothing is obvious.
const TALKS_DOWN: [&str; 3] = ["simply", "just", "obviously"];

/// How many words a model answer of ours has.
const ANSWER_WORDS: RangeInclusive<usize> = 60..=150;

/// How many sentences an example answer of ours has.
const EXAMPLE_SENTENCES: RangeInclusive<usize> = 3..=6;

/// Notes both.
pub fn check(entry: &Entry, source: &Source, findings: &mut Vec<Finding>) {
    for passage in entry.prose() {
        for word in talking_down(passage.text) {
            let span = entry.words(source, passage.field, passage.item, word);
            let finding = Finding::at(source, &span, format!("{passage} says \"{word}\""));
            findings.push(
                finding
                    .severity(entry.strictness())
                    .fix("take the word out, or say what you mean: only, exactly, a moment ago"),
            );
        }
    }
    if entry.built_in {
        let question = &entry.question;
        let words = question.answer.split_whitespace().count();
        let sentences = sentences(&question.example_answer);
        let sizes = [
            ("answer", words, ANSWER_WORDS, "words"),
            ("example_answer", sentences, EXAMPLE_SENTENCES, "sentences"),
        ];
        for (field, count, wanted, unit) in sizes {
            if !wanted.contains(&count) {
                let (least, most) = wanted.into_inner();
                let what = format!("`{field}` has {count} {unit}, not {least} to {most}");
                findings.push(entry.error(source, field, what));
            }
        }
    }
}

fn talking_down(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for piece in pieces(text) {
        let Piece::Prose(prose) = piece else {
            continue;
        };
        // "just-in-time" is a term.
        let words = prose.split(|c: char| !c.is_alphanumeric() && c != '-');
        found.extend(words.filter(|word| {
            TALKS_DOWN
                .iter()
                .any(|down| word.eq_ignore_ascii_case(down))
        }));
    }
    found
}

/// Ends of sentences outside of code: a mark, perhaps closing signs, and a space or the end.
fn sentences(text: &str) -> usize {
    let prose: String = pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Prose(prose) => prose,
            Piece::Code(_) | Piece::Open(_) => "code",
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
        assert_eq!(talking_down(text), ["Just", "OBVIOUSLY"]);
    }

    #[test]
    fn sentences_end_with_a_mark() {
        assert_eq!(sentences("Use `a. b`. (Since 3.11.) \"Really?\" Yes!"), 4);
        assert_eq!(sentences("no end"), 0);
    }
}
