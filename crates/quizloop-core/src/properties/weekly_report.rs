//! The weekly report: its due time, its contents, and that no week has two.

use jiff::civil::{Date, Time, date, time};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::schedule::{ZONES, settings, utc};
use crate::delivery::{DeliveryStep, MessageStatus};
use crate::id::{ChannelId, MessageId, UserId, snowflake_at};
use crate::ledger::Actor;
use crate::posting::PostStep;
use crate::round::NONCE_MAX;
use crate::schedule::ON_TIME;
use crate::team::Team;
use crate::weekdays::Weekdays;
use crate::weekly_report::ReportStep;

const MONDAY: Date = date(2026, 3, 23);

fn team(zone: &str, at: Time, days: Weekdays, from: Timestamp) -> Team {
    let mut settings = settings(at, zone, days);
    settings.send_weekly_report = true;
    Team::new(ChannelId::new(1), settings, from)
}

fn post(team: &mut Team, now: Timestamp) {
    if let PostStep::Begin { day, due } = team.next_question_step(now) {
        let mut rng = StdRng::seed_from_u64(7);
        team.begin_round(day, due, &["a", "b", "c", "d", "e"], &mut rng);
        team.record_post(MessageId::new(snowflake_at(now)));
    }
}

/// Whether the pending report may be sent now.
fn can_be_sent(team: &Team, now: Timestamp) -> bool {
    let delivery = team.pending_report_post().unwrap();
    delivery.next_step(MessageStatus::NotSent, now) == DeliveryStep::Send
}

/// Performs the next step for the report, and returns the first day of the week of a report that was
/// posted.
fn report(team: &mut Team, now: Timestamp, works: bool) -> Option<Date> {
    match team.next_report_step(now) {
        ReportStep::Begin { first_day, due } => {
            assert!(due <= now);
            assert!(team.begin_report(first_day, due));
            None
        }
        ReportStep::Deliver if !can_be_sent(team, now) => {
            team.abandon_report();
            None
        }
        ReportStep::Deliver if works => {
            let first_day = team.pending_report()?.first_day;
            team.record_report_post(MessageId::new(snowflake_at(now)));
            Some(first_day)
        }
        ReportStep::Deliver | ReportStep::Wait(_) | ReportStep::Idle => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// If the bot checks often enough, each week with a round has exactly one report, after that
    /// week's last question and on the same day. If Discord is down at times, no week has two.
    #[test]
    fn each_week_has_one_report(
        zone in prop::sample::select(&ZONES[..]),
        day in (2016_i16..2037, 1_i8..13, 1_i8..29),
        at in (0_i8..24, 0_i8..60),
        days in 1_u8..128,
        steps in prop::collection::vec(1_i64..20, 1..20),
        down in any::<bool>(),
    ) {
        let from = utc(date(day.0, day.1, day.2));
        let week = [1, 2, 3, 4, 5, 6, 7].into_iter().filter(|n| days >> (n - 1) & 1 == 1);
        let week = Weekdays::from_days(week.map(|n| jiff::civil::Weekday::from_monday_one_offset(n).unwrap())).unwrap();
        let mut team = team(zone, time(at.0, at.1, 0, 0), week, from);
        let schedule = team.settings.schedule.clone();
        let (mut now, mut reported) = (from, Vec::new());
        for (number, step) in steps.iter().cycle().take(3000).enumerate() {
            post(&mut team, now);
            for _ in 0..3 {
                let works = !down || number % 7 > 0;
                if let Some(monday) = report(&mut team, now, works) {
                    let due = schedule.report_due_at(monday).unwrap();
                    let on_time = (now - ON_TIME).max(due);
                    prop_assert!(now >= due && schedule.zone.date(on_time) == schedule.zone.date(due));
                    let last = team.rounds_of_week(monday).last().unwrap();
                    prop_assert!(last.day <= schedule.zone.date(due) && last.due <= due);
                    reported.push(monday);
                }
            }
            now += SignedDuration::from_mins(*step);
        }
        prop_assert!(reported.is_sorted_by(|a, b| a < b), "a week had two: {reported:?}");
        // A report may be missing if it, or its question, is due too late for a check on the same
        // day.
        let sure = |monday: Date| {
            let due = schedule.report_due_at(monday).unwrap();
            due > from && now.duration_since(due) > SignedDuration::from_hours(24)
                && schedule.zone.date(due + SignedDuration::from_mins(60)) == schedule.zone.date(due)
        };
        let first = team.posted_rounds().next().map(|round| round.day);
        let mut monday = first.map(|day| schedule.week_start(day));
        while let Some(this) = monday.filter(|monday| schedule.report_due_at(*monday).is_some_and(|due| due < now)) {
            if !down && sure(this) && team.rounds_of_week(this).next().is_some() {
                prop_assert!(reported.contains(&this), "{this} has none in {zone}");
            }
            monday = this.checked_add(jiff::ToSpan::days(7_i64)).ok();
        }
    }
}

#[test]
fn the_report_is_due_eight_hours_after_the_last_question_on_the_same_day() {
    let due = |at: Time, days: &str| {
        let team = team(
            "Europe/Berlin",
            at,
            Weekdays::parse(days).unwrap(),
            utc(MONDAY),
        );
        let due = team.settings.schedule.report_due_at(MONDAY).unwrap();
        let local = due.to_zoned_datetime(team.settings.schedule.zone.time_zone().clone());
        local.strftime("%a %H:%M").to_string()
    };
    let due_times = [
        due(time(9, 0, 0, 0), "mon-fri"),
        due(time(0, 0, 0, 0), "mon, wed"),
        due(time(14, 30, 0, 0), "mon-fri"),
        due(time(19, 30, 0, 0), "every day"),
        due(time(23, 30, 0, 0), "tue"),
        due(time(23, 59, 0, 0), "tue"),
        // On Sunday 29 March 02:00 becomes 03:00: eight hours are eight hours.
        due(time(1, 0, 0, 0), "sun"),
    ];
    assert_eq!(
        due_times,
        [
            "Fri 17:00",
            "Wed 08:00",
            "Fri 20:00",
            "Sun 20:30",
            "Tue 23:59",
            "Tue 23:59",
            "Sun 10:00"
        ]
    );
}

/// The week of a team that posts from Sunday to Thursday ends on Thursday, and has five questions.
#[test]
fn the_report_of_sunday_to_thursday_is_due_on_thursday() {
    let days = Weekdays::parse("sun-thu").unwrap();
    let from = at("2026-03-21T00:00:00Z");
    let mut team = team("Asia/Riyadh", time(9, 0, 0, 0), days, from);
    let sunday = date(2026, 3, 22);
    for day in 22..=26 {
        let now = at(&format!("2026-03-{day}T06:00:00Z"));
        let thursday = at("2026-03-26T14:00:00Z");
        assert_eq!(team.next_report_step(now), ReportStep::Wait(thursday));
        post(&mut team, now);
    }
    let thursday = at("2026-03-26T14:00:00Z");
    let begin = ReportStep::Begin {
        first_day: sunday,
        due: thursday,
    };
    assert_eq!(team.next_report_step(thursday), begin);
    assert_eq!(team.weekly_summary(sunday, |_| false).rounds, 5);
    assert!(team.begin_report(sunday, thursday));
    assert_eq!(team.pending_report().unwrap().label(), "Week of 2026-03-22");
    team.record_report_post(MessageId::new(snowflake_at(thursday)));
    let next = ReportStep::Wait(at("2026-04-02T14:00:00Z"));
    for day in [26, 27, 28] {
        let evening = at(&format!("2026-03-{day}T20:00:00Z"));
        assert_eq!(team.next_report_step(evening), next);
    }
    // The days change to Monday to Friday: that week's report comes on Friday of next week.
    team.settings.schedule.days = Weekdays::working();
    let friday = ReportStep::Wait(at("2026-04-03T14:00:00Z"));
    assert_eq!(team.next_report_step(at("2026-03-29T20:00:00Z")), friday);
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn no_report_for_weeks_without_a_round_or_teams_without_the_setting() {
    let from = at("2026-03-23T00:00:00Z");
    let mut team = team("UTC", time(9, 0, 0, 0), Weekdays::working(), from);
    let friday = at("2026-03-27T17:00:00Z");
    assert_eq!(team.next_report_step(from), ReportStep::Wait(friday));
    let next = ReportStep::Wait(at("2026-04-03T17:00:00Z"));
    assert_eq!(team.next_report_step(friday), next, "nothing was asked");
    post(&mut team, at("2026-03-23T09:00:00Z"));
    let begin = ReportStep::Begin {
        first_day: MONDAY,
        due: friday,
    };
    assert_eq!(team.next_report_step(friday), begin);
    assert_eq!(
        team.next_report_step(friday + SignedDuration::from_hours(3)),
        begin
    );
    let late = friday + SignedDuration::from_hours(3) + SignedDuration::from_secs(1);
    assert_eq!(team.next_report_step(late), next, "too late");
    // A holiday on Friday: Thursday is the last day.
    team.settings.schedule.holidays = [date(2026, 3, 27)].into();
    assert_eq!(
        team.next_report_step(from),
        ReportStep::Wait(at("2026-03-26T17:00:00Z"))
    );
    team.settings.send_weekly_report = false;
    assert_eq!(team.next_report_step(friday), ReportStep::Idle);
}

#[test]
fn an_intent_is_posted_or_abandoned_once() {
    let friday = at("2026-03-27T17:00:00Z");
    let mut team = team(
        "UTC",
        time(9, 0, 0, 0),
        Weekdays::working(),
        at("2026-03-23T00:00:00Z"),
    );
    post(&mut team, at("2026-03-23T09:00:00Z"));
    assert!(team.begin_report(MONDAY, friday));
    assert!(!team.begin_report(MONDAY, friday));
    let nonce = &team.pending_report().unwrap().nonce;
    assert!(nonce.len() <= NONCE_MAX && *nonce != crate::round::nonce(team.channel, friday));
    let json = serde_json::to_string(team.pending_report().unwrap()).unwrap();
    insta::assert_snapshot!(json, @r#"{"monday":"2026-03-23","due":"2026-03-27T17:00:00Z","nonce":"1.tckhw0w","state":"wanted"}"#);
    assert_eq!(team.next_report_step(friday), ReportStep::Deliver);
    assert!(can_be_sent(&team, friday));
    assert!(!can_be_sent(&team, at("2026-03-28T00:00:00Z")));
    let mut off = team.clone();
    off.settings.send_weekly_report = false;
    assert_eq!(off.next_report_step(friday), ReportStep::Deliver);
    assert!(!can_be_sent(&off, friday));
    team.record_report_post(MessageId::new(snowflake_at(friday)));
    let next = ReportStep::Wait(at("2026-04-03T17:00:00Z"));
    assert_eq!(team.next_report_step(friday), next);
    // The clock goes back: that week already had a report.
    assert_eq!(team.next_report_step(at("2026-03-24T00:00:00Z")), next);
    team.abandon_report();
    assert!(
        serde_json::to_string(&team)
            .unwrap()
            .contains(r#""state":{"posted":"#),
        "a posted report stays"
    );
}

/// Three members in five rounds: Ada answers all. Lin starts on Tuesday and is late on Wednesday.
/// Sam sees the answer first on Monday and does nothing after that. Thursday is void, Friday is
/// still open.
#[test]
fn the_summary_lists_participants_streaks_and_hardest_questions() {
    let (ada, lin, sam, ida) = (
        UserId::new(1),
        UserId::new(2),
        UserId::new(3),
        UserId::new(4),
    );
    let mut team = team(
        "UTC",
        time(9, 0, 0, 0),
        Weekdays::working(),
        at("2026-03-23T00:00:00Z"),
    );
    let mut posted = Vec::new();
    for day in 23..=27 {
        let nine = at(&format!("2026-03-{day}T09:00:00Z"));
        post(&mut team, nine);
        posted.push(MessageId::new(snowflake_at(nine)));
        let reply =
            |hours: i64| MessageId::new(snowflake_at(nine + SignedDuration::from_hours(hours)));
        team.count_reply(posted[posted.len() - 1], ada, reply(1));
        match day {
            23 => {
                team.peek(1, sam, nine + SignedDuration::from_mins(5));
                team.count_reply(posted[0], sam, reply(2));
            }
            24 => drop(team.count_reply(posted[1], lin, reply(2))),
            // A reply to yesterday's question.
            26 => drop(team.count_reply(posted[2], lin, reply(2))),
            _ => {}
        }
    }
    team.void(
        4,
        Actor {
            user: None,
            at: at("2026-03-26T12:00:00Z"),
        },
    )
    .unwrap();
    team.count_reply(MessageId::new(1), ida, MessageId::new(2));
    let shown = |hidden: &[UserId]| {
        let summary = team.weekly_summary(MONDAY, |user| hidden.contains(&user));
        let rows: Vec<_> = summary
            .rows
            .iter()
            .map(|row| (row.user.get(), row.answered, row.streak.current))
            .collect();
        let streaks: Vec<_> = summary
            .streaks
            .iter()
            .map(|(user, streak)| (user.get(), *streak))
            .collect();
        let hardest: Vec<_> = summary
            .hardest
            .iter()
            .map(|hard| (hard.round, hard.missed, hard.participants))
            .collect();
        (summary.rounds, rows, streaks, hardest)
    };
    let (rounds, rows, streaks, hardest) = shown(&[]);
    assert_eq!(rounds, 5);
    assert_eq!(rows, [(1, 4, 4), (2, 1, 0), (3, 0, 0)]);
    assert_eq!(streaks, [(1, 4)]);
    // Two of three on Wednesday, one of two on Monday (Lin had not started), one of three on
    // Tuesday.
    assert_eq!(hardest, [(3, 2, 3), (1, 1, 2), (2, 1, 3)]);
    // Assessed questions are ranked by missed points: 2 of 12 on Monday, none on Wednesday.
    let mut assessed = team.clone();
    for (number, counts) in [(1, "4 2 0 0"), (3, "1 0 0 0")] {
        let json = format!(r#"{{"counts":["{counts}"]}}"#);
        assessed.round_mut(number).unwrap().assessments = serde_json::from_str(&json).unwrap();
    }
    let hardest_assessed = assessed.weekly_summary(MONDAY, |_| false).hardest;
    let ranked: Vec<_> = hardest_assessed.iter().map(|hard| hard.round).collect();
    assert_eq!(ranked, [2, 1], "one of three, then one of six");
    let points = hardest_assessed[1].points.unwrap();
    assert_eq!((points.missed, points.total, points.percent()), (2, 12, 16));
    let (_, rows, streaks, hardest) = shown(&[ada]);
    assert_eq!(rows, [(2, 1, 0), (3, 0, 0)]);
    assert_eq!(streaks, []);
    assert_eq!(hardest, [(1, 1, 1), (3, 2, 2), (2, 1, 2)]);
    assert_eq!(team.weekly_summary(date(2026, 3, 30), |_| false).rows, []);
}
