//! Finds condescending words, a second spelling of a word, and texts that are too short or too long.

use std::ops::RangeInclusive;

use super::super::markup::{Segment, segments};
use super::super::phrases::find_phrase;
use super::super::sourced_question::SourcedQuestion;
use quizloop_diagnostics::{Diagnostic, Source};

/// Words that belittle readers who do not know the answer.
const CONDESCENDING_WORDS: [&str; 3] = ["simply", "just", "obviously"];

/// Spellings that the bank does not use, with the one that it uses.
const SPELLINGS: [(&str, &str); 4] = [
    ("clean-up", "cleanup"),
    ("time-out", "timeout"),
    ("back-off", "backoff"),
    (concat!("for", " ever"), "forever"),
];

/// Number of words in the model answer.
const ANSWER_WORDS: RangeInclusive<usize> = 60..=150;

/// Number of sentences in the example answer.
const EXAMPLE_SENTENCES: RangeInclusive<usize> = 3..=6;

/// Reports condescending words, second spellings, and lengths outside the limits.
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
    check_spelling(entry, source, diagnostics);
    let question = &entry.question;
    let words = question.answer.split_whitespace().count();
    let example = question.example_answer.as_deref().unwrap_or_default();
    let sentences = count_sentences(example);
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

/// Reports second spellings in texts and programs.
fn check_spelling(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let texts = entry.question.text_fields().map(|text_field| {
        let name = text_field.to_string();
        (text_field.field, text_field.item, name, text_field.text)
    });
    let programs = entry.question.programs();
    let programs = programs.map(|(field, text)| (field, None, format!("`{field}`"), text));
    for (field, item, name, text) in texts.chain(programs) {
        for (other, used) in SPELLINGS {
            let Some(words) = find_phrase(text, other) else {
                continue;
            };
            let span = entry.text_span(source, field, item, words);
            let message = format!("{name} contains \"{words}\"");
            let fix = format!("write \"{used}\", as everywhere in the bank");
            diagnostics.push(Diagnostic::at(source, &span, message).fix(fix));
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
    fn a_second_spelling_is_found_across_a_line_break() {
        let (two_words, _) = SPELLINGS[3];
        let text = two_words.replace(' ', "\n");
        assert_eq!(find_phrase(&text, two_words), Some(text.as_str()));
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
