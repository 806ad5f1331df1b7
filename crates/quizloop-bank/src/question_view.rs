//! The questions of one server.

use super::load::Bank;
use super::question::{Level, Question};
use super::question_path::QuestionPath;

/// The questions from which a server's rounds, practice and suggestions are drawn: the built-in
/// ones and those of the operator's files, which all servers share.
///
/// Code that serves a server looks questions up here and never in the [`Bank`], so that a server
/// can have questions of its own.
#[derive(Debug, Clone, Copy)]
pub struct QuestionView<'a> {
    shared: &'a Bank,
}

impl<'a> QuestionView<'a> {
    /// Creates a view of the questions that all servers share.
    pub const fn new(shared: &'a Bank) -> Self {
        Self { shared }
    }

    pub const fn len(self) -> usize {
        self.shared.len()
    }

    pub const fn is_empty(self) -> bool {
        self.shared.is_empty()
    }

    /// Returns all questions, sorted by number, then by id.
    pub fn iter(self) -> impl Iterator<Item = &'a Question> {
        self.shared.questions().iter()
    }

    /// Returns the ids in the same order.
    pub fn ids(self) -> Vec<&'a str> {
        self.shared.ids()
    }

    /// Returns the question with that id.
    pub fn get(self, id: &str) -> Option<&'a Question> {
        self.shared.get(id)
    }

    /// Returns the place of the question with that id, which stays the same while the process runs.
    pub fn index_of(self, id: &str) -> Option<usize> {
        self.shared.index_of(id)
    }

    /// Returns the path with that name.
    pub fn path(self, name: &str) -> Option<&'a QuestionPath> {
        self.shared.path(name)
    }

    /// Returns all paths, in the order in which people see them.
    pub fn paths(self) -> &'a [QuestionPath] {
        self.shared.paths()
    }

    /// Returns the questions that match a query, the best first; see [`Bank::search`].
    pub fn search(self, typed: &str, limit: usize) -> Vec<&'a Question> {
        self.shared.search(typed, limit)
    }

    /// Returns the topics, in the order of their first questions.
    pub fn topics(self) -> impl Iterator<Item = &'a str> {
        self.shared.topics()
    }

    /// Returns the questions of a topic and a level; `None` means any.
    pub fn filter(
        self,
        topic: Option<&str>,
        level: Option<Level>,
    ) -> impl Iterator<Item = &'a Question> {
        self.shared.filter(topic, level)
    }
}
