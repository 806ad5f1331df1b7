//! One review reminder on each day with at least three due reviews, at its time: with random zones,
//! practice, clocks that go back and settings that change.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, date, time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::schedule::{ZONES, settings, utc};
use crate::guild::Guild;
use crate::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use crate::members::NewRating;
use crate::posting::PostStep;
use crate::reminders::MAX_LATENESS;
use crate::retention::Retention;
use crate::review::Rating;
use crate::review_reminders::{MIN_REVIEWS_DUE, ReviewsDue};
use crate::team::Team;
use crate::weekdays::Weekdays;
use crate::zone::Zone;

const LIN: UserId = UserId::new(2);
const CHANNEL: ChannelId = ChannelId::new(5);
/// "gone" is not in the bank any more.
const QUESTIONS: [&str; 6] = ["a", "b", "c", "d", "e", "gone"];

fn exists(question: &str) -> bool {
    question != "gone"
}

/// A guild with a team that posts at 09:00.
fn guild(zone: &str, from: Timestamp) -> Guild {
    let settings = settings(time(9, 0, 0, 0), zone, Weekdays::every_day());
    let mut guild = Guild::new(GuildId::new(1));
    guild.insert_team(Team::new(CHANNEL, settings, from));
    guild
}

fn zone(guild: &Guild) -> Zone {
    guild.practice_place(CHANNEL).zone
}

/// Posts the question if it is due, as the bot does.
fn post(guild: &mut Guild, now: Timestamp) {
    let team = guild.team_mut(CHANNEL).unwrap();
    if let PostStep::Begin { day, due } = team.next_question_step(now) {
        let mut rng = StdRng::seed_from_u64(7);
        team.begin_round(day, due, &QUESTIONS[..3], &mut rng);
        team.record_post(MessageId::new(snowflake_at(now)));
    }
}

fn rate(guild: &mut Guild, question: &str, rating: Rating, now: Timestamp) {
    let review_count = guild.review(LIN, question).map_or(0, |one| one.count);
    let today = zone(guild).date(now);
    let rated = NewRating {
        question,
        review_count,
        rating,
        retention: Retention::default(),
        today,
    };
    guild.rate(LIN, &rated);
}

/// Number of reviews that can be practised on a day.
fn due_count(guild: &Guild, day: Date) -> usize {
    let is_due = |(question, review): &(&str, &crate::review::Review)| {
        review.due <= day && exists(question) && !guild.is_question_open(question)
    };
    guild.reviews(LIN).filter(is_due).count()
}

/// The day for which a reminder at `at` has to come now, as the rules say it.
fn expected_day(
    guild: &Guild,
    at: Time,
    set_at: Timestamp,
    now: Timestamp,
    reminded: &BTreeSet<Date>,
) -> Option<Date> {
    let zone = zone(guild);
    let today = zone.date(now);
    // The hour after a reminder at 23:30 reaches into the next day.
    [today.saturating_sub(1.day()), today]
        .into_iter()
        .find(|day| {
            let in_time = zone.at_local_time(*day, at).is_some_and(|due| {
                due >= set_at && due <= now && now.duration_since(due) <= MAX_LATENESS
            });
            in_time && !reminded.contains(day) && due_count(guild, *day) >= MIN_REVIEWS_DUE
        })
}

/// The day of the last reminder, as it is stored.
fn last_day(guild: &Guild) -> Option<Date> {
    guild.review_reminder(LIN).unwrap().reminder.last_day
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// At every moment a reminder goes out exactly if the rules say so.
    #[test]
    fn a_reminder_comes_exactly_when_the_rules_say(
        zone in prop::sample::select(&ZONES[..]),
        day in (2016_i16..2037, 1_i8..13, 1_i8..29),
        at in (0_i8..24, 0_i8..60),
        steps in prop::collection::vec((1_i64..200, 0_usize..40, 0_usize..4), 1..400),
    ) {
        let from = utc(date(day.0, day.1, day.2));
        let at = time(at.0, at.1, 0, 0);
        let mut guild = guild(zone, from);
        guild.set_review_reminder(LIN, CHANNEL, at, from);
        let (mut now, mut reminded) = (from, BTreeSet::new());
        for (minutes, question, rating) in steps {
            now += SignedDuration::from_mins(minutes);
            post(&mut guild, now);
            if let Some(question) = QUESTIONS.get(question) {
                rate(&mut guild, question, Rating::ALL[rating], now);
            }
            let expected = expected_day(&guild, at, from, now, &reminded);
            let count = expected.map(|day| due_count(&guild, day));
            let found = guild.due_review_reminder(LIN, now, exists);
            prop_assert_eq!(found, count.map(|count| ReviewsDue { channel: CHANNEL, count }));
            let listed = guild.review_reminders(now, exists);
            prop_assert_eq!(listed.iter().any(|due| due.at <= now), expected.is_some());
            prop_assert_eq!(guild.begin_review_reminder(LIN, now, exists), found);
            if let Some(day) = expected {
                reminded.insert(day);
                prop_assert_eq!(last_day(&guild), Some(day));
            }
        }
    }

    /// No day has two reminders, even if the clock jumps and the reminder is changed or switched
    /// off and on.
    #[test]
    fn no_day_has_two_review_reminders(
        zone in prop::sample::select(&ZONES[..]),
        actions in prop::collection::vec((-400_i64..900, 0_u8..8, 0_i8..24), 1..200),
    ) {
        let mut now = utc(date(2026, 3, 20));
        let mut guild = guild(zone, now);
        for question in &QUESTIONS[..4] {
            rate(&mut guild, question, Rating::Again, now);
        }
        guild.set_review_reminder(LIN, CHANNEL, time(12, 0, 0, 0), now);
        let mut reminded = BTreeSet::new();
        for (minutes, action, hour) in actions {
            now += SignedDuration::from_mins(minutes);
            match action {
                0 => drop(guild.disable_review_reminder(LIN, now)),
                1 => guild.record_review_dm_failure(LIN),
                2 => drop(guild.acknowledge_review_dm_failure(LIN, now)),
                3 | 4 => guild.set_review_reminder(LIN, CHANNEL, time(hour, 30, 0, 0), now),
                _ => {}
            }
            if guild.begin_review_reminder(LIN, now, exists).is_some() {
                let day = last_day(&guild).unwrap();
                prop_assert!(reminded.insert(day), "{day} had two in {zone}");
            }
        }
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A guild in Berlin in which Lin failed that many questions on 26 March and gets reminders at
/// 17:00.
fn berlin(failed: usize) -> Guild {
    let from = at("2026-03-26T07:00:00Z");
    let mut guild = guild("Europe/Berlin", from);
    for question in &QUESTIONS[..failed] {
        rate(&mut guild, question, Rating::Again, from);
    }
    guild.set_review_reminder(LIN, CHANNEL, time(17, 0, 0, 0), from);
    guild
}

const FRIDAY_FIVE: &str = "2026-03-27T16:00:00Z";

#[test]
fn two_due_reviews_are_too_few_and_open_questions_do_not_count() {
    let five = at(FRIDAY_FIVE);
    let due = |guild: &Guild| guild.due_review_reminder(LIN, five, exists);
    assert_eq!(due(&berlin(2)), None);
    let three = ReviewsDue {
        channel: CHANNEL,
        count: 3,
    };
    assert_eq!(due(&berlin(3)), Some(three));
    let mut guild = berlin(3);
    post(&mut guild, at("2026-03-27T08:00:00Z"));
    assert_eq!(guild.open_questions().count(), 1);
    assert_eq!(due(&guild), None);
    assert_eq!(guild.review_reminders(five, exists), []);
}

/// Of three due reviews, one is of a question that was removed from the bank.
#[test]
fn removed_questions_do_not_count() {
    let mut guild = berlin(2);
    rate(
        &mut guild,
        "gone",
        Rating::Again,
        at("2026-03-26T07:00:00Z"),
    );
    let five = at(FRIDAY_FIVE);
    assert_eq!(guild.due_review_reminder(LIN, five, exists), None);
    assert!(guild.due_review_reminder(LIN, five, |_| true).is_some());
}

#[test]
fn the_time_is_that_of_the_channels_team_or_of_the_first_one() {
    let mut guild = berlin(3);
    let next = |guild: &Guild| guild.review_reminders(at("2026-03-26T09:00:00Z"), exists)[0].at;
    assert_eq!(next(&guild), at(FRIDAY_FIVE));
    let settings = settings(time(9, 0, 0, 0), "Asia/Tokyo", Weekdays::every_day());
    let tokyo = ChannelId::new(9);
    guild.insert_team(Team::new(tokyo, settings, at("2026-03-26T07:00:00Z")));
    assert_eq!(next(&guild), at(FRIDAY_FIVE));
    guild.set_review_reminder(LIN, tokyo, time(17, 0, 0, 0), at("2026-03-26T07:00:00Z"));
    assert_eq!(next(&guild), at("2026-03-27T08:00:00Z"));
    guild.remove_team(tokyo);
    assert_eq!(next(&guild), at(FRIDAY_FIVE));
    let due = guild.due_review_reminder(LIN, at(FRIDAY_FIVE), exists);
    assert_eq!(due.unwrap().channel, CHANNEL);
    guild.remove_team(CHANNEL);
    assert_eq!(next(&guild), at("2026-03-27T17:00:00Z"), "UTC");
}

#[test]
fn a_failed_review_reminder_is_reported_once_and_leaves_nothing() {
    let now = at("2026-03-26T08:00:00Z");
    let mut guild = berlin(0);
    guild.record_review_dm_failure(LIN);
    assert_eq!(guild.review_reminder(LIN), None);
    assert!(guild.has_unreported_review_dm_failure(LIN));
    assert!(guild.acknowledge_review_dm_failure(LIN, now));
    assert!(!guild.acknowledge_review_dm_failure(LIN, now));
    assert_eq!(guild.profile(LIN), None);
}

#[test]
fn the_reminder_survives_the_snapshot() {
    let mut guild = berlin(3);
    assert!(
        guild
            .begin_review_reminder(LIN, at(FRIDAY_FIVE), exists)
            .is_some()
    );
    let json = serde_json::to_value(&guild).unwrap();
    insta::assert_snapshot!(json["people"]["2"]["review_reminder"], @r#"{"channel":"5","time":{"at":"17:00:00","last":"2026-03-27","since":"2026-03-26T07:00:00Z"}}"#);
    assert_eq!(serde_json::from_value::<Guild>(json).unwrap(), guild);
}
