//! The questions of one server, as one bank.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::load::{Bank, QuestionSource};
use super::question::{Level, Question};
use super::question_path::QuestionPath;

/// A server's own questions, and the ids of the questions that its admins disabled: its own ones and
/// shared ones.
#[derive(Debug, Clone, Default)]
pub struct ServerBank {
    bank: Bank,
    // A search asks for each question that matches.
    disabled: HashSet<String>,
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
            disabled: disabled.into_iter().collect(),
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

    /// Returns the enabled questions in the same order, with their sources.
    pub fn with_sources(&self) -> impl Iterator<Item = (&Question, QuestionSource<'_>)> {
        let own = self.server.iter().flat_map(|one| one.bank.questions());
        let own = own.map(|question| (question, QuestionSource::Server));
        let all = self.shared.with_sources().chain(own);
        all.filter(|(question, _)| self.is_enabled(&question.id))
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

    /// Returns the path with that name.
    pub fn path(&self, name: &str) -> Option<&QuestionPath> {
        self.shared.path(name)
    }

    /// Returns all paths, in the order in which people see them.
    pub fn paths(&self) -> &[QuestionPath] {
        self.shared.paths()
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

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use quizloop_diagnostics::RawFile;

    use super::super::built_in;
    use super::*;

    static SHARED: LazyLock<Arc<Bank>> = LazyLock::new(|| {
        let pack = RawFile {
            name: "packs/team.toml".into(),
            bytes: b"[[question]]\nid = \"closures\"\nquestion = \"What is a closure?\"\nanswer = \"A function.\"\n".to_vec(),
        };
        Arc::new(Bank::load(built_in(), &[pack]).0)
    });

    fn own(id: &str, number: u32, level: Option<Level>) -> Question {
        Question {
            id: id.into(),
            number: Some(number),
            level,
            question: format!("How do we refund payment {number}?"),
            answer: "By hand.".into(),
            ..Question::default()
        }
    }

    /// A server with two questions of its own, of which the second is disabled, as is a built-in one.
    fn questions() -> GuildQuestions {
        let own = vec![
            own("s-bbbbbbbb", 2, None),
            own("s-aaaaaaaa", 1, Some(Level::Senior)),
            own("s-cccccccc", 12, None),
        ];
        let disabled = ["s-bbbbbbbb", "queue-handover"].map(str::to_owned);
        let server = ServerBank::new(own, disabled.into());
        GuildQuestions::with_server(Arc::clone(&SHARED), Arc::new(server))
    }

    fn ids<'q>(found: impl IntoIterator<Item = &'q Question>) -> Vec<&'q str> {
        found
            .into_iter()
            .map(|question| question.id.as_str())
            .collect()
    }

    #[test]
    fn all_sources_are_one_bank() {
        let all = questions();
        assert_eq!(all.all().count(), SHARED.len() + 3);
        assert_eq!(all.len(), SHARED.len() + 1);
        assert_eq!(all.ids().len(), all.len());
        assert_eq!(
            all.ids()[all.len() - 2..],
            ["s-aaaaaaaa", "s-cccccccc"],
            "by number"
        );
        let source = |id: &str| all.source(id).map(QuestionSource::name);
        assert_eq!(source("queue-handover"), Some("built-in"));
        assert_eq!(source("closures"), Some("team"));
        assert_eq!(source("s-aaaaaaaa"), Some("server"));
        assert_eq!(source("unknown"), None);
        let names: Vec<_> = all
            .sources()
            .into_iter()
            .map(QuestionSource::name)
            .collect();
        assert_eq!(names, ["built-in", "team", "server"]);
        let shared = GuildQuestions::new(Arc::clone(&SHARED));
        assert_eq!(shared.sources().len(), 2);
        assert_eq!(shared.len(), SHARED.len());
    }

    #[test]
    fn a_disabled_question_is_shown_and_not_asked() {
        let all = questions();
        for id in ["queue-handover", "s-bbbbbbbb"] {
            assert!(
                all.get(id).is_some() && !all.is_enabled(id) && !all.is_asked(id),
                "{id}"
            );
            assert!(!all.ids().contains(&id));
            assert!(all.search(id, 25).iter().all(|found| found.id != id));
            assert_eq!(all.search_all(id, 1)[0].id, id);
            assert_eq!(all.find(id).unwrap().id, id);
        }
        assert!(all.is_asked("s-aaaaaaaa") && !all.is_asked("unknown"));
        let queues = all.filter(Some("queues"), None);
        assert!(queues.into_iter().all(|one| one.id != "queue-handover"));
    }

    #[test]
    fn a_question_without_a_level_passes_every_filter() {
        let all = questions();
        let other = |level| ids(all.filter(Some("other"), Some(level)));
        assert_eq!(other(Level::Junior), ["closures", "s-cccccccc"]);
        assert_eq!(
            other(Level::Senior),
            ["closures", "s-aaaaaaaa", "s-cccccccc"]
        );
        assert_eq!(all.topics().last(), Some("other"));
    }

    #[test]
    fn own_questions_are_found_by_number_and_words() {
        let all = questions();
        assert_eq!(ids(all.search("#s1", 25)), ["s-aaaaaaaa", "s-cccccccc"]);
        assert_eq!(ids(all.search("s12", 1)), ["s-cccccccc"]);
        assert_eq!(ids(all.search("refund", 25)), ["s-aaaaaaaa", "s-cccccccc"]);
        // A plain number is that of a shared question.
        assert_eq!(all.search("#1", 1)[0].number, Some(1));
        assert!(
            ids(all.search("#1", 25))
                .iter()
                .all(|id| !id.starts_with("s-"))
        );
        assert_eq!(all.search("", 3).len(), 3);
    }

    #[test]
    fn indices_are_unique() {
        let all = questions();
        let mut indices: Vec<_> = all
            .all()
            .map(|one| all.index_of(&one.id).unwrap())
            .collect();
        let count = indices.len();
        indices.sort_unstable();
        indices.dedup();
        assert_eq!(indices.len(), count);
    }
}
