//! `bank stats`: compares how well members know the questions with the questions' levels.
//!
//! Nobody is named, and nothing is said about a question that only a few members have practised.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Serialize, Serializer};

use super::super::exit::CliError;
use super::super::output;
use super::super::state::source::StateSource;
use quizloop_bank::{Bank, Level};
use quizloop_core::guild::Guild;
use quizloop_core::question_stats::QuestionStats;
use quizloop_core::text::pluralize;

/// Minimum number of members who have reviewed a question before anything is said about it: fewer
/// could be recognized, and one of them could decide.
const MIN_MEMBERS: u32 = 5;

/// Minimum number of reviews of a question before anything is said about it.
const MIN_REVIEWS: u32 = 10;

/// Minimum number of assessments, or of later reviews, before their share is used.
const MIN_SHARE_OF: u32 = 5;

/// Minimum number of compared questions of a level before it is something to compare with.
const MIN_QUESTIONS: usize = 3;

/// Stands for a number that is not known.
const UNKNOWN: &str = "–";

const LEGEND: &str = "\
Difficulty is that of FSRS, from 1 to 10. Forgotten: later reviews that were rated \"again\". Points
said: key points that members ticked for their replies to daily questions. A question is listed if
its difficulty is nearest to the middle of another level, and one of the other two agrees.
";

/// Sums over all servers.
#[derive(Debug, Default)]
struct AllStats {
    /// Number of servers with reviews.
    servers: usize,
    by_question: BTreeMap<String, QuestionStats>,
}

impl AllStats {
    fn add(&mut self, guild: &Guild) {
        let stats = guild.question_stats();
        self.servers += usize::from(!stats.is_empty());
        for (question, sums) in stats {
            let all = self.by_question.entry(question.to_owned()).or_default();
            all.add(&sums);
        }
    }
}

/// A question with enough reviews.
#[derive(Debug, Clone, Copy, Serialize)]
struct Measured<'a> {
    id: &'a str,
    #[serde(serialize_with = "level_name")]
    level: Level,
    reviews: u32,
    /// Mean FSRS difficulty.
    difficulty: f64,
    /// Share of later reviews rated "again", if there are enough.
    forgotten: Option<f64>,
    /// Share of key points that were ticked, if there are enough assessments.
    points_said: Option<f64>,
}

/// What is usual at a level.
#[derive(Debug, Clone, Copy, Serialize)]
struct Usual {
    #[serde(serialize_with = "level_name")]
    level: Level,
    questions: usize,
    /// Medians of its questions.
    difficulty: f64,
    forgotten: Option<f64>,
    points_said: Option<f64>,
}

pub fn run(bank: &Bank, source: &StateSource, json: bool) -> Result<(), CliError> {
    let mut all = AllStats::default();
    for id in source.guilds()? {
        // A server that was deleted in the meantime is left out.
        let Some(guild) = source.find(id)? else {
            continue;
        };
        all.add(&guild);
    }
    if json {
        return output::json(&Numbers::new(bank, &all));
    }
    Ok(output::text(report(bank, &all))?)
}

/// The numbers of a report, for scripts.
#[derive(Serialize)]
struct Numbers<'a> {
    servers: usize,
    reviews: u32,
    levels: Vec<Usual>,
    questions: Vec<ComparedQuestion<'a>>,
}

#[derive(Serialize)]
struct ComparedQuestion<'a> {
    #[serde(flatten)]
    measured: Measured<'a>,
    /// The level that the question is like, if it isn't its own.
    like: Option<&'static str>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn level_name<S: Serializer>(level: &Level, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(level.name())
}

impl<'a> Numbers<'a> {
    fn new(bank: &'a Bank, all: &AllStats) -> Self {
        let measured = measure(bank, all);
        let levels = usual_of_levels(&measured);
        let is_comparable = incomparable(&levels).is_none();
        let compare = |measured: &Measured<'a>| ComparedQuestion {
            measured: *measured,
            like: disagreement(measured, &levels)
                .filter(|_| is_comparable)
                .map(Level::name),
        };
        let questions = measured.iter().map(compare).collect();
        Self {
            servers: all.servers,
            reviews: all.by_question.values().map(|stats| stats.reviews).sum(),
            levels,
            questions,
        }
    }
}

fn usual_of_levels(measured: &[Measured<'_>]) -> Vec<Usual> {
    let levels = Level::ALL.into_iter();
    levels.filter_map(|level| usual(level, measured)).collect()
}

fn report(bank: &Bank, all: &AllStats) -> String {
    if all.servers == 0 {
        return "There are no reviews yet.\n".to_owned();
    }
    let measured = measure(bank, all);
    let usual = usual_of_levels(&measured);
    let mut text = summary(bank, all, &measured);
    if measured.is_empty() {
        return text;
    }
    let _ = write!(text, "\n{}", level_table(&usual));
    if let Some(reason) = incomparable(&usual) {
        let _ = write!(text, "\n{reason}\n");
        return text;
    }
    let disagreeing: Vec<(Measured<'_>, Level)> = measured
        .iter()
        .filter_map(|one| Some((*one, disagreement(one, &usual)?)))
        .collect();
    for (heading, is_harder) in [
        ("Harder than their level", true),
        ("Easier than their level", false),
    ] {
        let rows = disagreeing
            .iter()
            .filter(|(one, like)| (*like > one.level) == is_harder);
        let rows: Vec<_> = rows.copied().collect();
        if !rows.is_empty() {
            let _ = write!(text, "\n{heading}:\n{}", question_table(rows));
        }
    }
    let agreeing = measured.len() - disagreeing.len();
    let agreeing = pluralize(
        agreeing,
        "question agrees with its level",
        "questions agree with their level",
    );
    let _ = write!(text, "\n{agreeing}.\n\n{LEGEND}");
    text
}

fn summary(bank: &Bank, all: &AllStats, measured: &[Measured<'_>]) -> String {
    let reviews: u32 = all.by_question.values().map(|stats| stats.reviews).sum();
    let mut text = format!(
        "{} of {} in {}. {} at least {MIN_REVIEWS} reviews by {MIN_MEMBERS} members.\n",
        pluralize(reviews as usize, "review", "reviews"),
        pluralize(all.by_question.len(), "question", "questions"),
        pluralize(all.servers, "server", "servers"),
        pluralize(measured.len(), "question has", "questions have"),
    );
    let unknown = all
        .by_question
        .keys()
        .filter(|id| bank.get(id).is_none())
        .count();
    if unknown > 0 {
        let unknown = pluralize(unknown, "question is", "questions are");
        let _ = writeln!(text, "{unknown} not in the bank and left out.");
    }
    text
}

/// Returns the questions of the bank with enough reviews, the most difficult first.
fn measure<'b>(bank: &'b Bank, all: &AllStats) -> Vec<Measured<'b>> {
    let measure = |(id, stats): (&String, &QuestionStats)| {
        let question = bank.get(id)?;
        let is_enough = stats.members >= MIN_MEMBERS && stats.reviews >= MIN_REVIEWS;
        let later = stats.reviews.saturating_sub(stats.members);
        Some(Measured {
            id: &question.id,
            level: question.level?,
            reviews: stats.reviews,
            difficulty: stats.difficulty().filter(|_| is_enough)?,
            forgotten: stats.lapse_share().filter(|_| later >= MIN_SHARE_OF),
            points_said: stats
                .point_share()
                .filter(|_| stats.assessments >= MIN_SHARE_OF),
        })
    };
    let mut measured: Vec<_> = all.by_question.iter().filter_map(measure).collect();
    measured.sort_by(|a, b| b.difficulty.total_cmp(&a.difficulty).then(a.id.cmp(b.id)));
    measured
}

fn usual(level: Level, measured: &[Measured<'_>]) -> Option<Usual> {
    let of_level = || measured.iter().filter(move |one| one.level == level);
    Some(Usual {
        level,
        questions: of_level().count(),
        difficulty: median(of_level().map(|one| one.difficulty))?,
        forgotten: median(of_level().filter_map(|one| one.forgotten)),
        points_said: median(of_level().filter_map(|one| one.points_said)),
    })
}

/// Returns the median, which a few questions at the wrong level hardly change.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(values[middle - 1], upper))
}

/// Returns why questions can't be compared with the levels, if they can't.
fn incomparable(usual: &[Usual]) -> Option<String> {
    let enough = usual
        .iter()
        .filter(|level| level.questions >= MIN_QUESTIONS);
    let enough: Vec<f64> = enough.map(|level| level.difficulty).collect();
    if enough.len() < 2 {
        return Some(format!(
            "Nothing can be said about single questions yet: at least two levels need {MIN_QUESTIONS} questions each."
        ));
    }
    let rises = enough.is_sorted_by(|a, b| a < b);
    (!rises).then(|| {
        "Nothing can be said about single questions: the difficulty doesn't rise with the level.".to_owned()
    })
}

/// Returns the level that a question is like, if it isn't its own.
fn disagreement(one: &Measured<'_>, usual: &[Usual]) -> Option<Level> {
    let own = usual.iter().find(|level| level.level == one.level)?;
    let comparable = usual
        .iter()
        .filter(|level| level.questions >= MIN_QUESTIONS);
    let distance = |level: &&Usual| (level.difficulty - one.difficulty).abs();
    let like = comparable
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))?
        .level;
    let direction = like.cmp(&one.level);
    let agrees = |measured: Option<f64>, usual: Option<f64>| {
        measured
            .zip(usual)
            .is_some_and(|(measured, usual)| measured.total_cmp(&usual) == direction)
    };
    let confirmed =
        agrees(one.forgotten, own.forgotten) || agrees(own.points_said, one.points_said);
    (like != one.level && confirmed).then_some(like)
}

fn level_table(usual: &[Usual]) -> String {
    let header = [
        "level",
        "questions",
        "difficulty",
        "forgotten",
        "points said",
    ];
    let row = |one: &Usual| {
        [
            one.level.to_string(),
            one.questions.to_string(),
            format!("{:.1}", one.difficulty),
            percent(one.forgotten),
            percent(one.points_said),
        ]
    };
    table(header, 1, usual.iter().map(row))
}

fn question_table(rows: Vec<(Measured<'_>, Level)>) -> String {
    let header = [
        "question",
        "level",
        "like",
        "difficulty",
        "forgotten",
        "points said",
        "reviews",
    ];
    let row = |(one, like): (Measured<'_>, Level)| {
        [
            one.id.to_owned(),
            one.level.to_string(),
            like.to_string(),
            format!("{:.1}", one.difficulty),
            percent(one.forgotten),
            percent(one.points_said),
            one.reviews.to_string(),
        ]
    };
    table(header, 3, rows.into_iter().map(row))
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(
        || UNKNOWN.to_owned(),
        |share| format!("{:.0} %", share * 100.0),
    )
}

/// Formats a table. The first `words` columns are aligned to the left, the numbers after them to the
/// right.
fn table<const N: usize>(
    header: [&str; N],
    words: usize,
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let rows: Vec<[String; N]> = std::iter::once(header.map(str::to_owned))
        .chain(rows)
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let cell = |(column, text): (usize, &String)| {
        let width = widths[column];
        if column < words {
            format!("{text:width$}")
        } else {
            format!("{text:>width$}")
        }
    };
    let line = |row: &[String; N]| {
        let cells: Vec<_> = row.iter().enumerate().map(cell).collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use quizloop_bank::built_in;
    use quizloop_core::id::{GuildId, UserId};
    use quizloop_core::members::NewRating;
    use quizloop_core::retention::Retention;
    use quizloop_core::review::Rating::{self, Again, Easy, Good, Hard};

    /// Questions of each level, with what members said at their first and second review.
    const USUAL: [(&str, [Rating; 2]); 9] = [
        ("task-object", [Easy, Easy]),
        ("deadlines", [Easy, Easy]),
        ("async-with", [Easy, Good]),
        ("queue-join", [Good, Good]),
        ("barrier", [Good, Good]),
        ("sleep-zero", [Good, Hard]),
        ("uncancel", [Again, Hard]),
        ("ctrl-c", [Again, Again]),
        ("aclosing", [Hard, Again]),
    ];

    fn bank() -> Bank {
        Bank::load(built_in(), &[]).0
    }

    /// Adds reviews of a question by some members.
    fn review(guild: &mut Guild, members: u64, question: &str, ratings: &[Rating]) {
        for user in (1..=members).map(UserId::new) {
            for (day, rating) in (1..).zip(ratings) {
                let before = guild.review(user, question);
                let rated = NewRating {
                    question,
                    review_count: before.map_or(0, |review| review.count),
                    rating: *rating,
                    retention: Retention::default(),
                    today: date(2026, 3, day * 3),
                };
                guild.rate(user, &rated);
            }
        }
    }

    fn usual_guild() -> Guild {
        let mut guild = Guild::new(GuildId::new(1));
        for (question, ratings) in USUAL {
            review(&mut guild, 5, question, &ratings);
        }
        guild
    }

    fn stats_of(guilds: &[Guild]) -> AllStats {
        let mut all = AllStats::default();
        for guild in guilds {
            all.add(guild);
        }
        all
    }

    #[test]
    fn questions_that_disagree_with_their_level_are_listed() {
        let mut guild = usual_guild();
        review(&mut guild, 6, "semaphore-limit", &[Again, Again]);
        review(&mut guild, 5, "eager-tasks", &[Easy, Easy]);
        // Too few members, however many reviews.
        review(
            &mut guild,
            4,
            "coroutine-objects",
            &[Again, Again, Again, Again],
        );
        // Difficult, but remembered as well as usual, and without assessments.
        review(&mut guild, 5, "stop-a-task", &[Again, Good]);
        let mut other = Guild::new(GuildId::new(2));
        review(&mut other, 1, "semaphore-limit", &[Again]);
        review(&mut other, 9, "s-removed", &[Good]);
        let mut all = stats_of(&[guild, other, Guild::new(GuildId::new(3))]);
        let assessed = all.by_question.get_mut("semaphore-limit").unwrap();
        (assessed.assessments, assessed.points_made, assessed.points) = (5, 6, 25);
        insta::assert_snapshot!(report(&bank(), &all), @r#"
        148 reviews of 14 questions in 2 servers. 12 questions have at least 10 reviews by 5 members.
        1 question is not in the bank and left out.

        level   questions  difficulty  forgotten  points said
        junior          5         1.0        0 %         24 %
        mid             3         2.1        0 %            –
        senior          4         8.0       50 %            –

        Harder than their level:
        question         level   like    difficulty  forgotten  points said  reviews
        semaphore-limit  junior  senior         8.5      100 %         24 %       13

        Easier than their level:
        question     level   like    difficulty  forgotten  points said  reviews
        eager-tasks  senior  junior         1.0        0 %            –       10

        10 questions agree with their level.

        Difficulty is that of FSRS, from 1 to 10. Forgotten: later reviews that were rated "again". Points
        said: key points that members ticked for their replies to daily questions. A question is listed if
        its difficulty is nearest to the middle of another level, and one of the other two agrees.
        "#);
    }

    #[test]
    fn nothing_is_said_about_too_few_reviews() {
        assert_eq!(
            report(&bank(), &AllStats::default()),
            "There are no reviews yet.\n"
        );
        let mut guild = Guild::new(GuildId::new(1));
        review(&mut guild, 4, "task-object", &[Again, Again, Again]);
        review(&mut guild, 9, "deadlines", &[Again]);
        insta::assert_snapshot!(report(&bank(), &stats_of(&[guild.clone()])), @"21 reviews of 2 questions in 1 server. 0 questions have at least 10 reviews by 5 members.");
        review(&mut guild, 5, "async-with", &[Easy, Good]);
        insta::assert_snapshot!(report(&bank(), &stats_of(&[guild])), @"
        31 reviews of 3 questions in 1 server. 1 question has at least 10 reviews by 5 members.

        level   questions  difficulty  forgotten  points said
        junior          1         1.0        0 %            –

        Nothing can be said about single questions yet: at least two levels need 3 questions each.
        ");
    }

    /// Levels whose questions are equally difficult are nothing to compare with.
    #[test]
    fn nothing_is_compared_with_levels_that_are_equally_difficult() {
        let mut guild = Guild::new(GuildId::new(1));
        for (question, _) in USUAL {
            review(&mut guild, 5, question, &[Good, Again]);
        }
        let text = report(&bank(), &stats_of(&[guild]));
        insta::assert_snapshot!(text.lines().last().unwrap(), @"Nothing can be said about single questions: the difficulty doesn't rise with the level.");
    }

    /// A question is compared by its difficulty, and a second number has to agree.
    #[test]
    fn a_question_disagrees_only_if_two_numbers_say_so() {
        let usual = |level, difficulty, forgotten| Usual {
            level,
            questions: 3,
            difficulty,
            forgotten: Some(forgotten),
            points_said: Some(0.7),
        };
        let levels = [
            usual(Level::Junior, 3.0, 0.1),
            usual(Level::Mid, 5.0, 0.2),
            usual(Level::Senior, 7.0, 0.3),
        ];
        let like = |level, difficulty, forgotten, points_said| {
            let one = Measured {
                id: "any",
                level,
                reviews: 10,
                difficulty,
                forgotten,
                points_said,
            };
            disagreement(&one, &levels)
        };
        assert_eq!(
            like(Level::Junior, 6.5, Some(0.2), None),
            Some(Level::Senior)
        );
        assert_eq!(like(Level::Junior, 4.5, None, Some(0.5)), Some(Level::Mid));
        assert_eq!(like(Level::Senior, 4.5, Some(0.1), None), Some(Level::Mid));
        assert_eq!(like(Level::Senior, 4.5, None, Some(0.9)), Some(Level::Mid));
        assert_eq!(like(Level::Junior, 6.5, None, None), None);
        assert_eq!(like(Level::Junior, 6.5, Some(0.1), Some(0.8)), None);
        assert_eq!(like(Level::Junior, 3.9, Some(0.9), Some(0.1)), None);
        // With two questions a level is not compared with.
        let few = [
            levels[0],
            Usual {
                questions: 2,
                ..levels[1]
            },
            levels[2],
        ];
        let one = Measured {
            id: "any",
            level: Level::Junior,
            reviews: 10,
            difficulty: 4.9,
            forgotten: Some(0.5),
            points_said: None,
        };
        assert_eq!(disagreement(&one, &few), None);
    }

    #[test]
    fn the_median_is_the_middle() {
        let of = |values: &[f64]| median(values.iter().copied()).map(|median| median.to_string());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[9.0, 1.0, 2.0]).as_deref(), Some("2"));
        assert_eq!(of(&[9.0, 1.0, 2.0, 3.0]).as_deref(), Some("2.5"));
    }
}
