//! The next question to practise: random review histories, checked against the rules.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::guild::Guild;
use crate::id::{GuildId, UserId};
use crate::members::NewRating;
use crate::question_picker::{
    PickError, PickMode, PickOrder, PickReason, PickRequest, PickedQuestion,
};
use crate::retention::Retention;
use crate::review::{Rating, add_days};

const ADA: UserId = UserId::new(7);
const START: Date = date(2026, 3, 2);
const BANK: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// Days after the start, index of a question, and its rating on that day.
type RatingStep = (u32, usize, Rating);

fn steps() -> impl Strategy<Value = Vec<RatingStep>> {
    let rating = prop::sample::select(Rating::ALL.to_vec());
    let steps = prop::collection::vec((0_u32..20, 0..BANK.len(), rating), 0..30);
    steps.prop_map(|mut steps| {
        steps.sort_by_key(|step| step.0);
        steps
    })
}

fn guild(steps: &[RatingStep]) -> Guild {
    let mut guild = Guild::new(GuildId::new(1));
    for (day, question, rating) in steps {
        let question = BANK[*question];
        let rated = NewRating {
            question,
            review_count: guild.review(ADA, question).map_or(0, |review| review.count),
            rating: *rating,
            retention: Retention::default(),
            today: add_days(START, *day),
        };
        guild.rate(ADA, &rated);
    }
    guild
}

fn pick<'a>(
    guild: &Guild,
    request: &PickRequest<'_, 'a>,
    asked: &BTreeSet<&str>,
    seed: u64,
) -> Result<PickedQuestion<'a>, PickError> {
    let mut rng = StdRng::seed_from_u64(seed);
    guild.pick(ADA, request, |question| asked.contains(question), &mut rng)
}

fn modes() -> impl Strategy<Value = PickMode> {
    prop::sample::select(vec![PickMode::Due, PickMode::New, PickMode::Mixed])
}

proptest! {
    #[test]
    fn the_picked_question_follows_the_rules(
        steps in steps(),
        day in 0_u32..60,
        mode in modes(),
        asked in prop::collection::btree_set(prop::sample::select(BANK.to_vec()), 0..6),
        seed in 0_u64..1000,
    ) {
        let guild = guild(&steps);
        let today = add_days(START, day);
        let request = PickRequest { mode, order: PickOrder::Random, candidates: &BANK, shown: "a", today };
        let review = |question: &str| guild.review(ADA, question).copied();
        let free = |question: &&&str| !asked.contains(**question) && ***question != *"a";
        let due: Vec<&str> = BANK.iter().filter(free).copied()
            .filter(|one| review(one).is_some_and(|review| review.is_due(today))).collect();
        let unseen = BANK.iter().filter(free).any(|one| review(one).is_none());
        match pick(&guild, &request, &asked, seed) {
            Ok(PickedQuestion { question, review_count, reason }) => {
                prop_assert_ne!(question, "a", "the shown question");
                prop_assert_eq!(review_count, review(question).map_or(0, |review| review.count));
                let again = review(question).is_some_and(|one| one.last == today && one.rating == Rating::Again);
                let is_due = review(question).is_some_and(|one| one.is_due(today));
                prop_assert!(again || is_due || !asked.contains(question), "asked twice on a day");
                if mode != PickMode::New && !due.is_empty() {
                    // The question that is most likely to be forgotten comes first.
                    let recall = |one: &str| review(one).map(|one| one.retrievability(today));
                    let least = due.iter().filter_map(|one| recall(one)).fold(1.0, f32::min);
                    prop_assert_eq!(recall(question), Some(least));
                    prop_assert_eq!(reason, PickReason::Due);
                } else if mode != PickMode::Due && unseen {
                    prop_assert_eq!((reason, review(question)), (PickReason::New, None));
                } else if reason == PickReason::Due {
                    prop_assert!(is_due && asked.contains(question), "passed over");
                } else {
                    prop_assert!(matches!(reason, PickReason::Again | PickReason::Ahead));
                }
                prop_assert!(mode == PickMode::Mixed || reason != PickReason::Ahead);
            }
            Err(error) => {
                prop_assert!(mode == PickMode::New || due.is_empty());
                // What is counted as due is offered.
                let all_due = BANK.iter().filter(|one| review(one).is_some_and(|one| one.is_due(today)));
                prop_assert!(mode == PickMode::New || all_due.clone().all(|one| *one == "a"));
                prop_assert!(mode == PickMode::Due || !unseen);
                let expected = match mode {
                    PickMode::New => matches!(error, PickError::AllSeen),
                    PickMode::Mixed => matches!(error, PickError::AllAskedToday),
                    PickMode::Due => match error {
                        PickError::OnlyShownDue => review("a").is_some_and(|one| one.is_due(today)),
                        PickError::NoneDue { next } => next.is_none_or(|next| next > today),
                        _ => false,
                    },
                };
                prop_assert!(expected, "{:?}", error);
            }
        }
    }
}

proptest! {
    /// On a path, due questions come first, then unseen ones in the path's order, then nothing.
    #[test]
    fn a_path_is_practised_in_its_order(
        steps in steps(),
        day in 0_u32..60,
        path in Just(BANK.to_vec()).prop_shuffle(),
        length in 1..=BANK.len(),
        ratings in prop::collection::vec(prop::option::of(prop::sample::select(Rating::ALL.to_vec())), BANK.len()),
        seed in 0_u64..1000,
    ) {
        let path = &path[..length];
        let mut guild = guild(&steps);
        let today = add_days(START, day);
        let is_due = |guild: &Guild, one: &str| guild.review(ADA, one).is_some_and(|review| review.is_due(today));
        let due: BTreeSet<&str> = path.iter().copied().filter(|one| is_due(&guild, one)).collect();
        let unseen: Vec<&str> = path.iter().copied().filter(|one| guild.review(ADA, one).is_none()).collect();
        let (mut asked, mut shown, mut walked) = (BTreeSet::new(), "", Vec::new());
        // Each question is scored or passed over; either way the next one follows.
        for rating in &ratings {
            let request = PickRequest { mode: PickMode::Mixed, order: PickOrder::Listed, candidates: path, shown, today };
            let Ok(picked) = pick(&guild, &request, &asked, seed) else { break };
            walked.push(picked);
            (shown, _) = (picked.question, asked.insert(picked.question));
            if let Some(rating) = *rating {
                let rated = NewRating { question: shown, review_count: picked.review_count, rating, retention: Retention::default(), today };
                guild.rate(ADA, &rated);
            }
        }
        let (first, rest) = walked.split_at(due.len());
        prop_assert!(first.iter().all(|one| one.reason == PickReason::Due));
        prop_assert_eq!(first.iter().map(|one| one.question).collect::<BTreeSet<_>>(), due);
        prop_assert!(rest.iter().all(|one| one.reason == PickReason::New));
        prop_assert_eq!(rest.iter().map(|one| one.question).collect::<Vec<_>>(), unseen);
        let request = PickRequest { mode: PickMode::Mixed, order: PickOrder::Listed, candidates: path, shown, today };
        prop_assert_eq!(pick(&guild, &request, &asked, seed), Err(PickError::AllAskedToday));
    }
}

#[test]
fn without_candidates_there_is_no_match() {
    let request = PickRequest {
        mode: PickMode::Mixed,
        order: PickOrder::Random,
        candidates: &[],
        shown: "",
        today: START,
    };
    let picked = pick(&guild(&[]), &request, &BTreeSet::new(), 1);
    assert_eq!(picked, Err(PickError::NoMatch));
}

/// The only due question is passed over: it does not vanish for the rest of the day.
#[test]
fn a_due_question_that_was_passed_over_is_asked_again() {
    let guild = guild(&[(0, 0, Rating::Good)]);
    let asked = BTreeSet::from([BANK[0]]);
    let due = |shown, seed| {
        let request = PickRequest {
            mode: PickMode::Due,
            order: PickOrder::Random,
            candidates: &BANK,
            shown,
            today: add_days(START, 30),
        };
        pick(&guild, &request, &asked, seed)
    };
    assert_eq!(due(BANK[0], 1), Err(PickError::OnlyShownDue));
    let picked = due("", 1).unwrap();
    assert_eq!((picked.question, picked.reason), (BANK[0], PickReason::Due));
}

#[test]
fn a_question_rated_again_comes_back_on_the_same_day() {
    let all: BTreeSet<&str> = BANK.into_iter().collect();
    let steps: Vec<RatingStep> = (0..BANK.len())
        .map(|one| {
            (
                3,
                one,
                if one == 4 {
                    Rating::Again
                } else {
                    Rating::Good
                },
            )
        })
        .collect();
    let request = PickRequest {
        mode: PickMode::Due,
        order: PickOrder::Random,
        candidates: &BANK,
        shown: "",
        today: add_days(START, 3),
    };
    let picked = pick(&guild(&steps), &request, &all, 1).unwrap();
    assert_eq!(
        (picked.question, picked.review_count, picked.reason),
        ("e", 1, PickReason::Again)
    );
    let shown = PickRequest {
        shown: "e",
        ..request
    };
    let next = pick(&guild(&steps), &shown, &all, 1);
    assert_eq!(
        next,
        Err(PickError::NoneDue {
            next: Some(add_days(START, 4))
        })
    );
}
