//! Milestones: random results, compared with the streaks that they give.

use jiff::civil::{date, time};
use jiff::{SignedDuration, ToSpan};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::schedule::{settings, utc};
use crate::guild::Guild;
use crate::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use crate::ledger::Actor;
use crate::milestones::{MILESTONES, Milestone};
use crate::team::Team;
use crate::weekdays::Weekdays;

const ADA: UserId = UserId::new(7);

/// What Ada does in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Reply,
    Miss,
    Peek,
    Credited,
}

fn new_team() -> Team {
    let settings = settings(time(9, 0, 0, 0), "UTC", Weekdays::every_day());
    Team::new(ChannelId::new(1), settings, utc(date(2026, 1, 1)))
}

fn play(team: &mut Team, deed: Deed) {
    let number = u32::try_from(team.rounds().len()).unwrap();
    let day = date(2026, 1, 1).saturating_add(i64::from(number).days());
    let mut rng = StdRng::seed_from_u64(1);
    team.begin_round(day, utc(day), &["a", "b"], &mut rng)
        .unwrap();
    let message = MessageId::new(snowflake_at(utc(day)));
    team.record_post(message);
    let at = |minutes| utc(day) + SignedDuration::from_mins(minutes);
    if deed == Deed::Peek {
        team.peek(number + 1, ADA, at(1));
    }
    if matches!(deed, Deed::Reply | Deed::Peek) {
        team.count_reply(message, ADA, MessageId::new(snowflake_at(at(2))));
    }
    if deed == Deed::Credited {
        let by = Actor {
            user: None,
            at: at(3),
        };
        team.credit(number + 1, ADA, by).unwrap();
    }
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        40 => Just(Deed::Reply),
        2 => Just(Deed::Miss),
        1 => Just(Deed::Peek),
        1 => Just(Deed::Credited),
    ];
    prop::collection::vec(deed, 1..130)
}

proptest! {
    /// Each milestone is mentioned once to a member who asks something after each round, when the streak
    /// first reaches it, and never of one that is lost. Restarts change nothing.
    #[test]
    fn each_milestone_is_mentioned_once(deeds in deeds(), asks in prop::collection::vec(any::<bool>(), 130)) {
        let mut team = new_team();
        let (mut told, mut reached) = (Vec::new(), Vec::new());
        for (deed, asks) in deeds.into_iter().zip(asks) {
            let longest = team.streak(ADA).longest;
            play(&mut team, deed);
            let streak = team.streak(ADA);
            if streak.longest > longest && MILESTONES.contains(&streak.longest) {
                reached.push(streak.longest);
            }
            let json = serde_json::to_string(&team).unwrap();
            team = serde_json::from_str(&json).unwrap();
            if asks {
                let before = team.streak(ADA);
                if let Some(Milestone { round, streak, .. }) = team.mention_milestone(ADA) {
                    prop_assert!(before.current >= streak && before.longest >= streak);
                    let number = u32::try_from(team.rounds().len()).unwrap();
                    prop_assert!(round + 1 >= number, "it is about one of the two newest rounds");
                    told.push(streak);
                }
                prop_assert_eq!(team.mention_milestone(ADA), None, "once");
                prop_assert_eq!(team.streak(ADA), before);
            } else {
                prop_assert!(team.unmentioned_milestone(UserId::new(8)).is_none());
            }
        }
        // Each mention is of a milestone that was reached, in the same order, and none comes twice.
        prop_assert!(told.is_sorted_by(|a, b| a < b), "{:?}", told);
        prop_assert!(told.iter().all(|one| reached.contains(one)));
        let kept = team.rounds().iter().filter(|round| !round.window.milestones.is_empty());
        prop_assert!(kept.count() <= 2, "what is stored expires with the replies");
    }
}

#[test]
fn the_seventh_answer_in_a_row_earns_a_freeze() {
    let mut guild = Guild::new(GuildId::new(1));
    guild.insert_team(new_team());
    let team = guild.team_mut(ChannelId::new(1)).unwrap();
    let mut told = Vec::new();
    for _ in 0..8 {
        play(team, Deed::Reply);
        told.extend(team.mention_milestone(ADA));
    }
    let milestone = |round, earned_freeze| Milestone {
        round,
        streak: round,
        earned_freeze,
    };
    assert_eq!(told, [milestone(3, false), milestone(7, true)]);
    // What is stored of it is exported and deleted with the rest.
    assert!(
        serde_json::to_string(&guild)
            .unwrap()
            .contains(r#""milestones":["7"]"#)
    );
    let export = serde_json::to_value(guild.export(ADA, utc(date(2026, 1, 9)))).unwrap();
    assert_eq!(export["teams"][0]["milestones"], serde_json::json!([7]));
    guild.delete_member(ADA, utc(date(2026, 1, 9)));
    assert!(!guild.has_data_of(ADA));
    assert!(
        !serde_json::to_string(&guild)
            .unwrap()
            .contains("milestones")
    );
}
