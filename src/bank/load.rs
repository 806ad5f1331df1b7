//! Puts the bank together from its files.

use std::collections::{HashMap, HashSet};

use super::entry::Entry;
use super::limits;
use super::question::{Level, Question};
use super::read::{self, Origin};
use super::search::Index;
use crate::findings::{self, Finding, Source};

/// A question file of the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackFile {
    /// Its name as the operator knows it.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

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
    pub fn load(built_in: &[(&str, &str)], extra: &[PackFile]) -> (Self, Vec<Finding>) {
        let mut loaded = Loaded::read(built_in, extra);
        findings::sort(&mut loaded.findings);
        (Self::of(loaded.entries), loaded.findings)
    }

    fn of(entries: Vec<Entry>) -> Self {
        let replaced: HashSet<String> = entries
            .iter()
            .filter(|entry| !entry.built_in)
            .map(|entry| entry.question.id.clone())
            .collect();
        let stays = |entry: &Entry| !entry.built_in || !replaced.contains(&entry.question.id);
        let mut questions: Vec<_> = entries
            .into_iter()
            .filter(stays)
            .map(|entry| entry.question)
            .collect();
        questions.sort_by(|a, b| (a.number, &a.id).cmp(&(b.number, &b.id)));
        let by_id = questions
            .iter()
            .enumerate()
            .map(|(index, question)| (question.id.clone(), index))
            .collect();
        let index = Index::of(&questions);
        Self {
            questions,
            by_id,
            index,
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

    /// Which words stand in which questions.
    pub(super) const fn index(&self) -> &Index {
        &self.index
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
    pub fn read(built_in: &[(&str, &str)], extra: &[PackFile]) -> Self {
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
        loaded.drop_oversized();
        loaded
    }

    fn file(&mut self, source: Result<Source, Finding>, built_in: bool) {
        let source = match source {
            Ok(source) => source,
            Err(finding) => return self.findings.push(finding),
        };
        let file = self.sources.len();
        let (entries, findings) = read::read(&source, Origin { file, built_in });
        self.entries.extend(entries);
        self.findings.extend(findings);
        self.sources.push(source);
    }

    /// What Discord can't show is not asked.
    fn drop_oversized(&mut self) {
        let (sources, findings) = (&self.sources, &mut self.findings);
        self.entries.retain(|entry| {
            let wrong = limits::check(entry, &sources[entry.file]);
            let fits = wrong.is_empty();
            findings.extend(wrong);
            fits
        });
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

#[cfg(test)]
mod tests {
    use super::super::built_in;
    use super::*;

    #[test]
    fn the_built_in_bank_loads() {
        let (bank, findings) = Bank::load(built_in(), &[]);
        assert_eq!(findings, []);
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
