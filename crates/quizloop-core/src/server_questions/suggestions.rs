//! Questions that members suggest. An admin decides each one once.

use jiff::Timestamp;
use jiff::civil::Date;
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{
    AddedQuestion, QuestionContent, ServerQuestionError, ServerQuestions,
    ServerQuestionsCheckError, are_numbers_valid, visit_member,
};
use crate::guild::Guild;
use crate::id::UserId;

/// Maximum number of open suggestions in a server: an admin can still read them all.
pub const MAX_SUGGESTIONS: usize = 100;

/// Maximum number of open suggestions per member, so that one member cannot use up the server's
/// limit.
pub const MAX_SUGGESTIONS_PER_MEMBER: usize = 5;

/// Maximum number of decisions that are remembered: an admin who presses the button of an older
/// suggestion reads that it does not exist any more.
const MAX_DECISIONS: usize = 200;

/// Maximum length of the title of a decided suggestion in characters.
const MAX_TITLE_CHARS: usize = 100;

/// A suggestion that no admin has decided yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suggestion {
    /// Numbered from 1; a number is never reused in a server.
    pub number: u32,
    /// The member who made it.
    pub author: UserId,
    pub at: Timestamp,
    pub content: QuestionContent,
}

/// What an admin decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The number of the suggestion.
    pub number: u32,
    /// The admin. None after their data was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    pub at: Timestamp,
    /// The number of the question that it became, if it was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<u32>,
    /// The notice that the suggester has not seen yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notice: Option<Notice>,
}

impl Decision {
    pub const fn is_approved(&self) -> bool {
        self.question.is_some()
    }

    /// Returns the beginning of the question, if a member suggested it and was not notified yet.
    pub fn title_for(&self, user: UserId) -> Option<&str> {
        let notice = self.notice.as_ref().filter(|notice| notice.user == user)?;
        Some(&notice.title)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    /// The suggester.
    user: UserId,
    /// The beginning of the question.
    title: String,
}

/// What a suggester learns about a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestionNotice {
    /// The number of the suggestion.
    pub suggestion: u32,
    /// The beginning of the question.
    pub title: String,
    /// The number of the question that it became, if it was approved.
    pub question: Option<u32>,
}

/// The suggestions of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Suggestions {
    /// The highest number that was ever given to a suggestion.
    #[serde(rename = "last")]
    last_number: u32,
    /// The oldest first.
    open: Vec<Suggestion>,
    /// The newest [`MAX_DECISIONS`], the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    decided: Vec<Decision>,
}

impl Suggestions {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn open(&self) -> &[Suggestion] {
        &self.open
    }

    pub(super) fn get(&self, number: u32) -> Option<&Suggestion> {
        self.open.iter().find(|one| one.number == number)
    }

    pub(super) fn decision(&self, number: u32) -> Option<&Decision> {
        self.decided.iter().find(|one| one.number == number)
    }

    pub(super) fn check(&self) -> Result<(), ServerQuestionsCheckError> {
        let open = self.open.iter().map(|one| one.number);
        let decided = self.decided.iter().map(|one| one.number);
        let is_decided = |number| self.decision(number).is_some();
        if !are_numbers_valid(open.clone(), self.last_number)
            || decided
                .clone()
                .any(|number| !(1..=self.last_number).contains(&number))
            || open.clone().any(is_decided)
        {
            return Err(ServerQuestionsCheckError::SuggestionNumbers);
        }
        Ok(())
    }

    fn add(&mut self, suggestion: Suggestion) -> Result<u32, ServerQuestionError> {
        // The member sends the form again if the first response was lost or the save failed.
        let same = |one: &&Suggestion| {
            (one.author, &one.content) == (suggestion.author, &suggestion.content)
        };
        if let Some(same) = self.open.iter().find(same) {
            return Ok(same.number);
        }
        let of_member = self
            .open
            .iter()
            .filter(|one| one.author == suggestion.author);
        if of_member.count() >= MAX_SUGGESTIONS_PER_MEMBER {
            return Err(ServerQuestionError::MemberFull);
        }
        if self.open.len() >= MAX_SUGGESTIONS {
            return Err(ServerQuestionError::SuggestionsFull);
        }
        self.last_number = self.last_number.saturating_add(1);
        let number = self.last_number;
        self.open.push(Suggestion {
            number,
            ..suggestion
        });
        Ok(number)
    }

    /// Returns the index of the open suggestion of that number.
    fn position(&self, number: u32) -> Result<usize, ServerQuestionError> {
        let open = self.open.iter().position(|one| one.number == number);
        open.ok_or_else(|| {
            let decided = self.decision(number);
            decided.map_or(ServerQuestionError::NotFound, |decision| {
                ServerQuestionError::AlreadyDecided {
                    by: decision.by,
                    approved: decision.is_approved(),
                }
            })
        })
    }

    /// Replaces the open suggestion at that index by a decision.
    fn decide(&mut self, index: usize, by: UserId, at: Timestamp, question: Option<u32>) {
        let Suggestion {
            number,
            author,
            content,
            ..
        } = self.open.remove(index);
        let title = content.question.chars().take(MAX_TITLE_CHARS).collect();
        self.decided.push(Decision {
            number,
            by: Some(by),
            at,
            question,
            notice: Some(Notice {
                user: author,
                title,
            }),
        });
        let excess = self.decided.len().saturating_sub(MAX_DECISIONS);
        self.decided.drain(..excess);
    }

    pub(super) fn fill_from(&mut self, other: &Self) {
        self.last_number = self.last_number.max(other.last_number);
        let known: Vec<u32> = self
            .decided
            .iter()
            .map(|one| one.number)
            .chain(self.open.iter().map(|one| one.number))
            .collect();
        let is_new = |number: u32| !known.contains(&number);
        let decided = other.decided.iter().filter(|one| is_new(one.number));
        self.decided.extend(decided.cloned());
        self.decided.sort_by_key(|one| (one.at, one.number));
        let excess = self.decided.len().saturating_sub(MAX_DECISIONS);
        self.decided.drain(..excess);
        for suggestion in &other.open {
            let mut suggestion = suggestion.clone();
            if self.open.contains(&suggestion) {
                continue;
            }
            if !is_new(suggestion.number) {
                self.last_number = self.last_number.saturating_add(1);
                suggestion.number = self.last_number;
            }
            self.open.push(suggestion);
        }
        self.open.sort_by_key(|one| one.number);
    }

    pub(super) fn visit_members(&self, visit: &mut dyn FnMut(UserId, Option<Date>)) {
        for suggestion in &self.open {
            visit_member(Some(suggestion.author), suggestion.at, visit);
        }
        for decision in &self.decided {
            visit_member(decision.by, decision.at, visit);
            let suggester = decision.notice.as_ref().map(|notice| notice.user);
            visit_member(suggester, decision.at, visit);
        }
    }

    pub(super) fn erase(&mut self, user: UserId) {
        self.open.retain(|one| one.author != user);
        for decision in &mut self.decided {
            decision.by = decision.by.filter(|by| *by != user);
            decision.notice = decision.notice.take().filter(|notice| notice.user != user);
        }
    }
}

impl Guild {
    /// Adds a suggestion and returns its number. If the member already has an open suggestion with
    /// the same content, returns the number of that one.
    ///
    /// # Errors
    ///
    /// The member or the server has too many open suggestions, or the texts are too large.
    pub fn suggest_question(
        &mut self,
        content: QuestionContent,
        author: UserId,
        at: Timestamp,
    ) -> Result<u32, ServerQuestionError> {
        let content = content.cleaned();
        self.change_questions(|own| {
            own.check_room(&content)?;
            own.suggestions.add(Suggestion {
                number: 0,
                author,
                at,
                content,
            })
        })
    }

    /// Makes an open suggestion one of the server's own questions.
    ///
    /// # Errors
    ///
    /// There is no such suggestion, it was decided already, or the server has too many questions.
    pub fn approve_suggestion(
        &mut self,
        number: u32,
        admin: UserId,
        at: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<AddedQuestion, ServerQuestionError> {
        self.change_questions(|own| {
            let index = own.suggestions.position(number)?;
            let Suggestion {
                author, content, ..
            } = own.suggestions.open[index].clone();
            // Removed first: its text counts only once.
            own.suggestions.decide(index, admin, at, None);
            let added = own.add(Some(author), content, at, rng)?;
            if let Some(decision) = own.suggestions.decided.last_mut() {
                decision.question = Some(added.number);
            }
            Ok(added)
        })
    }

    /// Rejects an open suggestion. Its text is deleted.
    ///
    /// # Errors
    ///
    /// There is no such suggestion, or it was decided already.
    pub fn reject_suggestion(
        &mut self,
        number: u32,
        admin: UserId,
        at: Timestamp,
    ) -> Result<(), ServerQuestionError> {
        self.change_questions(|own| {
            let index = own.suggestions.position(number)?;
            own.suggestions.decide(index, admin, at, None);
            Ok(())
        })
    }

    /// Returns the open suggestions of a member.
    pub fn suggestions_by(&self, user: UserId) -> impl Iterator<Item = &Suggestion> {
        let all = self.server_questions().into_iter();
        let all = all.flat_map(ServerQuestions::suggestions);
        all.filter(move |one| one.author == user)
    }

    /// Returns the decisions that a member made, or of which they have not been notified yet.
    pub fn decisions_naming(&self, user: UserId) -> impl Iterator<Item = &Decision> {
        let all = self.server_questions().into_iter();
        let all = all.flat_map(|own| &own.suggestions.decided);
        all.filter(move |one| one.by == Some(user) || one.title_for(user).is_some())
    }

    /// Whether a member has not seen yet what was decided on a suggestion of theirs.
    pub fn has_suggestion_notice(&self, user: UserId) -> bool {
        self.decisions_naming(user)
            .any(|one| one.title_for(user).is_some())
    }

    /// Returns what was decided on a member's suggestions since the last call, and removes it.
    pub fn take_suggestion_notices(&mut self, user: UserId) -> Vec<SuggestionNotice> {
        if !self.has_suggestion_notice(user) {
            return Vec::new();
        }
        let taken = self.change_questions(|own| {
            let mut notices = Vec::new();
            for decision in &mut own.suggestions.decided {
                let Some(notice) = decision.notice.take_if(|notice| notice.user == user) else {
                    continue;
                };
                notices.push(SuggestionNotice {
                    suggestion: decision.number,
                    title: notice.title,
                    question: decision.question,
                });
            }
            Ok(notices)
        });
        taken.unwrap_or_default()
    }
}
