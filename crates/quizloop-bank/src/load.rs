//! Loads the bank from its files.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::field_error::{self, FieldError};
use super::question::{Question, SERVER_ID_PREFIX};
use super::question_path::{QuestionPath, SourcedPath};
use super::read::{self, IncompleteQuestion, Origin};
use super::search::SearchIndex;
use super::sourced_question::SourcedQuestion;
use super::{hints, missing_parts, unsupported_markup};
use quizloop_diagnostics::{self as diagnostics, Diagnostic, RawFile, Source};

/// The loaded questions, with a search index, and the paths through them.
#[derive(Debug, Clone, Default)]
pub struct Bank {
    questions: Vec<Question>,
    /// For each question, the name of its pack; none for built-in ones.
    packs: Vec<Option<Arc<str>>>,
    by_id: HashMap<String, usize>,
    index: SearchIndex,
    /// The built-in paths, then the operator's, in the order of their files.
    paths: Vec<QuestionPath>,
}

/// Where a question comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QuestionSource<'a> {
    BuiltIn,
    /// An operator's file of that name, without `.toml`.
    Pack(&'a str),
    /// The server's own questions.
    Server,
}

impl<'a> QuestionSource<'a> {
    /// Returns the name in settings.
    pub const fn name(self) -> &'a str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Pack(name) => name,
            Self::Server => "server",
        }
    }
}

/// Contents of all files, before they become a bank.
pub struct LoadedFiles {
    pub sources: Vec<Source>,
    /// Entries without errors so far.
    pub questions: Vec<SourcedQuestion>,
    /// Entries of which a field could not be read.
    incomplete: Vec<IncompleteQuestion>,
    /// Paths without errors so far.
    pub paths: Vec<SourcedPath>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Bank {
    /// Loads the built-in files, given as names with texts, and the operator's. An operator's
    /// question replaces the built-in one with the same id, and so does a path with the same name.
    ///
    /// Entries and paths with errors are skipped; each error becomes a diagnostic. Questions that are shown
    /// on Discord need [`Bank::load_with_rule`].
    pub fn load(built_in: &[(&str, &str)], extra: &[RawFile]) -> (Self, Vec<Diagnostic>) {
        Self::from_files(LoadedFiles::read(built_in, extra), |_| Vec::new())
    }

    /// Loads the bank like [`Bank::load`], and skips an operator's question for which `rule` returns
    /// errors: the bank does not know how questions are shown, so the caller measures the messages. The
    /// caller's tests measure those of the built-in questions.
    pub fn load_with_rule(
        built_in: &[(&str, &str)],
        extra: &[RawFile],
        rule: impl Fn(&Question) -> Vec<FieldError>,
    ) -> (Self, Vec<Diagnostic>) {
        Self::from_files(LoadedFiles::read(built_in, extra), rule)
    }

    /// Loads the bank like [`Bank::load_with_rule`], with warnings about missing parts, Markdown that
    /// Discord does not render and coaching that hints at the point. Finding them takes longer than
    /// loading the bank.
    pub fn check(
        built_in: &[(&str, &str)],
        extra: &[RawFile],
        rule: impl Fn(&Question) -> Vec<FieldError>,
    ) -> (Self, Vec<Diagnostic>) {
        let mut loaded = LoadedFiles::read(built_in, extra);
        for entry in &loaded.questions {
            let source = &loaded.sources[entry.file];
            unsupported_markup::check(entry, source, &mut loaded.diagnostics);
            hints::check(entry, source, &mut loaded.diagnostics);
        }
        let found = &mut loaded.diagnostics;
        missing_parts::check(&loaded.questions, &loaded.sources, found);
        Self::from_files(loaded, rule)
    }

    fn from_files(
        mut loaded: LoadedFiles,
        rule: impl Fn(&Question) -> Vec<FieldError>,
    ) -> (Self, Vec<Diagnostic>) {
        loaded.drop_unusable_paths();
        loaded.check_incomplete();
        loaded.drop_unusable(rule);
        loaded.drop_overridden();
        loaded.report_shared_numbers();
        diagnostics::sort(&mut loaded.diagnostics);
        let packs: Vec<Arc<str>> = loaded.sources.iter().map(pack_name).collect();
        let pack_of =
            |entry: &SourcedQuestion| (!entry.built_in).then(|| Arc::clone(&packs[entry.file]));
        let entries = loaded.questions.into_iter();
        let questions = entries.map(|entry| (pack_of(&entry), entry.question));
        let mut bank = Self::from_questions(questions.collect());
        bank.add_paths(loaded.paths);
        (bank, loaded.diagnostics)
    }

    /// Adds the paths of which all questions are in the bank. A question that is not has an error,
    /// which is reported already.
    fn add_paths(&mut self, paths: Vec<SourcedPath>) {
        let paths = paths.into_iter().map(|one| one.path);
        let is_whole = |path: &QuestionPath| path.questions.iter().all(|id| self.get(id).is_some());
        self.paths = paths.filter(is_whole).collect();
    }

    /// Creates the bank of one server's own questions. They belong to no pack.
    pub(crate) fn of_server(questions: Vec<Question>) -> Self {
        let questions = questions.into_iter().map(|question| (None, question));
        Self::from_questions(questions.collect())
    }

    fn from_questions(mut entries: Vec<(Option<Arc<str>>, Question)>) -> Self {
        // The sort is stable, so questions without a number keep the order of their files.
        entries.sort_by_key(|(_, question)| {
            let number = question.number;
            (
                number.is_none(),
                number,
                number.map(|_| question.id.clone()),
            )
        });
        let (packs, questions): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
        let by_id = questions
            .iter()
            .enumerate()
            .map(|(index, question)| (question.id.clone(), index))
            .collect();
        Self {
            index: SearchIndex::new(&questions),
            questions,
            packs,
            by_id,
            paths: Vec::new(),
        }
    }

    pub const fn len(&self) -> usize {
        self.questions.len()
    }

    pub const fn is_empty(&self) -> bool {
        self.questions.is_empty()
    }

    /// Returns all questions, sorted by number, then by id. Those without a number are the last, in
    /// the order of their files.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Returns the ids in the same order.
    pub fn ids(&self) -> Vec<&str> {
        self.questions
            .iter()
            .map(|question| question.id.as_str())
            .collect()
    }

    /// Returns the question with that id.
    pub fn get(&self, id: &str) -> Option<&Question> {
        self.questions.get(self.index_of(id)?)
    }

    /// Returns the index in [`Bank::questions`] of the question with that id. Unlike its number, it
    /// is unique.
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// Returns the questions that match a query, best first. A query is an id, a number (`7`, `#7`,
    /// `007`), or words of the question, its id, its topic or its tags; words may be incomplete or contain
    /// typos. The result has at most [`SEARCH_MAX`](super::SEARCH_MAX) questions. An empty query
    /// returns the first ones.
    pub fn search(&self, typed: &str, limit: usize) -> Vec<&Question> {
        self.search_among(typed, limit, |_| true)
    }

    /// Searches like [`Bank::search`], among the questions for which `filter` returns true.
    pub fn search_among(
        &self,
        typed: &str,
        limit: usize,
        filter: impl Fn(&Question) -> bool,
    ) -> Vec<&Question> {
        let found = self.search_scored(typed, limit, filter).into_iter();
        found.map(|(_, question)| question).collect()
    }

    /// Searches like [`Bank::search_among`], and returns each question's score as well.
    pub(crate) fn search_scored(
        &self,
        typed: &str,
        limit: usize,
        filter: impl Fn(&Question) -> bool,
    ) -> Vec<(f32, &Question)> {
        let found = self.index.search(&self.questions, typed, limit, filter);
        let found = found.into_iter();
        found
            .map(|(score, index)| (score, &self.questions[index]))
            .collect()
    }

    /// Returns the path with that name.
    pub fn path(&self, name: &str) -> Option<&QuestionPath> {
        self.paths.iter().find(|path| path.name == name)
    }

    /// Returns all paths: the built-in ones, then the operator's, in the order of their files.
    pub fn paths(&self) -> &[QuestionPath] {
        &self.paths
    }

    /// Returns where the question with that id comes from.
    pub fn source(&self, id: &str) -> Option<QuestionSource<'_>> {
        self.source_at(self.index_of(id)?)
    }

    /// Returns where the question with that index comes from.
    pub(crate) fn source_at(&self, index: usize) -> Option<QuestionSource<'_>> {
        Some(source_of(self.packs.get(index)?.as_deref()))
    }

    /// Returns all questions, with their sources.
    pub fn with_sources(&self) -> impl Iterator<Item = (&Question, QuestionSource<'_>)> {
        let sources = self.packs.iter().map(|pack| source_of(pack.as_deref()));
        self.questions.iter().zip(sources)
    }

    /// Returns all sources that have a question: built in first, then the packs by name.
    pub fn sources(&self) -> Vec<QuestionSource<'_>> {
        let sources = (0..self.len()).filter_map(|index| self.source_at(index));
        let sources: BTreeSet<_> = sources.collect();
        sources.into_iter().collect()
    }

    /// Returns the topics, in the order of their first questions.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        let mut seen = HashSet::new();
        self.questions
            .iter()
            .map(|question| question.topic.as_str())
            .filter(move |topic| seen.insert(*topic))
    }

    /// Returns the tags of all questions, sorted.
    pub fn tags(&self) -> Vec<&str> {
        let tags = self.questions.iter().flat_map(|question| &question.tags);
        let tags: BTreeSet<_> = tags.map(String::as_str).collect();
        tags.into_iter().collect()
    }
}

impl LoadedFiles {
    /// Reads all files and drops entries whose id was already used in files of the same origin.
    pub fn read(built_in: &[(&str, &str)], extra: &[RawFile]) -> Self {
        let mut loaded = Self {
            sources: Vec::new(),
            questions: Vec::new(),
            incomplete: Vec::new(),
            paths: Vec::new(),
            diagnostics: Vec::new(),
        };
        for (name, text) in built_in {
            loaded.add_file(Source::decode(name, text.as_bytes()), true);
        }
        for file in extra {
            loaded.add_file(Source::decode(&file.name, &file.bytes), false);
        }
        loaded.drop_duplicate_ids();
        loaded
    }

    fn add_file(&mut self, source: Result<Source, Box<Diagnostic>>, built_in: bool) {
        let source = match source {
            Ok(source) => source,
            Err(diagnostic) => return self.diagnostics.push(*diagnostic),
        };
        let file = self.sources.len();
        let contents = read::read(&source, Origin { file, built_in });
        self.questions.extend(contents.questions);
        self.incomplete.extend(contents.incomplete);
        self.paths.extend(contents.paths);
        self.diagnostics.extend(contents.diagnostics);
        self.sources.push(source);
    }

    /// Drops entries that Discord cannot show, or would not show as intended.
    fn drop_unusable(&mut self, rule: impl Fn(&Question) -> Vec<FieldError>) {
        let (sources, diagnostics) = (&self.sources, &mut self.diagnostics);
        self.questions.retain(|entry| {
            let source = &sources[entry.file];
            let found = field_error::check(&entry.question, entry.built_in, &rule);
            let found = found.into_iter().map(|error| entry.located(source, error));
            let before = diagnostics.len();
            diagnostics.extend(found);
            diagnostics.extend(in_wrong_file(entry, source));
            diagnostics.extend(has_reserved_id(entry, source));
            diagnostics.len() == before
        });
    }

    /// Reports what else is wrong with entries of which a field could not be read.
    fn check_incomplete(&mut self) {
        for IncompleteQuestion { entry, unreadable } in &self.incomplete {
            let source = &self.sources[entry.file];
            let found = field_error::check_incomplete(&entry.question, entry.built_in, unreadable);
            let found = found.into_iter().map(|error| entry.located(source, error));
            self.diagnostics.extend(found);
        }
    }

    /// Drops built-in questions that an operator's question with the same id replaces.
    fn drop_overridden(&mut self) {
        let own: HashSet<String> = self
            .questions
            .iter()
            .filter(|entry| !entry.built_in)
            .map(|entry| entry.question.id.clone())
            .collect();
        self.questions
            .retain(|entry| !entry.built_in || !own.contains(&entry.question.id));
    }

    /// Drops paths with a name that another one of the same origin has, paths with unknown or
    /// duplicate questions, and built-in paths that an operator's with the same name replaces.
    ///
    /// It comes before questions with errors are dropped: their ids are not unknown.
    fn drop_unusable_paths(&mut self) {
        let incomplete = self.incomplete.iter().map(|one| &one.entry);
        let questions: HashSet<String> = self
            .questions
            .iter()
            .chain(incomplete)
            .map(|one| one.question.id.clone())
            .collect();
        let mut usable: Vec<SourcedPath> = Vec::new();
        for path in std::mem::take(&mut self.paths) {
            let is_same = |one: &&SourcedPath| {
                one.path.name == path.path.name && one.built_in == path.built_in
            };
            let mut errors = path.check(&self.sources[path.file], &questions);
            if let Some(first) = usable.iter().find(is_same) {
                errors.push(path.duplicate_name(&self.sources, first));
            }
            if errors.is_empty() {
                usable.push(path);
            }
            self.diagnostics.extend(errors);
        }
        let own: HashSet<String> = usable
            .iter()
            .filter(|one| !one.built_in)
            .map(|one| one.path.name.clone())
            .collect();
        usable.retain(|one| !one.built_in || !own.contains(&one.path.name));
        self.paths = usable;
    }

    /// Reports numbers that two questions share: a search for the number finds both.
    fn report_shared_numbers(&mut self) {
        let mut first: HashMap<u32, &SourcedQuestion> = HashMap::new();
        for entry in &self.questions {
            let Some(number) = entry.question.number else {
                continue;
            };
            let before = *first.entry(number).or_insert(entry);
            if before.question.id == entry.question.id {
                // Ids are unique by now, so it is the same entry.
                continue;
            }
            let diagnostic = entry
                .error(
                    &self.sources[entry.file],
                    "number",
                    format!("the number {number} is already used"),
                )
                .related(
                    &self.sources[before.file],
                    &before.key_span("number", None),
                    "first used here",
                )
                .fix("change one of the two; your own numbers could start at 1001");
            self.diagnostics
                .push(diagnostic.severity(entry.warning_severity()));
        }
    }

    fn drop_duplicate_ids(&mut self) {
        let (sources, diagnostics) = (&self.sources, &mut self.diagnostics);
        let mut first: HashMap<(bool, String), (usize, diagnostics::Span)> = HashMap::new();
        self.questions.retain(|entry| {
            let id = (entry.built_in, entry.question.id.clone());
            let span = entry.text_span(&sources[entry.file], "id", None, &entry.question.id);
            let Some((file, before)) = first.get(&id) else {
                first.insert(id, (entry.file, span));
                return true;
            };
            let (message, fix) = if entry.has_own_id {
                let message = format!("the id `{}` is already used", entry.question.id);
                (message, "change one of the two ids")
            } else {
                let message = "the same question was asked before".to_owned();
                (message, "remove one of the two, or give each an `id`")
            };
            diagnostics.push(
                Diagnostic::at(&sources[entry.file], &span, message)
                    .related(&sources[*file], before, "first used here")
                    .fix(fix),
            );
            false
        });
    }
}

fn source_of(pack: Option<&str>) -> QuestionSource<'_> {
    pack.map_or(QuestionSource::BuiltIn, QuestionSource::Pack)
}

/// Returns the name of a pack, as a list that is separated by commas may contain it: that of its
/// file in lower case, without folders and `.toml`. `Team 2.toml` becomes `team-2`.
fn pack_name(source: &Source) -> Arc<str> {
    let file = source.name().rsplit(['/', '\\']).next().unwrap_or_default();
    let file = file.to_lowercase().replace([',', ';', ':'], " ");
    let file = file.split_whitespace().collect::<Vec<_>>().join("-");
    match file.strip_suffix(".toml") {
        // The names of the other sources.
        None | Some("built-in" | "server") => file.into(),
        Some(name) => name.into(),
    }
}

/// Reports a built-in question in the file of another topic. Each file contains one topic, so that
/// editors find questions.
fn in_wrong_file(entry: &SourcedQuestion, source: &Source) -> Option<Diagnostic> {
    let file = source.name().rsplit('/').next()?.strip_suffix(".toml")?;
    let topic = &entry.question.topic;
    let is_misplaced = entry.built_in && topic != file;
    is_misplaced.then(|| {
        entry
            .error(
                source,
                "topic",
                format!("a question on {topic} is in {file}.toml"),
            )
            .fix(format!("move it to {topic}.toml, or correct its topic"))
    })
}

/// Reports an id in a file that only a server's own questions may have.
fn has_reserved_id(entry: &SourcedQuestion, source: &Source) -> Option<Diagnostic> {
    let id = &entry.question.id;
    id.starts_with(SERVER_ID_PREFIX).then(|| {
        let message = format!(
            "the id `{id}` begins with `{SERVER_ID_PREFIX}`, as only ids of a server's own \
             questions do"
        );
        entry
            .error(source, "id", message)
            .fix("choose another beginning")
    })
}

#[cfg(test)]
mod tests {
    use super::super::built_in;
    use super::*;
    use quizloop_diagnostics::render_all;

    #[test]
    fn every_source_has_another_name() {
        let name = |file: &str| {
            let pack = RawFile {
                name: file.into(),
                bytes: "[[question]]\nid = \"a\"\nquestion = \"A?\"\nanswer = \"B.\"\n".into(),
            };
            let (bank, _) = Bank::load(&[], &[pack]);
            bank.source("a").map(|source| source.name().to_owned())
        };
        assert_eq!(name("packs/payments.toml").unwrap(), "payments");
        assert_eq!(name("Team 2, new.toml").unwrap(), "team-2-new");
        assert_eq!(name("packs/server.toml").unwrap(), "server.toml");
        assert_eq!(name("built-in.toml").unwrap(), "built-in.toml");
    }

    #[test]
    fn the_built_in_bank_has_no_findings() {
        let (bank, diagnostics) = Bank::check(built_in(), &[], |_| Vec::new());
        assert_eq!(render_all(&diagnostics), "nothing found");
        assert!(!bank.is_empty());
        let ids = bank.ids();
        assert_eq!(ids.len(), bank.len());
        assert!(ids.iter().all(|id| bank.get(id).is_some()));
        assert!(
            bank.questions()
                .is_sorted_by_key(|question| question.number)
        );
    }
}
