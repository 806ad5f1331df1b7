//! Finding questions by what somebody types: an id, a number, words of the question, near misses too.

use std::collections::{BTreeMap, HashMap};

use super::{Bank, Question};
use crate::findings::near_matches;

/// How much a hit is worth, by its kind.
const EXACT: u32 = 8;
const BEGINNING: u32 = 5;
const NEAR: u32 = 2;
/// A question that is named by its whole id or by its number comes before all others.
const NAMED: u32 = 1000;

/// A word that begins like this many words of the bank says too little to look at all of them.
const BEGINNINGS_MAX: usize = 64;

/// How many words of the bank a misspelt one may stand for.
const NEAR_MAX: usize = 3;

/// Which words stand in which questions.
#[derive(Debug, Clone, Default)]
pub struct Index {
    words: BTreeMap<String, Vec<usize>>,
}

impl Index {
    /// The index of these questions, which are named by their place.
    pub fn of(questions: &[Question]) -> Self {
        let mut words: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, question) in questions.iter().enumerate() {
            let text = format!("{} {} {}", question.id, question.topic, question.question);
            for word in words_of(&text) {
                let places = words.entry(word).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        Self { words }
    }

    /// The questions that fit a word, with how well.
    fn hits(&self, word: &str) -> HashMap<usize, u32> {
        let mut hits: HashMap<usize, u32> = HashMap::new();
        let begins = self
            .words
            .range(word.to_owned()..)
            .take_while(|(other, _)| other.starts_with(word));
        for (other, places) in begins.take(BEGINNINGS_MAX) {
            let worth = if other == word { EXACT } else { BEGINNING };
            for place in places {
                let best = hits.entry(*place).or_default();
                *best = worth.max(*best);
            }
        }
        if hits.is_empty() {
            for near in near_matches(word, self.words.keys().map(String::as_str), NEAR_MAX) {
                for place in &self.words[near] {
                    hits.entry(*place).or_insert(NEAR);
                }
            }
        }
        hits
    }
}

/// The words of a text in lower case; `run_until_complete` counts as a whole and in parts.
fn words_of(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let whole = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let parts = text.split(|letter: char| !letter.is_alphanumeric());
    whole
        .chain(parts)
        .filter(|word| !word.is_empty())
        .map(ToOwned::to_owned)
        .collect()
}

impl Bank {
    /// Up to `limit` questions that fit, the best first; all in order if nothing is typed. Every word
    /// typed must fit.
    pub fn search(&self, typed: &str, limit: usize) -> Vec<&Question> {
        let typed = typed.trim().to_lowercase();
        if typed.is_empty() {
            return self.questions().iter().take(limit).collect();
        }
        let mut found = self.scores(&typed);
        let named =
            |question: &Question| question.id == typed || Some(question.number) == number(&typed);
        for (place, question) in self.questions().iter().enumerate() {
            if named(question) {
                *found.entry(place).or_default() += NAMED;
            }
        }
        let mut found: Vec<(usize, u32)> = found.into_iter().collect();
        // Questions stand in the order of their numbers, which decides between equals.
        found.sort_unstable_by_key(|(place, score)| (std::cmp::Reverse(*score), *place));
        found
            .into_iter()
            .take(limit)
            .map(|(place, _)| &self.questions()[place])
            .collect()
    }

    fn scores(&self, typed: &str) -> HashMap<usize, u32> {
        let words = typed.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let mut words = words
            .filter(|word| !word.is_empty())
            .map(|word| self.index().hits(word));
        let first = words.next().unwrap_or_default();
        words.fold(first, |found, hits| {
            let both = |(place, score): (usize, u32)| Some((place, score + hits.get(&place)?));
            found.into_iter().filter_map(both).collect()
        })
    }
}

/// `7`, `007`, `#7`.
fn number(typed: &str) -> Option<u32> {
    typed.strip_prefix('#').unwrap_or(typed).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::{Bank, built_in};

    fn found(typed: &str) -> Vec<u32> {
        let (bank, _) = Bank::load(built_in(), &[]);
        bank.search(typed, 25)
            .iter()
            .map(|question| question.number)
            .collect()
    }

    #[test]
    fn by_number_and_by_id() {
        for typed in ["7", "007", "#7", "await-semantics"] {
            assert_eq!(found(typed).first(), Some(&7), "{typed}");
        }
    }

    #[test]
    fn by_words_beginnings_and_near_misses() {
        assert_eq!(found("gather").first(), Some(&13));
        assert_eq!(found("semaph").first(), Some(&15));
        assert_eq!(found("semaphroe").first(), Some(&15));
        assert!(found("task wrap coroutine").contains(&14));
        assert_eq!(found("qqqqqqqq"), Vec::<u32>::new());
        assert_eq!(found("  ").len(), 24);
        assert_eq!(found("a").len().min(25), found("a").len());
    }
}
