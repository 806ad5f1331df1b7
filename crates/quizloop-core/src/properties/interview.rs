//! Interviews: random candidates and random inputs, checked against the rules.

use std::collections::BTreeSet;

use jiff::civil::{Date, date, time};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::guild::Guild;
use crate::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use crate::interview::{
    AnswerKind, INTERVIEW_MINUTES, INTERVIEW_QUESTIONS, INTERVIEW_RESULTS_KEPT,
    InterviewAssessment, InterviewCandidate, InterviewError, InterviewKind, InterviewPhase,
    InterviewRating, InterviewStep, NewInterview,
};
use crate::members::NewRating;
use crate::programme::LEVELS;
use crate::retention::Retention;
use crate::review::{Rating, add_days};
use crate::schedule::Schedule;
use crate::self_assessment::Ticks;
use crate::team::{Team, TeamSettings};
use crate::zone::Zone;

const ADA: UserId = UserId::new(7);
const TODAY: Date = date(2026, 3, 27);
const BANK: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
const POINTS: usize = 4;

fn start() -> Timestamp {
    "2026-03-27T09:00:00Z".parse().unwrap()
}

/// Level and type of each question; the number of questions is random.
fn candidates() -> impl Strategy<Value = Vec<InterviewCandidate<'static>>> {
    let level = prop::sample::select(vec![Some(0), Some(1), Some(2), None]);
    let kind = prop::sample::select(vec![
        InterviewKind::Other,
        InterviewKind::Other,
        InterviewKind::Predict,
        InterviewKind::Design,
    ]);
    prop::collection::vec((level, kind), 0..=BANK.len()).prop_map(|facts| {
        let questions = BANK.iter().zip(facts);
        let candidate =
            |(question, (level, kind)): (&&'static str, (Option<usize>, _))| InterviewCandidate {
                question,
                level: level.map(|level| LEVELS[level]),
                kind,
            };
        questions.map(candidate).collect()
    })
}

/// Index of a question, how many days ago it was rated, and how.
fn ratings() -> impl Strategy<Value = Vec<(usize, u32, Rating)>> {
    let rating = prop::sample::select(Rating::ALL.to_vec());
    prop::collection::vec((0..BANK.len(), 0_u32..20, rating), 0..8)
}

/// Returns a guild in which Ada has reviewed some questions, and a team has one open.
fn guild(ratings: &[(usize, u32, Rating)], open: Option<usize>) -> Guild {
    let mut guild = Guild::new(GuildId::new(1));
    let mut ratings = ratings.to_vec();
    ratings.sort_by_key(|(_, days_ago, _)| std::cmp::Reverse(*days_ago));
    for (question, days_ago, rating) in ratings {
        let question = BANK[question];
        let rated = NewRating {
            question,
            review_count: guild.review(ADA, question).map_or(0, |review| review.count),
            rating,
            retention: Retention::default(),
            today: add_days(date(2026, 3, 7), 20 - days_ago),
        };
        guild.rate(ADA, &rated);
    }
    if let Some(open) = open {
        let settings = TeamSettings {
            schedule: Schedule::weekdays_at(time(8, 0, 0, 0), Zone::utc()),
            ..TeamSettings::default()
        };
        let mut team = Team::new(ChannelId::new(10), settings, start());
        let mut rng = StdRng::seed_from_u64(1);
        team.begin_round(TODAY, start(), &[BANK[open]], &mut rng);
        team.record_post(MessageId::new(snowflake_at(start())));
        guild.insert_team(team);
    }
    guild
}

fn level_of(candidate: &InterviewCandidate<'_>) -> &'static str {
    let level = candidate.level.unwrap_or("mid");
    LEVELS.into_iter().find(|one| *one == level).unwrap()
}

proptest! {
    #[test]
    fn the_questions_keep_the_rules(
        all in candidates(),
        ratings in ratings(),
        open in prop::option::of(0..BANK.len()),
        seed: u64,
    ) {
        let guild = guild(&ratings, open);
        let draw = |seed| {
            let mut rng = StdRng::seed_from_u64(seed);
            guild.draw_interview(ADA, &all, TODAY, &mut rng)
        };
        let drawn = draw(seed);
        prop_assert_eq!(&drawn, &draw(seed), "the seed decides");
        let free: Vec<_> = all
            .iter()
            .filter(|one| open.is_none_or(|open| one.question != BANK[open]))
            .collect();
        prop_assert_eq!(drawn.len(), free.len().min(INTERVIEW_QUESTIONS));
        let distinct: BTreeSet<_> = drawn.iter().collect();
        prop_assert_eq!(distinct.len(), drawn.len());
        let find = |id: &&str| free.iter().copied().find(|one| one.question == *id);
        let chosen: Vec<_> = drawn.iter().filter_map(find).collect();
        prop_assert_eq!(chosen.len(), drawn.len(), "an open or unknown question");
        let rank = |one: &&InterviewCandidate<'_>| {
            let level = LEVELS.iter().position(|level| *level == level_of(one));
            (level, one.kind)
        };
        prop_assert!(chosen.is_sorted_by_key(rank), "they become harder");
        let is_due = |id: &str| {
            let review = guild.review(ADA, id);
            review.is_some_and(|review| review.is_due(TODAY))
        };
        let has = |of: &[&InterviewCandidate<'_>], what: &dyn Fn(&InterviewCandidate<'_>) -> bool| {
            of.iter().any(|one| what(one))
        };
        let due = |one: &InterviewCandidate<'_>| is_due(one.question);
        prop_assert_eq!(has(&chosen, &due), has(&free, &due), "one is due");
        for kind in [InterviewKind::Predict, InterviewKind::Design] {
            let is_kind = |one: &InterviewCandidate<'_>| one.kind == kind;
            prop_assert_eq!(has(&chosen, &is_kind), has(&free, &is_kind), "{:?}", kind);
        }
        for level in LEVELS {
            let is_level = |one: &InterviewCandidate<'_>| level_of(one) == level;
            prop_assert_eq!(has(&chosen, &is_level), has(&free, &is_level), "{}", level);
        }
    }
}

/// What a member does, to the question with that position.
#[derive(Debug, Clone, Copy)]
enum Input {
    Start {
        minutes: usize,
        replaces: bool,
    },
    Answer(usize, AnswerKind),
    Assess(usize, InterviewAssessment),
    /// The scheduler looks for expired interviews.
    Expire,
    /// Practice in `/quiz` in between.
    Quiz(usize),
}

fn inputs() -> impl Strategy<Value = Vec<(i64, Input)>> {
    let position = || 0..=INTERVIEW_QUESTIONS;
    let kind = prop::sample::select(vec![
        AnswerKind::Said,
        AnswerKind::Written,
        AnswerKind::Skipped,
        AnswerKind::Predicted {
            output: 1,
            is_right: false,
        },
    ]);
    let assessment = prop_oneof![
        (0..=POINTS).prop_map(|made| InterviewAssessment::Points(Ticks::new(POINTS, 0..made))),
        prop::sample::select(Rating::ALL.to_vec()).prop_map(InterviewAssessment::Rated),
        Just(InterviewAssessment::LeftOut),
    ];
    let start = (0..INTERVIEW_MINUTES.len(), any::<bool>());
    let input = prop_oneof![
        1 => start.prop_map(|(minutes, replaces)| Input::Start { minutes, replaces }),
        6 => (position(), kind).prop_map(|(at, kind)| Input::Answer(at, kind)),
        6 => (position(), assessment).prop_map(|(at, one)| Input::Assess(at, one)),
        1 => Just(Input::Expire),
        1 => (0..BANK.len()).prop_map(Input::Quiz),
    ];
    // Mostly seconds, sometimes hours.
    let seconds = prop_oneof![20 => 0_i64..90, 1 => 0_i64..90_000];
    prop::collection::vec((seconds, input), 0..120)
}

/// Plays the position that is on when a random one does not fit, so that interviews often finish.
fn fitting(guild: &Guild, position: usize, now: Timestamp) -> usize {
    let on = guild.interview(ADA, now).map(|one| one.phase(now));
    match on {
        Some(InterviewPhase::Question(on) | InterviewPhase::Assessment(on)) if position > 1 => on,
        _ => position,
    }
}

fn review_counts(guild: &Guild) -> u32 {
    guild
        .reviews(ADA)
        .map(|(_, review)| u32::from(review.count))
        .sum()
}

proptest! {
    /// The phases follow each other, nothing counts twice, and the stored state is always
    /// consistent.
    #[test]
    fn any_inputs_keep_the_rules(inputs in inputs(), size in 1..=INTERVIEW_QUESTIONS, seed: u64) {
        let mut guild = Guild::new(GuildId::new(1));
        let mut now = start();
        let all: Vec<_> = BANK.iter().map(|question| InterviewCandidate {
            question,
            level: None,
            kind: InterviewKind::Other,
        }).collect();
        let mut rng = StdRng::seed_from_u64(seed);
        let rating = InterviewRating { retention: Retention::default(), today: TODAY };
        for (seconds, input) in inputs {
            now += SignedDuration::from_secs(seconds);
            let before = guild.clone();
            let had = before.interview(ADA, now).cloned();
            let phase = had.as_ref().map(|one| one.phase(now));
            match input {
                Input::Start { minutes, replaces } => {
                    let drawn = guild.draw_interview(ADA, &all, TODAY, &mut rng);
                    let new = NewInterview {
                        started_at: now,
                        minutes: INTERVIEW_MINUTES[minutes],
                        questions: &drawn[..size],
                        replaces: had.as_ref().map(|one| one.started_at).filter(|_| replaces),
                    };
                    let started = guild.start_interview(ADA, &new);
                    let is_free = had.as_ref().is_none_or(|one| {
                        one.finished || (replaces && one.started_at != now)
                    });
                    prop_assert_eq!(started, is_free);
                    if started {
                        let fresh = guild.interview(ADA, now).unwrap();
                        prop_assert_eq!(fresh.phase(now), InterviewPhase::Question(0));
                        prop_assert!(!guild.start_interview(ADA, &new), "a repeated press");
                    } else {
                        prop_assert_eq!(&guild, &before);
                    }
                    prop_assert_eq!(review_counts(&guild), review_counts(&before));
                }
                Input::Answer(position, kind) => {
                    let position = fitting(&guild, position, now);
                    let Some(had) = had else { continue };
                    let step = InterviewStep { started_at: had.started_at, position, now };
                    let result = guild.answer_interview(ADA, step, kind);
                    prop_assert_eq!(result.is_ok(), phase == Some(InterviewPhase::Question(position)));
                    prop_assert!(result.is_ok() || guild == before, "an error changes nothing");
                    prop_assert!(guild.answer_interview(ADA, step, kind).is_err(), "once");
                    if result == Err(InterviewError::TimeOver) {
                        prop_assert!(!matches!(phase, Some(InterviewPhase::Question(_))));
                    }
                    prop_assert_eq!(review_counts(&guild), review_counts(&before));
                }
                Input::Assess(position, assessment) => {
                    let position = fitting(&guild, position, now);
                    let Some(had) = had else { continue };
                    let step = InterviewStep { started_at: had.started_at, position, now };
                    let result = guild.assess_interview(ADA, step, assessment, rating);
                    prop_assert_eq!(result.is_ok(), phase == Some(InterviewPhase::Assessment(position)));
                    prop_assert!(result.is_ok() || guild == before, "an error changes nothing");
                    let after = guild.clone();
                    prop_assert!(guild.assess_interview(ADA, step, assessment, rating).is_err());
                    prop_assert_eq!(&guild, &after, "once");
                    let interview = guild.interview(ADA, now).unwrap();
                    let is_end = interview.finished && !had.finished;
                    prop_assert_eq!(is_end, result.is_ok() && interview.phase(now) == InterviewPhase::Finished);
                    let rated: u32 = interview.questions().iter().filter(|one| {
                        let counted = guild.review(ADA, &one.question).map_or(0, |one| one.count);
                        let is_rated = !matches!(one.assessment, None | Some(InterviewAssessment::LeftOut));
                        is_rated && counted == one.review_count + 1
                            && before.review(ADA, &one.question).map_or(0, |one| one.count) == one.review_count
                    }).count().try_into().unwrap();
                    let expected = if is_end { rated } else { 0 };
                    prop_assert_eq!(review_counts(&guild) - review_counts(&before), expected);
                    let results = guild.interview_results(ADA);
                    if is_end && interview.result().questions > 0 {
                        prop_assert_eq!(results.last(), Some(&interview.result()));
                    } else {
                        prop_assert_eq!(results, before.interview_results(ADA));
                    }
                }
                Input::Expire => {
                    let due = before.next_interview_expiry();
                    let dropped = guild.drop_expired_interviews(now);
                    prop_assert_eq!(dropped == 1, due.is_some_and(|due| due <= now));
                    prop_assert_eq!(guild.interview(ADA, now), had.as_ref(), "unseen by members");
                    prop_assert!(guild.next_interview_expiry().is_none_or(|due| due > now));
                    prop_assert_eq!(guild.interview_results(ADA), before.interview_results(ADA));
                }
                Input::Quiz(question) => {
                    let question = BANK[question];
                    let rated = NewRating {
                        question,
                        review_count: guild.review(ADA, question).map_or(0, |one| one.count),
                        rating: Rating::Good,
                        retention: Retention::default(),
                        today: TODAY,
                    };
                    guild.rate(ADA, &rated);
                }
            }
            prop_assert_eq!(guild.check(), Ok(()));
            prop_assert!(guild.interview_results(ADA).len() <= INTERVIEW_RESULTS_KEPT);
            if let Some(one) = guild.interview(ADA, now) {
                prop_assert_eq!(one.seconds().len(), one.shown());
                prop_assert!(one.weakest_points().len() <= 2);
                prop_assert!(one.expires_at() > now);
                // The guild's summary knows when it is to be dropped.
                prop_assert!(guild.next_work(now).is_some_and(|due| due <= one.expires_at()));
            }
        }
        let json = serde_json::to_string(&guild).unwrap();
        let read: Guild = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(read, guild);
    }
}
