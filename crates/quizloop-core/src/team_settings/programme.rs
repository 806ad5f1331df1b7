//! The settings of a team's programme: parsing, suggestions, and the check against the questions.

use std::collections::HashMap;

use super::TeamSettings;
use super::setting::{ItemError, SettingConflict, SettingError, SuggestedValue};
use crate::programme::{
    BUILT_IN, LEVELS, Order, ParseOrderError, Programme, SERVER, names_of, normalized,
};
use crate::question_pool::QuestionPool;
use crate::text::pluralize;
use crate::weekdays;

/// The value of a list in a command that excludes nothing.
const ALL: &str = "all";

/// Maximum length of the name and of the value of a suggestion, in characters (Discord docs,
/// interactions/application-commands, "Application Command Option Choice Structure").
const SUGGESTION_MAX: usize = 100;

/// Minimum similarity of a suggested name, from 0 to 1: about one wrong letter in three.
const MIN_SIMILARITY: f64 = 0.65;

/// Maximum number of known names in an error: a server may have very many topics.
const NAMES_MAX: usize = 25;

pub(super) fn set_levels(settings: &mut TeamSettings, text: &str) -> Result<(), SettingError> {
    let mut levels = list("levels", text)?;
    if let Some(unknown) = levels
        .iter()
        .find(|level| !LEVELS.contains(&level.as_str()))
    {
        return Err(unknown_name("level", "levels", unknown, &LEVELS));
    }
    sort_levels(&mut levels);
    settings.programme.levels = levels;
    Ok(())
}

pub(super) fn set_level_items(settings: &mut TeamSettings, items: &[&str]) -> Vec<ItemError> {
    let (mut levels, mut errors) = items_of(items);
    for (index, level) in items.iter().enumerate() {
        if !LEVELS.contains(&normalized(level).as_str()) {
            let error = unknown_name("level", "levels", level, &LEVELS);
            errors.push(ItemError::new(Some(index), error));
        }
    }
    sort_levels(&mut levels);
    settings.programme.levels = levels;
    errors
}

fn sort_levels(levels: &mut [String]) {
    levels.sort_by_key(|level| LEVELS.iter().position(|one| one == level));
}

pub(super) fn set_topics(settings: &mut TeamSettings, text: &str) -> Result<(), SettingError> {
    settings.programme.topics = list("topics", text)?;
    Ok(())
}

pub(super) fn set_topic_items(settings: &mut TeamSettings, items: &[&str]) -> Vec<ItemError> {
    let (topics, errors) = items_of(items);
    settings.programme.topics = topics;
    errors
}

pub(super) fn set_sources(settings: &mut TeamSettings, text: &str) -> Result<(), SettingError> {
    settings.programme.sources = list("sources", text)?;
    Ok(())
}

pub(super) fn set_source_items(settings: &mut TeamSettings, items: &[&str]) -> Vec<ItemError> {
    let (sources, errors) = items_of(items);
    settings.programme.sources = sources;
    errors
}

pub(super) fn set_order(settings: &mut TeamSettings, text: &str) -> Result<(), SettingError> {
    settings.programme.order = text.parse().map_err(|ParseOrderError| {
        let fix = "write \"shuffled\", \"syllabus\", the name of a path, or \"topics: \" and some \
                   topics with commas between them";
        SettingError::new(text, "\"{}\" is not an order", fix).reply_with(
            "\"{}\" is not an order. Write shuffled, syllabus, the name of a path, or \"topics:\" and \
             some topics with commas between them.",
        )
    })?;
    Ok(())
}

pub(super) fn set_repeat_day(settings: &mut TeamSettings, value: &str) -> bool {
    let day = weekdays::by_short_name(value);
    settings.programme.repeat_day = day;
    day.is_some() || value == "off"
}

/// Returns the names in the text of a command.
fn list(key: &str, text: &str) -> Result<Vec<String>, SettingError> {
    if normalized(text) == ALL {
        return Ok(Vec::new());
    }
    let names = names_of(text);
    if names.is_empty() {
        let problem = format!("{key}: name at least one, or write {ALL}.");
        return Err(SettingError::new(
            "",
            problem,
            "write an empty list for all",
        ));
    }
    Ok(names)
}

/// Returns the names in a list of the config, and warnings about duplicates.
fn items_of(items: &[&str]) -> (Vec<String>, Vec<ItemError>) {
    let (mut names, mut errors) = (Vec::new(), Vec::new());
    for (index, item) in items.iter().enumerate() {
        let name = normalized(item);
        if names.contains(&name) {
            let error = SettingError::new(item, "duplicate \"{}\"", "remove one of them");
            errors.push(ItemError {
                is_warning: true,
                ..ItemError::new(Some(index), error)
            });
        } else {
            names.push(name);
        }
    }
    (names, errors)
}

pub(super) fn suggest_levels(
    pool: &QuestionPool<'_>,
    typed: &str,
    limit: usize,
) -> Vec<SuggestedValue> {
    let levels = pool.candidates.iter().map(|one| one.level);
    let names = KnownNames {
        counts: counts(&LEVELS, levels.clone().flatten()),
        always: levels.filter(Option::is_none).count(),
        prefix: "",
    };
    with_all(names.complete(typed), typed, limit)
}

pub(super) fn suggest_topics(
    pool: &QuestionPool<'_>,
    typed: &str,
    limit: usize,
) -> Vec<SuggestedValue> {
    with_all(known_topics(pool, "").complete(typed), typed, limit)
}

pub(super) fn suggest_sources(
    pool: &QuestionPool<'_>,
    typed: &str,
    limit: usize,
) -> Vec<SuggestedValue> {
    let sources = pool.candidates.iter().map(|one| one.source);
    let names = KnownNames {
        counts: counts(&known_sources(pool), sources),
        always: 0,
        prefix: "",
    };
    with_all(names.complete(typed), typed, limit)
}

pub(super) fn suggest_orders(
    pool: &QuestionPool<'_>,
    typed: &str,
    limit: usize,
) -> Vec<SuggestedValue> {
    if let Some((_, topics)) = typed.split_once(':') {
        let topics = known_topics(pool, "topics: ").complete(topics);
        return topics.into_iter().take(limit).collect();
    }
    let typed = normalized(typed);
    let orders = known_orders(pool).into_iter();
    let matching = orders.filter(|name| name.contains(&typed)).map(plain);
    matching.take(limit).collect()
}

/// Names that a list may contain, with the number of questions of each.
struct KnownNames<'a> {
    counts: Vec<(&'a str, usize)>,
    /// Number of questions that each list leaves besides.
    always: usize,
    /// The beginning of each suggestion.
    prefix: &'static str,
}

impl KnownNames<'_> {
    /// Suggests lists that complete the last name of a typed list, as long as Discord accepts them,
    /// with the number of questions that each leaves.
    fn complete(&self, typed: &str) -> Vec<SuggestedValue> {
        let (complete, last) = typed.rsplit_once(',').unwrap_or(("", typed));
        let (complete, last) = (names_of(complete), normalized(last));
        let is_complete = |name: &str| complete.iter().any(|one| one == name);
        let counted = self.counts.iter().filter(|(name, _)| is_complete(name));
        let before: usize = self.always + counted.map(|(_, count)| count).sum::<usize>();
        let matching = self
            .counts
            .iter()
            .filter(|(name, _)| name.contains(&last) && !is_complete(name));
        let suggestion = |(name, count): &(&str, usize)| {
            let names: Vec<_> = complete.iter().map(String::as_str).chain([*name]).collect();
            let value = format!("{}{}", self.prefix, names.join(", "));
            let left = pluralize(before + count, "question", "questions");
            let fits = |text: &str| text.chars().count() <= SUGGESTION_MAX;
            let counted = Some(format!("{value} ({left})")).filter(|text| fits(text));
            fits(&value).then(|| SuggestedValue {
                name: counted.unwrap_or_else(|| value.clone()),
                value,
            })
        };
        matching.filter_map(suggestion).collect()
    }
}

/// Returns how often each known name occurs.
fn counts<'k>(known: &[&'k str], names: impl Iterator<Item = &'k str>) -> Vec<(&'k str, usize)> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let count = |name: &&'k str| (*name, counts.get(name).copied().unwrap_or(0));
    known.iter().map(count).collect()
}

fn known_topics<'a>(pool: &QuestionPool<'a>, prefix: &'static str) -> KnownNames<'a> {
    let topics = pool.candidates.iter().map(|one| one.topic);
    KnownNames {
        counts: counts(&pool.topics(), topics),
        always: 0,
        prefix,
    }
}

fn plain(name: &str) -> SuggestedValue {
    SuggestedValue {
        name: name.to_owned(),
        value: name.to_owned(),
    }
}

/// Adds the value that excludes nothing, while nothing else is typed.
fn with_all(suggestions: Vec<SuggestedValue>, typed: &str, limit: usize) -> Vec<SuggestedValue> {
    let all = ALL.starts_with(&normalized(typed)).then(|| plain(ALL));
    all.into_iter().chain(suggestions).take(limit).collect()
}

/// Checks a team's programme against the questions of its server.
///
/// # Errors
///
/// Returns the first name that no question or path has, or else how many questions each setting
/// leaves if they leave none together.
pub fn check_programme(
    programme: &Programme,
    pool: &QuestionPool<'_>,
) -> Result<(), SettingConflict> {
    let conflict = |key, error| Err(SettingConflict { key, error });
    let topics = pool.topics();
    if let Some(topic) = first_unknown(&programme.topics, &topics) {
        return conflict("topics", unknown_name("topic", "topics", topic, &topics));
    }
    let sources = known_sources(pool);
    if let Some(source) = first_unknown(&programme.sources, &sources) {
        return conflict(
            "sources",
            unknown_name("source", "sources", source, &sources),
        );
    }
    match &programme.order {
        Order::Shuffled | Order::Syllabus => {}
        Order::Topics(week_topics) => {
            if let Some(topic) = first_unknown(week_topics, &topics) {
                return conflict("order", unknown_name("topic", "topics", topic, &topics));
            }
        }
        Order::Path(path) => {
            let orders = known_orders(pool);
            if !orders.contains(&path.as_str()) {
                return conflict("order", unknown_name("order", "orders", path, &orders));
            }
        }
    }
    if programme.questions(pool).next().is_none() {
        return conflict(empty_key(programme), no_question(programme, pool));
    }
    match programme.empty_week(pool) {
        Some(topic) => conflict("order", empty_week(topic, programme, pool)),
        None => Ok(()),
    }
}

/// Returns the sources that can be named. The server may get questions of its own later.
fn known_sources<'a>(pool: &QuestionPool<'a>) -> Vec<&'a str> {
    let mut sources = vec![BUILT_IN, SERVER];
    let packs = pool.sources().into_iter();
    sources.extend(packs.filter(|source| !matches!(*source, BUILT_IN | SERVER)));
    sources
}

/// Returns the orders that are one word.
fn known_orders<'a>(pool: &QuestionPool<'a>) -> Vec<&'a str> {
    let paths = pool.paths.iter().map(|path| path.name);
    ["shuffled", "syllabus"].into_iter().chain(paths).collect()
}

fn first_unknown<'n>(names: &'n [String], known: &[&str]) -> Option<&'n str> {
    let mut names = names.iter().map(String::as_str);
    names.find(|name| !known.contains(name))
}

fn unknown_name(noun: &str, nouns: &str, name: &str, known: &[&str]) -> SettingError {
    let all = match known.get(..NAMES_MAX) {
        Some(shown) if known.len() > NAMES_MAX => {
            format!("{} and {} more", shown.join(", "), known.len() - NAMES_MAX)
        }
        _ => known.join(", "),
    };
    let (fix, hint) = match most_similar(name, known) {
        Some(near) => (
            format!("did you mean \"{near}\"? The {nouns} are: {all}"),
            format!(" Did you mean {near}?"),
        ),
        None => (format!("the {nouns} are: {all}"), String::new()),
    };
    SettingError::new(name, format!("there is no {noun} \"{{}}\""), fix).reply_with(format!(
        "There is no {noun} \"{{}}\".{hint} The {nouns} are: {all}."
    ))
}

fn most_similar<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let similarity = |one: &&str| strsim::normalized_damerau_levenshtein(name, one);
    let nearest = known
        .iter()
        .copied()
        .max_by(|a, b| similarity(a).total_cmp(&similarity(b)))?;
    (similarity(&nearest) >= MIN_SIMILARITY).then_some(nearest)
}

/// Returns the key under which a programme without questions is reported.
fn empty_key(programme: &Programme) -> &'static str {
    if !programme.levels.is_empty() {
        "levels"
    } else if !programme.topics.is_empty() {
        "topics"
    } else if !programme.sources.is_empty() {
        "sources"
    } else {
        "order"
    }
}

fn no_question(programme: &Programme, pool: &QuestionPool<'_>) -> SettingError {
    let counts = programme.filter_counts(pool);
    let counts: Vec<_> = counts
        .iter()
        .map(|one| format!("{} ({}) {}", one.key, one.value, leaves(one.left)))
        .collect();
    let together = if counts.len() > 1 {
        "; together none"
    } else {
        ""
    };
    let counts = format!("{}{together}", counts.join(", "));
    SettingError::new(
        "",
        format!("no question is left: {counts}"),
        "allow more with one of them",
    )
    .reply_with(format!(
        "That would leave no question: {counts}. Nothing was changed."
    ))
}

fn leaves(count: usize) -> String {
    match count {
        0 => "leaves none".to_owned(),
        count => format!("leaves {count}"),
    }
}

fn empty_week(topic: &str, programme: &Programme, pool: &QuestionPool<'_>) -> SettingError {
    let alone = Programme {
        topics: vec![topic.to_owned()],
        ..Programme::default()
    };
    let left = alone.questions(pool).count();
    let counts: Vec<_> = programme
        .filter_counts(pool)
        .iter()
        .filter(|one| one.key != "order")
        .map(|one| format!("{} ({}) {}", one.key, one.value, leaves(one.left)))
        .collect();
    let counts = format!(
        "the topic {topic} has {}, {}; together none",
        pluralize(left, "question", "questions"),
        counts.join(", ")
    );
    SettingError::new(
        topic,
        format!("no question is left for the week of \"{{}}\": {counts}"),
        "remove that topic from `order`, or allow more of its questions",
    )
    .reply_with(format!(
        "That would leave no question for the week of \"{{}}\": {counts}. Nothing was changed."
    ))
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;

    use super::*;
    use crate::question_pool::{Candidate, NamedPath};

    fn pool(path: &[String]) -> QuestionPool<'_> {
        let candidate = |(id, level, topic, source)| Candidate {
            id,
            number: None,
            level,
            topic,
            source,
        };
        let candidates = [
            ("a", Some("junior"), "queues", BUILT_IN),
            ("b", Some("senior"), "queues", BUILT_IN),
            ("c", Some("mid"), "tasks", "pack"),
            ("d", None, "tasks", "pack"),
        ];
        let paths = vec![NamedPath {
            name: "way",
            questions: path,
        }];
        QuestionPool::new(candidates.map(candidate).into(), paths)
    }

    fn settings(values: &[(&str, &str)]) -> TeamSettings {
        let mut settings = TeamSettings::default();
        for (key, value) in values {
            let set = match *key {
                "levels" => set_levels,
                "topics" => set_topics,
                "sources" => set_sources,
                _ => set_order,
            };
            set(&mut settings, value).unwrap();
        }
        settings
    }

    fn checked(values: &[(&str, &str)]) -> String {
        let path = ["b".to_owned()];
        match check_programme(&settings(values).programme, &pool(&path)) {
            Ok(()) => "fine".to_owned(),
            Err(SettingConflict { key, error }) => {
                format!("{key}: {}", error.reply(str::to_owned))
            }
        }
    }

    #[test]
    fn a_choice_is_checked_against_the_questions() {
        for fine in [
            vec![],
            vec![("levels", "all"), ("topics", "Queues;tasks")],
            vec![("sources", "pack"), ("order", "topics: tasks")],
            vec![("levels", "senior"), ("topics", "tasks")],
            vec![("order", "Way"), ("levels", "senior")],
        ] {
            assert_eq!(checked(&fine), "fine", "{fine:?}");
        }
        insta::assert_snapshot!(checked(&[("topics", "task")]), @r#"topics: There is no topic "task". Did you mean tasks? The topics are: queues, tasks."#);
        insta::assert_snapshot!(checked(&[("sources", "x")]), @r#"sources: There is no source "x". The sources are: built-in, server, pack."#);
        insta::assert_snapshot!(checked(&[("order", "wax")]), @r#"order: There is no order "wax". Did you mean way? The orders are: shuffled, syllabus, way."#);
        insta::assert_snapshot!(checked(&[("order", "way"), ("levels", "mid")]), @"levels: That would leave no question: levels (mid) leaves 2, order (way) leaves 1; together none. Nothing was changed.");
        insta::assert_snapshot!(checked(&[("sources", "server")]), @"sources: That would leave no question: sources (server) leaves none. Nothing was changed.");
        insta::assert_snapshot!(checked(&[("order", "topics: tasks, queues"), ("sources", "pack")]), @r#"order: That would leave no question for the week of "queues": the topic queues has 2 questions, sources (pack) leaves 2; together none. Nothing was changed."#);
        let unknown = set_levels(&mut TeamSettings::default(), "junior, seniro").unwrap_err();
        let empty = set_topics(&mut TeamSettings::default(), " , ").unwrap_err();
        insta::assert_snapshot!(empty.reply(str::to_owned), @"topics: name at least one, or write all.");
        insta::assert_snapshot!(unknown.reply(str::to_owned), @r#"There is no level "seniro". Did you mean senior? The levels are: junior, mid, senior."#);
    }

    #[test]
    fn lists_are_completed_word_by_word() {
        let path = [];
        let pool = pool(&path);
        let names = |suggest: crate::team_settings::setting::Suggest, typed: &str| {
            let suggestions = suggest(&pool, typed, 25).into_iter();
            suggestions
                .map(|one| one.name)
                .collect::<Vec<_>>()
                .join(" | ")
        };
        insta::assert_snapshot!(names(suggest_levels, ""), @"all | junior (2 questions) | mid (2 questions) | senior (2 questions)");
        insta::assert_snapshot!(names(suggest_levels, "Senior, Ju"), @"senior, junior (3 questions)");
        insta::assert_snapshot!(names(suggest_topics, "queues,"), @"queues, tasks (4 questions)");
        insta::assert_snapshot!(names(suggest_sources, "s"), @"server (0 questions)");
        insta::assert_snapshot!(names(suggest_orders, ""), @"shuffled | syllabus | way");
        insta::assert_snapshot!(names(suggest_orders, "topics: t"), @"topics: tasks (2 questions)");
        assert_eq!(names(suggest_topics, "x"), "");
        // A list that is too long for Discord is not offered; its name without the number may fit.
        let long = format!("{}, t", "x".repeat(92));
        let suggestions = suggest_topics(&pool, &long, 25);
        assert_eq!(suggestions[0].name, suggestions[0].value);
        assert_eq!(suggest_topics(&pool, &format!("xx{long}"), 25), []);
    }

    #[test]
    fn a_config_names_each_wrong_item() {
        let mut settings = TeamSettings::default();
        let errors = set_level_items(&mut settings, &["mid", "expert", "Mid", "junior"]);
        let errors: Vec<_> = errors
            .iter()
            .map(|one| (one.item, one.is_warning, one.error.problem()))
            .collect();
        assert_eq!(
            errors,
            [
                (Some(2), true, "duplicate \"Mid\"".to_owned()),
                (Some(1), false, "there is no level \"expert\"".to_owned()),
            ]
        );
        assert!(set_repeat_day(&mut settings, "fri"));
        assert_eq!(settings.programme.repeat_day, Some(Weekday::Friday));
        let json = serde_json::to_string(&settings.programme).unwrap();
        assert!(json.contains(r#""repeat_day":"fri""#), "{json}");
        assert!(set_repeat_day(&mut settings, "off"));
        assert!(!set_repeat_day(&mut settings, "someday"));
    }
}
