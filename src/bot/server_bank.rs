//! Servers' own questions as the question bank sees them.

use std::sync::{Arc, Weak};

use dashmap::DashMap;

use quizloop_bank::{Question, ServerBank};
use quizloop_core::id::GuildId;
use quizloop_core::server_questions::{
    FileFields, QuestionContent, ServerQuestion, ServerQuestions,
};

/// The banks of the servers that have own questions and are in memory. Each is built when it is
/// first needed after a change, because that takes some milliseconds.
#[derive(Debug, Default)]
pub struct ServerBanks(DashMap<GuildId, CachedBank>);

#[derive(Debug)]
struct CachedBank {
    /// From what it was built. A weak pointer, so that it does not keep an evicted server's questions
    /// in memory; the allocation stays, so that no other value gets the same address.
    questions: Weak<ServerQuestions>,
    bank: Arc<ServerBank>,
}

impl ServerBanks {
    /// Returns the bank of a server's present questions.
    pub fn get(&self, guild: GuildId, questions: &Arc<ServerQuestions>) -> Arc<ServerBank> {
        if let Some(cached) = self.0.get(&guild)
            && std::ptr::eq(cached.questions.as_ptr(), Arc::as_ptr(questions))
        {
            return Arc::clone(&cached.bank);
        }
        let bank = Arc::new(server_bank(questions));
        let cached = CachedBank {
            questions: Arc::downgrade(questions),
            bank: Arc::clone(&bank),
        };
        self.0.insert(guild, cached);
        bank
    }

    /// Removes the banks of servers that are not in memory any more.
    pub fn remove_evicted(&self) {
        self.0
            .retain(|_, cached| cached.questions.strong_count() > 0);
    }
}

fn server_bank(questions: &ServerQuestions) -> ServerBank {
    let own = questions.questions().iter().map(question_of).collect();
    ServerBank::new(own, questions.disabled().clone())
}

/// Returns one of a server's own questions as a question of the bank.
pub fn question_of(question: &ServerQuestion) -> Question {
    question_of_content(&question.id, question.number, &question.content)
}

/// Returns a question of the bank with some content. Keywords that the bank does not know count as
/// missing.
pub fn question_of_content(id: &str, number: u32, content: &QuestionContent) -> Question {
    let content = content.clone();
    let file = content.file;
    let topic = content
        .topic
        .unwrap_or_else(|| quizloop_bank::OTHER_TOPIC.to_owned());
    Question {
        id: id.to_owned(),
        number: Some(number),
        topic,
        level: parse(content.level.as_ref()),
        kind: parse(content.kind.as_ref()),
        tags: file.tags,
        asked: parse(file.asked.as_ref()),
        since: parse(file.since.as_ref()),
        question: content.question,
        answer: content.answer,
        how_to_answer: content.how_to_answer,
        example_answer: file.example_answer,
        points: content.points,
        pitfalls: file.pitfalls,
        code: file.code,
        output: file.output,
        wrong_outputs: file.wrong_outputs,
        broken: file.broken,
        broken_output: file.broken_output,
        python: parse(file.python.as_ref()),
        docs: file.docs,
        follow_up: content.follow_up,
    }
}

fn parse<T: std::str::FromStr>(keyword: Option<&String>) -> Option<T> {
    keyword?.parse().ok()
}

/// Returns what is stored of a question, with the id that a file gave it, if any.
pub fn content_of(question: &Question, key: Option<String>) -> QuestionContent {
    let question = question.clone();
    let topic = (question.topic != quizloop_bank::OTHER_TOPIC).then_some(question.topic);
    QuestionContent {
        level: question.level.map(|level| level.name().to_owned()),
        topic,
        kind: question.kind.map(|kind| kind.name().to_owned()),
        question: question.question,
        answer: question.answer,
        points: question.points,
        how_to_answer: question.how_to_answer,
        follow_up: question.follow_up,
        file: FileFields {
            key,
            tags: question.tags,
            asked: question.asked.map(|asked| asked.name().to_owned()),
            since: question.since.map(|since| since.to_string()),
            example_answer: question.example_answer,
            pitfalls: question.pitfalls,
            code: question.code,
            output: question.output,
            wrong_outputs: question.wrong_outputs,
            broken: question.broken,
            broken_output: question.broken_output,
            python: question.python.map(|python| python.to_string()),
            docs: question.docs,
        },
    }
}

#[cfg(test)]
mod tests {
    use quizloop_bank::{Bank, built_in};
    use quizloop_core::guild::Guild;
    use quizloop_core::id::UserId;

    use super::*;

    #[test]
    fn nothing_of_a_question_is_lost() {
        let (bank, _) = Bank::load(built_in(), &[]);
        for question in bank.questions() {
            let content = content_of(question, None);
            let number = question.number.unwrap();
            assert_eq!(
                question_of_content(&question.id, number, &content),
                *question
            );
        }
        let least = QuestionContent {
            question: "Why?".into(),
            answer: "Because.".into(),
            ..QuestionContent::default()
        };
        let question = question_of_content("s-00000000", 1, &least);
        assert_eq!((question.topic.as_str(), question.level), ("other", None));
        assert_eq!(content_of(&question, None), least);
    }

    #[test]
    fn a_bank_is_built_again_only_after_a_change() {
        let mut guild = Guild::new(GuildId::new(1));
        let banks = ServerBanks::default();
        guild.set_question_enabled("queue-handover", false).unwrap();
        let get = |guild: &Guild| banks.get(guild.id(), guild.shared_server_questions().unwrap());
        let first = get(&guild);
        assert!(Arc::ptr_eq(&first, &get(&guild)));
        let content = content_of(&Bank::load(built_in(), &[]).0.questions()[0], None);
        let mut rng = rand::SeedableRng::seed_from_u64(1);
        let rng: &mut rand::rngs::StdRng = &mut rng;
        let at = "2026-03-27T08:00:00Z".parse().unwrap();
        guild
            .add_question(content, UserId::new(7), at, rng)
            .unwrap();
        assert!(!Arc::ptr_eq(&first, &get(&guild)));
        banks.remove_evicted();
        assert_eq!(banks.0.len(), 1);
        drop(guild);
        banks.remove_evicted();
        assert_eq!(banks.0.len(), 0);
    }
}
