//! Stemming: extracts the meaningful words of a text, so that "tasks" and "task" are equal.

use super::super::markup::{Segment, segments};

/// Common words without meaning for a comparison.
const STOP_WORDS: &str = "a about all also an and any are as asyncio at be been before between but by can code \
    could did do does each else every for from had has have how if in into is it its many may might more \
    most must no not of on one only or other out over own python same should so some such than that the \
    their them then there they this those through to until up use used using very was were what when where \
    which while who why will with would you your";

const SUFFIXES: [&str; 6] = ["ing", "ed", "es", "s", "ly", "e"];

/// Minimum length of a stem in bytes; shorter ones would make unrelated words equal.
const MIN_STEM_LENGTH: usize = 3;

/// Returns the stems of a text, including code, without common words.
pub(crate) fn stems(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    words(&lower)
        .filter(|word| !STOP_WORDS.split_whitespace().any(|common| common == *word))
        .map(|word| stem(word).to_owned())
        .collect()
}

/// Returns the stems of a text outside backticks.
pub(crate) fn prose_stems(text: &str) -> Vec<String> {
    let prose = segments(text)
        .into_iter()
        .filter_map(|segment| match segment {
            Segment::Prose(prose) => Some(prose),
            Segment::Code(_) | Segment::Unclosed(_) => None,
        });
    prose.flat_map(stems).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.len() >= MIN_STEM_LENGTH)
}

fn stem(word: &str) -> &str {
    let cut = |ending| {
        word.strip_suffix(ending)
            .filter(|stem: &&str| stem.len() >= MIN_STEM_LENGTH)
    };
    SUFFIXES.into_iter().find_map(cut).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_equal() {
        assert_eq!(
            stems("A waiting task"),
            stems("The tasks waited")
                .into_iter()
                .rev()
                .collect::<Vec<_>>()
        );
        assert_eq!(prose_stems("call `queue.get()` twice"), ["call", "twic"]);
    }
}
