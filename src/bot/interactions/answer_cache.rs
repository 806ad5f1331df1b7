//! Cache of serialised model answers.
//!
//! The text of an answer is the same for all members, so each page is serialised once per question
//! of the bank. The components and the closing line are written for each member. Public answers are
//! rare and are rendered each time.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::answer_page::AnswerPage;
use crate::bot::render::message::{ActionRow, AllowedMentions, EPHEMERAL, Embed};
use crate::bot::render::reveal::{MemberPart, OpenAnswer, page_embed};
use quizloop_bank::{Bank, Question};

/// An embed as Discord's JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
struct CachedEmbed(Arc<RawValue>);

impl CachedEmbed {
    fn new(embed: &Embed) -> Self {
        // Serializing texts, numbers and lists cannot fail.
        let json = to_raw_value(embed).unwrap_or_else(|_| RawValue::NULL.to_owned());
        Self(json.into())
    }
}

impl PartialEq for CachedEmbed {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Eq for CachedEmbed {}

/// A message whose first embed is serialised already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CachedMessage {
    /// An edit without it keeps the text that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    embeds: Vec<CachedEmbed>,
    components: Vec<ActionRow>,
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

    /// Whether only one member sees it.
    pub fn is_ephemeral(&self) -> bool {
        self.flags == Some(EPHEMERAL)
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
type Pages = [OnceLock<CachedEmbed>; AnswerPage::LETTERS.len()];

impl AnswerCache {
    /// Creates an empty cache for the questions of `bank`.
    pub fn new(bank: &Bank) -> Self {
        let slots = |question: &Question| (question.id.clone(), Pages::default());
        Self(bank.questions().iter().map(slots).collect())
    }

    /// Returns a page of an answer for one member, as an edit that keeps the message's text.
    pub fn answer(&self, open: OpenAnswer<'_>, member: MemberPart) -> CachedMessage {
        let closing = member.closing.map(|text| open.closing_embed(text));
        let closing = closing.as_ref().map(CachedEmbed::new);
        let mut components = member.rows;
        components.extend(open.rows());
        CachedMessage {
            content: None,
            embeds: std::iter::once(self.page(open)).chain(closing).collect(),
            components,
            allowed_mentions: AllowedMentions::default(),
            flags: None,
        }
    }

    fn page(&self, open: OpenAnswer<'_>) -> CachedEmbed {
        let OpenAnswer { question, page, .. } = open;
        let render = || CachedEmbed::new(&page_embed(question, page));
        match self.0.get(&question.id) {
            Some(pages) => pages[page.index()].get_or_init(render).clone(),
            None => render(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bot::render::message::Message;
    use quizloop_core::id::MessageId;

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
