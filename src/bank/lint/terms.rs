//! An answer must hold what its points ask for: who learns it by heart must be able to tick them all.
//!
//! The check is a cautious one. A name in backticks must be in the answer; of a point's plain words only
//! a part must, as the answer may say it otherwise.

use std::collections::HashSet;

use super::super::entry::{Entry, Passage};
use super::super::markup::{Piece, pieces};
use super::stems::{prose_stems, stems};
use crate::findings::{Finding, Source};

/// Shorter names, such as `x` or `fd`, are made up for an example.
const NAME_MIN: usize = 3;

/// Of fewer plain words nothing can be told.
const WORDS_MIN: usize = 4;

/// One in so many of a point's plain words must be in the answer.
const ONE_IN: usize = 3;

/// Notes points whose terms the answer lacks.
pub fn check(entry: &Entry, source: &Source, findings: &mut Vec<Finding>) {
    let answer = entry.question.answer.to_lowercase();
    let known: HashSet<String> = stems(&answer).into_iter().collect();
    for point in entry.prose().filter(|passage| passage.field == "points") {
        let Some((words, what)) = lack(&point, &answer, &known) else {
            continue;
        };
        let span = entry.words(source, point.field, point.item, &words);
        let finding = Finding::at(source, &span, format!("the answer {what} {point}"));
        let fix = "say it in the answer as well, or drop it from the point";
        findings.push(finding.severity(entry.strictness()).fix(fix));
    }
}

/// What the answer lacks of a point: the words to show, and a sentence up to the point's name.
fn lack(point: &Passage<'_>, answer: &str, known: &HashSet<String>) -> Option<(String, String)> {
    let missing = names(point.text).find(|name| !answer.contains(&name.to_lowercase()));
    if let Some(name) = missing {
        return Some((name.to_owned(), format!("does not have the `{name}` of")));
    }
    let words = prose_stems(point.text);
    let there = words.iter().filter(|word| known.contains(*word)).count();
    let lacks = words.len() >= WORDS_MIN && there * ONE_IN < words.len();
    lacks.then(|| (String::new(), "does not seem to say".to_owned()))
}

/// The names in a text's code.
fn names(text: &str) -> impl Iterator<Item = &str> {
    pieces(text)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Code(code) => Some(code),
            Piece::Prose(_) | Piece::Open(_) => None,
        })
        .flat_map(|code| code.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .filter(|name| name.len() >= NAME_MIN && !name.starts_with(|c: char| c.is_numeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacks(answer: &str, text: &str) -> Option<String> {
        let point = Passage {
            field: "points",
            item: Some(0),
            text,
        };
        let known = stems(answer).into_iter().collect();
        lack(&point, &answer.to_lowercase(), &known).map(|(_, what)| what)
    }

    #[test]
    fn names_must_be_there_and_plain_words_in_part() {
        let answer = "Call `Queue.put()`; with `maxsize` it waits until there is room.";
        assert_eq!(
            lacks(answer, "`queue.put()` waits when the queue is full"),
            None
        );
        assert_eq!(
            lacks(answer, "`get()` waits").unwrap(),
            "does not have the `get` of"
        );
        let other = "Shutting down closes all consumers cleanly";
        assert_eq!(lacks(answer, other).unwrap(), "does not seem to say");
        // Too few words to tell.
        assert_eq!(lacks(answer, "Not thread-safe"), None);
    }
}
