//! Suggestions for misspelled words.

/// Maximum edit distance of a suggestion, by the length of the word.
const fn tolerance(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    }
}

/// Returns the candidates that are similar to a word, the nearest first, ignoring case.
pub fn near_matches<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
    limit: usize,
) -> Vec<&'c str> {
    let word = word.to_lowercase();
    let allowed = tolerance(word.chars().count());
    let mut near: Vec<_> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let distance = strsim::osa_distance(&word, &candidate.to_lowercase());
            (distance <= allowed).then_some((distance, candidate))
        })
        .collect();
    near.sort_unstable();
    near.truncate(limit);
    near.into_iter().map(|(_, candidate)| candidate).collect()
}

/// Returns "did you mean `timezone`?", or a list of all choices if none is similar.
pub fn did_you_mean(word: &str, choices: &[&str]) -> String {
    match near_matches(word, choices.iter().copied(), 1).first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("choose from {}", list(choices)),
    }
}

/// Returns a list such as `` `a`, `b` and `c` ``.
fn list(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_words_are_suggested() {
        let keys = ["timezone", "days", "channel", "at"];
        assert_eq!(did_you_mean("timezon", &keys), "did you mean `timezone`?");
        assert_eq!(did_you_mean("TimeZone", &keys), "did you mean `timezone`?");
        assert_eq!(did_you_mean("dyas", &keys), "did you mean `days`?");
        assert_eq!(
            did_you_mean("colour", &keys),
            "choose from `timezone`, `days`, `channel` and `at`"
        );
        assert_eq!(near_matches("xy", ["at", "ay"], 3), Vec::<&str>::new());
    }
}
