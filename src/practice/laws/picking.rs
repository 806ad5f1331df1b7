//! What a member practises next: random memories against the rule in plain words.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::practice::guild::Guild;
use crate::practice::id::{GuildId, UserId};
use crate::practice::people::Rated;
use crate::practice::picking::{Choice, Mode, Nothing, Pick, Why};
use crate::practice::retention::Retention;
use crate::practice::review::{Rating, later};

const ADA: UserId = UserId::new(7);
const START: Date = date(2026, 3, 2);
const BANK: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// On so many days after the start a question got that rating.
type Step = (u32, usize, Rating);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let rating = prop::sample::select(Rating::ALL.to_vec());
    let steps = prop::collection::vec((0_u32..20, 0..BANK.len(), rating), 0..30);
    steps.prop_map(|mut steps| {
        steps.sort_by_key(|step| step.0);
        steps
    })
}

fn guild(steps: &[Step]) -> Guild {
    let mut guild = Guild::new(GuildId::new(1));
    for (day, question, rating) in steps {
        let question = BANK[*question];
        let rated = Rated {
            question,
            before: guild.review(ADA, question).map_or(0, |review| review.count),
            rating: *rating,
            retention: Retention::default(),
            today: later(START, *day),
        };
        guild.rate(ADA, &rated);
    }
    guild
}

fn pick<'a>(
    guild: &Guild,
    choice: &Choice<'_, 'a>,
    asked: &BTreeSet<&str>,
    seed: u64,
) -> Result<Pick<'a>, Nothing> {
    let mut rng = StdRng::seed_from_u64(seed);
    guild.pick(ADA, choice, |question| asked.contains(question), &mut rng)
}

fn modes() -> impl Strategy<Value = Mode> {
    prop::sample::select(vec![Mode::Due, Mode::New, Mode::Mixed])
}

proptest! {
    #[test]
    fn the_rule_holds(
        steps in steps(),
        day in 0_u32..60,
        mode in modes(),
        asked in prop::collection::btree_set(prop::sample::select(BANK.to_vec()), 0..6),
        seed in 0_u64..1000,
    ) {
        let guild = guild(&steps);
        let today = later(START, day);
        let choice = Choice { mode, fitting: &BANK, shown: "a", today };
        let review = |question: &str| guild.review(ADA, question).copied();
        let free = |question: &&&str| !asked.contains(**question) && ***question != *"a";
        let due: Vec<&str> = BANK.iter().filter(free).copied()
            .filter(|one| review(one).is_some_and(|review| review.is_due(today))).collect();
        let unseen = BANK.iter().filter(free).any(|one| review(one).is_none());
        match pick(&guild, &choice, &asked, seed) {
            Ok(Pick { question, before, why }) => {
                prop_assert_ne!(question, "a", "the one that is shown");
                prop_assert_eq!(before, review(question).map_or(0, |review| review.count));
                let again = review(question).is_some_and(|one| one.last == today && one.rating == Rating::Again);
                prop_assert!(again || !asked.contains(question), "asked twice on a day");
                if mode != Mode::New && !due.is_empty() {
                    // The first is the one that is most likely forgotten.
                    let recall = |one: &str| review(one).map(|one| one.retrievability(today));
                    let least = due.iter().filter_map(|one| recall(one)).fold(1.0, f32::min);
                    prop_assert_eq!(recall(question), Some(least));
                    prop_assert_eq!(why, Why::Due);
                } else if mode != Mode::Due && unseen {
                    prop_assert_eq!((why, review(question)), (Why::New, None));
                } else {
                    prop_assert!(matches!(why, Why::Again | Why::Ahead));
                }
                prop_assert!(mode == Mode::Mixed || why != Why::Ahead);
            }
            Err(nothing) => {
                prop_assert!(mode == Mode::New || due.is_empty());
                prop_assert!(mode == Mode::Due || !unseen);
                let expected = match mode {
                    Mode::New => matches!(nothing, Nothing::New),
                    Mode::Mixed => matches!(nothing, Nothing::LeftToday),
                    Mode::Due => matches!(nothing, Nothing::Due { next } if next.is_none_or(|next| next > today)),
                };
                prop_assert!(expected, "{:?}", nothing);
            }
        }
    }
}

#[test]
fn with_nothing_to_choose_from_that_is_said() {
    let choice = Choice {
        mode: Mode::Mixed,
        fitting: &[],
        shown: "",
        today: START,
    };
    let nothing = pick(&guild(&[]), &choice, &BTreeSet::new(), 1);
    assert_eq!(nothing, Err(Nothing::Fits));
}

#[test]
fn what_was_missed_today_comes_again_today() {
    let all: BTreeSet<&str> = BANK.into_iter().collect();
    let steps: Vec<Step> = (0..BANK.len())
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
    let choice = Choice {
        mode: Mode::Due,
        fitting: &BANK,
        shown: "",
        today: later(START, 3),
    };
    let picked = pick(&guild(&steps), &choice, &all, 1).unwrap();
    assert_eq!(
        (picked.question, picked.before, picked.why),
        ("e", 1, Why::Again)
    );
    let shown = Choice {
        shown: "e",
        ..choice
    };
    let next = pick(&guild(&steps), &shown, &all, 1);
    assert_eq!(
        next,
        Err(Nothing::Due {
            next: Some(later(START, 4))
        })
    );
}
