//! A team's programme: which questions its deck draws from, and in which order.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Weekday, date};
use serde::{Deserialize, Serialize};

use super::question_pool::{Candidate, QuestionPool};
use super::weekdays;

/// The keywords of the levels, in ascending order.
pub const LEVELS: [&str; 3] = ["junior", "mid", "senior"];
/// The source of the built-in questions.
pub const BUILT_IN: &str = "built-in";
/// The source of the server's own questions.
pub const SERVER: &str = "server";

/// Maximum number of names listed for people.
const LISTED_MAX: usize = 12;

/// The day from which the weeks of [`Order::Topics`] are counted.
const FIRST_MONDAY: Date = date(1970, 1, 5);

/// Which questions a team asks, and in which order. An empty list excludes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Programme {
    /// Keywords of [`LEVELS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// [`BUILT_IN`], [`SERVER`] and names of packs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    #[serde(skip_serializing_if = "Order::is_default")]
    pub order: Order,
    /// The weekday on which the question with the most missed points is repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(with = "weekdays::optional_day")]
    pub repeat_day: Option<Weekday>,
}

/// The order in which questions are asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Shuffled,
    /// By number.
    Syllabus,
    /// Only the questions of a path, in its order.
    Path(String),
    /// Only questions on these topics, a week each, shuffled. Never empty.
    Topics(Vec<String>),
}

/// A text is not an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order is shuffled, syllabus, the name of a path, or topics: a, b, c")]
pub struct ParseOrderError;

/// Number of questions that one setting of a programme leaves on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterCount {
    /// The key of the setting.
    pub key: &'static str,
    /// The beginning of its value.
    pub value: String,
    pub left: usize,
}

impl Programme {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the questions that the programme allows, in the week of any day, in the order of the
    /// pool.
    pub fn questions<'p, 'a>(
        &self,
        pool: &'p QuestionPool<'a>,
    ) -> impl Iterator<Item = &'p Candidate<'a>> {
        let ranks = self.order.ranks(pool);
        let is_allowed = move |one: &&Candidate<'_>| self.allows(one, &ranks);
        pool.candidates.iter().filter(is_allowed)
    }

    /// Returns the questions that the programme allows on a day. Those of a fixed order are in that
    /// order.
    pub(super) fn questions_on<'p, 'a>(
        &self,
        pool: &'p QuestionPool<'a>,
        day: Date,
    ) -> Vec<&'p Candidate<'a>> {
        let topic = self.order.topic_on(day);
        let is_of_week = |one: &&Candidate<'_>| topic.is_none_or(|topic| one.topic == topic);
        let mut questions: Vec<_> = self.questions(pool).filter(is_of_week).collect();
        match &self.order {
            Order::Syllabus => questions.sort_by_key(|one| (one.number.is_none(), one.number)),
            Order::Path(_) => {
                let ranks = self.order.ranks(pool);
                questions.sort_by_key(|one| ranks.get(one.id));
            }
            Order::Shuffled | Order::Topics(_) => {}
        }
        questions
    }

    /// Returns how many questions each setting that excludes some leaves on its own.
    pub fn filter_counts(&self, pool: &QuestionPool<'_>) -> Vec<FilterCount> {
        let lists = [
            ("levels", &self.levels),
            ("topics", &self.topics),
            ("sources", &self.sources),
        ];
        let mut alone: Vec<(&str, String, Self)> = lists
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(key, list)| (key, listed(list.iter().cloned()), self.only(key)))
            .collect();
        if matches!(self.order, Order::Path(_) | Order::Topics(_)) {
            alone.push(("order", self.order.short(), self.only("order")));
        }
        let count = |(key, value, only): (&'static str, String, Self)| FilterCount {
            key,
            value,
            left: only.questions(pool).count(),
        };
        alone.into_iter().map(count).collect()
    }

    /// Returns the first topic of the order of which the other settings leave no question.
    pub(super) fn empty_week(&self, pool: &QuestionPool<'_>) -> Option<&str> {
        let Order::Topics(topics) = &self.order else {
            return None;
        };
        let has_question = |topic: &&String| self.questions(pool).any(|one| one.topic == **topic);
        topics
            .iter()
            .find(|topic| !has_question(topic))
            .map(String::as_str)
    }

    /// Returns a programme that has only one of the settings of this one.
    fn only(&self, key: &str) -> Self {
        let mut only = Self::default();
        match key {
            "levels" => only.levels.clone_from(&self.levels),
            "topics" => only.topics.clone_from(&self.topics),
            "sources" => only.sources.clone_from(&self.sources),
            _ => only.order.clone_from(&self.order),
        }
        only
    }

    fn allows(&self, one: &Candidate<'_>, ranks: &HashMap<&str, usize>) -> bool {
        let has =
            |list: &[String], name: &str| list.is_empty() || list.iter().any(|one| one == name);
        one.level.is_none_or(|level| has(&self.levels, level))
            && has(&self.topics, one.topic)
            && has(&self.sources, one.source)
            && match &self.order {
                Order::Shuffled | Order::Syllabus => true,
                Order::Path(_) => ranks.contains_key(one.id),
                Order::Topics(topics) => has(topics, one.topic),
            }
    }
}

impl Order {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the topic of a day's week; `None` unless each week has a topic.
    pub fn topic_on(&self, day: Date) -> Option<&str> {
        let Self::Topics(topics) = self else {
            return None;
        };
        let days = day.duration_since(FIRST_MONDAY).as_hours() / 24;
        let count = i64::try_from(topics.len())
            .ok()
            .filter(|count| *count > 0)?;
        let index = days.div_euclid(7).rem_euclid(count);
        let topic = topics.get(usize::try_from(index).ok()?)?;
        Some(topic)
    }

    /// Whether the order decides which question comes next.
    pub(super) const fn is_fixed(&self) -> bool {
        matches!(self, Self::Syllabus | Self::Path(_))
    }

    /// Returns the order as in a command, with the beginning of its topics.
    fn short(&self) -> String {
        match self {
            Self::Topics(topics) => format!("topics: {}", listed(topics.iter().cloned())),
            other => other.to_string(),
        }
    }

    /// Returns the positions of the questions in the path; none for other orders.
    fn ranks<'a>(&self, pool: &QuestionPool<'a>) -> HashMap<&'a str, usize> {
        let path = match self {
            Self::Path(name) => pool.path(name),
            Self::Shuffled | Self::Syllabus | Self::Topics(_) => None,
        };
        let ids = path.into_iter().flat_map(|path| path.questions);
        ids.enumerate()
            .map(|(rank, id)| (id.as_str(), rank))
            .collect()
    }
}

/// Returns the first names of a list and the number of the others: a server may have very many
/// topics.
fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let count = names.len();
    let mut shown: Vec<_> = names.take(LISTED_MAX).collect();
    if count > LISTED_MAX {
        shown.push(format!("and {} more", count - LISTED_MAX));
    }
    shown.join(", ")
}

/// Returns the names in a list that is separated by commas, in the form that topics, packs and
/// paths have: `Task groups` becomes `task-groups`.
pub fn names_of(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    for name in list.split([',', ';']).map(normalized) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Returns a name in the form that topics, packs and paths have.
pub fn normalized(name: &str) -> String {
    let words: Vec<_> = name.split_whitespace().collect();
    words.join("-").to_lowercase()
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shuffled => f.write_str("shuffled"),
            Self::Syllabus => f.write_str("syllabus"),
            Self::Path(name) => f.write_str(name),
            Self::Topics(topics) => write!(f, "topics: {}", topics.join(", ")),
        }
    }
}

impl FromStr for Order {
    type Err = ParseOrderError;

    fn from_str(text: &str) -> Result<Self, ParseOrderError> {
        if let Some((word, list)) = text.split_once(':') {
            let topics = names_of(list);
            let is_valid = normalized(word) == "topics" && !topics.is_empty();
            return is_valid
                .then_some(Self::Topics(topics))
                .ok_or(ParseOrderError);
        }
        match normalized(text).as_str() {
            "shuffled" => Ok(Self::Shuffled),
            "syllabus" => Ok(Self::Syllabus),
            "" | "topics" => Err(ParseOrderError),
            name if name.contains([',', ';']) => Err(ParseOrderError),
            name => Ok(Self::Path(name.to_owned())),
        }
    }
}

impl Serialize for Order {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The filters and the order in plain words: `junior, mid · queues`. Empty if all questions are
/// asked in random order.
impl fmt::Display for Programme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = |names: &[String]| listed(names.iter().map(|name| name.replace('-', " ")));
        let mut parts = Vec::new();
        if !self.levels.is_empty() {
            parts.push(self.levels.join(", "));
        }
        if !self.topics.is_empty() {
            parts.push(labels(&self.topics));
        }
        if !self.sources.is_empty() {
            let sources = self.sources.iter().map(|source| match source.as_str() {
                SERVER => "this server".to_owned(),
                name => name.to_owned(),
            });
            parts.push(format!("from {}", listed(sources)));
        }
        match &self.order {
            Order::Shuffled => {}
            Order::Syllabus => parts.push("in syllabus order".into()),
            Order::Path(name) => parts.push(format!("path {name}")),
            Order::Topics(topics) => parts.push(format!("a week each: {}", labels(topics))),
        }
        f.write_str(&parts.join(" · "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_parsed_as_they_are_written() {
        let orders = [
            Order::Shuffled,
            Order::Syllabus,
            Order::Path("first-week".into()),
            Order::Topics(vec!["queues".into(), "task-groups".into()]),
        ];
        for order in orders {
            assert_eq!(order.to_string().parse(), Ok(order));
        }
        let topics = "Topics: Queues, task groups,queues,".parse();
        assert_eq!(
            topics,
            Ok(Order::Topics(vec!["queues".into(), "task-groups".into()]))
        );
        assert_eq!("First Week".parse(), Ok(Order::Path("first-week".into())));
        for other in [
            "",
            " ",
            "topics",
            "topics:",
            "topics: ,",
            "paths: a",
            "a, b",
        ] {
            assert_eq!(other.parse::<Order>(), Err(ParseOrderError), "{other}");
        }
    }

    #[test]
    fn weeks_are_counted_from_the_first_monday_of_1970() {
        let order: Order = "topics: a, b, c".parse().unwrap();
        let on = |year, month, day| order.topic_on(date(year, month, day)).unwrap();
        assert_eq!(on(1970, 1, 5), "a");
        assert_eq!(on(1970, 1, 11), "a");
        assert_eq!(on(1970, 1, 12), "b");
        assert_eq!(on(1970, 1, 4), "c");
        assert_eq!(on(1969, 12, 29), "c");
        assert_eq!(on(1969, 12, 28), "b");
        // Whole weeks from 5 January 1970 to 23 March 2026: 2933, which is 2 more than 3 * 977.
        assert_eq!(on(2026, 3, 23), "c");
        assert_eq!(on(2026, 3, 29), "c");
        assert_eq!(on(2026, 3, 30), "a");
        assert_eq!(Order::Shuffled.topic_on(date(2026, 3, 30)), None);
    }
}
