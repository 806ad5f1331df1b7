//! The weekly report.

use insta::assert_snapshot;
use jiff::civil::date;

use super::{at, team_with_rounds};
use crate::bot::fuzzing::discord_limits;
use crate::bot::interactions::response::Response;
use crate::bot::render::weekly_report;
use quizloop_bank::{Bank, built_in};
use quizloop_core::id::UserId;
use quizloop_core::leaderboard::LeaderboardRow;
use quizloop_core::self_assessment::MissedPoints;
use quizloop_core::streak::Streak;
use quizloop_core::team::Team;
use quizloop_core::weekly_summary::{HardQuestion, WeeklySummary};

fn intended(team: &mut Team) {
    team.settings.send_weekly_report = true;
    team.begin_report(date(2026, 3, 23), at("2026-03-27T16:00:00Z"));
}

#[test]
fn weeks() {
    let (bank, _) = Bank::load(built_in(), &[]);
    let mut team = team_with_rounds();
    intended(&mut team);
    let report = team.pending_report().unwrap();
    let now = at("2026-03-31T16:00:00Z");
    let shown = |digest: &WeeklySummary| {
        weekly_report::weekly_report(&team, report, digest, now, |id| bank.get(id))
    };
    assert_snapshot!(shown(&team.weekly_summary(report.first_day, |_| false)), @"
    # Weekly report
    2 members took part in 5 questions.
    1. <@1>: 2 answers · 🔥 1
    2. <@2>: 1 answer · 🔥 1
    [Hardest questions] • You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    Missed by 1 of 1
    • a removed question
    Missed by 1 of 1
    • You call a function that was defined with `async def`. What do you get back, and when does its body start to run?
    Missed by 1 of 1
    -# Missed: not answered in time, or after seeing the answer, by members who took part this week. The open question isn't included yet.
    [Next questions] • <t:1775026800:F> (<t:1775026800:R>)
    • <t:1775113200:F> (<t:1775113200:R>)
    • <t:1775199600:F> (<t:1775199600:R>)
    • <t:1775458800:F> (<t:1775458800:R>)
    • <t:1775545200:F> (<t:1775545200:R>)
    -- Week of 2026-03-23
    ");
    let nobody = team.weekly_summary(report.first_day, |_| true);
    assert_snapshot!(shown(&nobody), @"
    # Weekly report
    5 questions, and no answers to show. Reply in a question's thread to start a streak.
    [Next questions] • <t:1775026800:F> (<t:1775026800:R>)
    • <t:1775113200:F> (<t:1775113200:R>)
    • <t:1775199600:F> (<t:1775199600:R>)
    • <t:1775458800:F> (<t:1775458800:R>)
    • <t:1775545200:F> (<t:1775545200:R>)
    -- Week of 2026-03-23
    ");
}

/// The share of missed points is shown from four assessments on.
#[test]
fn missed_points() {
    let mut team = team_with_rounds();
    intended(&mut team);
    let report = team.pending_report().unwrap();
    let hard = |round, missed, points: Option<(usize, usize)>| HardQuestion {
        round,
        question: "removed".into(),
        missed,
        participants: 5,
        points: points.map(|(assessed, missed)| MissedPoints {
            assessed,
            missed,
            total: 3 * assessed,
        }),
    };
    let hardest = [
        hard(1, 1, Some((4, 8))),
        hard(2, 0, Some((3, 5))),
        hard(3, 2, Some((3, 4))),
        hard(4, 2, None),
    ];
    let digest = WeeklySummary {
        rounds: 5,
        rows: Vec::new(),
        streaks: Vec::new(),
        hardest: hardest.into(),
    };
    let now = at("2026-03-31T16:00:00Z");
    let message = weekly_report::weekly_report(&team, report, &digest, now, |_| None);
    assert_snapshot!(message.embeds[0].fields[0].value, @"
    • a removed question
    66 % of the points missed · missed by 1 of 5
    • a removed question
    Points missed
    • a removed question
    Missed by 2 of 5
    • a removed question
    Missed by 2 of 5
    -# Missed: not answered in time, or after seeing the answer, by members who took part this week. Where members ticked the points they made, the missed points decide the order. The open question isn't included yet.
    ");
}

/// The longest possible report, for a paused team.
#[test]
fn the_longest_week_fits() {
    let mut team = team_with_rounds();
    team.pause(None);
    intended(&mut team);
    let report = team.pending_report().unwrap();
    let (bank, _) = Bank::load(built_in(), &[]);
    let longest = bank
        .questions()
        .iter()
        .max_by_key(|one| one.question.len())
        .unwrap();
    let row = |number| LeaderboardRow {
        user: UserId::new(u64::MAX - number),
        answered: 7,
        streak: Streak {
            current: 99_999,
            ..Streak::default()
        },
    };
    let hard = |round| HardQuestion {
        round,
        question: longest.id.clone(),
        missed: 99_999,
        participants: 99_999,
        points: Some(MissedPoints {
            assessed: 99_999,
            missed: 99_999,
            total: 99_999,
        }),
    };
    let digest = WeeklySummary {
        rounds: 7,
        rows: (0..1000).map(row).collect(),
        streaks: (0..3)
            .map(|number| (UserId::new(u64::MAX - number), 99_999))
            .collect(),
        hardest: (99_997..=99_999).map(hard).collect(),
    };
    let now = at("2026-03-31T16:00:00Z");
    let message = weekly_report::weekly_report(&team, report, &digest, now, |_| Some(longest));
    assert!(
        message.embeds[0]
            .fields
            .iter()
            .all(|field| !field.value.ends_with('…'))
    );
    discord_limits::check(&Response::New(message));
}
