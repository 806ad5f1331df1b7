//! Finds phrases in a text, word by word.

/// Returns the first occurrence of a phrase, in any case and with anything but words between its
/// words. A hyphen or an apostrophe belongs to its word: `clean-up` is one word.
#[cfg(test)]
pub fn find_phrase<'t>(text: &'t str, phrase: &str) -> Option<&'t str> {
    find_phrases(text, &[phrase]).next()
}

/// Returns the first occurrence of each phrase that the text contains, in the order of the phrases.
/// The text is split once for all of them.
pub fn find_phrases<'t>(text: &'t str, phrases: &[&str]) -> impl Iterator<Item = &'t str> {
    let words = word_ranges(text);
    phrases.iter().filter_map(move |phrase| {
        let length = phrase.split(' ').count();
        let is_match = |ranges: &&[(usize, usize)]| {
            let mut pairs = ranges.iter().zip(phrase.split(' '));
            pairs.all(|((start, end), word)| text[*start..*end].eq_ignore_ascii_case(word))
        };
        let found = words.windows(length).find(is_match)?;
        let ((start, _), (_, end)) = (found.first()?, found.last()?);
        Some(&text[*start..*end])
    })
}

/// Returns the start and the end of each word.
fn word_ranges(text: &str) -> Vec<(usize, usize)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '\'';
    let mut ranges = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (start, is_part(c)) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                ranges.push((from, at));
                start = None;
            }
            _ => {}
        }
    }
    ranges.extend(start.map(|from| (from, text.len())));
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_found_as_whole_words() {
        assert_eq!(find_phrase("Say One word.", "one word"), Some("One word"));
        assert_eq!(find_phrase("one,\nword", "one word"), Some("one,\nword"));
        assert_eq!(find_phrase("a clean-up", "clean-up"), Some("clean-up"));
        for without in ["one wording", "none word", "one-word", "", "one"] {
            assert_eq!(find_phrase(without, "one word"), None, "{without}");
        }
    }
}
