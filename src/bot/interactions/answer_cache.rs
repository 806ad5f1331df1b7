//! Cache of serialised model answers.
//!
//! The text of an answer is the same for all members, so each page is serialised once per question
//! of the bank. The buttons that turn the pages name the round, so they are kept for the latest
//! round: most requests concern the question of the day. The menu and the closing line are written
//! for each member. Public answers are rare and are rendered each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::answer_page::AnswerPage;
use crate::bot::render::message::{ActionRow, AllowedMentions, EPHEMERAL};
use crate::bot::render::reveal::{MemberPart, OpenAnswer, page_embed};
use quizloop_bank::{Bank, Question};
use quizloop_core::id::MessageId;

/// An embed or a row of components as Discord's JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
struct CachedPart(Arc<RawValue>);

impl CachedPart {
    fn new(part: &impl Serialize) -> Self {
        // Serializing texts, numbers and lists cannot fail.
        let json = to_raw_value(part).unwrap_or_else(|_| RawValue::NULL.to_owned());
        Self(json.into())
    }
}

impl PartialEq for CachedPart {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Eq for CachedPart {}

/// A row of components.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum MessageRow {
    Rendered(ActionRow),
    Cached(CachedPart),
}

/// A message whose first embed and last rows are serialised already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CachedMessage {
    /// An edit without it keeps the text that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    embeds: Vec<CachedPart>,
    components: Vec<MessageRow>,
    allowed_mentions: AllowedMentions,
    #[serde(skip_serializing_if = "Option::is_none")]
    flags: Option<u64>,
}

impl CachedMessage {
    /// Sets the text above the answer.
    #[must_use]
    pub fn content(mut self, text: impl Into<String>) -> Self {
        self.content = Some(text.into());
        self
    }

    /// Shows it only to the member who used the command or button.
    #[must_use]
    pub const fn ephemeral(mut self) -> Self {
        self.flags = Some(EPHEMERAL);
        self
    }
}

/// The pages of the model answers by question id; each is filled on first use.
#[derive(Debug)]
pub struct AnswerCache(HashMap<String, Pages>);

/// A slot for each page, also for those that the question does not have.
type Pages = [CachedPage; AnswerPage::LETTERS.len()];

#[derive(Debug, Default)]
struct CachedPage {
    embed: OnceLock<CachedPart>,
    /// Locked while it is rendered at most.
    rows: Mutex<Option<CachedRows>>,
}

/// The rows of a private answer to a question of one round, or of none.
#[derive(Debug)]
struct CachedRows {
    round: Option<MessageId>,
    rows: Arc<[CachedPart]>,
}

impl AnswerCache {
    /// Creates an empty cache for the questions of `bank`.
    pub fn new(bank: &Bank) -> Self {
        let slots = |question: &Question| (question.id.clone(), Pages::default());
        Self(bank.questions().iter().map(slots).collect())
    }

    /// Returns a page of a private answer for one member, as an edit that keeps the message's text.
    pub fn answer(&self, open: OpenAnswer<'_>, member: MemberPart) -> CachedMessage {
        let closing = member.closing.map(|text| open.closing_embed(text));
        let closing = closing.as_ref().map(CachedPart::new);
        let own = member.rows.into_iter().map(MessageRow::Rendered);
        let shared = self.rows(open);
        let shared = shared.iter().cloned().map(MessageRow::Cached);
        CachedMessage {
            content: None,
            embeds: std::iter::once(self.embed(open)).chain(closing).collect(),
            components: own.chain(shared).collect(),
            allowed_mentions: AllowedMentions::default(),
            flags: None,
        }
    }

    fn embed(&self, open: OpenAnswer<'_>) -> CachedPart {
        let render = || CachedPart::new(&page_embed(open.question, open.page));
        match self.page(open) {
            Some(page) => page.embed.get_or_init(render).clone(),
            None => render(),
        }
    }

    fn rows(&self, open: OpenAnswer<'_>) -> Arc<[CachedPart]> {
        let render = || open.rows().iter().map(CachedPart::new).collect();
        let Some(page) = self.page(open) else {
            return render();
        };
        let mut slot = page.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = slot.as_ref().filter(|cached| cached.round == open.round) {
            return Arc::clone(&cached.rows);
        }
        let rows: Arc<[CachedPart]> = render();
        *slot = Some(CachedRows {
            round: open.round,
            rows: Arc::clone(&rows),
        });
        rows
    }

    /// Returns the slot of a page; `None` for a question that is not of the bank, such as a server's
    /// own, and for public answers, whose buttons differ.
    fn page(&self, open: OpenAnswer<'_>) -> Option<&CachedPage> {
        let pages = self.0.get(&open.question.id).filter(|_| !open.public)?;
        Some(&pages[open.page.index()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::render::message::Message;

    #[test]
    fn cached_answers_equal_rendered_ones() {
        let (bank, _) = Bank::load(quizloop_bank::built_in(), &[]);
        let cache = AnswerCache::new(&bank);
        for question in bank.questions() {
            for page in AnswerPage::of(question) {
                let open = OpenAnswer {
                    question,
                    page,
                    public: false,
                    round: Some(MessageId::new(1)),
                };
                let mut message = Message::embed(page_embed(question, page)).ephemeral();
                message.components = open.rows();
                let cached = cache.answer(open, MemberPart::default());
                let cached = cached.content("").ephemeral();
                assert_eq!(
                    serde_json::to_string(&cached).unwrap(),
                    serde_json::to_string(&message).unwrap()
                );
                let again = cache.answer(open, MemberPart::default());
                assert_eq!(again.content("").ephemeral(), cached);
                let later = OpenAnswer {
                    round: Some(MessageId::new(2)),
                    ..open
                };
                let of_later = cache.answer(later, MemberPart::default());
                assert_eq!(
                    serde_json::to_value(&of_later).unwrap()["components"],
                    serde_json::to_value(later.rows()).unwrap(),
                    "each round has its own buttons"
                );
            }
        }
    }

    #[test]
    fn the_part_for_a_member_is_below_the_shared_text() {
        let (bank, _) = Bank::load(quizloop_bank::built_in(), &[]);
        let cache = AnswerCache::new(&bank);
        let open = OpenAnswer {
            question: &bank.questions()[0],
            page: AnswerPage::Short,
            public: false,
            round: None,
        };
        let member = MemberPart {
            rows: open.rows(),
            closing: Some("🔥 5 in a row".into()),
        };
        let turned = serde_json::to_value(cache.answer(open, member)).unwrap();
        assert_eq!(turned["content"], serde_json::Value::Null, "it stays");
        assert_eq!(turned["flags"], serde_json::Value::Null);
        assert_eq!(turned["embeds"][1]["description"], "🔥 5 in a row");
        assert_eq!(turned["components"].as_array().unwrap().len(), 4);
        let shared = serde_json::to_value(cache.answer(open, MemberPart::default())).unwrap();
        assert_eq!(turned["embeds"][0], shared["embeds"][0]);
        assert_eq!(turned["components"][2], shared["components"][0]);
    }
}
