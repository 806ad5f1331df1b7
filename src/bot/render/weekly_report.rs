//! The report on a team's week.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::message::{Embed, Message};
use super::streak::LEADERBOARD_SIZE;
use super::team::upcoming_posts;
use super::text::{bullets, pluralize, truncate};
use crate::bank::Question;
use crate::practice::team::Team;
use crate::practice::weekly_report::WeeklyReport;
use crate::practice::weekly_summary::{HardQuestion, WeeklySummary};

/// The colour of a week that is done.
const REPORT_COLOR: u32 = 0x4f_7c_d8;

/// So many questions to come are listed.
const POSTS_AHEAD: usize = 5;

/// Characters of a question's text: three of them fit a field.
const QUESTION_MAX: usize = 180;

/// The report. `asked` gives a question by its id, if it still is in the bank.
pub fn weekly_report<'q>(
    team: &Team,
    report: &WeeklyReport,
    (digest, now): (&WeeklySummary, Timestamp),
    asked: impl Fn(&str) -> Option<&'q Question>,
) -> Message {
    let streaks = digest.streaks.iter();
    let streaks = streaks.map(|(user, streak)| format!("<@{user}>: {streak} rounds in a row"));
    let hardest: Vec<String> = digest
        .hardest
        .iter()
        .map(|hard| hard_question_text(hard, asked(&hard.question)))
        .collect();
    let mut embed = Embed {
        title: Some("The week".into()),
        description: Some(leaderboard(digest)),
        color: REPORT_COLOR,
        ..Embed::default()
    }
    .field("Longest streaks", bullets(streaks));
    if !hardest.is_empty() {
        let hardest = bullets(hardest);
        embed = embed.field(
            "Hardest questions",
            format!(
                "{hardest}\n-# Of those who took part this week. The question that is still open is not judged yet."
            ),
        );
    }
    let next = upcoming_posts(&team.next_post_times(now, POSTS_AHEAD));
    Message::embed(
        embed
            .field("The next questions", next)
            .footer(report.label()),
    )
}

fn leaderboard(digest: &WeeklySummary) -> String {
    let rounds = pluralize(digest.rounds, "question", "questions");
    if digest.rows.is_empty() {
        return format!("{rounds}, and nobody to name. A reply in the thread starts a streak.");
    }
    let members = pluralize(digest.rows.len(), "member", "members");
    let mut text = format!("{members} took part in {rounds}.\n");
    for (place, row) in (1..).zip(digest.rows.iter().take(LEADERBOARD_SIZE)) {
        let answered = pluralize(row.answered as usize, "answered round", "answered rounds");
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "{place}. <@{}>: {answered}, streak {}",
            row.user, row.streak.current
        );
    }
    if digest.rows.len() > LEADERBOARD_SIZE {
        let _ = write!(text, "and {} more", digest.rows.len() - LEADERBOARD_SIZE);
    }
    text.trim_end().to_owned()
}

fn hard_question_text(hard: &HardQuestion, question: Option<&Question>) -> String {
    let asked = question.map_or_else(
        || "a question that is not in the bank any more".to_owned(),
        |question| truncate(&question.question.replace('\n', " "), QUESTION_MAX),
    );
    format!(
        "Round {}: {asked}\n{} of {} did not answer in time, or looked first",
        hard.round, hard.missed, hard.participants
    )
}
