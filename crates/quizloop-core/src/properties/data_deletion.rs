//! No place keeps a member's id that deletion or expiry does not reach. The serialized form shows
//! all places, also those that somebody adds later.

use jiff::civil::{date, time};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::schedule::settings;
use crate::guild::Guild;
use crate::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use crate::ledger::Actor;
use crate::members::NewRating;
use crate::retention::Retention;
use crate::review::Rating;
use crate::self_assessment::{NewAssessment, Ticks};
use crate::server_questions::QuestionContent;
use crate::team::Team;
use crate::weekdays::Weekdays;

const CHANNEL: ChannelId = ChannelId::new(5);

/// Ids that occur nowhere else in a snapshot.
const MEMBERS: [UserId; 3] = [
    UserId::new(910_000_000_001),
    UserId::new(910_000_000_002),
    UserId::new(910_000_000_003),
];

fn opened_at(round: u32) -> Timestamp {
    let start: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(24 * i64::from(round))
}

fn message(at: Timestamp) -> MessageId {
    MessageId::new(snowflake_at(at))
}

/// A guild with three rounds, in which no member has done anything.
fn guild() -> Guild {
    let settings = settings(time(9, 0, 0, 0), "UTC", Weekdays::every_day());
    let mut team = Team::new(CHANNEL, settings, opened_at(0));
    for number in 1..=3 {
        let day = date(2026, 3, 1).saturating_add(jiff::Span::new().days(number));
        let mut rng = StdRng::seed_from_u64(3);
        team.begin_round(day, opened_at(number), &["a", "b"], &mut rng);
        assert!(team.record_post(message(opened_at(number))));
    }
    let mut guild = Guild::new(GuildId::new(1));
    guild.insert_team(team);
    guild
}

/// Everything that a member can do and that leaves their id.
fn act(guild: &mut Guild, action: usize, user: UserId, round: u32) {
    let at = opened_at(round) + SignedDuration::from_mins(5);
    let by = Actor {
        user: Some(user),
        at,
    };
    let day = date(2026, 3, 5);
    match action {
        0 => guild.update_profile(user, |profile| profile.hidden_since = Some(day)),
        1 => {
            let rating = NewRating {
                question: "a",
                review_count: 0,
                rating: Rating::Good,
                retention: Retention::default(),
                today: day,
            };
            guild.rate(user, &rating);
        }
        2 => {
            guild.add_report("a", user, "It is wrong.", at).unwrap();
        }
        3 => guild.set_review_reminder(user, CHANNEL, time(17, 0, 0, 0), at),
        10 => {
            let mut rng = StdRng::seed_from_u64(u64::from(round));
            guild.add_question(content(), user, at, &mut rng).unwrap();
        }
        11 => {
            // Refused if the member has too many.
            _ = guild.suggest_question(content(), user, at);
        }
        12 => {
            let open = guild
                .server_questions()
                .and_then(|own| own.suggestions().first());
            if let Some(number) = open.map(|suggestion| suggestion.number) {
                guild.reject_suggestion(number, user, at).unwrap();
            }
        }
        _ => {
            let team = guild.team_mut(CHANNEL).unwrap();
            match action {
                4 => team.set_up_by = Some(user),
                5 => team.set_reminder(user, time(17, 0, 0, 0), at),
                // These may be refused, for example because the round is void already.
                6 => drop(team.void(round, by)),
                7 => drop(team.credit(round, MEMBERS[0], by)),
                8 => _ = team.peek(3, user, at),
                _ => _ = team.count_reply(message(opened_at(round)), user, message(at)),
            }
            if action == 9 {
                let new = NewAssessment {
                    message: message(opened_at(round)),
                    topic: "queues",
                    ticks: Ticks::new(3, [1]),
                    rating: Rating::Again,
                    review_count: 0,
                    now: at,
                };
                // It is refused in an old or void round, for example.
                _ = guild.assess(user, &new);
            }
        }
    }
}

fn content() -> QuestionContent {
    QuestionContent {
        question: "What is a task?".into(),
        answer: "A scheduled coroutine.".into(),
        ..QuestionContent::default()
    }
}

/// Whether the guild's serialized form names the member, except as deleted.
fn names(guild: &Guild, user: UserId) -> bool {
    let mut json = serde_json::to_value(guild).unwrap();
    for team in json["teams"].as_object_mut().unwrap().values_mut() {
        team.as_object_mut().unwrap().remove("forgotten");
    }
    let own = serde_json::to_string(&guild.server_questions()).unwrap();
    (json.to_string() + &own).contains(&user.to_string())
}

proptest! {
    #[test]
    fn deletion_and_expiry_reach_every_place(
        actions in prop::collection::vec((0_usize..13, 0_usize..3, 1_u32..4), 1..12),
    ) {
        let mut kept = guild();
        for (action, user, round) in actions {
            act(&mut kept, action, MEMBERS[user], round);
        }
        for user in MEMBERS {
            prop_assert_eq!(kept.has_data_of(user), names(&kept, user));
            let seen = kept.last_seen_by_member();
            prop_assert_eq!(seen.contains_key(&user), names(&kept, user));
            prop_assert_eq!(seen.get(&user).copied().flatten(), kept.last_seen(user));
            let mut deleted = kept.clone();
            deleted.delete_member(user, opened_at(4));
            prop_assert!(!names(&deleted, user));
        }
        // All that they did was in March, and thirteen months later nothing of it is left.
        prop_assert_eq!(kept.inactive_members(date(2027, 3, 31)), []);
        kept.delete_inactive_members(date(2027, 5, 1));
        for user in MEMBERS {
            prop_assert!(!names(&kept, user));
        }
    }
}

/// Ticks without a ledger can only come from a damaged state, and are a member's data all the same.
#[test]
fn ticks_alone_are_data_of_a_member() {
    let mut json = serde_json::to_value(guild()).unwrap();
    let round = &mut json["teams"][CHANNEL.to_string()]["rounds"][2];
    round["assessments"] = serde_json::json!({ "ticks": { MEMBERS[0].to_string(): "x." } });
    let mut kept: Guild = serde_json::from_value(json).unwrap();
    assert_eq!(kept.last_seen(MEMBERS[0]), Some(date(2026, 3, 4)));
    kept.delete_member(MEMBERS[0], opened_at(4));
    assert!(!kept.has_data_of(MEMBERS[0]));
    assert_eq!(
        kept.team(CHANNEL).unwrap().rounds()[2],
        guild().team(CHANNEL).unwrap().rounds()[2]
    );
}
