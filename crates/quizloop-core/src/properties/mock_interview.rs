//! Mock interviews on random histories: matchings, presses, failures and expiry.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, Weekday, date, time};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::schedule::settings;
use crate::guild::Guild;
use crate::id::{ChannelId, GuildId, MessageId, UserId};
use crate::mock_interview::{
    JoinRequest, Match, MatchNotice, MatchPress, MatchPressError, MatchSetupStep, MatchThread,
    NoticeStep, RESULT_KEPT,
};
use crate::review::Rating;
use crate::schedule::Pause;
use crate::self_assessment::Ticks;
use crate::team::Team;
use crate::team_settings::PairTime;
use crate::weekdays::Weekdays;

const CHANNEL: ChannelId = ChannelId::new(1_110_000_000_000_000_001);
const MONDAY: Date = date(2026, 11, 30);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// A guild with a team that matches on Mondays at 10:00 UTC, on Sunday evening.
fn guild() -> Guild {
    let mut settings = settings(time(9, 0, 0, 0), "UTC", Weekdays::every_day());
    settings.pairs = Some(PairTime {
        day: Weekday::Monday,
        at: time(10, 0, 0, 0),
    });
    let mut guild = Guild::new(GuildId::new(1));
    guild.insert_team(Team::new(CHANNEL, settings, at("2026-11-29T18:00:00Z")));
    guild
}

fn team(guild: &mut Guild) -> &mut Team {
    guild.team_mut(CHANNEL).unwrap()
}

fn join(guild: &mut Guild, users: impl IntoIterator<Item = u64>, now: Timestamp) {
    for user in users {
        team(guild).join_mock_interviews(UserId::new(user), JoinRequest::default(), now);
    }
}

/// Performs all steps that are due, as the bot does when Discord accepts everything.
fn set_up(guild: &mut Guild, now: Timestamp) {
    let mut thread = now.as_millisecond().unsigned_abs() << 22;
    loop {
        let team = team(guild);
        match team.next_match_setup_step(now) {
            MatchSetupStep::Expire => team.expire_mock_interviews(now),
            MatchSetupStep::Begin { day, .. } => assert!(team.begin_matching(day, now)),
            MatchSetupStep::CreateThread(number) => {
                thread += 1;
                team.record_match_thread(number, ChannelId::new(thread));
            }
            MatchSetupStep::AddMembers(number) => team.record_members(number, &[]),
            MatchSetupStep::SendGuide(number) => {
                team.record_notice(number, MatchNotice::Guide, MessageId::new(thread));
            }
            MatchSetupStep::TellAlone => {
                team.take_alone();
            }
            MatchSetupStep::Wait(_) | MatchSetupStep::Idle => return,
        }
    }
}

fn press(number: u32, phase: u32, user: u64) -> MatchPress {
    MatchPress {
        number,
        phase,
        user: UserId::new(user),
    }
}

#[test]
fn two_members_meet_interview_and_swap() {
    let (mut guild, sunday) = (guild(), at("2026-11-29T19:00:00Z"));
    join(&mut guild, [7, 8], sunday);
    let ten = at("2026-11-30T10:00:00Z");
    assert_eq!(
        team(&mut guild).next_match_setup_step(sunday),
        MatchSetupStep::Wait(ten)
    );
    set_up(&mut guild, ten);
    let one = &team(&mut guild).matches()[0];
    assert_eq!((one.number, one.members.len()), (1, 2));
    let next = at("2026-12-07T10:00:00Z");
    assert_eq!(
        team(&mut guild).next_match_setup_step(ten),
        MatchSetupStep::Wait(next)
    );
    // The first press wins.
    let turn = guild.begin_turn(CHANNEL, press(1, 0, 7), "queues").unwrap();
    assert_eq!(turn.candidate, UserId::new(8));
    let late = guild.begin_turn(CHANNEL, press(1, 0, 8), "tasks");
    assert_eq!(late, Err(MatchPressError::OtherPhase));
    // Only the interviewer ticks and finishes.
    let ticks = Ticks::new(3, [0, 2]);
    let by_candidate = guild.tick_points(CHANNEL, press(1, 1, 8), ticks);
    assert_eq!(by_candidate, Err(MatchPressError::NotInterviewer));
    guild.tick_points(CHANNEL, press(1, 1, 7), ticks).unwrap();
    let finished = guild.finish_turn(CHANNEL, press(1, 1, 7), 3, ten).unwrap();
    assert_eq!((finished.phase, finished.candidate), (2, UserId::new(8)));
    let again = guild.finish_turn(CHANNEL, press(1, 1, 7), 3, ten);
    assert_eq!(again, Err(MatchPressError::OtherPhase));
    // Only the candidate sees the result, and it counts once.
    let one = team(&mut guild).match_by_number(1).unwrap();
    assert_eq!(
        one.open_result(2, UserId::new(7)),
        Err(MatchPressError::NotCandidate)
    );
    assert_eq!(one.open_result(2, UserId::new(8)).unwrap().ticks, ticks);
    let review = guild.confirm_result(CHANNEL, press(1, 2, 8), Rating::Good, MONDAY);
    assert_eq!(review.unwrap().count, 1);
    let twice = guild.confirm_result(CHANNEL, press(1, 2, 8), Rating::Again, MONDAY);
    assert_eq!(twice, Err(MatchPressError::NoResult));
    assert_eq!(guild.review(UserId::new(8), "queues").unwrap().count, 1);
    // Either member swaps, and then both have interviewed.
    let turn = guild.begin_turn(CHANNEL, press(1, 2, 7), "tasks").unwrap();
    assert_eq!(turn.interviewer, UserId::new(8));
    guild.finish_turn(CHANNEL, press(1, 3, 8), 3, ten).unwrap();
    let third = guild.begin_turn(CHANNEL, press(1, 4, 7), "tasks");
    assert_eq!(third, Err(MatchPressError::AllInterviewed));
    assert_eq!(guild.profile(UserId::new(7)).unwrap().mock_interviews, 2);
}

#[test]
fn in_a_group_of_three_each_interviews_once() {
    let mut guild = guild();
    join(&mut guild, [7, 8, 9], at("2026-11-29T19:00:00Z"));
    let ten = at("2026-11-30T10:00:00Z");
    set_up(&mut guild, ten);
    let members = team(&mut guild).matches()[0].members.clone();
    assert_eq!(members.len(), 3);
    let (mut interviewers, mut candidates) = (BTreeSet::new(), BTreeSet::new());
    for turn in 0..3 {
        let by = members[2].get();
        let turn = guild
            .begin_turn(CHANNEL, press(1, 2 * turn, by), "queues")
            .unwrap();
        interviewers.insert(turn.interviewer);
        candidates.insert(turn.candidate);
        let phase = team(&mut guild).matches()[0].phase;
        let by = turn.interviewer.get();
        guild
            .finish_turn(CHANNEL, press(1, phase, by), 3, ten)
            .unwrap();
    }
    assert_eq!((interviewers.len(), candidates.len()), (3, 3));
}

#[test]
fn a_member_who_cannot_be_added_is_left_out_and_the_other_comes_first() {
    let mut guild = guild();
    join(&mut guild, [7, 8], at("2026-11-29T19:00:00Z"));
    for week in 0..2 {
        let ten = at("2026-11-30T10:00:00Z") + hours(168 * week);
        let team = team(&mut guild);
        while team.next_match_setup_step(ten) == MatchSetupStep::Expire {
            team.expire_mock_interviews(ten);
        }
        let day = team.settings.schedule.zone.date(ten);
        assert!(team.begin_matching(day, ten), "{week}");
        let number = team.matches().last().unwrap().number;
        team.record_match_thread(number, ChannelId::new(900 + u64::from(number)));
        team.record_members(number, &[UserId::new(8)]);
        let one = team.match_by_number(number).unwrap();
        assert!(one.has_ended && one.is_incomplete);
        assert_eq!(
            team.next_match_setup_step(ten),
            MatchSetupStep::SendGuide(number)
        );
        let stored = team.mock_interviews().unwrap();
        assert!(stored.participant(UserId::new(7)).unwrap().comes_first);
        assert_eq!(stored.meeting_days(UserId::new(7)).count(), 0);
        let left_out = stored.participant(UserId::new(8)).unwrap();
        assert_eq!(left_out.is_suspended, week == 1);
        team.record_notice(number, MatchNotice::Guide, MessageId::new(1));
    }
}

#[test]
fn who_answers_nothing_twice_in_a_row_is_not_matched_until_they_join_again() {
    let mut guild = guild();
    join(&mut guild, [7, 8], at("2026-11-29T19:00:00Z"));
    let mut numbers = Vec::new();
    for week in 0..3 {
        let ten = at("2026-11-30T10:00:00Z") + hours(168 * week);
        set_up(&mut guild, ten);
        let team = team(&mut guild);
        let matched = team.matches().iter().filter(|one| one.intended_at == ten);
        let number = matched.map(|one| one.number).next_back();
        numbers.push(number);
        let Some(number) = number else { continue };
        let check_at = ten + hours(96);
        assert_eq!(team.next_notice_step(ten), NoticeStep::Wait(check_at));
        assert_eq!(
            team.next_notice_step(check_at),
            NoticeStep::BeginCheck(number)
        );
        assert!(team.begin_check(number, check_at));
        team.record_notice(number, MatchNotice::Check, MessageId::new(5));
        guild
            .answer_check(CHANNEL, press(number, 0, 7), false)
            .unwrap();
    }
    assert_eq!(numbers, [Some(1), Some(2), None]);
    let stored = team(&mut guild).mock_interviews().unwrap();
    assert!(!stored.participant(UserId::new(7)).unwrap().is_suspended);
    assert!(stored.participant(UserId::new(8)).unwrap().is_suspended);
    // Both said nothing but "no", so they count as not having met.
    assert_eq!(stored.meeting_days(UserId::new(7)).count(), 0);
    join(&mut guild, [8], at("2026-12-15T10:00:00Z"));
    set_up(&mut guild, at("2026-12-21T10:00:00Z"));
    assert_eq!(team(&mut guild).matches().last().unwrap().members.len(), 2);
}

#[test]
fn no_matching_on_a_holiday_in_a_pause_or_twice_a_week() {
    let mut guild = guild();
    let sunday = at("2026-11-29T19:00:00Z");
    join(&mut guild, [7, 8], sunday);
    let next = |guild: &mut Guild, now| team(guild).next_matching(now);
    let monday = at("2026-11-30T10:00:00Z");
    assert_eq!(next(&mut guild, sunday), Some(monday));
    team(&mut guild).settings.schedule.holidays.insert(MONDAY);
    assert_eq!(next(&mut guild, sunday), Some(monday + hours(168)));
    team(&mut guild).settings.schedule.holidays.clear();
    team(&mut guild).pause = Some(Pause {
        until: Some(date(2026, 12, 8)),
        by_config: false,
    });
    assert_eq!(next(&mut guild, sunday), Some(monday + hours(336)));
    team(&mut guild).pause = None;
    set_up(&mut guild, monday);
    // An admin moves the matching to Wednesday: this week had one.
    let settings = &mut team(&mut guild).settings;
    settings.pairs.as_mut().unwrap().day = Weekday::Wednesday;
    assert_eq!(next(&mut guild, monday), Some(at("2026-12-09T10:00:00Z")));
    team(&mut guild).settings.pairs = None;
    assert_eq!(next(&mut guild, monday), None);
}

#[test]
fn a_result_that_nobody_opens_is_deleted_after_seven_days() {
    let mut guild = guild();
    join(&mut guild, [7, 8], at("2026-11-29T19:00:00Z"));
    let ten = at("2026-11-30T10:00:00Z");
    set_up(&mut guild, ten);
    guild.begin_turn(CHANNEL, press(1, 0, 7), "queues").unwrap();
    let late = ten + hours(13 * 24);
    guild.finish_turn(CHANNEL, press(1, 1, 7), 3, late).unwrap();
    let expires = late + RESULT_KEPT;
    let user = UserId::new(8);
    let opens = |guild: &Guild| {
        let one = guild.team(CHANNEL).unwrap().match_by_number(1);
        one.is_some_and(|one| one.open_result(2, user).is_ok())
    };
    for now in [ten + hours(14 * 24), expires - hours(1)] {
        set_up(&mut guild, now);
        assert!(opens(&guild), "{now}");
    }
    assert!(team(&mut guild).next_mock_interview_expiry() <= Some(expires));
    set_up(&mut guild, expires);
    assert!(!opens(&guild));
    assert_eq!(team(&mut guild).match_by_number(1), None);
}

/// Returns whether the member comes first in the next matching.
fn comes_first(guild: &mut Guild, user: u64) -> bool {
    let stored = team(guild).mock_interviews().unwrap();
    stored.participant(UserId::new(user)).unwrap().comes_first
}

/// Returns two members whose match has its thread and guide, at ten on Monday.
fn two_matched() -> (Guild, Timestamp, ChannelId) {
    let mut guild = guild();
    join(&mut guild, [7, 8], at("2026-11-29T19:00:00Z"));
    let ten = at("2026-11-30T10:00:00Z");
    set_up(&mut guild, ten);
    let thread = team(&mut guild).matches()[0].thread_id().unwrap();
    (guild, ten, thread)
}

#[test]
fn a_deleted_thread_ends_the_match_and_its_members_come_first() {
    let (mut guild, ten, thread) = two_matched();
    guild.begin_turn(CHANNEL, press(1, 0, 7), "queues").unwrap();
    assert!(team(&mut guild).end_match_of_thread(thread));
    assert!(!team(&mut guild).end_match_of_thread(ChannelId::new(1)));
    let over = guild.finish_turn(CHANNEL, press(1, 1, 7), 3, ten);
    assert_eq!(over, Err(MatchPressError::Over));
    assert!(comes_first(&mut guild, 7) && comes_first(&mut guild, 8));
    let stored = team(&mut guild).mock_interviews().unwrap();
    assert_eq!(stored.meeting_days(UserId::new(7)).count(), 0);
    assert_eq!(team(&mut guild).next_notice_step(ten), NoticeStep::Idle);
    // It is no silent week of theirs.
    let monday = ten + hours(168);
    set_up(&mut guild, monday);
    let team = team(&mut guild);
    assert_eq!(team.matches().last().unwrap().intended_at, monday);
    assert_eq!(team.mock_interviews().unwrap().participant_count(), 2);
}

#[test]
fn a_thread_that_is_deleted_after_an_interview_changes_nothing_about_it() {
    let (mut guild, ten, thread) = two_matched();
    guild.begin_turn(CHANNEL, press(1, 0, 7), "queues").unwrap();
    guild.finish_turn(CHANNEL, press(1, 1, 7), 3, ten).unwrap();
    team(&mut guild).end_all_matches();
    assert!(
        !team(&mut guild)
            .match_by_thread(thread)
            .unwrap()
            .is_active()
    );
    // The message about the result has no place any more; `/pair status` opens it.
    assert_eq!(team(&mut guild).next_notice_step(ten), NoticeStep::Idle);
    let confirmed = guild.confirm_result(CHANNEL, press(1, 2, 8), Rating::Good, MONDAY);
    assert_eq!(confirmed.unwrap().count, 1);
    assert!(!comes_first(&mut guild, 7) && !comes_first(&mut guild, 8));
    let stored = team(&mut guild).mock_interviews().unwrap();
    assert_eq!(stored.meeting_days(UserId::new(7)).count(), 1);
}

#[test]
fn a_thread_that_is_deleted_while_it_is_set_up_needs_nothing_more() {
    let mut guild = guild();
    join(&mut guild, [7, 8], at("2026-11-29T19:00:00Z"));
    let ten = at("2026-11-30T10:00:00Z");
    let team = team(&mut guild);
    assert!(team.begin_matching(MONDAY, ten));
    team.record_match_thread(1, ChannelId::new(900));
    team.end_match_of_thread(ChannelId::new(900));
    let next = MatchSetupStep::Wait(ten + hours(168));
    assert_eq!(team.next_match_setup_step(ten), next);
    assert!(comes_first(&mut guild, 7) && comes_first(&mut guild, 8));
}

#[test]
fn who_is_left_by_a_member_who_deletes_their_data_comes_first() {
    for met in [false, true] {
        let (mut guild, ten, _) = two_matched();
        if met {
            guild.answer_check(CHANNEL, press(1, 0, 8), true).unwrap();
        }
        guild.delete_member(UserId::new(7), ten);
        assert_eq!(comes_first(&mut guild, 8), !met);
    }
}

/// What happens to a guild.
#[derive(Debug, Clone)]
enum Event {
    Join(u64),
    Leave(u64),
    Skip(u64),
    Delete(u64),
    /// A member presses a button, in a phase that may be an old one.
    Press {
        action: u8,
        user: u64,
        back: u32,
    },
    /// Discord refuses a member of the next match.
    LeaveOut(u64),
    /// The thread of one of the newest matches is deleted.
    DeleteThread(usize),
    DeleteChannel,
    Hours(i64),
    TogglePairs,
}

fn event() -> impl Strategy<Value = Event> {
    let user = 1..8_u64;
    prop_oneof![
        3 => user.clone().prop_map(Event::Join),
        1 => user.clone().prop_map(Event::Leave),
        1 => user.clone().prop_map(Event::Skip),
        1 => user.clone().prop_map(Event::Delete),
        8 => (0..6_u8, user.clone(), 0..3_u32)
            .prop_map(|(action, user, back)| Event::Press { action, user, back }),
        1 => user.prop_map(Event::LeaveOut),
        1 => (0..4_usize).prop_map(Event::DeleteThread),
        1 => Just(Event::DeleteChannel),
        6 => (1..90_i64).prop_map(Event::Hours),
        1 => Just(Event::TogglePairs),
    ]
}

/// Performs the next steps; one member may be left out.
fn run(guild: &mut Guild, now: Timestamp, refused: &mut BTreeSet<u64>, thread: &mut u64) {
    for _ in 0..200 {
        let team = team(guild);
        match team.next_match_setup_step(now) {
            MatchSetupStep::Expire => team.expire_mock_interviews(now),
            MatchSetupStep::Begin { day, .. } => {
                assert!(team.begin_matching(day, now));
            }
            MatchSetupStep::CreateThread(number) => {
                let delivery = team.pending_thread(number).unwrap();
                if delivery.window.contains(&now) {
                    *thread += 1;
                    team.record_match_thread(number, ChannelId::new(*thread));
                } else {
                    team.abandon_match(number);
                }
            }
            MatchSetupStep::AddMembers(number) => {
                let members = team.match_by_number(number).unwrap().members.clone();
                let is_refused = |user: &UserId| refused.contains(&user.get());
                let left_out: Vec<_> = members.into_iter().filter(is_refused).collect();
                team.record_members(number, &left_out);
                refused.clear();
            }
            MatchSetupStep::SendGuide(number) => {
                let delivery = team.pending_notice(number, MatchNotice::Guide).unwrap();
                assert!(delivery.nonce.unwrap().len() <= crate::round::NONCE_MAX);
                team.record_notice(number, MatchNotice::Guide, MessageId::new(*thread));
            }
            MatchSetupStep::TellAlone => {
                team.take_alone();
            }
            MatchSetupStep::Wait(at) => {
                assert!(at > now);
                return;
            }
            MatchSetupStep::Idle => return,
        }
    }
    panic!("the steps never end");
}

fn run_notices(guild: &mut Guild, now: Timestamp) {
    for _ in 0..200 {
        let team = team(guild);
        match team.next_notice_step(now) {
            NoticeStep::BeginCheck(number) => assert!(team.begin_check(number, now)),
            NoticeStep::Deliver(number, notice) => match team.pending_notice(number, notice) {
                Some(delivery) if delivery.window.contains(&now) => {
                    team.record_notice(number, notice, MessageId::new(3));
                }
                _ => team.abandon_notice(number, notice),
            },
            NoticeStep::Wait(at) => {
                assert!(at > now);
                return;
            }
            NoticeStep::Idle => return,
        }
    }
    panic!("the notices never end");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn histories_keep_the_rules(events in prop::collection::vec(event(), 1..120)) {
        let mut guild = guild();
        let mut now = at("2026-11-29T18:00:00Z");
        let (mut refused, mut thread) = (BTreeSet::new(), 100);
        let mut matched_weeks: BTreeMap<i16, BTreeSet<Date>> = BTreeMap::new();
        for event in events {
            let user = |user: &u64| UserId::new(*user);
            match &event {
                Event::Join(who) => join(&mut guild, [*who], now),
                Event::Leave(who) => {
                    team(&mut guild).leave_mock_interviews(user(who));
                }
                Event::Skip(who) => {
                    team(&mut guild).skip_mock_interview(user(who));
                }
                Event::Delete(who) => {
                    guild.delete_member(user(who), now);
                    prop_assert!(!guild.has_data_of(user(who)));
                    let export = serde_json::to_string(&guild.export(user(who), now)).unwrap();
                    prop_assert!(export.contains("\"teams\":[]"), "{}", export);
                }
                Event::Press { action, user, back } => {
                    let newest = team(&mut guild).matches().last();
                    let Some((number, phase)) = newest.map(|one| (one.number, one.phase)) else {
                        continue;
                    };
                    let press = press(number, phase.saturating_sub(*back), *user);
                    let before = guild.clone();
                    let changed = match action {
                        0 | 1 => guild.begin_turn(CHANNEL, press, "queues").map(drop),
                        2 => guild.tick_points(CHANNEL, press, Ticks::new(3, [1])),
                        3 => guild.finish_turn(CHANNEL, press, 3, now).map(drop),
                        4 => guild.confirm_result(CHANNEL, press, Rating::Good, MONDAY).map(drop),
                        _ => guild.answer_check(CHANNEL, press, true),
                    };
                    let is_old = *back > 0 && phase > 0 && *action < 4;
                    prop_assert!(!is_old || changed.is_err(), "an old press changed something");
                    prop_assert!(changed.is_ok() || before == guild);
                }
                Event::LeaveOut(who) => {
                    refused.insert(*who);
                }
                Event::DeleteThread(back) => {
                    let team = team(&mut guild);
                    let thread = team.matches().iter().rev().nth(*back);
                    let Some(thread) = thread.and_then(Match::thread_id) else {
                        continue;
                    };
                    prop_assert!(team.end_match_of_thread(thread));
                    let one = team.match_by_thread(thread).unwrap();
                    prop_assert!(!one.is_active() && one.running.is_none());
                    let ended = team.clone();
                    team.end_match_of_thread(thread);
                    prop_assert!(*team == ended, "the second event changed something");
                }
                Event::DeleteChannel => {
                    let team = team(&mut guild);
                    team.end_all_matches();
                    prop_assert!(team.matches().iter().all(|one| !one.is_active()));
                }
                Event::Hours(by) => now += hours(*by),
                Event::TogglePairs => {
                    let on = PairTime { day: Weekday::Monday, at: time(10, 0, 0, 0) };
                    let settings = &mut team(&mut guild).settings;
                    settings.pairs = settings.pairs.is_none().then_some(on);
                }
            }
            run(&mut guild, now, &mut refused, &mut thread);
            run_notices(&mut guild, now);
            let team = guild.team(CHANNEL).unwrap();
            for one in team.matches() {
                let week = one.day.iso_week_date().week();
                matched_weeks.entry(week.into()).or_default().insert(one.day);
                prop_assert!((1..=3).contains(&one.members.len()) || one.has_ended);
                prop_assert!(one.results.len() <= 3);
                prop_assert!(one.thread != MatchThread::Pending);
                // Nobody holds a place twice in one matching.
                let same_day = team.matches().iter().filter(|other| other.day == one.day);
                let members: Vec<_> = same_day.flat_map(|other| &other.members).collect();
                let distinct: BTreeSet<_> = members.iter().collect();
                prop_assert_eq!(members.len(), distinct.len());
            }
            // An evicted guild is woken in time.
            let summary = guild.summary(now);
            for thread in team.matches().iter().filter_map(Match::thread_id) {
                prop_assert!(guild.uses_channel(thread) && summary.may_contain_reply(thread));
            }
            let expiry = team.next_mock_interview_expiry();
            prop_assert!(expiry.is_none_or(|at| summary.next_due.is_some_and(|due| due <= at)));
            // What is stored can be read again.
            let json = serde_json::to_string(&guild).unwrap();
            let read: Guild = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(&read, &guild);
        }
        prop_assert!(matched_weeks.values().all(|days| days.len() == 1));
    }
}
