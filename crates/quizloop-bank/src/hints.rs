//! Finds coaching that hints at the point of a question instead of naming it.
//!
//! "One word decides the question" is a riddle for a reader who does not know the answer, and says
//! nothing to a reader who does. The check is mechanical: it looks for the phrases that such
//! sentences consist of.

use super::markup::{Segment, segments};
use super::phrases::find_phrases;
use super::sourced_question::SourcedQuestion;
use quizloop_diagnostics::{Diagnostic, Source};

/// Phrases that stand for a noun that the sentence does not say.
const HINTS: [&str; 26] = [
    "one word",
    "one thing",
    "something else",
    "a trap",
    "the trap",
    "tripwire",
    "the twist",
    "the catch",
    "the real question",
    "the question behind",
    "is the core",
    "is the heart",
    "the heart of the question",
    "decides the question",
    "the point to land",
    "the extra mile",
    "interviewer waits",
    "interviewer is waiting",
    "interviewer wants",
    "interviewer hopes",
    "interviewer listens",
    "interviewer will listen",
    "interviewer is after",
    "waits to hear",
    "wants to hear",
    "likes to hear",
];

/// Reports hints in `how_to_answer`.
pub fn check(entry: &SourcedQuestion, source: &Source, diagnostics: &mut Vec<Diagnostic>) {
    let field = "how_to_answer";
    let text = entry.question.how_to_answer.as_deref();
    for words in hints(text.unwrap_or_default()) {
        let span = entry.text_span(source, field, None, words);
        let message = format!("`{field}` hints at the point with \"{words}\"");
        let fix = "name the word, the method or the mistake that is meant";
        let diagnostic = Diagnostic::at(source, &span, message);
        diagnostics.push(diagnostic.severity(entry.warning_severity()).fix(fix));
    }
}

fn hints(text: &str) -> Vec<&str> {
    let prose = segments(text)
        .into_iter()
        .filter_map(|segment| match segment {
            Segment::Prose(prose) => Some(prose),
            Segment::Code(_) | Segment::Unclosed(_) => None,
        });
    prose
        .flat_map(|prose| find_phrases(prose, &HINTS))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_withhold_the_noun_are_found() {
        for (text, found) in [
            ("Say what you store; that one word decides the question.", 2),
            ("This question contains a trap, so answer clearly.", 1),
            ("The interviewer waits to hear it.", 2),
            ("Say `maxsize`: it answers the second half.", 0),
            ("Keep the core free of I/O.", 0),
        ] {
            assert_eq!(hints(text).len(), found, "{text}: {:?}", hints(text));
        }
    }
}
