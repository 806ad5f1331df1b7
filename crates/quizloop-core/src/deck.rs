//! A team's shuffled order through the bank: no question repeats until all were asked.
//!
//! The deck stores question ids only, so it survives restarts and changes of the bank.

use std::collections::HashSet;

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// The question order of one team.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deck {
    /// Questions that this pass has not asked yet; the next one is at the end.
    unseen: Vec<String>,
    /// Questions already asked in this pass, in order.
    seen: Vec<String>,
    /// The last question asked, possibly in the previous pass.
    last: Option<String>,
}

/// A question drawn from the deck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// Question id.
    pub question: String,
    /// Number of unseen questions left in this pass.
    pub remaining: usize,
}

impl Deck {
    /// Draws the next question. `bank` contains the ids of all current questions; `None` if it is
    /// empty.
    pub fn draw(&mut self, bank: &[&str], rng: &mut impl Rng) -> Option<Draw> {
        self.sync_with_bank(bank, rng);
        if self.unseen.is_empty() {
            self.start_new_pass(bank, rng);
        }
        let question = self.unseen.pop()?;
        self.seen.push(question.clone());
        self.last = Some(question.clone());
        Some(Draw {
            question,
            remaining: self.unseen.len(),
        })
    }

    /// Returns the question drawn last to the top of the deck, because it was not posted.
    pub(crate) fn put_back(&mut self, question: &str) {
        if self.seen.last().is_some_and(|last| last == question) {
            self.unseen.extend(self.seen.pop());
            self.last = self.seen.last().cloned();
        }
    }

    /// Marks a question as the one that was asked last. Returns the number of unseen questions left
    /// in this pass.
    pub(crate) fn mark_asked(&mut self, question: &str) -> usize {
        self.unseen.retain(|id| id != question);
        self.seen.retain(|id| id != question);
        self.seen.push(question.to_owned());
        self.last = Some(question.to_owned());
        self.unseen.len()
    }

    /// Removes questions that left the bank and inserts new ones at random positions.
    fn sync_with_bank(&mut self, bank: &[&str], rng: &mut impl Rng) {
        let available: HashSet<&str> = bank.iter().copied().collect();
        // `seen` is kept: a question that leaves the bank and returns must not repeat in this pass.
        self.unseen.retain(|id| available.contains(id.as_str()));
        let known: HashSet<String> = self.unseen.iter().chain(&self.seen).cloned().collect();
        for id in bank.iter().filter(|id| !known.contains(**id)) {
            let position = rng.random_range(0..=self.unseen.len());
            self.unseen.insert(position, (*id).to_owned());
        }
    }

    fn start_new_pass(&mut self, bank: &[&str], rng: &mut impl Rng) {
        self.seen.clear();
        self.unseen = bank.iter().map(|id| (*id).to_owned()).collect();
        self.unseen.shuffle(rng);
        let next = self.unseen.len().saturating_sub(1);
        // A pass must not start with the last question of the previous pass if another one exists.
        if next > 0 && self.unseen.last() == self.last.as_ref() {
            let other = rng.random_range(0..next);
            self.unseen.swap(other, next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    fn draw(deck: &mut Deck, bank: &[&str], rng: &mut StdRng) -> String {
        deck.draw(bank, rng)
            .expect("the bank is not empty")
            .question
    }

    /// 37. The smallest banks.
    #[test]
    fn a_bank_of_one_repeats_and_an_empty_one_has_nothing() {
        let (mut deck, mut rng) = (Deck::default(), StdRng::seed_from_u64(1));
        assert_eq!(draw(&mut deck, &["only"], &mut rng), "only");
        assert_eq!(draw(&mut deck, &["only"], &mut rng), "only");
        assert_eq!(deck.draw(&[], &mut rng), None);
    }

    #[test]
    fn a_question_put_back_is_the_next() {
        let (mut deck, mut rng) = (Deck::default(), StdRng::seed_from_u64(1));
        let bank = ["a", "b", "c"];
        draw(&mut deck, &bank, &mut rng);
        let second = draw(&mut deck, &bank, &mut rng);
        deck.put_back(&second);
        assert_eq!(draw(&mut deck, &bank, &mut rng), second);
    }

    proptest! {
        /// 37. Questions join and leave the bank while the deck is in use: no question repeats
        /// within a pass, all questions that stay are asked, and no pass starts with the last
        /// question of the previous one.
        #[test]
        fn no_repeat_before_the_deck_is_through(
            seed: u64,
            steps in prop::collection::vec((prop::collection::btree_set(0_u8..12, 1..12), 1_usize..6), 1..40),
        ) {
            let names: Vec<String> = (0..12).map(|n| format!("q{n}")).collect();
            let (mut deck, mut rng) = (Deck::default(), StdRng::seed_from_u64(seed));
            let mut asked: Vec<String> = Vec::new();
            let mut last = None;
            for (ids, draws) in steps {
                let bank: Vec<&str> = ids.iter().map(|n| names[usize::from(*n)].as_str()).collect();
                for _ in 0..draws {
                    let drawn = deck.draw(&bank, &mut rng).unwrap();
                    prop_assert!(bank.contains(&drawn.question.as_str()));
                    if asked.contains(&drawn.question) {
                        // Only a new pass may repeat a question, after all current ones were asked.
                        prop_assert!(bank.iter().all(|id| asked.iter().any(|a| a == id)));
                        prop_assert!(bank.len() == 1 || Some(&drawn.question) != last.as_ref());
                        asked.clear();
                    }
                    asked.push(drawn.question.clone());
                    let left = bank.iter().filter(|id| !asked.iter().any(|a| a == *id)).count();
                    prop_assert_eq!(drawn.remaining, left);
                    let json = serde_json::to_string(&deck).unwrap();
                    deck = serde_json::from_str(&json).unwrap();
                    last = Some(drawn.question);
                }
            }
        }
    }
}
