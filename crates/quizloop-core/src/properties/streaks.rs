//! Random histories of a team, compared with a simple model: the streak follows the rules for any
//! order of events, with duplicates and restarts.

use std::collections::BTreeMap;

use jiff::civil::{date, time};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::guild::Guild;
use crate::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use crate::leaderboard::Period;
use crate::ledger::Actor;
use crate::reply::ReplyOutcome;
use crate::schedule::Schedule;
use crate::streak::{MAX_FREEZES, ROUNDS_PER_FREEZE, Streak};
use crate::team::{Team, TeamSettings};
use crate::weekdays::Weekdays;
use crate::zone::Zone;

const CHANNEL: ChannelId = ChannelId::new(5);

fn start() -> Timestamp {
    "2026-03-01T09:00:00Z".parse().unwrap()
}

/// Rounds open a day apart.
fn opening(round: u32) -> Timestamp {
    start() + SignedDuration::from_hours(24 * i64::from(round - 1))
}

fn message(at: Timestamp, nth: u64) -> MessageId {
    MessageId::new(snowflake_at(at) + nth)
}

fn guild_with_team() -> Guild {
    let mut schedule = Schedule::weekdays_at(time(9, 0, 0, 0), Zone::utc());
    schedule.days = Weekdays::every_day();
    let settings = TeamSettings {
        schedule,
        ..TeamSettings::default()
    };
    let mut guild = Guild::new(GuildId::new(1));
    guild.insert_team(Team::new(CHANNEL, settings, start()));
    guild
}

fn open_round(team: &mut Team, number: u32) {
    let day = date(2026, 3, 1) + jiff::Span::new().days(number - 1);
    let mut rng = StdRng::seed_from_u64(3);
    assert!(
        team.begin_round(day, opening(number), &["a", "b"], &mut rng)
            .is_some()
    );
    assert!(team.record_post(message(opening(number), 0)));
}

/// One event in a history.
#[derive(Debug, Clone)]
enum HistoryEvent {
    Reply { user: u64, round: u32, minutes: i64 },
    Peek { user: u64 },
    Void { round: u32 },
    Credit { user: u64, round: u32 },
    Restore { round: u32 },
    TakeBackCredit { user: u64, round: u32 },
    DeleteMember { user: u64 },
    NextRound,
    Restart,
}

fn events() -> impl Strategy<Value = Vec<HistoryEvent>> {
    let event = prop_oneof![
        6 => (1_u64..4, 1_u32..12, 0_i64..3000)
            .prop_map(|(user, round, minutes)| HistoryEvent::Reply { user, round, minutes }),
        1 => (1_u64..4).prop_map(|user| HistoryEvent::Peek { user }),
        1 => (1_u32..12).prop_map(|round| HistoryEvent::Void { round }),
        1 => (1_u64..4, 1_u32..12).prop_map(|(user, round)| HistoryEvent::Credit { user, round }),
        1 => (1_u32..12).prop_map(|round| HistoryEvent::Restore { round }),
        1 => (1_u64..4, 1_u32..12).prop_map(|(user, round)| HistoryEvent::TakeBackCredit { user, round }),
        1 => (1_u64..4).prop_map(|user| HistoryEvent::DeleteMember { user }),
        5 => Just(HistoryEvent::NextRound),
        1 => Just(HistoryEvent::Restart),
    ];
    prop::collection::vec(event, 1..90)
}

/// A simple model that stores every event with its time.
#[derive(Default)]
struct Model {
    rounds: u32,
    replies: Vec<(u64, u32, Timestamp)>,
    peeks: BTreeMap<(u64, u32), Timestamp>,
    voids: Vec<u32>,
    credits: Vec<(u64, u32)>,
    deleted: BTreeMap<u64, Timestamp>,
}

impl Model {
    /// Whether a reply is ignored because the member's data was deleted after it. This applies to
    /// the rounds whose history the bot may read again.
    fn is_deleted(&self, user: u64, reply: Timestamp) -> bool {
        let read_from = opening(self.rounds.saturating_sub(2).max(1));
        self.deleted
            .get(&user)
            .is_some_and(|at| reply <= *at && *at >= read_from)
    }

    fn delete_member(&mut self, user: u64, at: Timestamp) {
        self.replies.retain(|(other, _, _)| *other != user);
        self.peeks.retain(|(other, _), _| *other != user);
        self.credits.retain(|(other, _)| *other != user);
        self.deleted.insert(user, at);
    }

    fn closed(&self, round: u32) -> Option<Timestamp> {
        (round < self.rounds).then(|| opening(round + 1))
    }

    fn in_time(&self, user: u64, round: u32) -> Option<Timestamp> {
        let own = self
            .replies
            .iter()
            .filter(|(u, r, _)| (*u, *r) == (user, round));
        let first = own.map(|(_, _, at)| *at).min()?;
        self.closed(round)
            .is_none_or(|closed| first < closed)
            .then_some(first)
    }

    fn streak(&self, user: u64) -> Streak {
        let credits = self
            .credits
            .iter()
            .filter(|(u, _)| *u == user)
            .map(|(_, r)| *r);
        let replies = self
            .replies
            .iter()
            .filter(|(u, _, _)| *u == user)
            .map(|(_, r, _)| *r);
        let Some(first) = credits.chain(replies).min() else {
            return Streak::default();
        };
        let mut streak = Streak::default();
        for round in first..=self.rounds {
            if self.voids.contains(&round) {
                continue;
            }
            let credited = self.credits.contains(&(user, round));
            let peek = self.peeks.get(&(user, round));
            match self.in_time(user, round) {
                Some(at) if !credited && peek.is_some_and(|peek| *peek <= at) => continue,
                None if !credited => {
                    let late = self
                        .replies
                        .iter()
                        .any(|(u, r, _)| (*u, *r) == (user, round));
                    if round == self.rounds && !late {
                        continue;
                    }
                    if streak.current > 0 && streak.freezes > 0 {
                        streak.freezes -= 1;
                    } else {
                        streak.current = 0;
                    }
                    continue;
                }
                _ => {}
            }
            streak.current += 1;
            streak.answered += 1;
            streak.longest = streak.longest.max(streak.current);
            if streak.answered % ROUNDS_PER_FREEZE == 0 {
                streak.freezes = (streak.freezes + 1).min(MAX_FREEZES);
            }
        }
        streak
    }
}

/// Counts a reply some minutes after its round opened; its message id is unique per user.
fn reply(team: &mut Team, model: &mut Model, user: u64, round: u32, minutes: i64) {
    let at = opening(round) + SignedDuration::from_mins(minutes);
    team.count_reply(
        message(opening(round), 0),
        UserId::new(user),
        message(at, user),
    );
    if !model.is_deleted(user, at) {
        model.replies.push((user, round, at));
    }
}

fn apply(guild: &mut Guild, model: &mut Model, event: &HistoryEvent) {
    let by = Actor {
        user: Some(UserId::new(99)),
        at: start(),
    };
    let team = guild.team_mut(CHANNEL).unwrap();
    match *event {
        // Members can only reply to rounds that exist.
        HistoryEvent::Reply {
            user,
            round,
            minutes,
        } if round <= model.rounds => {
            reply(team, model, user, round, minutes);
        }
        HistoryEvent::Peek { user } if model.rounds > 0 => {
            let at = opening(model.rounds) + SignedDuration::from_hours(12);
            if team.peek(model.rounds, UserId::new(user), at) {
                model.peeks.insert((user, model.rounds), at);
            }
        }
        HistoryEvent::DeleteMember { user } if model.rounds > 0 => {
            let at = opening(model.rounds) + SignedDuration::from_hours(13);
            guild.delete_member(UserId::new(user), at);
            model.delete_member(user, at);
            assert!(!guild.has_data_of(UserId::new(user)));
        }
        HistoryEvent::Void { round } => {
            if team.void(round, by).is_ok() {
                model.voids.push(round);
            }
        }
        HistoryEvent::Credit { user, round } => {
            if team.credit(round, UserId::new(user), by).is_ok() {
                model.credits.push((user, round));
            }
        }
        HistoryEvent::Restore { round } => {
            if team.restore_round(round).is_ok() {
                model.voids.retain(|one| *one != round);
            }
        }
        HistoryEvent::TakeBackCredit { user, round } => {
            if team.take_back_credit(round, UserId::new(user)).is_ok() {
                model.credits.retain(|one| *one != (user, round));
            }
        }
        HistoryEvent::NextRound => {
            model.rounds += 1;
            open_round(team, model.rounds);
        }
        HistoryEvent::Restart => {
            let json = serde_json::to_string(guild).unwrap();
            *guild = serde_json::from_str(&json).unwrap();
        }
        HistoryEvent::Reply { .. }
        | HistoryEvent::Peek { .. }
        | HistoryEvent::DeleteMember { .. } => {}
    }
}

proptest! {
    /// 16. The streak equals the one that the model computes from all events.
    #[test]
    fn the_streak_is_what_the_rules_give(events in events()) {
        let (mut guild, mut model) = (guild_with_team(), Model::default());
        for event in events {
            apply(&mut guild, &mut model, &event);
            prop_assert_eq!(guild.check(), Ok(()));
        }
        let team = guild.team(CHANNEL).unwrap();
        for user in 1..4 {
            prop_assert_eq!(team.streak(UserId::new(user)), model.streak(user), "member {}", user);
        }
        for row in team.leaderboard(Period::AllTime) {
            prop_assert_eq!(row.answered, team.streak(row.user).answered);
        }
    }

    /// To void a round and to restore it changes nothing, and neither does credit that is taken back.
    #[test]
    fn what_undoes_an_action_leaves_no_trace(
        events in events(), later in events(), user in 1_u64..4, round in 1_u32..12,
    ) {
        let (mut guild, mut model) = (guild_with_team(), Model::default());
        for event in &events {
            apply(&mut guild, &mut model, event);
        }
        let by = Actor { user: None, at: start() };
        let user = UserId::new(user);
        let mut changed = guild.clone();
        let team = changed.team_mut(CHANNEL).unwrap();
        let voided = team.void(round, by).is_ok();
        if voided {
            let void = guild.team(CHANNEL).unwrap().round(round).unwrap();
            prop_assert!(void.voided_by.is_none());
            team.restore_round(round).unwrap();
        }
        prop_assert_eq!(&changed, &guild);
        let team = changed.team_mut(CHANNEL).unwrap();
        let credited = team.credit(round, user, by).is_ok();
        if credited {
            team.take_back_credit(round, user).unwrap();
        }
        prop_assert_eq!(&changed, &guild);
        // Also if replies come between the two.
        let team = changed.team_mut(CHANNEL).unwrap();
        let undo_credit = team.credit(round, user, by).is_ok();
        let undo_void = team.void(round, by).is_ok();
        let mut model_of_changed = Model { rounds: model.rounds, ..Model::default() };
        for event in later {
            if matches!(event, HistoryEvent::Reply { .. } | HistoryEvent::NextRound) {
                apply(&mut guild, &mut model, &event);
                apply(&mut changed, &mut model_of_changed, &event);
            }
        }
        let team = changed.team_mut(CHANNEL).unwrap();
        if undo_void {
            team.restore_round(round).unwrap();
        }
        if undo_credit {
            team.take_back_credit(round, user).unwrap();
        }
        prop_assert_eq!(&changed, &guild);
    }

    /// 16. Receiving all replies twice and in any order changes nothing.
    #[test]
    fn duplicates_and_order_do_not_matter(
        replies in prop::collection::vec((1_u64..4, 1_u32..3, 0_i64..3000), 1..30),
        order in any::<u64>(),
    ) {
        let after = |mut replies: Vec<(u64, u32, i64)>, shuffle: bool| {
            let mut guild = guild_with_team();
            let team = guild.team_mut(CHANNEL).unwrap();
            open_round(team, 1);
            open_round(team, 2);
            if shuffle {
                replies.extend(replies.clone());
                rand::seq::SliceRandom::shuffle(&mut replies[..], &mut StdRng::seed_from_u64(order));
            }
            for (user, round, minutes) in replies {
                reply(team, &mut Model::default(), user, round, minutes);
            }
            guild
        };
        prop_assert_eq!(after(replies.clone(), false), after(replies, true));
    }
}

#[test]
fn a_late_reply_counts_as_late_and_does_not_repair() {
    let mut guild = guild_with_team();
    let team = guild.team_mut(CHANNEL).unwrap();
    let ada = UserId::new(1);
    open_round(team, 1);
    let first = message(opening(1), 0);
    assert!(matches!(
        team.count_reply(first, ada, message(opening(1), 1)),
        ReplyOutcome::First { round: 1, .. }
    ));
    open_round(team, 2);
    open_round(team, 3);
    let late = message(opening(3), 1);
    assert!(matches!(
        team.count_reply(message(opening(2), 0), ada, late),
        ReplyOutcome::First { .. }
    ));
    assert_eq!(
        team.count_reply(message(opening(2), 0), ada, late),
        ReplyOutcome::Repeat
    );
    assert_eq!(
        team.count_reply(MessageId::new(12), ada, late),
        ReplyOutcome::NoRound
    );
    assert_eq!(team.streak(ada).current, 0);
}

/// Actions of admins remain after their data was deleted, without their id.
#[test]
fn actions_of_a_deleted_admin_remain() {
    let mut guild = guild_with_team();
    let (admin, ada) = (UserId::new(99), UserId::new(1));
    let by = Actor {
        user: Some(admin),
        at: start(),
    };
    let team = guild.team_mut(CHANNEL).unwrap();
    team.set_up_by = Some(admin);
    open_round(team, 1);
    open_round(team, 2);
    team.void(1, by).unwrap();
    team.credit(2, ada, by).unwrap();
    assert!(guild.has_data_of(admin));
    guild.delete_member(admin, start());
    assert!(!guild.has_data_of(admin));
    let team = guild.team(CHANNEL).unwrap();
    assert_eq!((team.set_up_by, team.streak(ada).current), (None, 1));
    let nobody = Actor { user: None, ..by };
    assert_eq!(team.round(1).unwrap().voided_by, Some(nobody));
    assert_eq!(team.ledger(ada).credited_by(2), Some(nobody));
}

#[test]
fn data_of_members_inactive_for_thirteen_months_is_deleted() {
    let mut guild = guild_with_team();
    let [ada, lin, sam] = [1, 2, 3].map(UserId::new);
    let team = guild.team_mut(CHANNEL).unwrap();
    open_round(team, 1);
    open_round(team, 2);
    team.count_reply(message(opening(1), 0), ada, message(opening(1), 1));
    team.count_reply(message(opening(2), 0), lin, message(opening(2), 1));
    guild.update_profile(sam, |profile| profile.hidden_since = Some(date(2026, 3, 2)));
    let known = |guild: &Guild| [ada, lin, sam].map(|user| guild.has_data_of(user));
    assert_eq!(guild.delete_inactive_members(date(2027, 4, 1)), 0);
    assert_eq!(known(&guild), [true, true, true]);
    assert_eq!(guild.delete_inactive_members(date(2027, 4, 2)), 1);
    assert_eq!(known(&guild), [false, true, true]);
    assert_eq!(guild.delete_inactive_members(date(2030, 1, 1)), 2);
    assert_eq!(known(&guild), [false, false, false]);
}
