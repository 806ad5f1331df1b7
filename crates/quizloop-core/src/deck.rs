//! A team's way through its programme: no question repeats until all were asked.
//!
//! The deck stores which questions were asked in this pass, and not which ones come: the next one is
//! drawn when its round is created. So it survives restarts, changes of the bank and changes of the
//! programme. For example, a team asks 50 questions and then only those for juniors. When all of
//! these were asked, they start over; the others stay asked.

use std::collections::HashSet;

use jiff::civil::Date;
use rand::Rng;
use rand::seq::IndexedRandom as _;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::programme::Programme;
use super::question_pool::{Candidate, QuestionPool};
use super::ramp::RampStage;

/// The questions that one team has asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deck {
    /// Questions already asked in this pass, in order.
    asked: Vec<String>,
}

/// The questions from which the next one is drawn.
#[derive(Debug, Clone, Copy)]
pub struct DrawRequest<'r, 'a> {
    pub programme: &'r Programme,
    pub pool: &'r QuestionPool<'a>,
    /// The local day of the round.
    pub day: Date,
    /// The team's latest question. It does not come again at once if there is another one.
    pub latest: Option<&'r str>,
    /// Which levels come first. It has no effect on a fixed order.
    pub stage: RampStage,
}

/// A question drawn from the deck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// Question id.
    pub question: String,
    /// Number of questions of the programme left in this pass.
    pub remaining: usize,
}

impl Deck {
    /// Draws the next question; `None` if the programme leaves none that may be posted now.
    pub fn draw(&mut self, request: &DrawRequest<'_, '_>, rng: &mut impl Rng) -> Option<Draw> {
        let allowed = request.programme.questions_on(request.pool, request.day);
        let is_free = |one: &&Candidate<'_>| request.pool.is_free(one.id);
        let free: Vec<_> = allowed.iter().copied().filter(is_free).collect();
        let asked: HashSet<&str> = self.asked.iter().map(String::as_str).collect();
        let is_new = |one: &&Candidate<'_>| !asked.contains(one.id);
        let mut choices: Vec<_> = free.iter().copied().filter(is_new).collect();
        if choices.is_empty() && !free.is_empty() {
            self.start_new_pass(&allowed, request.pool);
            choices = free;
        }
        if choices.len() > 1 {
            choices.retain(|one| Some(one.id) != request.latest);
        }
        let next = if request.programme.order.is_fixed() {
            choices.first()
        } else {
            let has_question = |stage: RampStage| choices.iter().any(|one| stage.allows(one.level));
            let stage = request.stage.widened(has_question);
            choices.retain(|one| stage.allows(one.level));
            choices.choose(rng)
        };
        let question = next?.id.to_owned();
        self.mark_asked(&question);
        Some(Draw {
            remaining: self.remaining(request.programme, request.pool),
            question,
        })
    }

    /// Begins a new pass for the questions of the programme. The others stay asked, except those
    /// that left the bank: if they return, they belong to the new pass.
    fn start_new_pass(&mut self, programme: &[&Candidate<'_>], pool: &QuestionPool<'_>) {
        let of_pass: HashSet<&str> = programme.iter().map(|one| one.id).collect();
        let ids = pool.candidates.iter().map(|one| one.id);
        let others: HashSet<&str> = ids.filter(|id| !of_pass.contains(id)).collect();
        self.asked.retain(|id| others.contains(id.as_str()));
    }

    /// Returns how many questions of the programme were not asked in this pass.
    pub fn remaining(&self, programme: &Programme, pool: &QuestionPool<'_>) -> usize {
        let asked: HashSet<&str> = self.asked.iter().map(String::as_str).collect();
        let questions = programme.questions(pool);
        questions.filter(|one| !asked.contains(one.id)).count()
    }

    /// Marks a question as not asked, because it was drawn and not posted.
    pub(crate) fn put_back(&mut self, question: &str) {
        self.asked.retain(|id| id != question);
    }

    /// Marks a question as the one that was asked last.
    pub(crate) fn mark_asked(&mut self, question: &str) {
        self.asked.retain(|id| id != question);
        self.asked.push(question.to_owned());
    }
}

/// The stored form, which earlier versions read and wrote: they drew the order of a whole pass in
/// advance. They draw it again if `unseen` is empty.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredDeck<'d> {
    #[serde(default, deserialize_with = "ignore")]
    unseen: [String; 0],
    seen: std::borrow::Cow<'d, [String]>,
    #[serde(default, skip_serializing, rename = "last")]
    _last: IgnoredAny,
}

fn ignore<'de, D: Deserializer<'de>>(from: D) -> Result<[String; 0], D::Error> {
    IgnoredAny::deserialize(from).map(|_| [])
}

impl Serialize for Deck {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let stored = StoredDeck {
            unseen: [],
            seen: self.asked.as_slice().into(),
            _last: IgnoredAny,
        };
        stored.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Deck {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let stored = StoredDeck::deserialize(from)?;
        Ok(Self {
            asked: stored.seen.into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    const DAY: Date = jiff::civil::date(2026, 3, 2);

    fn draw_next(deck: &mut Deck, bank: &[&str], rng: &mut StdRng) -> Option<Draw> {
        let latest = deck.asked.last().cloned();
        let request = DrawRequest {
            programme: &Programme::default(),
            pool: &bank.into(),
            day: DAY,
            latest: latest.as_deref(),
            stage: RampStage::All,
        };
        deck.draw(&request, rng)
    }

    fn draw(deck: &mut Deck, bank: &[&str], rng: &mut StdRng) -> String {
        let drawn = draw_next(deck, bank, rng);
        drawn.expect("the bank is not empty").question
    }

    /// 37. The smallest banks.
    #[test]
    fn a_bank_of_one_repeats_and_an_empty_one_has_nothing() {
        let (mut deck, mut rng) = (Deck::default(), StdRng::seed_from_u64(1));
        assert_eq!(draw(&mut deck, &["only"], &mut rng), "only");
        assert_eq!(draw(&mut deck, &["only"], &mut rng), "only");
        assert_eq!(draw_next(&mut deck, &[], &mut rng), None);
    }

    #[test]
    fn a_question_put_back_comes_in_the_same_pass() {
        let (mut deck, mut rng) = (Deck::default(), StdRng::seed_from_u64(1));
        let bank = ["a", "b", "c"];
        draw(&mut deck, &bank, &mut rng);
        let second = draw(&mut deck, &bank, &mut rng);
        deck.put_back(&second);
        let mut rest = [0; 2].map(|_| draw(&mut deck, &bank, &mut rng));
        rest.sort_unstable();
        assert!(rest.contains(&second), "{rest:?}");
    }

    /// What was asked counts, and the order that an earlier version drew does not.
    #[test]
    fn decks_of_earlier_versions_are_read_and_theirs_read_ours() {
        // The form that earlier versions accepted.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct EarlierDeck {
            unseen: Vec<String>,
            seen: Vec<String>,
            last: Option<String>,
        }
        let stored = r#"{"unseen":["c","d"],"seen":["b","a"],"last":"a"}"#;
        let deck: Deck = serde_json::from_str(stored).unwrap();
        assert_eq!(deck.asked, ["b", "a"]);
        let written = serde_json::to_string(&deck).unwrap();
        insta::assert_snapshot!(written, @r#"{"unseen":[],"seen":["b","a"]}"#);
        let earlier: EarlierDeck = serde_json::from_str(&written).unwrap();
        assert_eq!((earlier.unseen.len(), earlier.seen.len()), (0, 2));
        assert_eq!(earlier.last, None);
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
                    let drawn = draw_next(&mut deck, &bank, &mut rng).unwrap();
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
