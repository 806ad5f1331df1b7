//! The facts about questions by which the rules choose.

use quizloop_bank::{Bank, GuildQuestions, Level, Question, QuestionPath, QuestionSource};
use quizloop_core::guild::Guild;
use quizloop_core::question_pool::{Candidate, NamedPath, QuestionPool};
use quizloop_core::team::Team;
use quizloop_store::{Commit, LoadedTeam};

/// Returns the facts about the enabled questions of a server.
pub fn question_pool(questions: &GuildQuestions) -> QuestionPool<'_> {
    let candidates = questions.with_sources().map(candidate);
    QuestionPool::new(candidates.collect(), named_paths(questions.paths()))
}

/// Returns the facts about the questions that all servers share.
pub fn shared_pool(bank: &Bank) -> QuestionPool<'_> {
    let candidates = bank.with_sources().map(candidate);
    QuestionPool::new(candidates.collect(), named_paths(bank.paths()))
}

fn named_paths(paths: &[QuestionPath]) -> Vec<NamedPath<'_>> {
    let paths = paths.iter().map(|path| NamedPath {
        name: &path.name,
        questions: &path.questions,
    });
    paths.collect()
}

fn candidate<'q>((question, source): (&'q Question, QuestionSource<'q>)) -> Candidate<'q> {
    Candidate {
        id: &question.id,
        number: question.number,
        level: question.level.map(Level::name),
        topic: &question.topic,
        source: source.name(),
    }
}

/// Changes a team, with the questions that it may post now: those that no other team has open. Both
/// happen in one step, so that two teams that post at the same time don't take the same question.
/// `None` if there is no such team.
pub fn update_with_pool<'q, R>(
    team: &LoadedTeam,
    pool: QuestionPool<'q>,
    change: impl FnOnce(&mut Team, QuestionPool<'q>) -> R,
) -> (Option<R>, Commit) {
    let channel = team.channel();
    let change = |guild: &mut Guild| {
        let pool = pool.without(guild.questions_elsewhere(channel));
        Some(change(guild.team_mut(channel)?, pool))
    };
    let changed = team.guild().update(change);
    // A guild that another process owns must not look like a deleted one: its commit fails.
    changed.unwrap_or_else(|| (None, team.guild().latest_commit()))
}
