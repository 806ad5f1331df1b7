//! The wrap-up: when it comes, and that no round has two.

use jiff::civil::{Date, Time, date, time};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::schedule::{ZONES, settings, utc};
use crate::delivery::{Delivery, DeliveryStep, MessageStatus};
use crate::guild::Guild;
use crate::id::{ChannelId, GuildId, MessageId, snowflake_at};
use crate::ledger::Actor;
use crate::posting::PostStep;
use crate::round::{NONCE_MAX, ThreadStatus};
use crate::schedule::{MIN_ANSWER_TIME, ON_TIME};
use crate::team::Team;
use crate::weekdays::Weekdays;
use crate::weekly_report::ReportStep;
use crate::wrap_up::{WrapUpState, WrapUpStep};

const FRIDAY: Date = date(2026, 3, 27);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn team(zone: &str, at: Time, wrap_up_at: Time, from: Timestamp) -> Team {
    let mut settings = settings(at, zone, Weekdays::every_day());
    settings.schedule.wrap_up_at = Some(wrap_up_at);
    Team::new(ChannelId::new(1), settings, from)
}

/// Performs the next posting step.
fn post(team: &mut Team, now: Timestamp) {
    let mut rng = StdRng::seed_from_u64(7);
    match team.next_post_step(now) {
        PostStep::Begin { day, due } => {
            team.begin_round(day, due, &["a", "b", "c", "d", "e"], &mut rng);
            team.record_post(MessageId::new(snowflake_at(now)));
        }
        PostStep::CreateThread => {
            let message = team.open_round().and_then(|round| round.message).unwrap();
            team.record_thread(message, ThreadStatus::Created);
        }
        PostStep::Deliver | PostStep::Wait(_) | PostStep::Idle => {}
    }
}

/// A team with a question at 09:00 UTC on Friday, its thread, and a wrap-up at 17:00.
fn team_with_thread() -> Team {
    let mut team = team("UTC", time(9, 0, 0, 0), time(17, 0, 0, 0), utc(FRIDAY));
    let nine = at("2026-03-27T09:00:00Z");
    post(&mut team, nine);
    post(&mut team, nine);
    team
}

fn void(team: &mut Team) {
    let number = team.open_round().unwrap().number;
    let by = Actor {
        user: None,
        at: at("2026-03-27T12:00:00Z"),
    };
    team.void(number, by).unwrap();
}

fn state(team: &Team) -> Option<WrapUpState> {
    let wrap_up = team.open_round()?.wrap_up.as_deref()?;
    Some(wrap_up.state)
}

fn can_be_sent(delivery: &Delivery, now: Timestamp) -> bool {
    delivery.next_step(MessageStatus::NotSent, now) == DeliveryStep::Send
}

/// A change besides the steps.
#[derive(Debug, Clone, Copy)]
enum Event {
    Nothing,
    Void,
    ThreadDeleted,
    SwitchedOff,
    SwitchedTo(i8),
    /// The clock was set back by this many minutes.
    SetBack(i64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        60 => Just(Event::Nothing),
        1 => Just(Event::Void),
        1 => Just(Event::ThreadDeleted),
        1 => Just(Event::SwitchedOff),
        2 => (1_i8..24).prop_map(Event::SwitchedTo),
        1 => (1_i64..600).prop_map(Event::SetBack),
    ]
}

fn change(team: &mut Team, event: Event) {
    let open = team.open_round().and_then(|round| round.message);
    match (event, open) {
        (Event::Void, Some(_)) => drop(team.void(
            team.open_round().unwrap().number,
            Actor {
                user: None,
                at: utc(FRIDAY),
            },
        )),
        (Event::ThreadDeleted, Some(message)) => {
            team.record_thread(message, ThreadStatus::Unavailable);
        }
        (Event::SwitchedOff, _) => team.settings.schedule.wrap_up_at = None,
        (Event::SwitchedTo(hour), _) => {
            team.settings.schedule.wrap_up_at = Some(time(hour, 30, 0, 0));
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// A thread has at most one wrap-up. It comes at its time or as late as a question may be, at
    /// least an hour after the question, on its day, and never into the thread of a void or closed
    /// round, or of a team that has switched wrap-ups off.
    #[test]
    fn a_wrap_up_comes_once_and_in_time(
        zone in prop::sample::select(&ZONES[..]),
        day in (2016_i16..2037, 1_i8..13, 1_i8..29),
        question_at in (0_i8..23, 0_i8..60),
        hours_later in 1_i8..24,
        steps in prop::collection::vec((event(), 1_i64..40, 0_u8..8), 20..60),
    ) {
        let from = utc(date(day.0, day.1, day.2));
        let question_at = time(question_at.0, question_at.1, 0, 0);
        let wrap_up_at = question_at.saturating_add(SignedDuration::from_hours(hours_later.into()));
        let mut team = team(zone, question_at, wrap_up_at, from);
        let (mut now, mut sent) = (from, Vec::<ChannelId>::new());
        for (event, minutes, works) in steps.iter().cycle().take(1500) {
            change(&mut team, *event);
            if let Event::SetBack(minutes) = event {
                now -= SignedDuration::from_mins(*minutes);
            }
            post(&mut team, now);
            match team.next_wrap_up_step(now) {
                WrapUpStep::Begin { due } => {
                    let round = team.open_round().unwrap();
                    let schedule = &team.settings.schedule;
                    prop_assert!(due <= now && now.duration_since(due) <= schedule.max_lateness());
                    prop_assert!(due.duration_since(round.opened_at().unwrap()) >= MIN_ANSWER_TIME);
                    prop_assert!(round.voided_by.is_none() && schedule.wrap_up_at.is_some());
                    prop_assert!(round.thread == ThreadStatus::Created);
                    prop_assert!(team.begin_wrap_up(now));
                }
                WrapUpStep::Deliver => {
                    let delivery = team.pending_wrap_up().unwrap();
                    if !can_be_sent(&delivery, now) {
                        team.abandon_wrap_up();
                    } else if *works > 0 {
                        let round = team.open_round().unwrap();
                        prop_assert_eq!(Some(delivery.place), round.thread_id());
                        prop_assert!(round.voided_by.is_none());
                        prop_assert!(!sent.contains(&delivery.place), "a second wrap-up");
                        sent.push(delivery.place);
                        team.record_wrap_up(MessageId::new(snowflake_at(now)));
                    }
                }
                WrapUpStep::Wait(at) => prop_assert!(at > now),
                WrapUpStep::Idle => {}
            }
            let open = team.open_round().map(|round| round.number);
            let is_closed = |number: u32| Some(number) != open;
            prop_assert!(team.rounds().iter().all(|round| !is_closed(round.number) || round.wrap_up.is_none()));
            now += SignedDuration::from_mins(*minutes);
        }
    }

    /// If the bot checks often enough and nothing changes, each question that comes early enough has
    /// a wrap-up.
    #[test]
    fn each_question_has_a_wrap_up(
        zone in prop::sample::select(&ZONES[..]),
        day in (2016_i16..2037, 1_i8..13, 1_i8..29),
        question_at in (0_i8..22, 0_i8..60),
        minutes in 1_i64..4,
    ) {
        let from = utc(date(day.0, day.1, day.2));
        let question_at = time(question_at.0, question_at.1, 0, 0);
        // Checks are minutes apart, and a clock change may take the hour between the two.
        let wrap_up_at = time(23, 50, 0, 0);
        let mut team = team(zone, question_at, wrap_up_at, from);
        let mut now = from;
        while now < from + SignedDuration::from_hours(24 * 5) {
            for _ in 0..2 {
                post(&mut team, now);
            }
            if team.begin_wrap_up(now) {
                team.record_wrap_up(MessageId::new(snowflake_at(now)));
            }
            if let Some(round) = team.open_round() {
                let wrap_up = round.wrap_up.as_deref().unwrap();
                let is_due = now >= wrap_up.due;
                prop_assert_eq!(is_due, matches!(wrap_up.state, WrapUpState::Posted(_)));
            }
            now += SignedDuration::from_mins(minutes);
        }
        prop_assert!(team.posted_rounds().count() >= 4);
    }
}

#[test]
fn the_moment_is_fixed_when_the_question_comes() {
    let five = at("2026-03-27T17:00:00Z");
    let mut team = team_with_thread();
    let noon = at("2026-03-27T12:00:00Z");
    assert_eq!(team.next_wrap_up_step(noon), WrapUpStep::Wait(five));
    team.settings.schedule.wrap_up_at = Some(time(13, 0, 0, 0));
    assert_eq!(team.next_wrap_up_step(noon), WrapUpStep::Wait(five));
    let json = serde_json::to_string(&team.open_round().unwrap().wrap_up).unwrap();
    insta::assert_snapshot!(json, @r#"{"due":"2026-03-27T17:00:00Z","state":"planned"}"#);
    // The request for the round before may still be answered.
    team.record_wrap_up(MessageId::new(1));
    team.abandon_wrap_up();
    assert_eq!(team.next_wrap_up_step(noon), WrapUpStep::Wait(five));
    // Switched on during the day: from the next question on.
    let mut later = team_with_thread();
    later.settings.schedule.wrap_up_at = None;
    assert_eq!(later.next_wrap_up_step(noon), WrapUpStep::Idle);
    // An hour is enough, less is not.
    let planned = |question: &str| {
        let mut team =
            super::wrap_up::team("UTC", time(9, 0, 0, 0), time(11, 0, 0, 0), utc(FRIDAY));
        post(&mut team, at(question));
        state(&team).is_some()
    };
    assert!(planned("2026-03-27T10:00:00Z"));
    assert!(!planned("2026-03-27T10:00:01Z"));
}

/// An evicted guild is loaded at the time of its wrap-up.
#[test]
fn the_summary_of_a_guild_has_the_wrap_up() {
    let mut guild = Guild::new(GuildId::new(1));
    guild.insert_team(team_with_thread());
    let (noon, five) = (at("2026-03-27T12:00:00Z"), at("2026-03-27T17:00:00Z"));
    assert_eq!(guild.summary(noon).next_due, Some(five));
    let team = guild.team_mut(ChannelId::new(1)).unwrap();
    assert!(team.begin_wrap_up(five));
    let next_due = guild.summary(five).next_due;
    assert!(next_due.is_some_and(|due| due <= five), "{next_due:?}");
    let team = guild.team_mut(ChannelId::new(1)).unwrap();
    team.record_wrap_up(MessageId::new(snowflake_at(five)));
    let tomorrow = at("2026-03-28T09:00:00Z");
    assert_eq!(guild.summary(five).next_due, Some(tomorrow));
}

#[test]
fn an_intent_is_delivered_in_the_thread_or_given_up() {
    let five = at("2026-03-27T17:00:00Z");
    let mut team = team_with_thread();
    assert!(!team.begin_wrap_up(five - SignedDuration::from_secs(1)));
    assert!(team.begin_wrap_up(five));
    assert!(!team.begin_wrap_up(five));
    assert_eq!(team.next_wrap_up_step(five), WrapUpStep::Deliver);
    let (round, delivery) = (team.open_round().unwrap(), team.pending_wrap_up().unwrap());
    assert_eq!(delivery.place, round.message.unwrap().thread());
    assert!(delivery.label.is_in("Wrap-up of 2026-03-27"));
    let nonce = delivery.nonce.as_deref().unwrap();
    assert_ne!(nonce, round.nonce);
    let longest = crate::wrap_up::wrap_up_nonce(ChannelId::new(u64::MAX));
    assert!(
        nonce.ends_with("-wrap-up") && longest.len() <= NONCE_MAX,
        "{longest}"
    );
    // As late as a question: three hours.
    let last = at("2026-03-27T20:00:00Z");
    assert!(can_be_sent(&delivery, five) && can_be_sent(&delivery, last));
    assert!(!can_be_sent(&delivery, last + SignedDuration::from_secs(1)));
    for end in [
        void,
        |team: &mut Team| team.settings.schedule.wrap_up_at = None,
        |team: &mut Team| {
            let message = team.open_round().unwrap().message.unwrap();
            team.record_thread(message, ThreadStatus::Unavailable);
        },
    ] {
        let mut team = team.clone();
        end(&mut team);
        assert!(!can_be_sent(&team.pending_wrap_up().unwrap(), five));
        team.abandon_wrap_up();
        assert_eq!(team.next_wrap_up_step(five), WrapUpStep::Idle);
    }
    let message = MessageId::new(snowflake_at(five));
    team.record_wrap_up(message);
    assert_eq!(state(&team), Some(WrapUpState::Posted(message)));
    team.abandon_wrap_up();
    assert_eq!(
        state(&team),
        Some(WrapUpState::Posted(message)),
        "a posted one stays"
    );
    assert_eq!(team.next_wrap_up_step(five), WrapUpStep::Idle);
}

#[test]
fn a_round_without_a_thread_or_after_the_next_question_has_none() {
    let five = at("2026-03-27T17:00:00Z");
    let mut team = team("UTC", time(9, 0, 0, 0), time(17, 0, 0, 0), utc(FRIDAY));
    post(&mut team, at("2026-03-27T09:00:00Z"));
    assert_eq!(
        team.next_wrap_up_step(five),
        WrapUpStep::Idle,
        "no thread yet"
    );
    post(&mut team, at("2026-03-27T09:00:00Z"));
    assert_eq!(
        team.next_wrap_up_step(five),
        WrapUpStep::Begin { due: five }
    );
    assert!(team.begin_wrap_up(five));
    post(&mut team, at("2026-03-28T09:00:00Z"));
    assert_eq!(team.pending_wrap_up(), None);
    assert!(team.rounds()[0].wrap_up.is_none());
}

/// The report of the week comes after the wrap-up of its last question, unless the wrap-up can't
/// come any more.
#[test]
fn the_weekly_report_comes_after_the_last_wrap_up() {
    let monday = date(2026, 3, 23);
    let due = |wrap_up: Option<Time>| {
        let mut schedule = settings(time(9, 0, 0, 0), "UTC", Weekdays::working()).schedule;
        schedule.wrap_up_at = wrap_up;
        schedule.report_due_at(monday).unwrap().to_string()
    };
    let due_times = [None, Some(time(16, 0, 0, 0)), Some(time(21, 15, 0, 0))].map(due);
    assert_eq!(
        due_times,
        [
            "2026-03-27T17:00:00Z",
            "2026-03-27T17:00:00Z",
            "2026-03-27T21:15:00Z"
        ]
    );
    let mut team = team_with_thread();
    team.settings.schedule.days = Weekdays::working();
    team.settings.send_weekly_report = true;
    let five = at("2026-03-27T17:00:00Z");
    let eight = at("2026-03-27T20:00:00Z");
    assert!(team.begin_report(monday, five));
    for step in [ReportStep::Wait(eight), ReportStep::Wait(eight)] {
        assert_eq!(team.next_report_step(five), step);
        team.begin_wrap_up(five);
    }
    let deliver = ReportStep::Deliver;
    assert_eq!(
        team.next_report_step(eight),
        deliver,
        "the wrap-up is too late"
    );
    assert_eq!(team.next_report_step(eight + ON_TIME), deliver);
    let delivery = team.pending_report_post().unwrap();
    assert!(can_be_sent(&delivery, eight + ON_TIME));
    let mut voided = team.clone();
    void(&mut voided);
    assert_eq!(voided.next_report_step(five), deliver);
    team.record_wrap_up(MessageId::new(snowflake_at(five)));
    assert_eq!(team.next_report_step(five), deliver);
}

/// From four assessments on, at most two points that at least half of the members missed.
#[test]
fn points_are_often_missed_from_four_assessments_on() {
    let often = |counts: &str, points| {
        let mut team = team_with_thread();
        let number = team.open_round().unwrap().number;
        let round = team.round_mut(number).unwrap();
        round.assessments = serde_json::from_str(&format!(r#"{{"counts":["{counts}"]}}"#)).unwrap();
        format!("{:?}", round.often_missed(points))
    };
    assert_eq!(often("3 3 3 3", 3), "[]");
    assert_eq!(often("4 1 2 0", 3), "[1]");
    assert_eq!(often("4 1 1 1", 3), "[]");
    assert_eq!(often("5 3 5 4", 3), "[1, 2]");
    assert_eq!(often("9 9 9 9", 3), "[0, 1]");
    assert_eq!(
        often("9 9 9 9", 4),
        "[]",
        "the question has another number of points now"
    );
}
