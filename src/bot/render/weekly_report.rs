//! The weekly report of a team.

use jiff::Timestamp;

use super::message::{Embed, Message};
use super::streak::leaderboard_rows;
use super::team::upcoming_posts;
use super::text::{bullets, pluralize, truncate};
use quizloop_bank::Question;
use quizloop_core::team::Team;
use quizloop_core::weekly_report::WeeklyReport;
use quizloop_core::weekly_summary::{HardQuestion, WeeklySummary};
use quizloop_core::wrap_up::MIN_ASSESSMENTS;

/// The embed colour of a weekly report.
const REPORT_COLOR: u32 = 0x4f_7c_d8;

/// Number of upcoming questions listed.
const POSTS_AHEAD: usize = 5;

/// Maximum length of a question's text in characters. Three questions fit in an embed field.
const QUESTION_MAX: usize = 180;

/// How questions are ranked if members assessed their replies.
const POINTS_NOTE: &str =
    "Where members ticked the points they made, the missed points decide the order. ";

/// The report. `find` returns a question by its id, if it is still in the bank.
pub fn weekly_report<'q>(
    team: &Team,
    report: &WeeklyReport,
    summary: &WeeklySummary,
    now: Timestamp,
    find: impl Fn(&str) -> Option<&'q Question>,
) -> Message {
    let streaks = summary.streaks.iter();
    let streaks = streaks.map(|(user, streak)| format!("<@{user}>: {streak} in a row"));
    let hardest: Vec<String> = summary
        .hardest
        .iter()
        .map(|hard| hard_question_text(hard, find(&hard.question)))
        .collect();
    let mut embed = Embed {
        title: Some("Weekly report".into()),
        description: Some(leaderboard(summary)),
        color: REPORT_COLOR,
        ..Embed::default()
    }
    .field("Longest streaks", bullets(streaks));
    if !hardest.is_empty() {
        let hardest = bullets(hardest);
        let has_points = summary.hardest.iter().any(|hard| hard.points.is_some());
        let note = if has_points { POINTS_NOTE } else { "" };
        embed = embed.field(
            "Hardest questions",
            format!(
                "{hardest}\n-# Missed: not answered in time, or after seeing the answer, by members who \
                 took part this week. {note}The open question isn't included yet."
            ),
        );
    }
    let next = upcoming_posts(&team.next_post_times(now, POSTS_AHEAD));
    Message::embed(embed.field("Next questions", next).footer(report.label()))
}

fn leaderboard(summary: &WeeklySummary) -> String {
    let questions = pluralize(summary.rounds, "question", "questions");
    if summary.rows.is_empty() {
        return format!(
            "{questions}, and no answers to show. Reply in a question's thread to start a streak."
        );
    }
    let members = pluralize(summary.rows.len(), "member", "members");
    let mut text = format!("{members} took part in {questions}.\n");
    text.push_str(&leaderboard_rows(&summary.rows));
    text
}

fn hard_question_text(hard: &HardQuestion, question: Option<&Question>) -> String {
    let text = question.map_or_else(
        || "a removed question".to_owned(),
        |question| truncate(&question.question.replace('\n', " "), QUESTION_MAX),
    );
    let members = format!("Missed by {} of {}", hard.missed, hard.participants);
    match hard.points {
        // Of fewer assessments, whose they are could be guessed.
        Some(points) if points.assessed >= MIN_ASSESSMENTS => {
            format!(
                "{text}\n{} % of the points missed · {}",
                points.percent(),
                members.to_lowercase()
            )
        }
        Some(_) if hard.missed == 0 => format!("{text}\nPoints missed"),
        _ => format!("{text}\n{members}"),
    }
}
