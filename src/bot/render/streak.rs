//! Streaks, their explanations, and the leaderboard.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::daily::round_link;
use super::message::{Embed, Message};
use super::text::{day, escape_markdown, pluralize, truncate};
use quizloop_bank::Question;
use quizloop_core::id::{ChannelId, GuildId, UserId};
use quizloop_core::leaderboard::{LeaderboardRow, Period, places};
use quizloop_core::ledger::Actor;
use quizloop_core::round::Round;
use quizloop_core::streak::{RoundOutcome, Streak};

/// The embed colour of streaks and leaderboards.
const STREAK_COLOR: u32 = 0xe6_7e_22;

/// Maximum number of members on a leaderboard.
pub const LEADERBOARD_SIZE: usize = 10;

/// Number of rounds that `/streak why:True` explains.
pub const EXPLAINED_ROUNDS: usize = 14;

/// Maximum length of a question's first words in a list, in characters.
const FIRST_WORDS_MAX: usize = 40;

/// How a member gets on the leaderboard. Replies after the model answer don't count.
const ON_THE_BOARD: &str = "Answer a question before you see its model answer to be the first.";

/// The data behind `/streak`.
pub struct StreakView<'a> {
    pub member: UserId,
    /// Whether the member asked for their own streak.
    pub is_own: bool,
    pub streak: Streak,
    /// The question to which a reply would add to the streak.
    pub next: NextQuestion,
    /// Number of questions that the member has answered.
    pub answers: AnswerCounts,
    /// The guild and the team's channel, to build links.
    pub guild: GuildId,
    pub channel: ChannelId,
    /// The latest rounds, oldest first. Empty unless requested.
    pub recent_rounds: Vec<ExplainedRound<'a>>,
}

/// A round and what a member did in it.
#[derive(Debug, Clone, Copy)]
pub struct ExplainedRound<'a> {
    pub round: &'a Round,
    pub outcome: RoundOutcome,
    /// `None` if the question was removed.
    pub question: Option<&'a Question>,
}

/// The next question that a member can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextQuestion {
    /// The open one, which came out today.
    Today,
    /// The open one, from a day before.
    Open,
    /// One that is not out yet.
    NotOut,
}

/// Numbers of questions that a member has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerCounts {
    /// The team's local date.
    pub today: Date,
    /// In this month.
    pub this_month: u32,
    pub all_time: u32,
}

/// A member's streak.
pub fn streak(view: &StreakView<'_>) -> Message {
    let mut text = if view.is_own {
        format!("{}\n{}", own_streak(view), own_freezes(view.streak))
    } else {
        let freezes = freezes_held(view.streak);
        format!("{}\n❄️ {freezes}.", streak_of(view))
    };
    if !view.recent_rounds.is_empty() {
        let count = pluralize(view.recent_rounds.len(), "question", "questions");
        // Writing to a string can't fail. A field would be too short for that many links.
        let _ = write!(text, "\n\n**Last {count}**\n{}", round_lines(view));
    }
    Message::embed(Embed {
        description: Some(text),
        color: STREAK_COLOR,
        ..Embed::default()
    })
}

fn own_streak(view: &StreakView<'_>) -> String {
    let streak = view.streak;
    let question = match view.next {
        NextQuestion::Today => "today's question",
        NextQuestion::Open => "the open question",
        NextQuestion::NotOut => "the next question",
    };
    match (streak.current, streak.longest) {
        (0, 0) => format!("No streak yet. Answer {question} to start one."),
        (0, longest) => format!(
            "{}. Your streak starts again with {question}.\nYour longest was {}.",
            answers_text(view.answers),
            pluralize(longest, "question", "questions")
        ),
        (current, longest) => format!(
            "Your streak: **{}** in a row (longest: {longest}).",
            pluralize(current, "question", "questions")
        ),
    }
}

/// What a member has achieved, such as "8 answers in March", without any number that is 0.
fn answers_text(answers: AnswerCounts) -> String {
    let count = |number| format!("**{}**", pluralize(number, "answer", "answers"));
    match answers.this_month {
        0 => format!("{} so far", count(answers.all_time)),
        this_month => format!("{} in {}", count(this_month), answers.today.strftime("%B")),
    }
}

/// The streak of another member. Nothing tells that they lost one.
fn streak_of(view: &StreakView<'_>) -> String {
    let member = view.member;
    match (view.streak.current, view.streak.longest) {
        (0, 0) => format!("<@{member}> has no streak yet."),
        (0, _) => format!("<@{member}> has {}.", answers_text(view.answers)),
        (current, longest) => format!(
            "<@{member}>'s streak: **{}** in a row (longest: {longest}).",
            pluralize(current, "question", "questions")
        ),
    }
}

fn own_freezes(streak: Streak) -> String {
    let held = freezes_held(streak);
    let Some(missing) = streak.rounds_to_next_freeze() else {
        return format!("❄️ {held}, the maximum. Each saves your streak on a day you miss.");
    };
    let missing = pluralize(missing, "more question", "more questions");
    if streak.freezes == 0 {
        return format!(
            "❄️ {held}. Answer {missing} to earn one: it saves your streak on a day you miss."
        );
    }
    format!("❄️ {held}. It saves your streak on a day you miss. Answer {missing} to earn another.")
}

fn freezes_held(streak: Streak) -> String {
    match streak.freezes {
        0 => "No freezes".into(),
        held => pluralize(held, "freeze", "freezes"),
    }
}

fn round_lines(view: &StreakView<'_>) -> String {
    let line = |explained: &ExplainedRound<'_>| {
        let ExplainedRound {
            round,
            outcome,
            question,
        } = explained;
        let words = question.map_or_else(|| "a removed question".to_owned(), first_words);
        let linked = match round_link(view.guild, view.channel, round) {
            Some(link) => format!("[{words}]({link})"),
            None => words,
        };
        format!("{} · {linked} · {}", day(round.day), outcome_text(outcome))
    };
    let lines = view.recent_rounds.iter().rev().map(line);
    lines.collect::<Vec<_>>().join("\n")
}

/// The first words of a question as the text of a link, in which square brackets would end it.
fn first_words(question: &Question) -> String {
    let plain = question.question.replace('`', "");
    let plain = plain.replace('[', "(").replace(']', ")");
    escape_markdown(&truncate(&plain, FIRST_WORDS_MAX))
}

/// What a member did in a round.
pub(super) fn outcome_text(entry: &RoundOutcome) -> String {
    match entry {
        RoundOutcome::Answered => "✅ answered".into(),
        RoundOutcome::Frozen { late: false } => "❄️ missed, saved by a freeze".into(),
        RoundOutcome::Frozen { late: true } => "❄️ late, saved by a freeze".into(),
        RoundOutcome::Missed { late: false } => "✖️ missed".into(),
        RoundOutcome::Missed { late: true } => {
            "✖️ too late: the next question was already out".into()
        }
        RoundOutcome::PeekedFirst => "👀 saw the answer first: streak unchanged".into(),
        RoundOutcome::Void(by) => format!("➖ doesn't count (cancelled by {})", admin_name(by)),
        RoundOutcome::Credited(by) => by.as_ref().map_or("✅ credited".into(), |by| {
            format!("✅ credited by {}", admin_name(by))
        }),
        RoundOutcome::Open { peeked: false } => "⏳ still open".into(),
        RoundOutcome::Open { peeked: true } => {
            "👀 saw the answer first: a reply keeps your streak as it is".into()
        }
    }
}

fn admin_name(by: &Actor) -> String {
    by.user
        .map_or("an admin".into(), |admin| format!("<@{admin}>"))
}

/// The members with the most answers in a period.
pub fn leaderboard(rows: &[LeaderboardRow], period: Period) -> Message {
    let title = match period {
        Period::Month(day) => format!("Leaderboard: {}", month_name(day)),
        Period::AllTime => "Leaderboard: all time".into(),
    };
    let text = match period {
        _ if !rows.is_empty() => leaderboard_rows(rows),
        Period::Month(day) => format!(
            "Nobody is on the board for {} yet. {ON_THE_BOARD}",
            month_name(day)
        ),
        Period::AllTime => format!("Nobody is on the board yet. {ON_THE_BOARD}"),
    };
    Message::embed(Embed {
        title: Some(title),
        description: Some(text),
        color: STREAK_COLOR,
        ..Embed::default()
    })
}

/// The first rows with their places, and how many more there are.
pub(super) fn leaderboard_rows(rows: &[LeaderboardRow]) -> String {
    let mut text = String::new();
    for (place, row) in places(rows).iter().zip(rows).take(LEADERBOARD_SIZE) {
        // Writing to a string can't fail.
        let _ = writeln!(text, "{place}. {}", leaderboard_row(row));
    }
    if rows.len() > LEADERBOARD_SIZE {
        let _ = write!(text, "and {} more", rows.len() - LEADERBOARD_SIZE);
    }
    text.trim_end().to_owned()
}

/// A member's answers in the period, and their streak if they have one.
fn leaderboard_row(row: &LeaderboardRow) -> String {
    let answers = pluralize(row.answered, "answer", "answers");
    let streak = match row.streak.current {
        0 => String::new(),
        current => format!(" · 🔥 {current}"),
    };
    format!("<@{}>: {answers}{streak}", row.user)
}

fn month_name(day: Date) -> String {
    day.strftime("%B %Y").to_string()
}
