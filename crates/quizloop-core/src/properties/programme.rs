//! Which question comes next: random changes of the programme, the bank, other teams' questions and
//! admins' choices, checked against the rules; and the repeat day.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date, time};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::schedule::{settings, utc};
use crate::guild::Guild;
use crate::id::{ChannelId, GuildId, MessageId, UserId, snowflake_at};
use crate::posting::OrderPostError;
use crate::programme::{BUILT_IN, Order, Programme, SERVER};
use crate::question_pool::{Candidate, NamedPath, QuestionPool};
use crate::round::DrawReason;
use crate::self_assessment::{NewAssessment, Ticks};
use crate::team::Team;
use crate::weekdays::Weekdays;

const MONDAY: Date = date(2026, 3, 2);
const TEAM: ChannelId = ChannelId::new(1);

/// Number, level, topic and source of each question; its id is `q` and its place here.
type Facts = (
    Option<u32>,
    Option<&'static str>,
    &'static str,
    &'static str,
);

const BANK: [Facts; 10] = [
    (Some(4), Some("junior"), "queues", BUILT_IN),
    (Some(3), Some("mid"), "queues", BUILT_IN),
    (Some(9), Some("senior"), "queues", BUILT_IN),
    (Some(1), Some("junior"), "locks", BUILT_IN),
    (Some(2), Some("mid"), "locks", "pack"),
    (None, None, "locks", SERVER),
    (Some(7), Some("senior"), "tasks", BUILT_IN),
    (Some(5), Some("junior"), "tasks", "pack"),
    (Some(6), Some("mid"), "tasks", "pack"),
    (None, Some("mid"), "other", SERVER),
];
const IDS: [&str; 10] = ["q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9"];

fn path() -> Vec<String> {
    ["q7", "q2", "q0", "q9"].map(str::to_owned).into()
}

fn pool<'a>(disabled: &BTreeSet<usize>, path: &'a [String]) -> QuestionPool<'a> {
    let enabled = (0..BANK.len()).filter(|index| !disabled.contains(index));
    let candidates = enabled.map(|index| {
        let (number, level, topic, source) = BANK[index];
        Candidate {
            id: IDS[index],
            number,
            level,
            topic,
            source,
        }
    });
    let paths = vec![NamedPath {
        name: "way",
        questions: path,
    }];
    QuestionPool::new(candidates.collect(), paths)
}

/// What happens before a question is drawn.
#[derive(Debug, Clone)]
struct Step {
    programme: Option<Programme>,
    disabled: BTreeSet<usize>,
    taken: BTreeSet<usize>,
    chosen: Option<usize>,
    days: i64,
}

fn names(all: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let some = prop::sample::subsequence(all, 0..=all.len());
    some.prop_map(|names| names.into_iter().map(str::to_owned).collect())
}

fn programmes() -> impl Strategy<Value = Programme> {
    let order = prop_oneof![
        2 => Just(Order::Shuffled),
        1 => Just(Order::Syllabus),
        1 => Just(Order::Path("way".into())),
        2 => names(&["queues", "locks", "tasks"]).prop_map(|topics| {
            if topics.is_empty() { Order::Shuffled } else { Order::Topics(topics) }
        }),
    ];
    let lists = (
        names(&["junior", "mid", "senior"]),
        names(&["queues", "locks", "tasks", "other"]),
        names(&[BUILT_IN, SERVER, "pack"]),
    );
    (lists, order).prop_map(|((levels, topics, sources), order)| Programme {
        levels,
        topics,
        sources,
        order,
        repeat_day: None,
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let some = || prop::collection::btree_set(0..BANK.len(), 0..4);
    let programme = prop::option::weighted(0.2, programmes());
    let chosen = prop::option::weighted(0.2, 0..BANK.len());
    let step = (programme, some(), some(), chosen, 1_i64..5);
    let step = step.prop_map(|(programme, disabled, taken, chosen, days)| Step {
        programme,
        disabled,
        taken,
        chosen,
        days,
    });
    prop::collection::vec(step, 1..50)
}

/// Whether a programme allows a question on a day: the rule, written again.
fn allows(programme: &Programme, index: usize, day: Date) -> bool {
    let (_, level, topic, source) = BANK[index];
    let has = |list: &[String], name: &str| list.is_empty() || list.contains(&name.to_owned());
    let in_order = match &programme.order {
        Order::Shuffled | Order::Syllabus => true,
        Order::Path(_) => path().contains(&IDS[index].to_owned()),
        Order::Topics(topics) => {
            let first = date(1970, 1, 5);
            let days = first.until(day).unwrap().get_days();
            let week = usize::try_from(days / 7).unwrap();
            topics[week % topics.len()] == topic
        }
    };
    level.is_none_or(|level| has(&programme.levels, level))
        && has(&programme.topics, topic)
        && has(&programme.sources, source)
        && in_order
}

fn index_of(question: &str) -> usize {
    IDS.iter().position(|id| *id == question).unwrap()
}

fn new_team() -> Team {
    let settings = settings(time(9, 0, 0, 0), "UTC", Weekdays::every_day());
    Team::new(TEAM, settings, utc(MONDAY))
}

fn post(team: &mut Team, day: Date) {
    assert!(team.record_post(MessageId::new(snowflake_at(utc(day)))));
}

proptest! {
    #[test]
    fn the_next_question_follows_the_rules(seed: u64, steps in steps()) {
        let mut rng = StdRng::seed_from_u64(seed);
        let path = path();
        let mut team = new_team();
        let (mut day, mut asked, mut latest) = (MONDAY, BTreeSet::new(), None);
        for step in steps {
            day = day.saturating_add(step.days.days());
            team.settings.programme = step.programme.unwrap_or(team.settings.programme);
            team.chosen = step.chosen.map(|index| IDS[index].to_owned()).or(team.chosen);
            let was_chosen = team.chosen.clone().map(|id| index_of(&id));
            let rounds = team.rounds().len();
            let programme = team.settings.programme.clone();
            let taken = step.taken.iter().map(|index| IDS[*index].to_owned());
            let pool = pool(&step.disabled, &path).without(taken);
            let is_free = |index: &usize| !step.disabled.contains(index) && !step.taken.contains(index);
            let free: Vec<usize> = (0..BANK.len())
                .filter(|index| is_free(index) && allows(&programme, *index, day))
                .collect();
            let Some(round) = team.begin_round(day, utc(day), pool.clone(), &mut rng) else {
                prop_assert!(free.is_empty());
                prop_assert!(was_chosen.is_none_or(|index| !is_free(&index)));
                continue;
            };
            let (drawn, reason) = (index_of(&round.question), round.reason);
            if let Some(chosen) = was_chosen.filter(is_free) {
                prop_assert_eq!((drawn, reason), (chosen, DrawReason::Chosen));
                prop_assert!(team.chosen.is_none());
            } else {
                prop_assert_eq!(reason, DrawReason::Order);
                prop_assert!(free.contains(&drawn));
                // One that another team has open stays the choice.
                prop_assert_eq!(team.chosen.is_some(), was_chosen.is_some_and(|one| !step.disabled.contains(&one)));
                let mut new: Vec<usize> = free.iter().copied().filter(|one| !asked.contains(one)).collect();
                if new.is_empty() {
                    // A new pass, for the questions of the programme only.
                    asked.retain(|one| !step.disabled.contains(one) && !allows(&programme, *one, day));
                    new = free;
                }
                prop_assert!(new.contains(&drawn), "repeated within a pass");
                if new.len() > 1 {
                    prop_assert_ne!(Some(drawn), latest);
                    new.retain(|one| Some(*one) != latest);
                }
                let rank = |one: &usize| match &programme.order {
                    Order::Syllabus => {
                        let number = BANK[*one].0.unwrap_or(0);
                        (BANK[*one].0.is_none(), usize::try_from(number).unwrap())
                    },
                    Order::Path(_) => (false, path.iter().position(|id| *id == IDS[*one]).unwrap()),
                    // The ramp of a new team; a question without a level counts as mid.
                    Order::Shuffled if programme.levels.is_empty() => {
                        let level = match BANK[*one].1 {
                            Some("junior") => 0,
                            Some("senior") => 2,
                            _ => 1,
                        };
                        (false, level.max(match rounds { 0 => 0, 1..5 => 1, _ => 2 }))
                    }
                    _ => (false, 0),
                };
                prop_assert_eq!(Some(rank(&drawn)), new.iter().map(rank).min());
            }
            asked.insert(drawn);
            latest = Some(drawn);
            let remaining = programme.questions(&pool).filter(|one| !asked.contains(&index_of(one.id)));
            prop_assert_eq!(team.rounds().last().unwrap().remaining, remaining.count());
            // Neither a restart nor a question that is given up changes anything.
            let json = serde_json::to_string(&team).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Team>(&json).unwrap(), &team);
            post(&mut team, day);
        }
    }

    /// A change of the programme changes neither what was asked nor today's question.
    #[test]
    fn a_change_of_the_programme_keeps_the_history(
        seed: u64, before in programmes(), after in programmes(), count in 1_usize..12,
    ) {
        let mut rng = StdRng::seed_from_u64(seed);
        let path = path();
        let pool = pool(&BTreeSet::new(), &path);
        let mut team = new_team();
        team.settings.programme.clone_from(&before);
        let mut asked = BTreeSet::new();
        for number in 0..count {
            let day = MONDAY.saturating_add(i64::try_from(number).unwrap().days());
            if team.begin_round(day, utc(day), pool.clone(), &mut rng).is_some() {
                let question = team.rounds().last().unwrap().question.clone();
                // Only the first pass is compared.
                prop_assume!(asked.insert(question));
                post(&mut team, day);
            }
        }
        let open = team.open_round().cloned();
        team.settings.programme = after;
        prop_assert_eq!(team.open_round().cloned(), open);
        team.settings.programme = Programme::default();
        prop_assert_eq!(team.remaining_questions(&pool), BANK.len() - asked.len());
        team.settings.programme.clone_from(&before);
        let left = before.questions(&pool).filter(|one| !asked.contains(one.id)).count();
        prop_assert_eq!(team.remaining_questions(&pool), left);
    }
}

/// A guild with one team that asked `q0` to `q3` on four days, and how many points of four each of
/// three members made.
fn assessed_guild(made: [[usize; 3]; 4]) -> Guild {
    let mut guild = Guild::new(GuildId::new(1));
    let mut team = new_team();
    team.settings.programme.repeat_day = Some(Weekday::Friday);
    guild.insert_team(team);
    let mut rng = StdRng::seed_from_u64(1);
    for (number, made) in made.into_iter().enumerate() {
        let day = MONDAY.saturating_add(i64::try_from(number).unwrap().days());
        let message = MessageId::new(snowflake_at(utc(day)));
        let team = guild.team_mut(TEAM).unwrap();
        team.begin_round(day, utc(day), &[IDS[number]], &mut rng)
            .unwrap();
        team.record_post(message);
        for (user, made) in (1..).zip(made) {
            let reply = MessageId::new(message.get() + (1 << 22) + user);
            let team = guild.team_mut(TEAM).unwrap();
            team.count_reply(message, UserId::new(user), reply);
            let ticks = Ticks::new(4, 0..made);
            let new = NewAssessment {
                message,
                topic: "queues",
                ticks,
                rating: ticks.rating(),
                review_count: 0,
                now: utc(day),
            };
            guild.assess(UserId::new(user), &new).unwrap();
        }
    }
    guild
}

fn draw_on(team: &mut Team, day: Date, pool: QuestionPool<'_>) -> (String, DrawReason) {
    let mut rng = StdRng::seed_from_u64(1);
    let round = team.begin_round(day, utc(day), pool, &mut rng).unwrap();
    (round.question.clone(), round.reason)
}

const FRIDAY: Date = date(2026, 3, 6);

#[test]
fn the_repeat_day_takes_the_most_missed_question_and_nothing_from_the_deck() {
    let guild = assessed_guild([[4, 4, 4], [1, 3, 3], [0, 4, 0], [2, 2, 2]]);
    let path = path();
    let pool = || pool(&BTreeSet::new(), &path);
    let mut team = guild.team(TEAM).unwrap().clone();
    // It would be asked in this pass, too.
    team.deck.put_back("q2");
    let before = team.remaining_questions(&pool());
    assert_eq!(
        draw_on(&mut team, FRIDAY, pool()),
        ("q2".to_owned(), DrawReason::Repeat)
    );
    assert_eq!(team.remaining_questions(&pool()), before);
    assert_eq!(team.rounds().last().unwrap().remaining, before);
    team.abandon_round(utc(FRIDAY));
    assert_eq!(team.remaining_questions(&pool()), before);

    let of = |team: &Team, day, pool| draw_on(&mut team.clone(), day, pool).0;
    let mut team = guild.team(TEAM).unwrap().clone();
    // The next one of what the programme allows, what is free, and what is not void.
    let taken = pool().without(["q2".to_owned()]);
    assert_eq!(of(&team, FRIDAY, taken), "q3");
    team.settings.programme.levels = vec!["mid".into()];
    assert_eq!(of(&team, FRIDAY, pool()), "q1");
    team.settings.programme.levels.clear();
    let by = crate::ledger::Actor {
        user: None,
        at: utc(FRIDAY),
    };
    team.void(3, by).unwrap();
    assert_eq!(of(&team, FRIDAY, pool()), "q3");
    // The choice of an admin comes first, and the repeat day before the order.
    team.chosen = Some("q9".into());
    assert_eq!(
        draw_on(&mut team.clone(), FRIDAY, pool()),
        ("q9".to_owned(), DrawReason::Chosen)
    );
    team.chosen = None;
    team.settings.programme.order = Order::Syllabus;
    assert_eq!(of(&team, FRIDAY, pool()), "q3");
    // Another weekday, and six weeks later.
    let (_, reason) = draw_on(&mut team.clone(), date(2026, 3, 7), pool());
    assert_eq!(reason, DrawReason::Order);
    let last = date(2026, 4, 10);
    assert_eq!(of(&team, last, pool()), "q3");
    let (_, reason) = draw_on(&mut team, date(2026, 4, 17), pool());
    assert_eq!(reason, DrawReason::Order);
}

#[test]
fn a_question_is_repeated_from_three_assessments_on() {
    let mut guild = assessed_guild([[4, 4, 4], [4, 4, 4], [4, 4, 4], [0, 0, 4]]);
    let path = path();
    let pool = || pool(&BTreeSet::new(), &path);
    let team = guild.team(TEAM).unwrap();
    assert_eq!(draw_on(&mut team.clone(), FRIDAY, pool()).0, "q3");
    guild.delete_member(UserId::new(1), utc(FRIDAY));
    let (_, reason) = draw_on(&mut guild.team(TEAM).unwrap().clone(), FRIDAY, pool());
    assert_eq!(
        reason,
        DrawReason::Order,
        "two assessments, and others missed nothing"
    );
}

/// Two teams that post at the same time.
#[test]
fn no_question_is_open_in_two_teams() {
    let mut guild = Guild::new(GuildId::new(1));
    let other = ChannelId::new(2);
    guild.insert_team(new_team());
    let mut second = new_team();
    second.channel = other;
    guild.insert_team(second);
    let mut rng = StdRng::seed_from_u64(1);
    let mut day = MONDAY;
    for _ in 0..20 {
        let mut drawn = Vec::new();
        for channel in [TEAM, other] {
            let pool = QuestionPool::from(&["a", "b"]).without(guild.questions_elsewhere(channel));
            let team = guild.team_mut(channel).unwrap();
            let round = team.begin_round(day, utc(day), pool, &mut rng).unwrap();
            drawn.push(round.question.clone());
            if day.day() % 2 == 0 {
                post(team, day);
            }
        }
        for channel in [TEAM, other] {
            let team = guild.team_mut(channel).unwrap();
            if day.day() % 2 != 0 {
                post(team, day);
            }
        }
        assert_ne!(drawn[0], drawn[1], "{day}");
        day = day.tomorrow().unwrap();
    }
    // A programme of one question that the other team has open.
    let open = guild
        .team(other)
        .unwrap()
        .open_round()
        .unwrap()
        .question
        .clone();
    let pool = QuestionPool::from(&[open.as_str()]).without(guild.questions_elsewhere(TEAM));
    let team = guild.team_mut(TEAM).unwrap();
    assert!(team.begin_round(day, utc(day), pool, &mut rng).is_none());
}

#[test]
fn an_admin_orders_a_question_and_keeps_the_choice_of_the_next_one() {
    let mut rng = StdRng::seed_from_u64(1);
    let mut team = new_team();
    let pool = QuestionPool::from(&["a", "b", "c"]).without(["c".to_owned()]);
    team.chosen = Some("b".into());
    let order = |team: &mut Team, question, rng: &mut StdRng| {
        team.order_post_of(question, utc(MONDAY), &pool, rng)
    };
    let taken = order(&mut team, "c", &mut rng);
    assert_eq!(taken, Err(OrderPostError::OpenElsewhere));
    let unknown = order(&mut team, "d", &mut rng);
    assert_eq!(unknown, Err(OrderPostError::NoQuestion));
    assert_eq!(team.chosen.as_deref(), Some("b"));
    assert!(order(&mut team, "a", &mut rng).unwrap().is_new);
    assert_eq!(team.rounds()[0].question, "a");
    assert_eq!(team.chosen.as_deref(), Some("b"));
    // It is not posted yet: the same question may be ordered again, another one may not.
    assert!(!order(&mut team, "a", &mut rng).unwrap().is_new);
    let other = order(&mut team, "b", &mut rng);
    assert_eq!(other, Err(OrderPostError::Unfinished(MONDAY)));
    team.abandon_round(utc(MONDAY));
    assert_eq!(team.chosen.as_deref(), Some("b"));
    team.chosen = None;
    order(&mut team, "a", &mut rng).unwrap();
    team.abandon_round(utc(MONDAY));
    assert_eq!(team.chosen.as_deref(), Some("a"), "it was not posted");
}
