//! Posting: what is still on time, orders of admins, changes of the bank, wrong clocks.

use jiff::civil::{Date, date, time};
use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::schedule::settings;
use crate::delivery::{DeliveryStep, MessageStatus};
use crate::id::{ChannelId, MessageId, snowflake_at};
use crate::posting::{OrderPostError, PostStep};
use crate::schedule::{ON_TIME, Pause};
use crate::team::Team;
use crate::weekdays::Weekdays;
use crate::weekly_report::ReportStep;

const FRIDAY: Date = date(2026, 3, 27);
const BANK: [&str; 3] = ["a", "b", "c"];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn due() -> Timestamp {
    at("2026-03-27T09:00:00Z")
}

fn rng() -> StdRng {
    StdRng::seed_from_u64(7)
}

/// A team that posts at 09:00 UTC from Monday to Friday, set up on Thursday the 26th.
fn new_team() -> Team {
    let settings = settings(time(9, 0, 0, 0), "UTC", Weekdays::working());
    Team::new(ChannelId::new(1), settings, at("2026-03-26T12:00:00Z"))
}

fn team_on_time_only() -> Team {
    let mut team = new_team();
    team.settings.schedule.catch_up = SignedDuration::ZERO;
    team.settings.send_weekly_report = true;
    team
}

/// Whether the unfinished round's message may be sent.
fn can_be_sent(team: &Team, now: Timestamp) -> bool {
    let delivery = team.pending_post().unwrap();
    delivery.next_step(MessageStatus::NotSent, now) == DeliveryStep::Send
}

fn begin(team: &mut Team, day: Date, due: Timestamp) {
    assert!(team.begin_round(day, due, &BANK, &mut rng()).is_some());
}

fn post(team: &mut Team, day: Date, due: Timestamp) {
    begin(team, day, due);
    assert!(team.record_post(MessageId::new(snowflake_at(due))));
}

/// The scheduler never wakes at the due time itself.
#[test]
fn without_a_catch_up_a_question_is_posted_on_time() {
    let team = team_on_time_only();
    let begin = PostStep::Begin {
        day: FRIDAY,
        due: due(),
    };
    let monday = PostStep::Wait(at("2026-03-30T09:00:00Z"));
    let ms = SignedDuration::from_millis(1);
    for (now, step) in [
        (due(), begin),
        (due() + ms, begin),
        (due() + ON_TIME, begin),
        (due() + ON_TIME + ms, monday),
    ] {
        assert_eq!(team.next_post_step(now), step, "{now}");
    }
}

#[test]
fn an_intent_recorded_in_time_may_be_finished() {
    let mut team = team_on_time_only();
    begin(&mut team, FRIDAY, due());
    let seconds = SignedDuration::from_secs;
    // The intent is recorded at the last moment, and Discord is slow.
    assert!(can_be_sent(&team, due() + ON_TIME + seconds(20)));
    assert!(!can_be_sent(&team, due() + ON_TIME + ON_TIME + seconds(1)));
    // Another day has begun meanwhile.
    let mut late = new_team();
    late.settings.schedule.at = time(23, 59, 0, 0);
    begin(&mut late, FRIDAY, at("2026-03-27T23:59:00Z"));
    assert!(can_be_sent(&late, at("2026-03-28T00:00:10Z")));
    assert!(!can_be_sent(&late, at("2026-03-28T00:06:00Z")));
}

#[test]
fn without_a_catch_up_the_report_is_posted_on_time() {
    let mut team = team_on_time_only();
    post(&mut team, FRIDAY, due());
    let five = at("2026-03-27T17:00:00Z");
    let begin = ReportStep::Begin {
        first_day: date(2026, 3, 23),
        due: five,
    };
    let ms = SignedDuration::from_millis(1);
    assert_eq!(team.next_report_step(five + ms), begin);
    let next = ReportStep::Wait(at("2026-04-03T17:00:00Z"));
    assert_eq!(team.next_report_step(five + ON_TIME + ms), next);
    assert!(team.begin_report(date(2026, 3, 23), five));
    let window = team.pending_report_post().unwrap().window;
    assert!(window.contains(&(five + ON_TIME + ms)));
}

#[test]
fn an_admin_may_order_a_day_that_was_given_up_and_the_schedule_may_not() {
    let mut team = new_team();
    begin(&mut team, FRIDAY, due());
    let noon = at("2026-03-27T12:10:00Z");
    team.abandon_round(noon);
    assert!(team.begin_round(FRIDAY, due(), &BANK, &mut rng()).is_none());
    let ordered = team.order_post(noon, &BANK, &mut rng()).unwrap();
    assert_eq!((ordered.number, ordered.is_new), (1, true));
    let remaining = team.unfinished_round().unwrap().remaining;
    assert_eq!(
        remaining, 2,
        "the question that was given up is not asked yet"
    );
    assert!(can_be_sent(&team, noon));
    team.record_post(MessageId::new(snowflake_at(noon)));
    let again = team.order_post(noon, &BANK, &mut rng());
    assert_eq!(again, Err(OrderPostError::AlreadyPosted));
    let saturday = at("2026-03-28T12:00:00Z");
    assert!(team.order_post(saturday, &BANK, &mut rng()).is_ok());
}

#[test]
fn an_order_makes_an_unfinished_question_due_again() {
    let mut team = new_team();
    begin(&mut team, FRIDAY, due());
    let noon = at("2026-03-27T12:10:00Z");
    assert!(!can_be_sent(&team, noon));
    let ordered = team.order_post(noon, &BANK, &mut rng()).unwrap();
    assert_eq!((ordered.number, ordered.is_new), (1, false));
    assert!(can_be_sent(&team, noon));
    let saturday = at("2026-03-28T12:00:00Z");
    let refused = team.order_post(saturday, &BANK, &mut rng());
    assert_eq!(refused, Err(OrderPostError::Unfinished(FRIDAY)));
    team.abandon_round(saturday);
    let refused = team.order_post(saturday, &[""; 0], &mut rng());
    assert_eq!(refused, Err(OrderPostError::NoQuestion));
}

#[test]
fn a_question_that_left_the_bank_is_replaced() {
    let mut team = new_team();
    begin(&mut team, FRIDAY, due());
    let drawn = team.unfinished_round().unwrap().clone();
    let rest: Vec<&str> = BANK
        .into_iter()
        .filter(|id| *id != drawn.question)
        .collect();
    assert!(team.redraw(&rest, &mut rng()));
    let round = team.unfinished_round().unwrap();
    assert!(rest.contains(&round.question.as_str()));
    assert_eq!((round.number, round.remaining), (drawn.number, 1));
    // It is the same message for Discord.
    assert_eq!(round.nonce, drawn.nonce);
    assert!(!team.redraw(&[""; 0], &mut rng()));
    team.record_post(MessageId::new(snowflake_at(due())));
    assert!(!team.redraw(&rest, &mut rng()), "a posted question stays");
}

#[test]
fn a_found_question_takes_the_place_of_the_drawn_one() {
    let mut team = new_team();
    begin(&mut team, FRIDAY, due());
    let drawn = team.unfinished_round().unwrap().question.clone();
    let found = BANK.into_iter().find(|id| *id != drawn).unwrap();
    team.adopt_question(found);
    let round = team.unfinished_round().unwrap();
    assert_eq!((round.question.as_str(), round.remaining), (found, 2));
    team.record_post(MessageId::new(snowflake_at(due())));
    // The question that was drawn comes in the same pass, and the one that was found does not.
    let rest = [28, 29].map(|day| {
        let due = at(&format!("2026-03-{day}T09:00:00Z"));
        post(&mut team, date(2026, 3, day), due);
        team.open_round().unwrap().question.clone()
    });
    assert!(rest.contains(&drawn), "{rest:?}");
    assert!(!rest.contains(&found.to_owned()), "{rest:?}");
}

/// The clock was half a year ahead when a question was due, and is right again.
#[test]
fn a_day_in_the_future_does_not_silence_a_team() {
    let future = date(2026, 9, 25);
    let mut team = new_team();
    begin(&mut team, future, at("2026-09-25T09:00:00Z"));
    assert!(!can_be_sent(&team, due()), "it is expired");
    team.abandon_round(due());
    let begin_friday = PostStep::Begin {
        day: FRIDAY,
        due: due(),
    };
    assert_eq!(team.next_post_step(due()), begin_friday);
    // Given up a day ahead, when yesterday's question was posted.
    let mut tomorrow = new_team();
    post(&mut tomorrow, date(2026, 3, 26), at("2026-03-26T09:00:00Z"));
    begin(&mut tomorrow, date(2026, 3, 28), at("2026-03-28T09:00:00Z"));
    tomorrow.abandon_round(due());
    assert_eq!(tomorrow.last_day, Some(date(2026, 3, 26)));
    assert_eq!(tomorrow.next_question_step(due()), begin_friday);
    // It was even posted: Discord's ids have the real time.
    let mut posted = new_team();
    posted.settings.send_weekly_report = true;
    begin(&mut posted, future, at("2026-09-25T09:00:00Z"));
    posted.record_post(MessageId::new(snowflake_at(due())));
    posted.begin_report(date(2026, 9, 21), at("2026-09-25T17:00:00Z"));
    posted.record_report_post(MessageId::new(snowflake_at(due())));
    assert_eq!(posted.next_question_step(due()), begin_friday);
    post(&mut posted, FRIDAY, due() + SignedDuration::from_secs(1));
    assert_eq!(posted.last_day, Some(FRIDAY));
    assert!(matches!(
        posted.next_report_step(at("2026-03-27T17:00:00Z")),
        ReportStep::Begin { .. }
    ));
}

/// The day that the schedule is done with may be tomorrow in another zone, and stays done.
#[test]
fn a_change_of_zone_gives_no_second_question() {
    let mut team = new_team();
    team.settings = settings(
        time(0, 30, 0, 0),
        "Pacific/Kiritimati",
        Weekdays::every_day(),
    );
    let now = at("2026-03-27T10:30:00Z");
    post(&mut team, date(2026, 3, 28), now);
    // UTC−11: two dates earlier than in Kiritimati for an hour a day.
    team.settings = settings(time(23, 0, 0, 0), "Pacific/Niue", Weekdays::every_day());
    let later = at("2026-03-28T10:30:00Z");
    assert!(matches!(team.next_post_step(now), PostStep::CreateThread));
    for now in [now, later] {
        let step = team.next_question_step(now);
        assert!(matches!(step, PostStep::Wait(at) if at > later), "{step:?}");
    }
}

#[test]
fn a_team_that_is_in_the_config_file_again_is_resumed() {
    let monday = at("2026-03-30T08:00:00Z");
    let admin = |until| Pause {
        until,
        by_config: false,
    };
    let april = Some(date(2026, 4, 1));
    // The pause before, whether it ends with the return to the file, and the pause after.
    for (before, ends, after) in [
        (None, true, None),
        (Some(admin(april)), true, Some(admin(april))),
        (Some(admin(None)), false, Some(admin(None))),
    ] {
        let mut team = new_team();
        team.pause = before;
        team.pause_by_config();
        team.pause_by_config();
        assert_eq!(team.next_post_step(due()), PostStep::Idle, "{before:?}");
        let stored = serde_json::to_string(&team).unwrap();
        let mut team: Team = serde_json::from_str(&stored).unwrap();
        assert_eq!(team.resume_by_config(monday), ends, "{before:?}");
        assert_eq!(team.pause, after, "{before:?}");
        assert_eq!(team.since == monday, ends, "{before:?}");
        assert!(!team.resume_by_config(monday));
        team.pause_by_config();
        team.resume(monday);
        assert_eq!(team.pause, None, "an admin resumes it");
    }
    let stored = r#"{"until":null}"#;
    let of_earlier_version: Pause = serde_json::from_str(stored).unwrap();
    assert_eq!(of_earlier_version, admin(None));
    assert_eq!(serde_json::to_string(&of_earlier_version).unwrap(), stored);
}

/// The channel was read while its newest question was not known, so replies to it did not count. It
/// is read again from that question on.
#[test]
fn a_question_that_is_found_late_is_read_from_its_message_on() {
    let mut team = new_team();
    begin(&mut team, FRIDAY, due());
    let message = |text| MessageId::new(snowflake_at(at(text)));
    team.record_read_up_to(None, message("2026-03-27T09:10:00Z"));
    let question = message("2026-03-27T09:00:01Z");
    assert!(team.record_post(question));
    assert_eq!(team.read_up_to, Some(question));
}
