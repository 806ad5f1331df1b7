//! Entries 12 and 14 of the list of field failures: daylight-saving changes and calendar edge
//! cases.

use jiff::tz::TimeZone;

use super::posting::day;
use crate::support::World;

const EVERY_DAY: &str = "days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]";

/// Time zones with the days before their clocks change in 2026; Kathmandu has no clock changes.
const CHANGES: [(&str, [&str; 2]); 5] = [
    ("Europe/Berlin", ["2026-03-28", "2026-10-24"]),
    ("America/New_York", ["2026-03-07", "2026-10-31"]),
    ("Australia/Lord_Howe", ["2026-10-03", "2026-04-04"]),
    ("Africa/Cairo", ["2026-04-23", "2026-10-29"]),
    ("Asia/Kathmandu", ["2026-03-28", "2026-10-24"]),
];

/// 12. Questions stay at nine in the morning across both clock changes in five time zones; each day
/// has one question.
#[tokio::test(flavor = "multi_thread")]
async fn the_local_posting_time_survives_clock_changes() {
    let mut worlds = tokio::task::JoinSet::new();
    for (zone, days_before) in CHANGES {
        for before in days_before {
            worlds.spawn(check_across_clock_change(zone, before, "09:00"));
        }
    }
    worlds.join_all().await;
}

/// 12. A time in the skipped or repeated hour is due once on each of the days.
#[tokio::test(flavor = "multi_thread")]
async fn a_time_within_a_clock_change_is_due_once() {
    let mut worlds = tokio::task::JoinSet::new();
    // The hours in which these clocks change (IANA database, 2026).
    for (zone, before, at) in [
        ("America/New_York", "2026-03-07", "02:30"),
        ("America/New_York", "2026-10-31", "01:30"),
        ("Australia/Lord_Howe", "2026-10-03", "02:15"),
        ("Australia/Lord_Howe", "2026-04-04", "01:45"),
        ("Africa/Cairo", "2026-04-23", "00:30"),
        ("Africa/Cairo", "2026-10-29", "23:30"),
    ] {
        worlds.spawn(check_across_clock_change(zone, before, at));
    }
    worlds.join_all().await;
}

async fn check_across_clock_change(zone: &'static str, before: &'static str, at: &'static str) {
    let world = World::at(&format!("{before}T00:01[{zone}]"))
        .team()
        .with(EVERY_DAY)
        .with(&format!("at = \"{at}\""))
        .start()
        .await;
    let first: jiff::civil::Date = before.parse().unwrap();
    let end = first.checked_add(jiff::Span::new().days(3)).unwrap();
    while world.local_date() < end {
        world.advance("15m").await;
    }
    let days: Vec<_> = world.posts().iter().map(day).collect();
    let expected: Vec<_> = first
        .series(jiff::Span::new().days(1))
        .take(3)
        .map(|day| day.to_string())
        .collect();
    assert_eq!(days, expected, "{zone} {before} {at}");
    let zone_of = TimeZone::get(zone).unwrap();
    for post in world.posts() {
        let posted = quizloop_core::id::snowflake_time(post.id).to_zoned_datetime(zone_of.clone());
        let (posted_at, minutes) = (posted.strftime("%H:%M").to_string(), minutes_of_day(at));
        let delay = i32::from(posted.hour()) * 60 + i32::from(posted.minute()) - minutes;
        // Time advances in steps of 15 minutes. A skipped local time is due later by the length of
        // the gap.
        let allowed = if at == "09:00" { 15 } else { 75 };
        assert!(
            (0..allowed).contains(&delay),
            "{zone} {before} {at}: posted at {posted_at}"
        );
    }
}

fn minutes_of_day(at: &str) -> i32 {
    let (hour, minute) = at.split_once(':').unwrap();
    hour.parse::<i32>().unwrap() * 60 + minute.parse::<i32>().unwrap()
}

/// 14. Ends of months, February 29th, New Year: there is a question on each day, and streaks
/// continue.
#[tokio::test(flavor = "multi_thread")]
async fn month_ends_leap_days_and_new_year_have_questions() {
    for (start, days) in [
        ("2028-02-28", ["2028-02-28", "2028-02-29", "2028-03-01"]),
        ("2027-02-27", ["2027-02-27", "2027-02-28", "2027-03-01"]),
        ("2026-04-29", ["2026-04-29", "2026-04-30", "2026-05-01"]),
        ("2026-12-30", ["2026-12-30", "2026-12-31", "2027-01-01"]),
    ] {
        let mut world = World::at(&format!("{start}T08:59[Europe/Berlin]"))
            .team()
            .with(EVERY_DAY)
            .start()
            .await;
        for _ in days {
            world.advance("1m").await;
            world.ada().reply("here").await;
            world.advance("23h").await;
            world.kill_and_restart().await;
            world.advance("59m").await;
        }
        let posted: Vec<_> = world.posts().iter().map(day).collect();
        assert_eq!(posted[..3], days);
        assert_eq!(world.ada().streak().await, 3, "{start}");
    }
}
