//! What an import of a file does to a server's own questions. Pure: nothing is changed here.

use std::collections::HashMap;
use std::fmt;

use super::drafts::DraftLimits;
use quizloop_core::server_questions::{
    AddedQuestion, MAX_SERVER_QUESTION_BYTES, MAX_SERVER_QUESTIONS, QuestionChange,
    QuestionContent, ServerQuestion, ServerQuestions,
};

/// Limits of the kept files. All of them together take at most 32 MiB.
pub const IMPORT_LIMITS: DraftLimits = DraftLimits {
    per_guild: 2,
    per_member: 2,
    bytes: 32 * 1024 * 1024,
};

/// A read file that waits for the admin's press.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportDraft {
    pub file: String,
    /// The rows without mistakes, each with its key.
    pub questions: Vec<QuestionContent>,
    /// What an import of it changed in memory, if that could not be saved.
    pub unsaved: Option<UnsavedImport>,
}

/// An import that could not be saved. It may still be in memory, and is then saved with the next
/// attempt. Without this, the next press would add questions twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsavedImport {
    /// Without its changes.
    pub plan: ImportPlan,
    /// In their order.
    pub added: Vec<AddedQuestion>,
}

impl UnsavedImport {
    /// Whether the added questions are in memory. An import that only updates questions needs no such
    /// check: it can be repeated.
    pub fn is_applied(&self, own: Option<&ServerQuestions>) -> bool {
        let exists = |added: &AddedQuestion| own.is_some_and(|own| own.get(&added.id).is_some());
        !self.added.is_empty() && self.added.iter().all(exists)
    }
}

impl ImportDraft {
    /// Returns the size of all texts in bytes.
    pub fn size(&self) -> usize {
        self.questions.iter().map(QuestionContent::size).sum()
    }
}

/// What happens to the questions of a file that the server has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// They get the file's texts.
    Update,
    /// They stay as they are.
    Skip,
    /// They are added once more, as new questions.
    Add,
}

impl ImportMode {
    pub const NAMES: [(&str, Self); 3] = [
        ("update", Self::Update),
        ("skip", Self::Skip),
        ("add", Self::Add),
    ];

    /// Parses the name in a custom id.
    pub fn parse(text: &str) -> Option<Self> {
        let mut names = Self::NAMES.into_iter();
        let found = names.find(|(name, _)| *name == text);
        found.map(|(_, mode)| mode)
    }
}

impl fmt::Display for ImportMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Self::NAMES.into_iter();
        let found = names.find(|(_, mode)| mode == self);
        f.write_str(found.map_or("", |(name, _)| name))
    }
}

/// A limit that an import would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportLimit {
    /// [`MAX_SERVER_QUESTIONS`], and how many questions the server would have.
    Count(usize),
    /// [`MAX_SERVER_QUESTION_BYTES`], and how large all texts would be.
    Bytes(usize),
}

/// An import in one mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPlan {
    pub changes: Vec<QuestionChange>,
    /// Number of added questions.
    pub added: usize,
    /// Number of questions that get another text.
    pub updated: usize,
    /// Number of questions of the file that change nothing.
    pub unchanged: usize,
    /// Why it is refused.
    pub exceeds: Option<ImportLimit>,
}

/// How many questions of a file the server has already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// With the same texts.
    pub same: usize,
    /// With other texts.
    pub changed: usize,
    /// Not yet.
    pub new: usize,
}

impl ImportCounts {
    pub fn of(questions: &[QuestionContent], own: Option<&ServerQuestions>) -> Self {
        let mut counts = Self::default();
        let own = by_key(own);
        for content in questions {
            match existing(content, &own) {
                None => counts.new += 1,
                Some((_, before)) if before == content => counts.same += 1,
                Some(_) => counts.changed += 1,
            }
        }
        counts
    }
}

impl ImportPlan {
    /// Plans the import of a file's questions.
    pub fn new(
        questions: &[QuestionContent],
        own: Option<&ServerQuestions>,
        mode: ImportMode,
    ) -> Self {
        let mut plan = Self {
            changes: Vec::new(),
            added: 0,
            updated: 0,
            unchanged: 0,
            exceeds: None,
        };
        let mut bytes = own.map_or(0, ServerQuestions::size);
        let by_key = by_key(own);
        for content in questions {
            match existing(content, &by_key) {
                Some((id, before)) if mode == ImportMode::Update && before != content => {
                    bytes = bytes.saturating_sub(before.size()) + content.size();
                    plan.updated += 1;
                    plan.changes.push(QuestionChange::Edit {
                        id: id.to_owned(),
                        content: content.clone(),
                    });
                }
                Some(_) if mode != ImportMode::Add => plan.unchanged += 1,
                _ => {
                    bytes += content.size();
                    plan.added += 1;
                    plan.changes.push(QuestionChange::Add(content.clone()));
                }
            }
        }
        let count = own.map_or(0, |own| own.questions().len()) + plan.added;
        plan.exceeds = if count > MAX_SERVER_QUESTIONS {
            Some(ImportLimit::Count(count))
        } else if bytes > MAX_SERVER_QUESTION_BYTES {
            Some(ImportLimit::Bytes(bytes))
        } else {
            None
        };
        plan
    }
}

/// Returns the server's questions by their keys; of several with the same key, the first one. A file
/// has up to 500 questions, so a search for each of them in a list would take long.
fn by_key(own: Option<&ServerQuestions>) -> HashMap<&str, &ServerQuestion> {
    let mut by_key = HashMap::new();
    for question in own.map(ServerQuestions::questions).unwrap_or_default() {
        if let Some(key) = question.content.file.key.as_deref() {
            by_key.entry(key).or_insert(question);
        }
    }
    by_key
}

/// Returns the id and the content of the server's question with the same key.
fn existing<'q>(
    content: &QuestionContent,
    own: &HashMap<&str, &'q ServerQuestion>,
) -> Option<(&'q str, &'q QuestionContent)> {
    let found = *own.get(content.file.key.as_deref()?)?;
    Some((&found.id, &found.content))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use quizloop_core::guild::Guild;
    use quizloop_core::id::{GuildId, UserId};
    use quizloop_core::server_questions::FileFields;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    fn content(key: &str, answer: &str) -> QuestionContent {
        QuestionContent {
            question: format!("What is {key}?"),
            answer: answer.to_owned(),
            file: FileFields {
                key: Some(key.to_owned()),
                ..FileFields::default()
            },
            ..QuestionContent::default()
        }
    }

    fn file(from: usize, to: usize, answer: &str) -> Vec<QuestionContent> {
        let rows = from..to;
        rows.map(|row| content(&format!("q{row}"), answer))
            .collect()
    }

    /// Imports as a press does.
    fn import(guild: &mut Guild, questions: &[QuestionContent], mode: ImportMode) -> ImportPlan {
        let plan = ImportPlan::new(questions, guild.server_questions(), mode);
        let mut rng = StdRng::seed_from_u64(1);
        let changes = plan.changes.clone();
        let done = guild.import_questions(changes, UserId::new(1), Timestamp::UNIX_EPOCH, &mut rng);
        assert_eq!(
            done.is_err(),
            plan.exceeds.is_some(),
            "{done:?} {:?}",
            plan.exceeds
        );
        plan
    }

    fn counts(plan: &ImportPlan) -> [usize; 3] {
        [plan.added, plan.updated, plan.unchanged]
    }

    #[test]
    fn questions_are_known_again_by_their_keys() {
        let mut guild = Guild::new(GuildId::new(1));
        let plan = import(&mut guild, &file(0, 5, "old"), ImportMode::Skip);
        assert_eq!(counts(&plan), [5, 0, 0]);
        let again: Vec<_> = file(0, 2, "old")
            .into_iter()
            .chain(file(2, 8, "new"))
            .collect();
        let found = ImportCounts::of(&again, guild.server_questions());
        assert_eq!((found.same, found.changed, found.new), (2, 3, 3));
        for (mode, expected, total) in [
            (ImportMode::Skip, [3, 0, 5], 8),
            (ImportMode::Update, [3, 3, 2], 8),
            (ImportMode::Add, [8, 0, 0], 13),
        ] {
            let mut guild = guild.clone();
            assert_eq!(
                counts(&import(&mut guild, &again, mode)),
                expected,
                "{mode}"
            );
            let own = guild.server_questions().unwrap();
            assert_eq!(own.questions().len(), total);
            let answer = &own.by_key("q3").unwrap().content.answer;
            assert_eq!(answer == "new", mode == ImportMode::Update);
            // The same press once more adds nothing, unless it was asked for.
            let repeated = ImportPlan::new(&again, Some(own), mode);
            assert_eq!(repeated.changes.is_empty(), mode != ImportMode::Add);
        }
    }

    #[test]
    fn the_limits_are_known_before_the_press() {
        let mut guild = Guild::new(GuildId::new(1));
        import(
            &mut guild,
            &file(0, MAX_SERVER_QUESTIONS, "old"),
            ImportMode::Skip,
        );
        let more = file(1, MAX_SERVER_QUESTIONS + 1, "new");
        let plan = import(&mut guild, &more, ImportMode::Skip);
        assert_eq!(plan.exceeds, Some(ImportLimit::Count(501)));
        let plan = import(&mut guild, &more[..499], ImportMode::Update);
        assert_eq!((plan.updated, plan.exceeds), (499, None));
        let long = "x".repeat(MAX_SERVER_QUESTION_BYTES / MAX_SERVER_QUESTIONS);
        let plan = import(&mut guild, &file(0, 500, &long), ImportMode::Update);
        assert!(
            matches!(plan.exceeds, Some(ImportLimit::Bytes(bytes)) if bytes > MAX_SERVER_QUESTION_BYTES)
        );
    }

    #[test]
    fn modes_are_parsed_as_they_are_written() {
        for (_, mode) in ImportMode::NAMES {
            assert_eq!(ImportMode::parse(&mode.to_string()), Some(mode));
        }
        assert_eq!(ImportMode::parse(""), None);
    }
}
