//! No day is posted twice or left out: random zones, dates and settings, and known difficult dates.

use jiff::civil::{Date, Time, date, time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::id::{ChannelId, MessageId, snowflake_at};
use crate::posting::PostStep;
use crate::schedule::{Due, Schedule, ScheduleOverrides};
use crate::team::{Team, TeamSettings};
use crate::weekdays::Weekdays;
use crate::zone::Zone;

pub const ZONES: [&str; 12] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/Scoresbysund",
    "Pacific/Kiritimati",
    "America/Sao_Paulo",
    "Asia/Tehran",
    "Antarctica/Troll",
];

pub fn settings(at: Time, zone: &str, days: Weekdays) -> TeamSettings {
    let mut schedule = Schedule::weekdays_at(at, Zone::from_name(zone).unwrap());
    schedule.days = days;
    TeamSettings {
        schedule,
        ..TeamSettings::default()
    }
}

pub fn utc(day: Date) -> Timestamp {
    day.to_zoned_datetime(jiff::tz::TimeZone::UTC)
        .unwrap()
        .timestamp()
}

/// Posts the question if one is due at `now`, and returns the day of the new round.
fn post_if_due(team: &mut Team, now: Timestamp, rng: &mut StdRng) -> Option<Date> {
    let PostStep::Begin { day, due } = team.next_question_step(now) else {
        return None;
    };
    team.begin_round(day, due, &["a", "b", "c"], rng)?;
    assert!(team.record_post(MessageId::new(snowflake_at(now))));
    Some(day)
}

fn post_days(
    team: &mut Team,
    from: Timestamp,
    to: Timestamp,
    mut step: impl FnMut() -> SignedDuration,
) -> Vec<Date> {
    let (mut now, mut days, mut rng) = (from, Vec::new(), StdRng::seed_from_u64(7));
    while now < to {
        days.extend(post_if_due(team, now, &mut rng));
        now += step();
    }
    days
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// If the bot checks often enough, each scheduled day has exactly one question.
    #[test]
    fn every_scheduled_day_is_posted_once(
        zone in prop::sample::select(&ZONES[..]),
        day in (2016_i16..2037, 1_i8..13, 1_i8..29),
        at in (0_i8..24, 0_i8..60),
        days in 1_u8..128,
        steps in prop::collection::vec(1_i64..170, 1..20),
    ) {
        let from = utc(date(day.0, day.1, day.2));
        let to = from + SignedDuration::from_hours(24 * 40);
        let week = [1, 2, 3, 4, 5, 6, 7].into_iter().filter(|n| days >> (n - 1) & 1 == 1);
        let week = Weekdays::from_days(week.map(|n| jiff::civil::Weekday::from_monday_one_offset(n).unwrap())).unwrap();
        let settings = settings(time(at.0, at.1, 0, 0), zone, week);
        let schedule = settings.schedule.clone();
        let mut team = Team::new(ChannelId::new(1), settings, from);
        let mut steps = steps.into_iter().cycle();
        let posted = post_days(&mut team, from, to, || SignedDuration::from_mins(steps.next().unwrap()));

        prop_assert!(posted.is_sorted_by(|a, b| a < b), "a day came twice: {posted:?}");
        let margin = SignedDuration::from_hours(3);
        let expected: Vec<Date> = schedule.zone.date(from).series(1.day()).take(43)
            .filter(|day| schedule.includes(*day))
            .filter(|day| schedule.due_at(*day).is_some_and(|due| due >= from && due < to - margin))
            .collect();
        // A day may be missing only if it is due so late that no check fell on the same day.
        let late = |day: &Date| {
            let due = schedule.due_at(*day).unwrap();
            schedule.zone.date(due + SignedDuration::from_mins(170)) != *day
        };
        for day in expected.iter().filter(|day| !late(day)) {
            prop_assert!(posted.contains(day), "{day} was left out in {zone}");
        }
        for day in &posted {
            prop_assert!(schedule.includes(*day));
        }
    }

    /// A day never has two rounds, even if settings change in between.
    #[test]
    fn a_day_is_never_posted_twice(
        changes in prop::collection::vec((prop::sample::select(&ZONES[..]), 0_i8..24, 0_i64..2000), 1..40),
    ) {
        let mut now = utc(date(2026, 3, 1));
        let mut team = Team::new(ChannelId::new(1), settings(time(9, 0, 0, 0), "UTC", Weekdays::every_day()), now);
        let (mut rng, mut posted) = (StdRng::seed_from_u64(7), Vec::new());
        for (zone, hour, minutes) in changes {
            team.settings = settings(time(hour, 0, 0, 0), zone, Weekdays::every_day());
            for _ in 0..3 {
                posted.extend(post_if_due(&mut team, now, &mut rng));
                now += SignedDuration::from_mins(minutes) + SignedDuration::from_secs(1);
            }
        }
        prop_assert!(posted.is_sorted_by(|a, b| a < b), "{posted:?}");
    }
}

fn free() -> ScheduleOverrides {
    ScheduleOverrides {
        since: Timestamp::MIN,
        last_day: None,
        pause: None,
        skip: None,
    }
}

fn due_at_text(zone: &str, at: Time, day: Date) -> String {
    let zone = Zone::from_name(zone).unwrap();
    let due = Schedule::weekdays_at(at, zone.clone()).due_at(day);
    due.map_or("none".into(), |due| {
        due.to_zoned_datetime(zone.time_zone().clone()).to_string()
    })
}

/// 12. A question at 9:00 is at 9:00 before and after a clock change.
#[test]
fn wall_time_stays_across_clock_changes() {
    let nine = time(9, 0, 0, 0);
    for (zone, before, after) in [
        ("Europe/Berlin", date(2026, 3, 28), date(2026, 3, 30)),
        ("America/New_York", date(2026, 10, 31), date(2026, 11, 2)),
        ("Australia/Lord_Howe", date(2026, 10, 3), date(2026, 10, 5)),
        ("Africa/Cairo", date(2026, 4, 23), date(2026, 4, 25)),
        ("Asia/Kathmandu", date(2026, 3, 28), date(2026, 3, 30)),
    ] {
        for day in [before, after] {
            assert!(
                due_at_text(zone, nine, day).contains("T09:00:00"),
                "{zone} {day}"
            );
        }
    }
    assert_eq!(
        due_at_text("Asia/Kathmandu", nine, date(2026, 3, 28)),
        "2026-03-28T09:00:00+05:45[Asia/Kathmandu]"
    );
}

#[test]
fn times_in_gaps_move_and_repeated_times_mean_the_first() {
    let half_past_two = time(2, 30, 0, 0);
    assert_eq!(
        due_at_text("Europe/Berlin", half_past_two, date(2026, 3, 29)),
        "2026-03-29T03:30:00+02:00[Europe/Berlin]"
    );
    assert_eq!(
        due_at_text("Europe/Berlin", half_past_two, date(2026, 10, 25)),
        "2026-10-25T02:30:00+02:00[Europe/Berlin]"
    );
    assert_eq!(
        due_at_text("Australia/Lord_Howe", time(2, 15, 0, 0), date(2026, 10, 4)),
        "2026-10-04T02:45:00+11:00[Australia/Lord_Howe]"
    );
    // The gap would move it to the next day, so it moves before the gap.
    assert_eq!(
        due_at_text(
            "America/Scoresbysund",
            time(23, 30, 0, 0),
            date(2026, 3, 28)
        ),
        "2026-03-28T22:30:00-02:00[America/Scoresbysund]"
    );
    assert_eq!(
        due_at_text("Pacific/Apia", time(9, 0, 0, 0), date(2011, 12, 30)),
        "none"
    );
}

/// 14. No date is treated specially.
#[test]
fn month_ends_leap_days_and_new_year_are_days_like_others() {
    let schedule = Schedule {
        days: Weekdays::every_day(),
        ..Schedule::weekdays_at(time(9, 0, 0, 0), Zone::utc())
    };
    let days_after = |day: Date| -> Vec<String> {
        let overrides = free();
        let upcoming = schedule.upcoming(utc(day), &overrides);
        upcoming.take(2).map(|(day, _)| day.to_string()).collect()
    };
    assert_eq!(days_after(date(2028, 2, 28)), ["2028-02-28", "2028-02-29"]);
    assert_eq!(days_after(date(2028, 2, 29)), ["2028-02-29", "2028-03-01"]);
    assert_eq!(days_after(date(2026, 12, 31)), ["2026-12-31", "2027-01-01"]);
    assert_eq!(days_after(date(2027, 2, 28)), ["2027-02-28", "2027-03-01"]);
}

#[test]
fn late_questions_are_posted_within_the_limit_and_the_day() {
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let schedule = Schedule::weekdays_at(time(22, 0, 0, 0), Zone::utc());
    let due = |now| schedule.due(at(now), &free());
    let friday = date(2026, 3, 27);
    let now = Due::Now {
        day: friday,
        at: at("2026-03-27T22:00:00Z"),
    };
    assert_eq!(due("2026-03-27T22:00:00Z"), now);
    assert_eq!(due("2026-03-27T23:59:59Z"), now);
    let monday = Due::Later {
        day: date(2026, 3, 30),
        at: at("2026-03-30T22:00:00Z"),
    };
    assert_eq!(due("2026-03-28T00:00:00Z"), monday, "another day");
    let morning = Schedule::weekdays_at(time(9, 0, 0, 0), Zone::utc());
    assert!(matches!(
        morning.due(at("2026-03-27T12:00:00Z"), &free()),
        Due::Now { .. }
    ));
    assert!(matches!(
        morning.due(at("2026-03-27T12:00:01Z"), &free()),
        Due::Later { .. }
    ));
}
