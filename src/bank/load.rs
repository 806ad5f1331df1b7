//! Puts the bank together from its files.

use std::collections::{HashMap, HashSet};

use super::entry::Entry;
use super::question::{Level, Question};
use super::read::{self, Origin};
use super::search::Index;
use super::{limits, lint, rules};
use crate::findings::{self, Finding, RawFile, Source};

/// All questions that are loaded, in the order of their numbers.
#[derive(Debug, Clone, Default)]
pub struct Bank {
    questions: Vec<Question>,
    by_id: HashMap<String, usize>,
    index: Index,
}

/// What was read from all files, before it is a bank.
pub struct Loaded {
    /// The files.
    pub sources: Vec<Source>,
    /// Their entries, as far as they can be used.
    pub entries: Vec<Entry>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl Bank {
    /// Loads the built-in questions, given as names with texts, and the operator's. An operator's
    /// question takes the place of the built-in one with the same id.
    ///
    /// Entries with an error are left out of the bank; each error is a finding.
    pub fn load(built_in: &[(&str, &str)], extra: &[RawFile]) -> (Self, Vec<Finding>) {
        Self::of(Loaded::read(built_in, extra))
    }

    /// As [`Bank::load`], with everything besides that a careful editor would mend. It takes longer
    /// and is not for the start of the bot.
    pub fn check(built_in: &[(&str, &str)], extra: &[RawFile]) -> (Self, Vec<Finding>) {
        let mut loaded = Loaded::read(built_in, extra);
        let more = lint::lint(&loaded.entries, &loaded.sources);
        loaded.findings.extend(more);
        Self::of(loaded)
    }

    fn of(mut loaded: Loaded) -> (Self, Vec<Finding>) {
        loaded.drop_unusable();
        loaded.drop_replaced();
        loaded.note_shared_numbers();
        findings::sort(&mut loaded.findings);
        (Self::from_entries(loaded.entries), loaded.findings)
    }

    fn from_entries(entries: Vec<Entry>) -> Self {
        let mut questions: Vec<_> = entries.into_iter().map(|entry| entry.question).collect();
        questions.sort_by(|a, b| (a.number, &a.id).cmp(&(b.number, &b.id)));
        let by_id = questions
            .iter()
            .enumerate()
            .map(|(index, question)| (question.id.clone(), index))
            .collect();
        Self {
            index: Index::new(&questions),
            questions,
            by_id,
        }
    }

    /// How many questions there are.
    pub const fn len(&self) -> usize {
        self.questions.len()
    }

    /// Whether there is no question at all.
    pub const fn is_empty(&self) -> bool {
        self.questions.is_empty()
    }

    /// All questions, in the order of their numbers, then of their ids.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The ids in that order.
    pub fn ids(&self) -> Vec<&str> {
        self.questions
            .iter()
            .map(|question| question.id.as_str())
            .collect()
    }

    /// The question with that id.
    pub fn get(&self, id: &str) -> Option<&Question> {
        self.questions.get(*self.by_id.get(id)?)
    }

    /// The questions that fit what somebody typed, the best first: an id, a number (`7`, `#7`, `007`),
    /// words of the question, its id or its topic, also unfinished or with a slip. At most
    /// [`SEARCH_MAX`](super::SEARCH_MAX). Nothing typed: the first ones.
    pub fn search(&self, typed: &str, limit: usize) -> Vec<&Question> {
        let places = self.index.search(&self.questions, typed, limit);
        places
            .into_iter()
            .map(|place| &self.questions[place])
            .collect()
    }

    /// The topics, in the order in which the questions' numbers bring them up.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        let mut seen = HashSet::new();
        self.questions
            .iter()
            .map(|question| question.topic.as_str())
            .filter(move |topic| seen.insert(*topic))
    }

    /// The questions of a topic and a level; none means any.
    pub fn pick(
        &self,
        topic: Option<&str>,
        level: Option<Level>,
    ) -> impl Iterator<Item = &Question> {
        self.questions.iter().filter(move |question| {
            topic.is_none_or(|topic| question.topic == topic)
                && level.is_none_or(|level| question.level == level)
        })
    }
}

impl Loaded {
    /// Reads all files and drops entries whose id was there before in files of the same origin.
    pub fn read(built_in: &[(&str, &str)], extra: &[RawFile]) -> Self {
        let mut loaded = Self {
            sources: Vec::new(),
            entries: Vec::new(),
            findings: Vec::new(),
        };
        for (name, text) in built_in {
            loaded.file(Source::decode(name, text.as_bytes()), true);
        }
        for file in extra {
            loaded.file(Source::decode(&file.name, &file.bytes), false);
        }
        loaded.drop_twins();
        loaded
    }

    fn file(&mut self, source: Result<Source, Box<Finding>>, built_in: bool) {
        let source = match source {
            Ok(source) => source,
            Err(finding) => return self.findings.push(*finding),
        };
        let file = self.sources.len();
        let (entries, findings) = read::read(&source, Origin { file, built_in });
        self.entries.extend(entries);
        self.findings.extend(findings);
        self.sources.push(source);
    }

    /// What Discord can't show, or what would come out broken, is not asked.
    fn drop_unusable(&mut self) {
        let (sources, findings) = (&self.sources, &mut self.findings);
        self.entries.retain(|entry| {
            let source = &sources[entry.file];
            let mut wrong = rules::check(entry, source);
            wrong.extend(limits::check(entry, source));
            wrong.extend(misplaced(entry, source));
            let is_usable = wrong.is_empty();
            findings.extend(wrong);
            is_usable
        });
    }

    /// An operator's question takes the place of the built-in one with its id.
    fn drop_replaced(&mut self) {
        let own: HashSet<String> = self
            .entries
            .iter()
            .filter(|entry| !entry.built_in)
            .map(|entry| entry.question.id.clone())
            .collect();
        self.entries
            .retain(|entry| !entry.built_in || !own.contains(&entry.question.id));
    }

    /// With a number that two questions have, people find both.
    fn note_shared_numbers(&mut self) {
        let mut first: HashMap<u32, &Entry> = HashMap::new();
        for entry in &self.entries {
            let number = entry.question.number;
            let before = *first.entry(number).or_insert(entry);
            if before.question.id == entry.question.id {
                // It is the same entry: ids are unique by now.
                continue;
            }
            let finding = entry
                .error(
                    &self.sources[entry.file],
                    "number",
                    format!("the number {number} is taken"),
                )
                .related(
                    &self.sources[before.file],
                    &before.key("number", None),
                    "it was first used here",
                )
                .fix("give one of the two another number; your own could begin at 1001");
            self.findings.push(finding.severity(entry.strictness()));
        }
    }

    fn drop_twins(&mut self) {
        let (sources, findings) = (&self.sources, &mut self.findings);
        let mut first: HashMap<(bool, String), (usize, findings::Span)> = HashMap::new();
        self.entries.retain(|entry| {
            let id = (entry.built_in, entry.question.id.clone());
            let span = entry.words(&sources[entry.file], "id", None, &entry.question.id);
            let Some((file, before)) = first.get(&id) else {
                first.insert(id, (entry.file, span));
                return true;
            };
            let message = format!("the id `{}` is taken", entry.question.id);
            findings.push(
                Finding::at(&sources[entry.file], &span, message)
                    .related(&sources[*file], before, "it was first used here")
                    .fix("give one of the two another id"),
            );
            false
        });
    }
}

/// Our files hold a topic each, so that people find where a question is.
fn misplaced(entry: &Entry, source: &Source) -> Option<Finding> {
    let file = source.name().rsplit('/').next()?.strip_suffix(".toml")?;
    let topic = &entry.question.topic;
    let is_misplaced = entry.built_in && topic != file;
    is_misplaced.then(|| {
        entry
            .error(
                source,
                "topic",
                format!("a question on {topic} is in the file of {file}"),
            )
            .fix(format!("move it to {topic}.toml, or mend its topic"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::built_in;
    use super::*;
    use crate::findings::render_all;

    #[test]
    fn the_built_in_bank_is_sound() {
        let (bank, findings) = Bank::check(built_in(), &[]);
        assert_eq!(render_all(&findings), "nothing found");
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
