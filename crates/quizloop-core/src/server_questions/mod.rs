//! A server's own questions, its disabled questions, and its members' suggestions.
//!
//! They are part of a [`Guild`], but have a serialised form of their own: a reply, which saves the
//! guild, must not save up to two megabytes of questions with it. In memory they are shared, so a
//! copy of the guild costs nothing, and code that saves one sees by the pointer whether they changed.

mod suggestions;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rand::{Rng, RngExt as _};
use serde::{Deserialize, Serialize};

use super::guild::Guild;
use super::id::{GuildId, UserId};
use super::team::Team;
use super::text::remove_control_characters;

use suggestions::Suggestions;
pub use suggestions::{
    Decision, MAX_SUGGESTIONS, MAX_SUGGESTIONS_PER_MEMBER, Suggestion, SuggestionNotice,
};

/// Version of the serialised form that this release writes.
pub const SERVER_QUESTIONS_FORMAT: u32 = 1;

/// Prefix of the ids of all servers' own questions. Files can't use it.
pub const SERVER_ID_PREFIX: &str = "s-";

/// Number of random characters in an id.
const ID_CHARS: usize = 8;

/// The characters of an id, as in the ids of files: they are part of the custom ids of buttons.
const ID_ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Maximum number of a server's own questions.
pub const MAX_SERVER_QUESTIONS: usize = 500;

/// Maximum size of all texts of a server's questions and suggestions in bytes: 4 kB for each of
/// [`MAX_SERVER_QUESTIONS`], which is about what the bank's limits allow for the texts of a form.
pub const MAX_SERVER_QUESTION_BYTES: usize = 2_000_000;

/// What admins and members write about a question. Only the question and its answer are required.
///
/// Level, topic and kind are keywords, which the question bank knows. Callers check all texts
/// against the bank's rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionContent {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    pub question: String,
    pub answer: String,
    /// Key points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how_to_answer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<String>,
    /// The fields that only a file can have.
    #[serde(default, skip_serializing_if = "FileFields::is_empty")]
    pub file: FileFields,
}

/// Fields of a question that came from a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileFields {
    /// The file's own id of the question, by which another import of the file finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// How often interviewers ask it: a keyword.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// The oldest Python version that the answer is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example_answer: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pitfalls: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wrong_outputs: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_output: Option<String>,
    /// The Python versions that run the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
}

impl FileFields {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn texts(&self) -> impl Iterator<Item = &String> {
        let options = [
            &self.key,
            &self.asked,
            &self.since,
            &self.example_answer,
            &self.code,
            &self.output,
            &self.broken,
            &self.broken_output,
            &self.python,
            &self.docs,
        ];
        let lists = [&self.tags, &self.pitfalls, &self.wrong_outputs];
        let options = options.into_iter().flatten();
        options.chain(lists.into_iter().flatten())
    }

    fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let options = [
            &mut self.key,
            &mut self.asked,
            &mut self.since,
            &mut self.example_answer,
            &mut self.code,
            &mut self.output,
            &mut self.broken,
            &mut self.broken_output,
            &mut self.python,
            &mut self.docs,
        ];
        let lists = [&mut self.tags, &mut self.pitfalls, &mut self.wrong_outputs];
        let options = options.into_iter().flatten();
        options.chain(lists.into_iter().flatten())
    }
}

impl QuestionContent {
    /// Returns the size of all texts in bytes.
    pub fn size(&self) -> usize {
        let options = [
            &self.level,
            &self.topic,
            &self.kind,
            &self.how_to_answer,
            &self.follow_up,
        ];
        let required = [&self.question, &self.answer].into_iter();
        let texts = required.chain(options.into_iter().flatten());
        let texts = texts.chain(&self.points).chain(self.file.texts());
        texts.map(String::len).sum()
    }

    /// Removes control characters, which nobody sees and PostgreSQL refuses in part.
    #[must_use]
    pub fn cleaned(mut self) -> Self {
        for text in self.texts_mut() {
            if text.contains(char::is_control) {
                *text = remove_control_characters(text);
            }
        }
        self
    }

    fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let options = [
            &mut self.level,
            &mut self.topic,
            &mut self.kind,
            &mut self.how_to_answer,
            &mut self.follow_up,
        ];
        [&mut self.question, &mut self.answer]
            .into_iter()
            .chain(options.into_iter().flatten())
            .chain(&mut self.points)
            .chain(self.file.texts_mut())
    }
}

/// One of a server's own questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerQuestion {
    /// `s-` and eight random characters; never reused.
    pub id: String,
    /// Numbered from 1; people see `#s12`. Never reused in a server.
    pub number: u32,
    /// The member who wrote or suggested it. None after their data was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<UserId>,
    pub added_at: Timestamp,
    pub content: QuestionContent,
}

/// A change of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuestionChange {
    Add(QuestionContent),
    /// Replaces the content of the question with that id.
    Edit {
        id: String,
        content: QuestionContent,
    },
}

/// A question that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedQuestion {
    pub id: String,
    pub number: u32,
}

/// Why a change of a server's questions is refused. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ServerQuestionError {
    #[error("this server already has {MAX_SERVER_QUESTIONS} questions of its own")]
    Full,
    #[error(
        "the texts of this server's questions have more than {MAX_SERVER_QUESTION_BYTES} bytes together"
    )]
    TooLarge,
    #[error("there is no such question or suggestion")]
    NotFound,
    #[error("a team is asking this question")]
    InUse,
    #[error("you already have {MAX_SUGGESTIONS_PER_MEMBER} open suggestions")]
    MemberFull,
    #[error("this server already has {MAX_SUGGESTIONS} open suggestions")]
    SuggestionsFull,
    /// Another admin was first.
    #[error("this suggestion has been decided already")]
    AlreadyDecided {
        /// The admin; none if their data was deleted.
        by: Option<UserId>,
        approved: bool,
    },
}

/// Why the stored questions of a server are inconsistent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerQuestionsCheckError {
    #[error("the questions belong to server {0}")]
    OtherGuild(GuildId),
    #[error("question numbers must increase and must not exceed `last`")]
    Numbers,
    #[error("suggestion numbers must increase and must not exceed `last`")]
    SuggestionNumbers,
    #[error("the id \"{0}\" is not that of a server's own question, or occurs twice")]
    Id(String),
}

/// A server's own questions and everything about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerQuestions {
    format: u32,
    guild: GuildId,
    /// The highest number that was ever given to a question.
    #[serde(rename = "last")]
    last_number: u32,
    /// In the order of their numbers.
    questions: Vec<ServerQuestion>,
    /// Ids of the questions that are not asked, own and shared ones.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    disabled: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Suggestions::is_empty")]
    suggestions: Suggestions,
}

impl ServerQuestions {
    fn new(guild: GuildId) -> Self {
        Self {
            format: SERVER_QUESTIONS_FORMAT,
            guild,
            last_number: 0,
            questions: Vec::new(),
            disabled: BTreeSet::new(),
            suggestions: Suggestions::default(),
        }
    }

    /// Returns the server's own questions in the order of their numbers, disabled ones too.
    pub fn questions(&self) -> &[ServerQuestion] {
        &self.questions
    }

    /// Returns the server's own question with that id.
    pub fn get(&self, id: &str) -> Option<&ServerQuestion> {
        self.questions.iter().find(|question| question.id == id)
    }

    /// Returns the question that a file calls `key`.
    pub fn by_key(&self, key: &str) -> Option<&ServerQuestion> {
        let has_key = |one: &&ServerQuestion| one.content.file.key.as_deref() == Some(key);
        self.questions.iter().find(has_key)
    }

    /// Returns the ids of the questions that are not asked, own and shared ones, sorted.
    pub const fn disabled(&self) -> &BTreeSet<String> {
        &self.disabled
    }

    /// Whether the question with that id may be asked. An id without a question counts as enabled.
    pub fn is_enabled(&self, id: &str) -> bool {
        !self.disabled.contains(id)
    }

    /// Returns the open suggestions, the oldest first.
    pub fn suggestions(&self) -> &[Suggestion] {
        self.suggestions.open()
    }

    /// Returns the open suggestion of that number.
    pub fn suggestion(&self, number: u32) -> Option<&Suggestion> {
        self.suggestions.get(number)
    }

    /// Returns what was decided on the suggestion of that number, if it is still known.
    pub fn decision(&self, number: u32) -> Option<&Decision> {
        self.suggestions.decision(number)
    }

    /// Returns the size of all texts in bytes.
    pub fn size(&self) -> usize {
        let questions = self.questions.iter().map(|one| one.content.size());
        let suggestions = self.suggestions().iter().map(|one| one.content.size());
        questions.chain(suggestions).sum()
    }

    /// Checks that the data is consistent and belongs to a guild.
    ///
    /// # Errors
    ///
    /// Returns the first inconsistency.
    pub fn check(&self, guild: GuildId) -> Result<(), ServerQuestionsCheckError> {
        if self.guild != guild {
            return Err(ServerQuestionsCheckError::OtherGuild(self.guild));
        }
        if !are_numbers_valid(
            self.questions.iter().map(|one| one.number),
            self.last_number,
        ) {
            return Err(ServerQuestionsCheckError::Numbers);
        }
        let mut seen = BTreeSet::new();
        for ServerQuestion { id, .. } in &self.questions {
            if !is_server_id(id) || !seen.insert(id) {
                return Err(ServerQuestionsCheckError::Id(id.clone()));
            }
        }
        self.suggestions.check()
    }

    const fn check_count(&self) -> Result<(), ServerQuestionError> {
        if self.questions.len() >= MAX_SERVER_QUESTIONS {
            return Err(ServerQuestionError::Full);
        }
        Ok(())
    }

    fn check_room(&self, added: &QuestionContent) -> Result<(), ServerQuestionError> {
        if self.size() + added.size() > MAX_SERVER_QUESTION_BYTES {
            return Err(ServerQuestionError::TooLarge);
        }
        Ok(())
    }

    fn add(
        &mut self,
        author: Option<UserId>,
        content: QuestionContent,
        at: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<AddedQuestion, ServerQuestionError> {
        self.check_count()?;
        self.check_room(&content)?;
        self.add_in_room(author, content, at, rng)
    }

    /// Adds a question for whose texts there is room.
    fn add_in_room(
        &mut self,
        author: Option<UserId>,
        content: QuestionContent,
        at: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<AddedQuestion, ServerQuestionError> {
        self.check_count()?;
        self.last_number = self.last_number.saturating_add(1);
        let question = ServerQuestion {
            id: self.unused_id(rng),
            number: self.last_number,
            author,
            added_at: at,
            content,
        };
        let (id, number) = (question.id.clone(), question.number);
        self.questions.push(question);
        Ok(AddedQuestion { id, number })
    }

    fn edit(&mut self, id: &str, content: QuestionContent) -> Result<(), ServerQuestionError> {
        let before = self.get(id).ok_or(ServerQuestionError::NotFound)?;
        if self.size() - before.content.size() + content.size() > MAX_SERVER_QUESTION_BYTES {
            return Err(ServerQuestionError::TooLarge);
        }
        self.edit_in_room(id, content)
    }

    /// Changes a question for whose new texts there is room.
    fn edit_in_room(
        &mut self,
        id: &str,
        mut content: QuestionContent,
    ) -> Result<(), ServerQuestionError> {
        let index = self.questions.iter().position(|one| one.id == id);
        let index = index.ok_or(ServerQuestionError::NotFound)?;
        let before = &self.questions[index].content;
        content.file.key = content.file.key.or_else(|| before.file.key.clone());
        self.questions[index].content = content;
        Ok(())
    }

    fn unused_id(&self, rng: &mut impl Rng) -> String {
        loop {
            let mut character = || char::from(ID_ALPHABET[rng.random_range(0..ID_ALPHABET.len())]);
            let random: String = (0..ID_CHARS).map(|_| character()).collect();
            let id = format!("{SERVER_ID_PREFIX}{random}");
            // 36^8 ids: an id of a removed question does not return in practice.
            if self.get(&id).is_none() {
                return id;
            }
        }
    }

    /// Adds what these questions lack of others of the same server, which were stored at another
    /// time: questions with other ids and open suggestions. Where a number is taken, the added
    /// question gets a new one.
    fn fill_from(&mut self, other: &Self) {
        let highest = self.last_number.max(other.last_number);
        let taken: BTreeSet<u32> = self.questions.iter().map(|one| one.number).collect();
        self.last_number = highest;
        for question in &other.questions {
            if self.get(&question.id).is_some() {
                continue;
            }
            let mut question = question.clone();
            if taken.contains(&question.number) {
                self.last_number = self.last_number.saturating_add(1);
                question.number = self.last_number;
            }
            self.questions.push(question);
        }
        self.questions.sort_by_key(|question| question.number);
        self.disabled.extend(other.disabled.iter().cloned());
        self.suggestions.fill_from(&other.suggestions);
    }

    /// Calls `visit` for every place that names a member, with the day of the activity behind it.
    pub(super) fn visit_members(&self, visit: &mut dyn FnMut(UserId, Option<Date>)) {
        for question in &self.questions {
            visit_member(question.author, question.added_at, visit);
        }
        self.suggestions.visit_members(visit);
    }

    /// Whether any place names a member.
    fn names(&self, user: UserId) -> bool {
        let mut found = false;
        self.visit_members(&mut |member, _| found |= member == user);
        found
    }

    /// Erases a member: their authorship and decisions, and their open suggestions as a whole.
    fn erase(&mut self, user: UserId) {
        for question in &mut self.questions {
            question.author = question.author.filter(|author| *author != user);
        }
        self.suggestions.erase(user);
    }
}

fn visit_member(user: Option<UserId>, at: Timestamp, visit: &mut dyn FnMut(UserId, Option<Date>)) {
    if let Some(user) = user {
        // The local day may differ by one, which does not matter within thirteen months.
        visit(user, Some(at.to_zoned_datetime(TimeZone::UTC).date()));
    }
}

/// Whether an id has the form of those of servers' own questions.
pub fn is_server_id(id: &str) -> bool {
    let random = id.strip_prefix(SERVER_ID_PREFIX).unwrap_or_default();
    random.len() == ID_CHARS && random.bytes().all(|byte| ID_ALPHABET.contains(&byte))
}

/// Whether numbers increase from 1 or more up to at most `last`.
fn are_numbers_valid(numbers: impl Iterator<Item = u32>, last: u32) -> bool {
    let mut before = 0;
    for number in numbers {
        if number <= before || number > last {
            return false;
        }
        before = number;
    }
    true
}

impl Guild {
    /// Returns the server's own questions; `None` if it never had any, nor a suggestion, and has
    /// disabled none.
    pub fn server_questions(&self) -> Option<&ServerQuestions> {
        self.server_questions.as_deref()
    }

    /// Returns the server's own questions that a member wrote.
    pub fn written_questions(&self, user: UserId) -> impl Iterator<Item = &ServerQuestion> {
        let all = self.server_questions().into_iter();
        let all = all.flat_map(ServerQuestions::questions);
        all.filter(move |question| question.author == Some(user))
    }

    /// Returns the shared value. Another pointer means that the questions have changed.
    pub const fn shared_server_questions(&self) -> Option<&Arc<ServerQuestions>> {
        self.server_questions.as_ref()
    }

    /// Sets the questions that were stored apart from the rest of the guild.
    ///
    /// # Errors
    ///
    /// They are inconsistent, or those of another guild. Nothing is changed then.
    pub fn set_server_questions(
        &mut self,
        questions: Option<ServerQuestions>,
    ) -> Result<(), ServerQuestionsCheckError> {
        if let Some(questions) = &questions {
            questions.check(self.id())?;
        }
        self.server_questions = questions.map(Arc::new);
        Ok(())
    }

    /// Makes the questions count as changed, so that the next save writes them again.
    pub fn touch_server_questions(&mut self) {
        if let Some(questions) = &mut self.server_questions {
            *questions = Arc::new(ServerQuestions::clone(questions));
        }
    }

    /// Adds a question of the server's own.
    ///
    /// # Errors
    ///
    /// The server has too many, or they are too large.
    pub fn add_question(
        &mut self,
        content: QuestionContent,
        author: UserId,
        at: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<AddedQuestion, ServerQuestionError> {
        let content = content.cleaned();
        self.change_questions(|own| own.add(Some(author), content, at, rng))
    }

    /// Replaces the content of one of the server's own questions. It keeps its id, its number, its
    /// author, and its key if the new content has none.
    ///
    /// # Errors
    ///
    /// There is no such question, or the questions would be too large.
    pub fn edit_question(
        &mut self,
        id: &str,
        content: QuestionContent,
    ) -> Result<(), ServerQuestionError> {
        let content = content.cleaned();
        self.change_questions(|own| own.edit(id, content))
    }

    /// Adds and edits many questions, all of them or none. Returns the added ones in their order.
    ///
    /// # Errors
    ///
    /// One of the changes is refused.
    pub fn import_questions(
        &mut self,
        changes: Vec<QuestionChange>,
        author: UserId,
        at: Timestamp,
        rng: &mut impl Rng,
    ) -> Result<Vec<AddedQuestion>, ServerQuestionError> {
        self.change_questions(|own| {
            let mut added = Vec::new();
            for change in changes {
                match change {
                    QuestionChange::Add(content) => {
                        added.push(own.add_in_room(Some(author), content.cleaned(), at, rng)?);
                    }
                    QuestionChange::Edit { id, content } => {
                        own.edit_in_room(&id, content.cleaned())?;
                    }
                }
            }
            // Once, after all changes: to sum up all texts for each of 500 takes long, and the guild is
            // locked meanwhile.
            if own.size() > MAX_SERVER_QUESTION_BYTES {
                return Err(ServerQuestionError::TooLarge);
            }
            Ok(added)
        })
    }

    /// Removes one of the server's own questions.
    ///
    /// # Errors
    ///
    /// There is no such question, or it is the question of an intended or open round.
    pub fn remove_question(&mut self, id: &str) -> Result<ServerQuestion, ServerQuestionError> {
        let found = self.server_questions().and_then(|own| own.get(id));
        found.ok_or(ServerQuestionError::NotFound)?;
        if self.is_question_in_use(id) {
            return Err(ServerQuestionError::InUse);
        }
        self.change_questions(|own| {
            let index = own.questions.iter().position(|one| one.id == id);
            let index = index.ok_or(ServerQuestionError::NotFound)?;
            own.disabled.remove(id);
            Ok(own.questions.remove(index))
        })
    }

    /// Whether a question is that of an intended or open round, also of a void one, which keeps its
    /// message.
    pub fn is_question_in_use(&self, id: &str) -> bool {
        let rounds = |team: &Team| {
            let rounds = [team.rounds().last(), team.open_round()];
            rounds
                .into_iter()
                .flatten()
                .any(|round| round.question == id)
        };
        self.teams().values().any(|team| rounds(team))
    }

    /// Enables or disables a question, the server's own or a shared one, from the next draw on.
    /// Returns whether that changed anything. The caller checks that a shared question exists.
    ///
    /// # Errors
    ///
    /// The id is that of a server's own question, which does not exist.
    pub fn set_question_enabled(
        &mut self,
        id: &str,
        enabled: bool,
    ) -> Result<bool, ServerQuestionError> {
        let own = self.server_questions();
        let exists = own.is_some_and(|own| own.get(id).is_some());
        if id.starts_with(SERVER_ID_PREFIX) && !exists {
            return Err(ServerQuestionError::NotFound);
        }
        if own.is_none_or(|own| own.is_enabled(id)) == enabled {
            return Ok(false);
        }
        self.change_questions(|own| {
            Ok(if enabled {
                own.disabled.remove(id)
            } else {
                own.disabled.insert(id.to_owned())
            })
        })
    }

    /// Changes the questions, which are created if there are none. A change that is refused leaves
    /// no trace, so that it is not saved either.
    fn change_questions<R>(
        &mut self,
        change: impl FnOnce(&mut ServerQuestions) -> Result<R, ServerQuestionError>,
    ) -> Result<R, ServerQuestionError> {
        let empty = || ServerQuestions::new(self.id());
        let mut changed = self.server_questions().cloned().unwrap_or_else(empty);
        let result = change(&mut changed)?;
        self.server_questions = Some(Arc::new(changed));
        Ok(result)
    }

    pub(super) fn fill_server_questions_from(&mut self, other: Option<Arc<ServerQuestions>>) {
        match (&mut self.server_questions, other) {
            (Some(own), Some(other)) => Arc::make_mut(own).fill_from(&other),
            (None, Some(other)) => self.server_questions = Some(other),
            (_, None) => {}
        }
    }

    pub(super) fn erase_from_server_questions(&mut self, user: UserId) {
        if let Some(own) = &mut self.server_questions
            && own.names(user)
        {
            Arc::make_mut(own).erase(user);
        }
    }
}
