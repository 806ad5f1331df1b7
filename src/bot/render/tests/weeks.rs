//! The report on a week.

use insta::assert_snapshot;
use jiff::civil::date;

use super::{at, team_with_rounds};
use crate::bank::{Bank, built_in};
use crate::bot::fuzzing::discord_limits;
use crate::bot::render::weekly_report;
use crate::bot::response::Response;
use crate::practice::id::UserId;
use crate::practice::leaderboard::LeaderboardRow;
use crate::practice::streak::Streak;
use crate::practice::team::Team;
use crate::practice::weekly_summary::{HardQuestion, WeeklySummary};

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
        weekly_report::weekly_report(&team, report, (digest, now), |id| bank.get(id))
    };
    assert_snapshot!(
        "week",
        shown(&team.weekly_summary(report.monday, |_| false))
    );
    let nobody = team.weekly_summary(report.monday, |_| true);
    assert_snapshot!("week_of_nobody", shown(&nobody));
}

/// The longest report there can be, with a team that is paused.
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
    let message = weekly_report::weekly_report(&team, report, (&digest, now), |_| Some(longest));
    assert!(
        message.embeds[0]
            .fields
            .iter()
            .all(|field| !field.value.ends_with('…'))
    );
    discord_limits::check(&Response::New(message));
}
