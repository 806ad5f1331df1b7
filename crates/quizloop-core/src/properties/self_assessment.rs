//! Random histories of a team whose members assess themselves, compared with a simple model.

use std::collections::BTreeMap;

use jiff::civil::{date, time};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::schedule::settings;
use crate::guild::Guild;
use crate::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use crate::ledger::{Actor, RoundResult};
use crate::members::NewRating;
use crate::retention::Retention;
use crate::review::Rating;
use crate::self_assessment::{AssessmentError, NewAssessment, PointCounts, Ticks};
use crate::team::Team;
use crate::weekdays::Weekdays;

const CHANNEL: ChannelId = ChannelId::new(5);
const TOPIC: &str = "queues";

/// The numbers of key points that a question has during a history.
const POINTS: [usize; 3] = [0, 3, 4];

fn opening(round: u32) -> Timestamp {
    let start: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(24 * i64::from(round))
}

fn message(round: u32) -> MessageId {
    MessageId::new(snowflake_at(opening(round)))
}

fn guild() -> Guild {
    let settings = settings(time(9, 0, 0, 0), "UTC", Weekdays::every_day());
    let mut guild = Guild::new(GuildId::new(1));
    guild.insert_team(Team::new(CHANNEL, settings, opening(0)));
    guild
}

#[derive(Debug, Clone)]
enum Event {
    Reply { user: u64, round: u32, hours: i64 },
    Peek { user: u64 },
    Void { round: u32 },
    Credit { user: u64, round: u32 },
    Assess(Assessment),
    DeleteMember { user: u64 },
    NextRound,
    Restart,
}

#[derive(Debug, Clone)]
struct Assessment {
    user: u64,
    round: u32,
    points: usize,
    made: Vec<usize>,
    /// The question was reviewed since the answer was shown.
    is_stale: bool,
}

fn assessment() -> impl Strategy<Value = Assessment> {
    let points = prop::sample::select(POINTS.to_vec());
    let made = prop::collection::vec(0_usize..6, 0..5);
    (1_u64..4, 1_u32..8, points, made, any::<bool>()).prop_map(
        |(user, round, points, made, is_stale)| Assessment {
            user,
            round,
            points,
            made,
            is_stale,
        },
    )
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        6 => (1_u64..4, 1_u32..8, 0_i64..50)
            .prop_map(|(user, round, hours)| Event::Reply { user, round, hours }),
        1 => (1_u64..4).prop_map(|user| Event::Peek { user }),
        1 => (1_u32..8).prop_map(|round| Event::Void { round }),
        1 => (1_u64..4, 1_u32..8).prop_map(|(user, round)| Event::Credit { user, round }),
        8 => assessment().prop_map(Event::Assess),
        1 => (1_u64..4).prop_map(|user| Event::DeleteMember { user }),
        4 => Just(Event::NextRound),
        1 => Just(Event::Restart),
    ];
    prop::collection::vec(event, 1..80)
}

/// Stores every assessment that counts.
#[derive(Default)]
struct Model {
    rounds: u32,
    /// Round, member and ticks. The member is `None` once their ticks are no longer kept.
    counted: Vec<(u32, Option<u64>, Ticks)>,
    /// Numbers of questions, of ticked points and of points that a member assessed.
    by_member: BTreeMap<u64, [u32; 3]>,
}

impl Model {
    fn next_round(&mut self) {
        self.rounds += 1;
        for (round, user, _) in &mut self.counted {
            *user = user.filter(|_| *round + 1 >= self.rounds);
        }
    }

    fn counts(&self, round: u32, points: usize) -> PointCounts {
        let matching: Vec<Ticks> = self
            .counted
            .iter()
            .filter(|(of, _, ticks)| *of == round && ticks.points() == points)
            .map(|(_, _, ticks)| *ticks)
            .collect();
        let missed = |index| {
            let missed = matching
                .iter()
                .filter(|one| one.missed().any(|of| of == index));
            u32::try_from(missed.count()).unwrap()
        };
        PointCounts {
            assessed: u32::try_from(matching.len()).unwrap(),
            missed: (0..points).map(missed).collect(),
        }
    }
}

fn assess(guild: &mut Guild, model: &mut Model, event: &Assessment) {
    let user = UserId::new(event.user);
    let before = guild.clone();
    let team = before.team(CHANNEL).unwrap();
    let round = team
        .round(event.round)
        .filter(|_| event.round <= model.rounds);
    let question = round.map(|round| round.question.clone());
    let review_count = |guild: &Guild| {
        let review = question.as_ref().and_then(|id| guild.review(user, id));
        review.map_or(0, |review| review.count)
    };
    let ticks = Ticks::new(event.points, event.made.iter().copied());
    let new = NewAssessment {
        message: message(event.round),
        topic: TOPIC,
        ticks,
        rating: ticks.rating(),
        review_count: review_count(&before) + u16::from(event.is_stale),
        now: opening(model.rounds) + SignedDuration::from_hours(1),
    };
    let result = guild.assess(user, &new);
    let expected_error = match round {
        None => Some(AssessmentError::RoundNotFound),
        Some(round) if round.voided_by.is_some() => Some(AssessmentError::Void),
        Some(_) if event.round + 1 < model.rounds => Some(AssessmentError::TooOld),
        Some(_) => {
            let answered = team.result(user, event.round) == RoundResult::Answered;
            (!answered).then_some(AssessmentError::NotAnswered)
        }
    };
    let assessed = match (result, expected_error) {
        (Ok(assessed), None) => assessed,
        (result, expected) => {
            assert_eq!(result.err(), expected);
            assert_eq!(*guild, before, "a refused assessment changes nothing");
            return;
        }
    };
    let mut own = model.counted.iter();
    let first = own.find(|(round, of, _)| (*round, *of) == (event.round, Some(event.user)));
    assert_eq!(assessed.is_new, first.is_none());
    if let Some((_, _, first)) = first {
        assert_eq!(assessed.ticks, *first);
        assert_eq!(*guild, before, "a repeated assessment changes nothing");
        return;
    }
    // A member who has no review yet can't have reviewed the question since.
    let is_rated = !event.is_stale || review_count(&before) == 0;
    let after = review_count(&before) + u16::from(is_rated);
    assert_eq!(review_count(guild), after);
    model.counted.push((event.round, Some(event.user), ticks));
    let [questions, made, points] = model.by_member.entry(event.user).or_default();
    *questions += 1;
    *made += u32::try_from(ticks.made()).unwrap();
    *points += u32::try_from(event.points).unwrap();
}

fn apply(guild: &mut Guild, model: &mut Model, event: &Event) {
    let by = Actor {
        user: None,
        at: opening(0),
    };
    let team = guild.team_mut(CHANNEL).unwrap();
    match event {
        Event::Reply { user, round, hours } if *round <= model.rounds => {
            let at = opening(*round) + SignedDuration::from_hours(*hours);
            let reply = MessageId::new(snowflake_at(at) + user);
            team.count_reply(message(*round), UserId::new(*user), reply);
        }
        Event::Reply { .. } => {}
        Event::Peek { user } => {
            let at = opening(model.rounds) + SignedDuration::from_hours(12);
            team.peek(model.rounds, UserId::new(*user), at);
        }
        Event::Void { round } => drop(team.void(*round, by)),
        Event::Credit { user, round } => drop(team.credit(*round, UserId::new(*user), by)),
        Event::Assess(assessment) => assess(guild, model, assessment),
        Event::DeleteMember { user } => {
            let at = opening(model.rounds) + SignedDuration::from_hours(13);
            guild.delete_member(UserId::new(*user), at);
            model.counted.retain(|(_, of, _)| *of != Some(*user));
            model.by_member.remove(user);
        }
        Event::NextRound => {
            model.next_round();
            let day = date(2026, 3, 1) + jiff::Span::new().days(model.rounds);
            let mut rng = StdRng::seed_from_u64(3);
            team.begin_round(day, opening(model.rounds), &["a", "b"], &mut rng);
            assert!(team.record_post(message(model.rounds)));
        }
        Event::Restart => {
            let json = serde_json::to_string(guild).unwrap();
            *guild = serde_json::from_str(&json).unwrap();
        }
    }
}

proptest! {
    /// Each member who answered counts once per round, whatever happens in between.
    #[test]
    fn assessments_are_what_the_rules_give(events in events()) {
        let (mut guild, mut model) = (guild(), Model::default());
        for event in events {
            apply(&mut guild, &mut model, &event);
            prop_assert_eq!(guild.check(), Ok(()));
        }
        let team = guild.team(CHANNEL).unwrap();
        let mut members: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        for (round, user, _) in &model.counted {
            members.entry(*round).or_default().extend(*user);
        }
        for round in team.rounds() {
            for points in POINTS {
                let counts = round.assessments.counts(points);
                prop_assert_eq!(counts, model.counts(round.number, points), "{}", round.number);
            }
            let mut kept = members.remove(&round.number).unwrap_or_default();
            kept.sort_unstable();
            let named: Vec<u64> = round.assessments.members().map(UserId::get).collect();
            prop_assert_eq!(named, kept, "{}", round.number);
        }
        for user in 1..4 {
            let profile = guild.profile(UserId::new(user));
            let points = profile.map(|profile| profile.topic_points(TOPIC)).unwrap_or_default();
            let expected = model.by_member.get(&user).copied().unwrap_or_default();
            prop_assert_eq!([points.questions, points.made, points.points], expected, "{}", user);
        }
    }
}

/// The daily question and `/quiz` share one memory: a rating with the number of reviews from before
/// the assessment is a duplicate.
#[test]
fn an_assessment_is_a_review() {
    let (mut guild, mut model) = (guild(), Model::default());
    apply(&mut guild, &mut model, &Event::NextRound);
    let reply = Event::Reply {
        user: 1,
        round: 1,
        hours: 1,
    };
    apply(&mut guild, &mut model, &reply);
    let ada = UserId::new(1);
    let question = guild.team(CHANNEL).unwrap().rounds()[0].question.clone();
    let before = guild.assessable_round(&question, ada, None).unwrap();
    assert_eq!((before.message, before.ticks), (message(1), None));
    assert_eq!(
        guild.assessable_round(&question, UserId::new(2), None),
        None
    );
    let ticks = Ticks::new(3, [0, 2]);
    let new = NewAssessment {
        message: message(1),
        topic: TOPIC,
        ticks,
        rating: ticks.rating(),
        review_count: 0,
        now: opening(1) + SignedDuration::from_hours(2),
    };
    guild.assess(ada, &new).unwrap();
    let review = *guild.review(ada, &question).unwrap();
    let day = date(2026, 3, 2);
    assert_eq!(
        (review.rating, review.last, review.count),
        (Rating::Hard, day, 1)
    );
    let after = guild.assessable_round(&question, ada, None).unwrap();
    assert_eq!(after.ticks, Some(ticks));
    let practised = NewRating {
        question: &question,
        review_count: 0,
        rating: Rating::Easy,
        retention: Retention::default(),
        today: day,
    };
    assert_eq!(guild.rate(ada, &practised), (review, false));
}
