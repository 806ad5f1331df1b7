//! At most one reminder per day and team, at its time: with random zones, clocks that go back and
//! settings that change.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, date, time};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::schedule::{ZONES, settings, utc};
use crate::id::{ChannelId, MessageId, UserId, snowflake_at};
use crate::posting::PostStep;
use crate::reminders::{MAX_LATENESS, ReminderState};
use crate::team::Team;
use crate::weekdays::Weekdays;

const LIN: UserId = UserId::new(2);

/// Creates a team with a question at that time and a reminder for Lin.
fn team(zone: &str, question: Time, at: Time, from: Timestamp) -> Team {
    let settings = settings(question, zone, Weekdays::every_day());
    let mut team = Team::new(ChannelId::new(1), settings, from);
    team.set_reminder(LIN, at, from);
    team
}

/// Posts the question if it is due, as the bot does.
fn post(team: &mut Team, now: Timestamp) {
    if let PostStep::Begin { day, due } = team.next_question_step(now) {
        let mut rng = StdRng::seed_from_u64(7);
        team.begin_round(day, due, &["a", "b"], &mut rng);
        team.record_post(MessageId::new(snowflake_at(now)));
    }
}

/// Reminds Lin if a reminder is due, and returns the day.
fn remind(team: &mut Team, now: Timestamp) -> Option<Date> {
    let today = team.settings.schedule.zone.date(now);
    let round = team.begin_reminder(LIN, now)?;
    assert_eq!(round.day, today, "a reminder is about today's round");
    Some(today)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// If the bot checks at least every half hour, each day has exactly one reminder: never early,
    /// and at most an hour late.
    #[test]
    fn each_day_has_one_reminder(
        zone in prop::sample::select(&ZONES[..]),
        day in (2016_i16..2037, 1_i8..13, 1_i8..29),
        question in (0_i8..22, 0_i8..60),
        later in 60_i64..1440,
        steps in prop::collection::vec(1_i64..30, 1..20),
    ) {
        let from = utc(date(day.0, day.1, day.2));
        let question = time(question.0, question.1, 0, 0);
        let reminder = question.saturating_add(SignedDuration::from_mins(later));
        prop_assume!(reminder < time(23, 0, 0, 0));
        let mut team = team(zone, question, reminder, from);
        let zone = team.settings.schedule.zone.clone();
        let (mut now, mut reminded) = (from, Vec::new());
        for step in steps.iter().cycle().take(1500) {
            post(&mut team, now);
            if let Some(today) = remind(&mut team, now) {
                let due = zone.at_local_time(today, reminder).unwrap();
                prop_assert!(now >= due && now.duration_since(due) <= MAX_LATENESS);
                reminded.push(today);
            }
            now += SignedDuration::from_mins(*step);
        }
        prop_assert!(reminded.is_sorted_by(|a, b| a < b), "a day had two: {reminded:?}");
        let opened_in_time = |round: &&crate::round::Round| {
            let due = zone.at_local_time(round.day, reminder).unwrap();
            round.opened_at().unwrap() <= due && due >= from && now.duration_since(due) > MAX_LATENESS
        };
        let expected: Vec<Date> = team.posted_rounds().filter(opened_in_time).map(|round| round.day).collect();
        let is_over = |day: &Date| now.duration_since(zone.at_local_time(*day, reminder).unwrap()) > MAX_LATENESS;
        prop_assert_eq!(expected, reminded.into_iter().filter(is_over).collect::<Vec<_>>());
    }

    /// No day has two reminders, even if the clock jumps and the reminder is changed or switched
    /// off and on.
    #[test]
    fn no_day_has_two_reminders(
        zone in prop::sample::select(&ZONES[..]),
        actions in prop::collection::vec((-400_i64..900, 0_u8..8, 0_i8..24), 1..200),
    ) {
        let mut now = utc(date(2026, 3, 20));
        let mut team = team(zone, time(0, 0, 0, 0), time(12, 0, 0, 0), now);
        let mut reminded = BTreeSet::new();
        for (minutes, action, hour) in actions {
            now += SignedDuration::from_mins(minutes);
            match action {
                0 => drop(team.disable_reminder(LIN, now)),
                1 => team.record_dm_failure(LIN),
                2 => drop(team.acknowledge_dm_failure(LIN, now)),
                3 | 4 => team.set_reminder(LIN, time(hour, 30, 0, 0), now),
                _ => {}
            }
            post(&mut team, now);
            if let Some(today) = remind(&mut team, now) {
                prop_assert!(reminded.insert(today), "{today} had two in {zone}");
            }
        }
    }
}

/// Creates a team in Berlin with a question at 09:00 and a reminder at 17:00.
fn berlin(from: &str) -> Team {
    team(
        "Europe/Berlin",
        time(9, 0, 0, 0),
        time(17, 0, 0, 0),
        at(from),
    )
}

#[test]
fn only_members_without_a_result_in_todays_open_round_are_reminded() {
    let five = at("2026-03-26T16:00:00Z");
    let fresh = || {
        let mut team = berlin("2026-03-26T07:00:00Z");
        post(&mut team, at("2026-03-26T08:00:00Z"));
        team
    };
    assert!(fresh().begin_reminder(LIN, five).is_some());
    assert!(
        fresh()
            .begin_reminder(LIN, five - SignedDuration::from_secs(1))
            .is_none()
    );
    assert!(fresh().begin_reminder(LIN, five + MAX_LATENESS).is_some());
    assert!(
        fresh()
            .begin_reminder(LIN, five + MAX_LATENESS + SignedDuration::from_secs(1))
            .is_none()
    );
    let posted = fresh().open_round().unwrap().message.unwrap();
    let mut replied = fresh();
    replied.count_reply(
        posted,
        LIN,
        MessageId::new(snowflake_at(at("2026-03-26T09:00:00Z"))),
    );
    assert!(replied.begin_reminder(LIN, five).is_none());
    let mut looked = fresh();
    looked.peek(1, LIN, at("2026-03-26T09:00:00Z"));
    assert!(looked.begin_reminder(LIN, five).is_none());
    let mut void = fresh();
    let by = crate::ledger::Actor {
        user: None,
        at: five,
    };
    void.void(1, by).unwrap();
    assert!(void.begin_reminder(LIN, five).is_none());
    let mut late = berlin("2026-03-26T07:00:00Z");
    late.settings.schedule.catch_up = SignedDuration::from_hours(24);
    post(&mut late, at("2026-03-26T16:10:00Z"));
    assert!(late.open_round().is_some());
    assert!(
        late.begin_reminder(LIN, at("2026-03-26T16:20:00Z"))
            .is_none(),
        "the question came after it"
    );
    let five = time(17, 0, 0, 0);
    let today = at("2026-03-26T16:20:00Z");
    let state = ReminderState::QuestionLate { at: five };
    assert_eq!(late.reminder_state(LIN, today), state);
    let tomorrow = at("2026-03-27T06:00:00Z");
    assert_eq!(
        late.reminder_state(LIN, tomorrow),
        ReminderState::On { at: five }
    );
    let mut yesterday = fresh();
    yesterday.pause(None);
    assert!(
        yesterday
            .begin_reminder(LIN, at("2026-03-27T16:00:00Z"))
            .is_none()
    );
}

/// The time of the question was changed after a member had chosen theirs.
#[test]
fn a_reminder_before_the_question_is_reported() {
    let mut team = berlin("2026-03-26T07:00:00Z");
    let now = at("2026-03-26T07:00:00Z");
    let five = time(17, 0, 0, 0);
    assert_eq!(
        team.reminder_state(LIN, now),
        ReminderState::On { at: five }
    );
    assert_eq!(team.reminder_state(UserId::new(3), now), ReminderState::Off);
    assert_eq!(team.early_reminders(), 0);
    team.settings.schedule.at = five;
    let state = ReminderState::BeforeQuestion { at: five };
    assert_eq!(team.reminder_state(LIN, now), state);
    assert_eq!(team.early_reminders(), 1);
    team.disable_reminder(LIN, now);
    assert_eq!(team.early_reminders(), 0);
}

#[test]
fn a_passed_time_starts_tomorrow_and_setting_it_again_cancels_nothing() {
    let mut team = berlin("2026-03-26T07:00:00Z");
    post(&mut team, at("2026-03-26T08:00:00Z"));
    team.set_reminder(LIN, time(10, 0, 0, 0), at("2026-03-26T09:30:00Z"));
    assert!(
        team.begin_reminder(LIN, at("2026-03-26T09:40:00Z"))
            .is_none()
    );
    team.set_reminder(LIN, time(12, 0, 0, 0), at("2026-03-26T10:00:00Z"));
    team.set_reminder(LIN, time(12, 0, 0, 0), at("2026-03-26T11:10:00Z"));
    assert!(
        team.begin_reminder(LIN, at("2026-03-26T11:20:00Z"))
            .is_some()
    );
    // Off and on again: the day already had a reminder.
    assert!(team.disable_reminder(LIN, at("2026-03-26T11:30:00Z")));
    assert_eq!(team.reminder(LIN), None);
    team.set_reminder(LIN, time(18, 0, 0, 0), at("2026-03-26T11:40:00Z"));
    assert!(
        team.begin_reminder(LIN, at("2026-03-26T17:10:00Z"))
            .is_none()
    );
    post(&mut team, at("2026-03-27T08:00:00Z"));
    assert!(
        team.begin_reminder(LIN, at("2026-03-27T17:10:00Z"))
            .is_some()
    );
}

#[test]
fn a_failed_message_is_reported_once() {
    let now = at("2026-03-26T08:00:00Z");
    let mut team = berlin("2026-03-26T07:00:00Z");
    team.record_dm_failure(LIN);
    assert_eq!(team.reminder(LIN), None);
    assert!(team.has_unreported_dm_failure(LIN));
    assert!(team.acknowledge_dm_failure(LIN, now));
    assert!(!team.acknowledge_dm_failure(LIN, now));
    assert!(team.reminders.is_empty(), "nothing is left of it");
}
