//! Finds questions that ask the same in nearly the same words.

use std::collections::{HashMap, HashSet};

use super::super::sourced_question::SourcedQuestion;
use super::stemming::stems;
use quizloop_diagnostics::{Diagnostic, Source};

/// Minimum percentage of shared words that makes two questions duplicates. No two
/// built-in questions share more than 45 %.
const SHARED_PERCENT: usize = 70;

/// Minimum number of words for a comparison.
const MIN_WORDS: usize = 4;

/// Reports the later question of each pair.
pub fn check(entries: &[SourcedQuestion], sources: &[Source], diagnostics: &mut Vec<Diagnostic>) {
    let texts: Vec<HashSet<String>> = entries
        .iter()
        .map(|entry| stems(&entry.question.question).into_iter().collect())
        .collect();
    for (first, second) in duplicate_pairs(&texts) {
        let (one, other) = (&entries[first], &entries[second]);
        let source = &sources[other.file];
        let message = format!("this question is nearly the same as `{}`", one.question.id);
        let diagnostic = Diagnostic::at(source, &other.key_span("question", None), message)
            .related(
                &sources[one.file],
                &one.key_span("question", None),
                "the other question is here",
            )
            .fix("remove one of the two, or make clear how they differ");
        diagnostics.push(diagnostic);
    }
}

/// Returns the pairs of texts that are nearly the same.
///
/// Each text is compared only with texts that share one of its rarest words. That is sufficient: a
/// duplicate lacks at most 30 % of a text's words, so it contains at least one of any 30 % + 1 of
/// them.
fn duplicate_pairs(texts: &[HashSet<String>]) -> Vec<(usize, usize)> {
    let mut count: HashMap<&str, usize> = HashMap::new();
    for word in texts.iter().flatten() {
        *count.entry(word).or_default() += 1;
    }
    let mut texts_by_word: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut pairs = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let mut words: Vec<&str> = text.iter().map(String::as_str).collect();
        words.sort_unstable_by_key(|word| (count[word], *word));
        let max_missing = words.len() * (100 - SHARED_PERCENT) / 100;
        let rarest = words.iter().take(max_missing + 1);
        let mut others: Vec<usize> = Vec::new();
        for word in rarest {
            let users = texts_by_word.entry(word).or_default();
            others.extend(users.iter());
            users.push(index);
        }
        others.sort_unstable();
        others.dedup();
        let duplicates = others
            .into_iter()
            .filter(|other| are_duplicates(&texts[*other], text));
        pairs.extend(duplicates.map(|other| (other, index)));
    }
    pairs
}

fn are_duplicates(one: &HashSet<String>, other: &HashSet<String>) -> bool {
    let shared = one.intersection(other).count();
    let all = one.len() + other.len() - shared;
    one.len().min(other.len()) >= MIN_WORDS && shared * 100 >= all * SHARED_PERCENT
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_pair_is_missed(texts in prop::collection::vec(prop::collection::hash_set("[a-h]", 0..8), 0..12)) {
            let mut all = Vec::new();
            for second in 0..texts.len() {
                for first in 0..second {
                    if are_duplicates(&texts[first], &texts[second]) {
                        all.push((first, second));
                    }
                }
            }
            prop_assert_eq!(duplicate_pairs(&texts), all);
        }
    }
}
