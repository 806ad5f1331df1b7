//! The questions of one server, as one bank.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::load::{Bank, QuestionSource};
use super::question::{Level, Question};

/// A server's own questions, and the ids of the questions that its admins disabled: its own ones and
/// shared ones.
#[derive(Debug, Clone, Default)]
pub struct ServerBank {
    bank: Bank,
    disabled: BTreeSet<String>,
}

/// The questions from which a server's rounds, practice and suggestions are drawn: the built-in
/// ones and those of the operator's files, which all servers share, and the server's own.
///
/// Code that serves a server looks questions up here and never in a [`Bank`]. Clones are cheap. A
/// view does not change: take a new one after a change of the server's questions.
#[derive(Debug, Clone)]
pub struct GuildQuestions {
    shared: Arc<Bank>,
    server: Option<Arc<ServerBank>>,
}

/// A question of a [`GuildQuestions`] that can be kept and passed on without the view.
#[derive(Debug, Clone)]
pub struct QuestionRef {
    questions: GuildQuestions,
    position: Position,
}

/// Where a question is found.
#[derive(Debug, Clone, Copy)]
enum Position {
    Shared(usize),
    Server(usize),
}

impl ServerBank {
    /// Creates the bank of a server from its own questions, enabled or not, and all disabled ids.
    pub fn new(questions: Vec<Question>, disabled: BTreeSet<String>) -> Self {
        Self {
            bank: Bank::of_server(questions),
            disabled,
        }
    }
}

impl GuildQuestions {
    /// Creates a view of the questions that all servers share.
    pub const fn new(shared: Arc<Bank>) -> Self {
        Self {
            shared,
            server: None,
        }
    }

    /// Creates a view of the questions of a server that has its own, or has disabled some.
    pub const fn with_server(shared: Arc<Bank>, server: Arc<ServerBank>) -> Self {
        Self {
            shared,
            server: Some(server),
        }
    }

    /// Returns all questions, also disabled ones: the shared ones in the order of
    /// [`Bank::questions`], then the server's own by number.
    pub fn all(&self) -> impl Iterator<Item = &Question> {
        let own = self.server.iter().flat_map(|one| one.bank.questions());
        self.shared.questions().iter().chain(own)
    }

    /// Returns the enabled questions, in the same order.
    pub fn iter(&self) -> impl Iterator<Item = &Question> {
        self.all().filter(|question| self.is_enabled(&question.id))
    }

    /// Returns the number of enabled questions.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether no question is enabled.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Returns the ids of the enabled questions, in the same order.
    pub fn ids(&self) -> Vec<&str> {
        self.iter().map(|question| question.id.as_str()).collect()
    }

    /// Returns the question with that id, also if it is disabled.
    pub fn get(&self, id: &str) -> Option<&Question> {
        self.position(id).map(|position| self.at(position))
    }

    /// Returns the question with that id as a value that does not borrow the view.
    pub fn find(&self, id: &str) -> Option<QuestionRef> {
        Some(QuestionRef {
            position: self.position(id)?,
            questions: self.clone(),
        })
    }

    /// Whether the question with that id may be drawn. An id without a question counts as enabled.
    pub fn is_enabled(&self, id: &str) -> bool {
        let server = self.server.as_ref();
        server.is_none_or(|server| !server.disabled.contains(id))
    }

    /// Whether there is an enabled question with that id. Reviews of others are not due.
    pub fn is_asked(&self, id: &str) -> bool {
        self.get(id).is_some() && self.is_enabled(id)
    }

    /// Returns a number for the question with that id. It is unique, and stays the same while the
    /// process runs, because neither the shared questions nor the numbers of the server's change.
    pub fn index_of(&self, id: &str) -> Option<usize> {
        match self.position(id)? {
            Position::Shared(index) => Some(index),
            position @ Position::Server(_) => {
                let number = usize::try_from(self.at(position).number?).ok()?;
                self.shared.len().checked_add(number)
            }
        }
    }

    /// Returns the enabled questions that match a query, the best first; see [`Bank::search`].
    pub fn search(&self, typed: &str, limit: usize) -> Vec<&Question> {
        self.search_among(typed, limit, |question| self.is_enabled(&question.id))
    }

    /// Searches like [`GuildQuestions::search`], also among disabled questions.
    pub fn search_all(&self, typed: &str, limit: usize) -> Vec<&Question> {
        self.search_among(typed, limit, |_| true)
    }

    /// Searches among all questions for which `filter` returns true.
    pub fn search_among(
        &self,
        typed: &str,
        limit: usize,
        filter: impl Fn(&Question) -> bool,
    ) -> Vec<&Question> {
        let mut found = self.shared.search_scored(typed, limit, &filter);
        if let Some(server) = &self.server {
            found.extend(server.bank.search_scored(typed, limit, &filter));
            // Stable: of equal ones, shared questions come first.
            found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
            found.truncate(limit);
        }
        found.into_iter().map(|(_, question)| question).collect()
    }

    /// Returns the topics of the enabled questions, in the order of their first questions.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        let mut seen = BTreeSet::new();
        self.iter()
            .map(|question| question.topic.as_str())
            .filter(move |topic| seen.insert(*topic))
    }

    /// Returns the enabled questions of a topic and a level; `None` means any.
    pub fn filter(
        &self,
        topic: Option<&str>,
        level: Option<Level>,
    ) -> impl Iterator<Item = &Question> {
        self.iter().filter(move |question| {
            topic.is_none_or(|topic| question.topic == topic)
                && level.is_none_or(|level| question.matches_level(level))
        })
    }

    /// Returns where the question with that id comes from.
    pub fn source(&self, id: &str) -> Option<QuestionSource<'_>> {
        match self.position(id)? {
            Position::Shared(index) => self.shared.source_at(index),
            Position::Server(_) => Some(QuestionSource::Server),
        }
    }

    /// Returns all sources that have a question: `built-in`, the packs by name, `server`.
    pub fn sources(&self) -> Vec<QuestionSource<'_>> {
        let mut sources = self.shared.sources();
        let has_own = self.server.as_ref().is_some_and(|one| !one.bank.is_empty());
        sources.extend(has_own.then_some(QuestionSource::Server));
        sources
    }

    fn position(&self, id: &str) -> Option<Position> {
        let own = || self.server.as_ref()?.bank.index_of(id);
        let shared = self.shared.index_of(id).map(Position::Shared);
        shared.or_else(|| own().map(Position::Server))
    }

    fn at(&self, position: Position) -> &Question {
        match (position, &self.server) {
            (Position::Server(index), Some(server)) => &server.bank.questions()[index],
            (Position::Shared(index) | Position::Server(index), _) => {
                &self.shared.questions()[index]
            }
        }
    }
}

impl Deref for QuestionRef {
    type Target = Question;

    fn deref(&self) -> &Question {
        self.questions.at(self.position)
    }
}

/// Formats the source as settings name it.
impl fmt::Display for QuestionSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
