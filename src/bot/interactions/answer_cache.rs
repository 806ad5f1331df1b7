//! Cache of serialised model answers.
//!
//! A private model answer is the same for all members and has about 3,000 bytes, so it is
//! serialised once per question of the bank. Public answers are rare and are rendered each time.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde_json::value::RawValue;

use super::response::Response;
use crate::bot::render::reveal;
use quizloop_bank::{Bank, Question};

/// A message as Discord's JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct CachedMessage(Arc<RawValue>);

impl PartialEq for CachedMessage {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Eq for CachedMessage {}

/// The private model answers by question id; each is filled on first use.
#[derive(Debug)]
pub struct AnswerCache(HashMap<String, OnceLock<CachedMessage>>);

impl AnswerCache {
    /// Creates an empty cache for the questions of `bank`.
    pub fn new(bank: &Bank) -> Self {
        let slot = |question: &Question| (question.id.clone(), OnceLock::new());
        Self(bank.questions().iter().map(slot).collect())
    }

    /// Returns the model answer as a message that only one member sees.
    pub fn ephemeral_answer(&self, question: &Question) -> Response {
        let slot = self.0.get(&question.id);
        if let Some(cached) = slot.and_then(OnceLock::get) {
            return Response::Cached(cached.clone());
        }
        let message = reveal::answer(question).ephemeral();
        let Ok(json) = serde_json::value::to_raw_value(&message) else {
            // Sending it will fail with the same error, which is then logged.
            return Response::New(message);
        };
        let cached = CachedMessage(json.into());
        // A concurrent request may have filled the slot already, with the same text.
        let _ = slot.map(|slot| slot.set(cached.clone()));
        Response::Cached(cached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_answers_equal_rendered_ones() {
        let (bank, _) = Bank::load(quizloop_bank::built_in(), &[]);
        let cache = AnswerCache::new(&bank);
        for question in bank.questions() {
            let message = reveal::answer(question).ephemeral();
            let first = cache.ephemeral_answer(question);
            let Response::Cached(cached) = &first else {
                panic!("the answer was not cached");
            };
            assert_eq!(
                serde_json::to_string(cached).unwrap(),
                serde_json::to_string(&message).unwrap()
            );
            assert_eq!(cache.ephemeral_answer(question), first);
        }
    }
}
