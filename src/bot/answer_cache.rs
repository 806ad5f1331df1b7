//! Model answers that were sent before, ready to be sent again.
//!
//! What a member gets to see alone is the same text for everybody, about 3,000 bytes of it, so it is written once for each
//! question of the bank. What is shown to all is rare, and is rendered each time.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde_json::value::RawValue;

use super::render::reveal;
use super::response::Response;
use crate::bank::{Bank, Question};

/// A message in Discord's JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct CachedMessage(Arc<RawValue>);

impl PartialEq for CachedMessage {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Eq for CachedMessage {}

/// A place for each question of the bank, filled when its answer is first asked for.
#[derive(Debug)]
pub struct AnswerCache(HashMap<String, OnceLock<CachedMessage>>);

impl AnswerCache {
    /// None is ready yet.
    pub fn new(bank: &Bank) -> Self {
        let place = |question: &Question| (question.id.clone(), OnceLock::new());
        Self(bank.questions().iter().map(place).collect())
    }

    /// The model answer for one member alone.
    pub fn ephemeral_answer(&self, question: &Question) -> Response {
        let place = self.0.get(&question.id);
        let known = place.and_then(OnceLock::get).cloned();
        if let Some(ready) = known {
            return Response::Cached(ready);
        }
        let message = reveal::answer(question).ephemeral();
        let Ok(json) = serde_json::value::to_raw_value(&message) else {
            // Whoever sends it says what is wrong with it.
            return Response::New(message);
        };
        let ready = CachedMessage(json.into());
        // Somebody else may have been quicker, with the same text.
        let _ = place.map(|place| place.set(ready.clone()));
        Response::Cached(ready)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ready_is_what_was_rendered() {
        let (bank, _) = Bank::load(crate::bank::built_in(), &[]);
        let cache = AnswerCache::new(&bank);
        for question in bank.questions() {
            let message = reveal::answer(question).ephemeral();
            let first = cache.ephemeral_answer(question);
            let Response::Cached(ready) = &first else {
                panic!("it was not kept");
            };
            assert_eq!(
                serde_json::to_string(ready).unwrap(),
                serde_json::to_string(&message).unwrap()
            );
            assert_eq!(cache.ephemeral_answer(question), first);
        }
    }
}
