//! The facts about a server's questions by which they are chosen.
//!
//! This crate does not know the bank. The caller passes these facts about each enabled question,
//! and the choice is a question's id.

use std::collections::BTreeSet;

/// The facts about one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// Question id.
    pub id: &'a str,
    /// Position in the syllabus. Questions without one come last.
    pub number: Option<u32>,
    /// Keyword of the level. A question without one passes every filter.
    pub level: Option<&'a str>,
    pub topic: &'a str,
    /// [`BUILT_IN`](super::programme::BUILT_IN), [`SERVER`](super::programme::SERVER) or the name
    /// of a pack.
    pub source: &'a str,
}

/// A named selection of questions in a fixed order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedPath<'a> {
    pub name: &'a str,
    /// Question ids.
    pub questions: &'a [String],
}

/// All enabled questions of a server.
#[derive(Debug, Clone, Default)]
pub struct QuestionPool<'a> {
    pub candidates: Vec<Candidate<'a>>,
    pub paths: Vec<NamedPath<'a>>,
    /// Questions that may not be posted now; see [`super::guild::Guild::questions_elsewhere`].
    taken: BTreeSet<String>,
}

impl<'a> QuestionPool<'a> {
    pub const fn new(candidates: Vec<Candidate<'a>>, paths: Vec<NamedPath<'a>>) -> Self {
        Self {
            candidates,
            paths,
            taken: BTreeSet::new(),
        }
    }

    /// Returns the pool, with questions that may not be posted now.
    #[must_use]
    pub fn without(mut self, taken: impl IntoIterator<Item = String>) -> Self {
        self.taken.extend(taken);
        self
    }

    pub const fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// Returns the question with that id.
    pub fn find(&self, id: &str) -> Option<&Candidate<'a>> {
        self.candidates.iter().find(|one| one.id == id)
    }

    /// Whether a question may be posted now.
    pub fn is_free(&self, id: &str) -> bool {
        !self.taken.contains(id)
    }

    /// Returns the path with that name.
    pub fn path(&self, name: &str) -> Option<NamedPath<'a>> {
        self.paths.iter().find(|path| path.name == name).copied()
    }

    /// Returns the topics, in the order of their first questions.
    pub fn topics(&self) -> Vec<&'a str> {
        let topics = self.candidates.iter().map(|one| one.topic);
        distinct(topics)
    }

    /// Returns the sources of the questions, in the order of their first questions.
    pub fn sources(&self) -> Vec<&'a str> {
        let sources = self.candidates.iter().map(|one| one.source);
        distinct(sources)
    }
}

/// Questions of which only the ids are known, such as those of a test.
impl<'a, T: AsRef<[&'a str]> + ?Sized> From<&T> for QuestionPool<'a> {
    fn from(ids: &T) -> Self {
        let candidate = |id: &&'a str| Candidate {
            id,
            number: None,
            level: None,
            topic: "",
            source: "",
        };
        Self::new(ids.as_ref().iter().map(candidate).collect(), Vec::new())
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}
