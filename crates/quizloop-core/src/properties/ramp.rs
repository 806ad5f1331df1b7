//! The ramp: random reviews and banks, checked against the rules; and the first questions of teams.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, date, time};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::schedule::{settings, utc};
use crate::guild::Guild;
use crate::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use crate::members::NewRating;
use crate::programme::{LEVELS, Order};
use crate::question_picker::{PickMode, PickOrder, PickReason, PickRequest};
use crate::question_pool::{Candidate, QuestionPool};
use crate::ramp::{QuizCandidate, RampStage};
use crate::retention::Retention;
use crate::review::{Rating, add_days};
use crate::team::Team;
use crate::weekdays::Weekdays;

const ADA: UserId = UserId::new(7);
const START: Date = date(2026, 3, 2);

/// Four questions of each level, named by it, and one that the server does not have any more.
const BANK: [&str; 12] = [
    "junior1", "junior2", "junior3", "junior4", "mid1", "mid2", "mid3", "mid4", "senior1",
    "senior2", "senior3", "senior4",
];
const REMOVED: &str = "removed";

fn level(question: &str) -> Option<&'static str> {
    LEVELS.into_iter().find(|level| question.starts_with(level))
}

fn rank(question: &str) -> usize {
    LEVELS
        .iter()
        .position(|one| Some(*one) == level(question))
        .unwrap()
}

fn rated(question: &str, rating: Rating) -> NewRating<'_> {
    NewRating {
        question,
        review_count: 0,
        rating,
        retention: Retention::default(),
        today: START,
    }
}

/// How far a member is: the rule, written again.
fn stage(ratings: &[(&str, Rating)]) -> usize {
    let known = |least| {
        let good = ratings
            .iter()
            .filter(|(question, rating)| *question != REMOVED && *rating >= Rating::Good);
        good.filter(|(question, _)| rank(question) >= least).count()
    };
    if known(1) >= 3 {
        2
    } else {
        usize::from(known(0) >= 3)
    }
}

/// At most one rating of each question.
fn ratings() -> impl Strategy<Value = Vec<(&'static str, Rating)>> {
    let all: Vec<_> = BANK.into_iter().chain([REMOVED]).collect();
    let questions = prop::sample::subsequence(all.clone(), 0..=all.len());
    let rating = prop::sample::select(Rating::ALL.to_vec());
    let ratings = prop::collection::vec(rating, all.len());
    (questions, ratings)
        .prop_map(|(questions, ratings)| questions.into_iter().zip(ratings).collect())
}

proptest! {
    /// What is due comes first, at any level; of what is new, only what the stage allows, as long as
    /// there is some.
    #[test]
    fn newcomers_meet_easier_questions_first(
        ratings in ratings(),
        offered in prop::sample::subsequence(BANK.to_vec(), 0..=BANK.len()),
        asked in prop::collection::btree_set(prop::sample::select(BANK.to_vec()), 0..6),
        day in 0_u32..60,
        seed: u64,
    ) {
        let mut guild = Guild::new(GuildId::new(1));
        for (question, rating) in &ratings {
            guild.rate(ADA, &rated(question, *rating));
        }
        let is_new = |one: &str| guild.review(ADA, one).is_none();
        let is_free = |one: &str| !asked.contains(one);
        let candidate = |id: &&'static str| QuizCandidate { id, level: level(id) };
        let candidates: Vec<_> = offered.iter().map(candidate).collect();
        let narrowed = guild.narrow_to_ramp(ADA, &candidates, level, is_free);
        // Nothing that was practised before is lost, and nothing is added or moved.
        let kept: Vec<_> = offered.iter().copied().filter(|one| narrowed.contains(one)).collect();
        prop_assert_eq!(&kept, &narrowed);
        prop_assert!(offered.iter().all(|one| is_new(one) || narrowed.contains(one)));
        // The hardest level that is allowed: the stage, or the first that leaves a free question.
        let new = |list: &[&'static str]| -> Vec<&'static str> {
            list.iter().copied().filter(|one| is_new(one)).collect()
        };
        let stage = stage(&ratings);
        let free: Vec<_> = new(&offered).into_iter().filter(|one| is_free(one)).collect();
        let allowed = free.iter().map(|one| rank(one).max(stage)).min().unwrap_or(2);
        let expected: Vec<_> = new(&offered).into_iter().filter(|one| rank(one) <= allowed).collect();
        prop_assert_eq!(new(&narrowed), expected);
        // The same through the picker: the ramp takes no question away from a member.
        let pick = |candidates: &[&'static str]| {
            let request = PickRequest {
                mode: PickMode::Mixed,
                order: PickOrder::Random,
                candidates,
                shown: "",
                today: add_days(START, day),
            };
            guild.pick(ADA, &request, |one| asked.contains(one), &mut StdRng::seed_from_u64(seed))
        };
        match (pick(&offered), pick(&narrowed)) {
            (Ok(without), Ok(with)) => {
                prop_assert_eq!(without.reason, with.reason);
                prop_assert!(with.reason != PickReason::New || rank(with.question) <= allowed);
            }
            (without, with) => prop_assert_eq!(without, with),
        }
    }

    /// A better rating, or one more question that is known, never makes the questions easier.
    #[test]
    fn knowing_more_never_goes_back(
        ratings in ratings(), more in 0..BANK.len(), better in prop::sample::select(Rating::ALL.to_vec()),
    ) {
        let of = |ratings: &[(&'static str, Rating)]| {
            RampStage::of_reviews(ratings.iter().filter_map(|(one, rating)| Some((level(one)?, *rating))))
        };
        let mut after: Vec<_> = ratings.iter().copied().filter(|(one, _)| *one != BANK[more]).collect();
        let before = ratings.iter().find(|(one, _)| *one == BANK[more]);
        after.push((BANK[more], before.map_or(better, |(_, rating)| better.max(*rating))));
        prop_assert!(of(&after) >= of(&ratings));
    }

    /// The first question of a new team is a junior one, the next four are junior or mid, unless the
    /// team chose levels or an order. Abandoned questions and new questions in the bank change
    /// nothing.
    #[test]
    fn a_team_begins_with_easier_questions(
        seed: u64,
        choice in 0..4,
        abandoned in prop::collection::vec(any::<bool>(), 8),
    ) {
        let mut rng = StdRng::seed_from_u64(seed);
        let settings = settings(time(9, 0, 0, 0), "UTC", Weekdays::every_day());
        let mut team = Team::new(ChannelId::new(1), settings, utc(START));
        match choice {
            1 => team.settings.programme.levels = vec!["senior".into()],
            2 => team.settings.programme.order = Order::Topics(vec!["queues".into()]),
            3 => team.settings.programme.topics = vec!["queues".into()],
            _ => {}
        }
        let candidates = BANK.iter().map(|id| Candidate {
            id,
            number: None,
            level: level(id),
            topic: if choice == 3 && rank(id) < 2 { "locks" } else { "queues" },
            source: "built-in",
        });
        let pool = QuestionPool::new(candidates.collect(), Vec::new());
        let (mut asked, mut day) = (BTreeSet::new(), START);
        let count = if choice == 0 { 8 } else { 4 };
        while asked.len() < count {
            let number = team.rounds().len();
            day = day.saturating_add(1.days());
            let round = team.begin_round(day, utc(day), pool.clone(), &mut rng).unwrap();
            let question = round.question.clone();
            let hardest = match (choice, number) {
                (0, 0) => 0,
                (0, 1..5) => 1,
                _ => 2,
            };
            prop_assert!(rank(&question) <= hardest, "{} is question {}", question, number + 1);
            prop_assert!(choice != 1 && choice != 3 || rank(&question) == 2);
            if abandoned[number % 8] && day.day() % 2 == 0 {
                team.abandon_round(utc(day));
                continue;
            }
            prop_assert!(asked.insert(question), "repeated within a pass");
            team.record_post(MessageId::new(snowflake_at(utc(day))));
        }
    }
}

#[test]
fn three_questions_of_a_level_lead_to_the_next() {
    let of = |ratings: &[(&str, Rating)]| RampStage::of_reviews(ratings.iter().copied());
    let (good, easy, hard) = (Rating::Good, Rating::Easy, Rating::Hard);
    assert_eq!(of(&[]), RampStage::Junior);
    let juniors = [("junior", good), ("junior", easy), ("junior", good)];
    assert_eq!(of(&juniors[..2]), RampStage::Junior);
    assert_eq!(of(&juniors), RampStage::Mid);
    let hard = [("junior", good), ("junior", hard), ("junior", good)];
    assert_eq!(of(&hard), RampStage::Junior);
    assert_eq!(of(&[juniors, juniors].concat()), RampStage::Mid);
    let mids = [("mid", good), ("senior", easy), ("mid", good)];
    assert_eq!(of(&mids), RampStage::All, "who chose mid is past junior");
    assert!(RampStage::Mid.allows(None) && !RampStage::Junior.allows(None));
}
