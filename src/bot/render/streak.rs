//! Streaks, the reasons for them, and the leaderboard.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::message::{Embed, Message};
use super::text::pluralize;
use crate::practice::id::UserId;
use crate::practice::leaderboard::{LeaderboardRow, Period};
use crate::practice::ledger::Actor;
use crate::practice::round::Round;
use crate::practice::streak::{RoundOutcome, Streak};

/// The colour of streaks.
const STREAK_COLOR: u32 = 0xe6_7e_22;

/// How many places a leaderboard shows.
pub const LEADERBOARD_SIZE: usize = 10;

/// What `/streak` says of a member.
pub struct StreakView<'a> {
    /// Whose it is.
    pub member: UserId,
    /// Whether the member themselves asks.
    pub is_own: bool,
    /// The standing.
    pub streak: Streak,
    /// The last rounds with what they were, the oldest first; none unless asked for.
    pub recent_rounds: Vec<(&'a Round, RoundOutcome)>,
}

/// A member's streak.
pub fn streak(standing: &StreakView<'_>) -> Message {
    let now = standing.streak;
    let whose = if standing.is_own {
        "Your streak".into()
    } else {
        format!("The streak of <@{}>", standing.member)
    };
    let mut text = format!(
        "{whose}: **{}** in a row (longest {}).\n{}",
        pluralize(now.current as usize, "round", "rounds"),
        now.longest,
        freeze_text(now),
    );
    if standing.is_own && now.answered == 0 {
        text.push_str("\nReply in the thread of the open question and it starts.");
    }
    let mut embed = Embed {
        description: Some(text),
        color: STREAK_COLOR,
        ..Embed::default()
    };
    if !standing.recent_rounds.is_empty() {
        embed = embed.field(
            &format!(
                "The last {}",
                pluralize(standing.recent_rounds.len(), "round", "rounds")
            ),
            round_lines(&standing.recent_rounds),
        );
    }
    Message::embed(embed)
}

fn freeze_text(streak: Streak) -> String {
    let held = pluralize(streak.freezes as usize, "freeze", "freezes");
    match streak.rounds_to_next_freeze() {
        None => {
            format!("{held} held, the most there can be; each covers one missed round by itself.")
        }
        Some(more) => {
            let more = pluralize(more as usize, "more answered round", "more answered rounds");
            format!(
                "{held} held; the next one comes after {more}. Each covers one missed round by itself."
            )
        }
    }
}

fn round_lines(rounds: &[(&Round, RoundOutcome)]) -> String {
    let lines = rounds
        .iter()
        .rev()
        .map(|(round, entry)| format!("{} · {}", round.label(), outcome_text(entry)));
    lines.collect::<Vec<_>>().join("\n")
}

fn outcome_text(entry: &RoundOutcome) -> String {
    match entry {
        RoundOutcome::Answered => "✅ answered".into(),
        RoundOutcome::Frozen { late: false } => "❄️ missed, covered by a freeze".into(),
        RoundOutcome::Frozen { late: true } => "❄️ late, covered by a freeze".into(),
        RoundOutcome::Missed { late: false } => "✖️ missed".into(),
        RoundOutcome::Missed { late: true } => "✖️ late, after the next question".into(),
        RoundOutcome::PeekedFirst => "👀 looked first, unchanged".into(),
        RoundOutcome::Void(by) => format!("➖ void, by {}", admin_name(by)),
        RoundOutcome::Credited(by) => by.as_ref().map_or("✅ credited".into(), |by| {
            format!("✅ credited by {}", admin_name(by))
        }),
        RoundOutcome::Open => "⏳ open".into(),
    }
}

fn admin_name(by: &Actor) -> String {
    by.user
        .map_or("an admin".into(), |admin| format!("<@{admin}>"))
}

/// The best members of a period.
pub fn leaderboard(rows: &[LeaderboardRow], period: Period) -> Message {
    let title = match period {
        Period::Month(day) => format!("Leaderboard of {}", month_name(day)),
        Period::AllTime => "Leaderboard of all time".into(),
    };
    let mut text = String::new();
    for (place, row) in (1..).zip(rows.iter().take(LEADERBOARD_SIZE)) {
        let answered = pluralize(row.answered as usize, "answered round", "answered rounds");
        // Writing to a string can't fail.
        let _ = writeln!(
            text,
            "{place}. <@{}>: {answered}, streak {}",
            row.user, row.streak.current
        );
    }
    if text.is_empty() {
        text =
            "Nobody has answered a round yet. The first reply in the thread takes the lead.".into();
    }
    if rows.len() > LEADERBOARD_SIZE {
        let _ = write!(text, "and {} more", rows.len() - LEADERBOARD_SIZE);
    }
    Message::embed(Embed {
        title: Some(title),
        description: Some(text.trim_end().to_owned()),
        color: STREAK_COLOR,
        ..Embed::default()
    })
}

fn month_name(day: Date) -> String {
    day.strftime("%B %Y").to_string()
}
