//! Streaks, the reasons for them, and the leaderboard.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::message::{Embed, Message};
use super::text::count;
use crate::practice::id::UserId;
use crate::practice::leaderboard::{LeaderboardRow, Period};
use crate::practice::ledger::Actor;
use crate::practice::round::Round;
use crate::practice::streak::{RoundOutcome, Streak};

/// The colour of streaks.
const FLAME: u32 = 0xe6_7e_22;

/// How many places a leaderboard shows.
pub const PLACES: usize = 10;

/// What `/streak` says of a member.
pub struct Standing<'a> {
    /// Whose it is.
    pub member: UserId,
    /// Whether the member themselves asks.
    pub own: bool,
    /// The standing.
    pub streak: Streak,
    /// The last rounds with what they were, the oldest first; none unless asked for.
    pub why: Vec<(&'a Round, RoundOutcome)>,
}

/// A member's streak.
pub fn streak(standing: &Standing<'_>) -> Message {
    let now = standing.streak;
    let whose = if standing.own {
        "Your streak".into()
    } else {
        format!("The streak of <@{}>", standing.member)
    };
    let mut text = format!(
        "{whose}: **{}** in a row (longest {}).\n{}",
        count(now.current as usize, "round", "rounds"),
        now.longest,
        freezes(now),
    );
    if standing.own && now.answered == 0 {
        text.push_str("\nReply in the thread of the open question and it starts.");
    }
    let mut embed = Embed {
        description: Some(text),
        color: FLAME,
        ..Embed::default()
    };
    if !standing.why.is_empty() {
        embed = embed.field(
            &format!("The last {}", count(standing.why.len(), "round", "rounds")),
            why(&standing.why),
        );
    }
    Message::embed(embed)
}

fn freezes(streak: Streak) -> String {
    let held = count(streak.freezes as usize, "freeze", "freezes");
    match streak.rounds_to_next_freeze() {
        None => {
            format!("{held} held, the most there can be; each covers one missed round by itself.")
        }
        Some(more) => {
            let more = count(more as usize, "more answered round", "more answered rounds");
            format!(
                "{held} held; the next one comes after {more}. Each covers one missed round by itself."
            )
        }
    }
}

fn why(rounds: &[(&Round, RoundOutcome)]) -> String {
    let lines = rounds
        .iter()
        .rev()
        .map(|(round, entry)| format!("{} · {}", round.label(), reason(entry)));
    lines.collect::<Vec<_>>().join("\n")
}

fn reason(entry: &RoundOutcome) -> String {
    match entry {
        RoundOutcome::Answered => "✅ answered".into(),
        RoundOutcome::Frozen { late: false } => "❄️ missed, covered by a freeze".into(),
        RoundOutcome::Frozen { late: true } => "❄️ late, covered by a freeze".into(),
        RoundOutcome::Missed { late: false } => "✖️ missed".into(),
        RoundOutcome::Missed { late: true } => "✖️ late, after the next question".into(),
        RoundOutcome::PeekedFirst => "👀 looked first, unchanged".into(),
        RoundOutcome::Void(by) => format!("➖ void, by {}", name(by)),
        RoundOutcome::Credited(by) => by.as_ref().map_or("✅ credited".into(), |by| {
            format!("✅ credited by {}", name(by))
        }),
        RoundOutcome::Open => "⏳ open".into(),
    }
}

fn name(by: &Actor) -> String {
    by.user
        .map_or("an admin".into(), |admin| format!("<@{admin}>"))
}

/// The best members of a period.
pub fn leaderboard(rows: &[LeaderboardRow], period: Period) -> Message {
    let title = match period {
        Period::Month(day) => format!("Leaderboard of {}", month(day)),
        Period::AllTime => "Leaderboard of all time".into(),
    };
    let mut text = String::new();
    for (place, row) in (1..).zip(rows.iter().take(PLACES)) {
        let answered = count(row.answered as usize, "answered round", "answered rounds");
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
    if rows.len() > PLACES {
        let _ = write!(text, "and {} more", rows.len() - PLACES);
    }
    Message::embed(Embed {
        title: Some(title),
        description: Some(text.trim_end().to_owned()),
        color: FLAME,
        ..Embed::default()
    })
}

fn month(day: Date) -> String {
    day.strftime("%B %Y").to_string()
}
