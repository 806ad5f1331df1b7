//! Mock interviews.

use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::civil::{Weekday, date, time};

use super::question;
use crate::bot::fuzzing::discord_limits;
use crate::bot::interactions::pair::PairState;
use crate::bot::interactions::response::Response;
use crate::bot::render::pair::{self, OwnMatch, PairTeam};
use quizloop_core::guild::Guild;
use quizloop_core::id::{ChannelId, GuildId, MessageId, UserId};
use quizloop_core::mock_interview::{JoinRequest, MatchNotice, MatchPress, MatchPressError};
use quizloop_core::self_assessment::Ticks;
use quizloop_core::team::{Team, TeamSettings};
use quizloop_core::team_settings::PairTime;

const CHANNEL: ChannelId = ChannelId::new(5);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A guild whose members with these ids are matched, with a guide in the thread.
fn matched(users: &[u64]) -> Guild {
    let settings = TeamSettings {
        pairs: Some(PairTime {
            day: Weekday::Monday,
            at: time(10, 0, 0, 0),
        }),
        ..TeamSettings::default()
    };
    let sunday = at("2026-11-29T19:00:00Z");
    let mut team = Team::new(CHANNEL, settings, sunday);
    for user in users {
        team.join_mock_interviews(UserId::new(*user), JoinRequest::default(), sunday);
    }
    let ten = at("2026-11-30T10:00:00Z");
    assert!(team.begin_matching(date(2026, 11, 30), ten));
    team.record_match_thread(1, ChannelId::new(9));
    team.record_members(1, &[]);
    team.record_notice(1, MatchNotice::Guide, MessageId::new(10));
    let mut guild = Guild::new(GuildId::new(1));
    guild.insert_team(team);
    guild
}

fn press(phase: u32, user: u64) -> MatchPress {
    MatchPress {
        number: 1,
        phase,
        user: UserId::new(user),
    }
}

fn team(guild: &Guild) -> &Team {
    guild.team(CHANNEL).unwrap()
}

#[test]
fn messages_in_the_thread() {
    let mut guild = matched(&[7, 8]);
    let ten = at("2026-11-30T10:00:00Z");
    let one = |guild: &Guild| team(guild).matches()[0].clone();
    let guide = |guild: &Guild| pair::guide(CHANNEL, &one(guild)).to_string();
    assert_snapshot!(pair::thread_name(&one(&guild)), @"");
    assert_snapshot!(guide(&guild), @"");
    guild.begin_turn(CHANNEL, press(0, 7), "q").unwrap();
    assert_snapshot!(guide(&guild), @"");
    guild.finish_turn(CHANNEL, press(1, 7), 3, ten).unwrap();
    assert_snapshot!(guide(&guild), @"");
    let ready = |guild: &Guild, phase| pair::result_ready(CHANNEL, &one(guild), phase).to_string();
    assert_snapshot!(ready(&guild, 2), @"");
    guild.begin_turn(CHANNEL, press(2, 7), "q").unwrap();
    assert_snapshot!(ready(&guild, 2), @"");
    guild.finish_turn(CHANNEL, press(3, 8), 3, ten).unwrap();
    assert_snapshot!(ready(&guild, 4), @"");
    assert_snapshot!(pair::check(CHANNEL, &one(&guild)), @"");
    assert_snapshot!(pair::check_answered(true), @"");
    assert_snapshot!(pair::check_answered(false), @"");
    assert_snapshot!(pair::alone(CHANNEL), @"");
}

#[test]
fn guides_of_three_and_of_one() {
    let three = matched(&[7, 8, 9]);
    assert_snapshot!(pair::guide(CHANNEL, &team(&three).matches()[0]), @"");
    let mut one = matched(&[7, 8]);
    one.delete_member(UserId::new(8), at("2026-11-30T11:00:00Z"));
    assert_snapshot!(pair::guide(CHANNEL, &team(&one).matches()[0]), @"");
}

#[test]
fn the_card_and_the_result() {
    let question = question();
    let mut guild = matched(&[7, 8]);
    guild
        .begin_turn(CHANNEL, press(0, 7), &question.id)
        .unwrap();
    let state = PairState {
        channel: CHANNEL,
        number: 1,
        phase: 1,
    };
    let turn = team(&guild).matches()[0].running.clone().unwrap();
    assert_snapshot!(pair::card(&question, &turn, state), @"");
    let ticks = Ticks::new(question.points.len(), [0]);
    guild.tick_points(CHANNEL, press(1, 7), ticks).unwrap();
    let turn = team(&guild).matches()[0].running.clone().unwrap();
    let ticked = pair::card(&question, &turn, state);
    assert!(ticked.to_string().contains("( Clear the ticks )"));
    assert_snapshot!(pair::result(&question, ticks, state), @"");
    let due = date(2026, 12, 3);
    assert_snapshot!(pair::confirmed(&question, Some(ticks), date(2026, 11, 30), due), @"");
    assert_snapshot!(pair::finished(UserId::new(8)), @"");
    for message in [ticked, pair::result(&question, ticks, state)] {
        discord_limits::check(&Response::New(message));
    }
    let without = quizloop_bank::Question {
        points: Vec::new(),
        ..question
    };
    assert_snapshot!(pair::result(&without, Ticks::default(), state), @"");
}

#[test]
fn replies_to_the_command() {
    let mut guild = matched(&[7, 8]);
    let next = Some(at("2026-12-07T10:00:00Z"));
    let here = PairTeam {
        channel: CHANNEL,
        next,
    };
    let user = UserId::new(7);
    let member = |guild: &Guild| {
        let stored = team(guild).mock_interviews().unwrap();
        stored.participant(user).cloned()
    };
    assert_snapshot!(pair::joined(here, &member(&guild).unwrap()), @"");
    assert_snapshot!(pair::left(CHANNEL, true), @"");
    assert_snapshot!(pair::left(CHANNEL, false), @"");
    assert_snapshot!(pair::skipped(here, true), @"");
    assert_snapshot!(pair::skipped(here, false), @"");
    guild.begin_turn(CHANNEL, press(0, 8), "q").unwrap();
    let ten = at("2026-11-30T10:00:00Z");
    guild.finish_turn(CHANNEL, press(1, 8), 3, ten).unwrap();
    let request = JoinRequest {
        topic: Some("structured-concurrency".into()),
        level: Some("mid".into()),
    };
    let changed = guild.team_mut(CHANNEL).unwrap();
    changed.join_mock_interviews(user, request, ten);
    changed.skip_mock_interview(user);
    let one = &team(&guild).matches()[0];
    let own = [OwnMatch { one, user }];
    assert_snapshot!(pair::status(here, member(&guild).as_ref(), &own), @"");
    let paused = PairTeam { next: None, ..here };
    assert_snapshot!(pair::status(paused, None, &[]), @"");
    assert_snapshot!(pair::team_line(6, None), @"");
    assert_eq!(pair::progress_line(0), None);
    assert_snapshot!(pair::progress_line(1).unwrap(), @"");
}

#[test]
fn errors_of_presses() {
    let all = [
        MatchPressError::Over,
        MatchPressError::NotMember,
        MatchPressError::OtherPhase,
        MatchPressError::NotInterviewer,
        MatchPressError::NotCandidate,
        MatchPressError::NoResult,
        MatchPressError::AllInterviewed,
    ];
    let texts = all.map(pair::press_error_text);
    assert_snapshot!(texts.join("\n"), @"");
}
