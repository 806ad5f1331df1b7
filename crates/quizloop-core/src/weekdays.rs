//! Sets of weekdays, and parsing of the forms in which people write them.

use std::fmt;

use jiff::civil::Weekday;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The weekdays in order, with their short names.
const WEEK: [(Weekday, &str); 7] = [
    (Weekday::Monday, "mon"),
    (Weekday::Tuesday, "tue"),
    (Weekday::Wednesday, "wed"),
    (Weekday::Thursday, "thu"),
    (Weekday::Friday, "fri"),
    (Weekday::Saturday, "sat"),
    (Weekday::Sunday, "sun"),
];

/// A non-empty set of weekdays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekdays(u8);

/// Why a text is not a set of weekdays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseWeekdaysError {
    #[error("\"{0}\" is not a weekday: write mon, tue, wed, thu, fri, sat or sun")]
    Unknown(String),
    #[error("name at least one weekday, such as mon-fri")]
    Empty,
}

impl Weekdays {
    /// Monday to Friday.
    pub const fn working() -> Self {
        Self(0b001_1111)
    }

    pub(crate) const fn every_day() -> Self {
        Self(0b111_1111)
    }

    /// Creates a set of these days; `None` if there are none.
    pub(crate) fn from_days(days: impl IntoIterator<Item = Weekday>) -> Option<Self> {
        let bits = days.into_iter().fold(0, |bits, day| bits | bit(day));
        (bits != 0).then_some(Self(bits))
    }

    pub fn contains(self, day: Weekday) -> bool {
        self.0 & bit(day) != 0
    }

    /// Returns the days, Monday first.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        WEEK.into_iter()
            .map(|(day, _)| day)
            .filter(move |day| self.contains(*day))
    }

    /// Returns the first day of the week of a team with these days: the first day after the longest
    /// run of days without a question. It is Monday unless the days run on from Sunday to Monday, so
    /// the week of Sunday to Thursday begins on Sunday, and the week of Tuesday to Saturday is the
    /// ISO week.
    pub(crate) fn first_day_of_week(self) -> Weekday {
        let run_before = |day: Weekday| {
            let mut before =
                std::iter::successors(Some(day.previous()), |day| Some(day.previous()));
            before.position(|day| self.contains(day)).unwrap_or(0)
        };
        // The first of equally long runs, Monday first.
        let longest = self.iter().map(run_before).max();
        let first = self.iter().find(|day| Some(run_before(*day)) == longest);
        first
            .filter(|day| self.iter().next() != Some(*day))
            .unwrap_or(Weekday::Monday)
    }

    /// Returns the first and the last day if the set is a range of three to six days. A range may
    /// wrap from Sunday to Monday.
    fn contiguous_range(self) -> Option<(Weekday, Weekday)> {
        if !(3..=6).contains(&self.0.count_ones()) {
            return None;
        }
        let is_first = |day: &Weekday| !self.contains(day.previous());
        let is_last = |day: &Weekday| !self.contains(day.next());
        let (mut first, mut last) = (self.iter().filter(is_first), self.iter().filter(is_last));
        let ends = (first.next()?, last.next()?);
        first.next().is_none().then_some(ends)
    }

    /// Parses forms such as `mon-fri`, `mon, wed, fri`, `every day`, `Monday to Friday`, `sun-thu`.
    ///
    /// # Errors
    ///
    /// Fails if a word is not a weekday, or if there is no weekday.
    pub fn parse(text: &str) -> Result<Self, ParseWeekdaysError> {
        let text = text
            .to_lowercase()
            .replace(" to ", "-")
            .replace(['–', '—'], "-");
        let text = text.trim();
        if matches!(text, "every day" | "daily" | "all") {
            return Ok(Self::every_day());
        }
        let mut bits = 0;
        let words = text.split([',', ' ', ';']);
        for part in words.filter(|part| !matches!(*part, "" | "and")) {
            bits |= part_bits(part)?;
        }
        if bits == 0 {
            Err(ParseWeekdaysError::Empty)
        } else {
            Ok(Self(bits))
        }
    }
}

const fn bit(day: Weekday) -> u8 {
    1 << day.to_monday_zero_offset()
}

fn part_bits(part: &str) -> Result<u8, ParseWeekdaysError> {
    let Some((first, last)) = part.split_once('-') else {
        return parse_weekday(part).map(bit);
    };
    let (mut day, last) = (parse_weekday(first.trim())?, parse_weekday(last.trim())?);
    let mut bits = bit(day);
    // A range may wrap from Sunday to Monday: sun-thu.
    while day != last {
        day = day.next();
        bits |= bit(day);
    }
    Ok(bits)
}

fn parse_weekday(name: &str) -> Result<Weekday, ParseWeekdaysError> {
    let long = |day| weekday_name(day).to_lowercase();
    WEEK.into_iter()
        .find(|(day, short)| {
            name.len() >= 3 && name.starts_with(short) && long(*day).starts_with(name)
        })
        .map(|(day, _)| day)
        .ok_or_else(|| ParseWeekdaysError::Unknown(name.to_owned()))
}

/// Returns the English name of a weekday.
pub(crate) const fn weekday_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// Formats as `every day`, `Monday to Friday`, `Sunday to Thursday` or
/// `Monday, Wednesday and Friday`.
impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::every_day() {
            return f.write_str("every day");
        }
        let name = weekday_name;
        if let Some((first, last)) = self.contiguous_range() {
            return write!(f, "{} to {}", name(first), name(last));
        }
        let names: Vec<_> = self.iter().map(name).collect();
        match names.split_last() {
            Some((last, [])) => f.write_str(last),
            Some((last, rest)) => write!(f, "{} and {last}", rest.join(", ")),
            None => Ok(()),
        }
    }
}

/// Returns the short name of a weekday, such as `mon`.
pub(crate) fn short_name(day: Weekday) -> &'static str {
    let found = WEEK.into_iter().find(|(one, _)| *one == day);
    found.map_or("", |(_, short)| short)
}

/// Returns the weekday with a short or a full name in lower case, such as `mon` or `monday`.
pub(crate) fn weekday_with_name(name: &str) -> Option<Weekday> {
    let has_name = |day: Weekday| weekday_name(day).eq_ignore_ascii_case(name);
    let full = WEEK
        .into_iter()
        .map(|(day, _)| day)
        .find(|day| has_name(*day));
    full.or_else(|| by_short_name(name))
}

/// Returns the weekday with a short name, such as `mon`.
pub(crate) fn by_short_name(name: &str) -> Option<Weekday> {
    let found = WEEK.into_iter().find(|(_, short)| *short == name);
    found.map(|(day, _)| day)
}

/// Serializes a weekday as its short name.
pub(crate) mod optional_day {
    use jiff::civil::Weekday;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use super::{ParseWeekdaysError, WEEK, by_short_name};

    #[allow(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference to the field"
    )]
    pub fn serialize<S: Serializer>(day: &Option<Weekday>, to: S) -> Result<S::Ok, S::Error> {
        let name = WEEK.into_iter().find(|(one, _)| Some(*one) == *day);
        name.map(|(_, short)| short).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Weekday>, D::Error> {
        let unknown = |name: String| de::Error::custom(ParseWeekdaysError::Unknown(name));
        Option::<String>::deserialize(from)?
            .map(|name| by_short_name(&name).ok_or_else(|| unknown(name)))
            .transpose()
    }
}

impl Serialize for Weekdays {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = WEEK.into_iter().filter(|(day, _)| self.contains(*day));
        serializer.collect_seq(names.map(|(_, short)| short))
    }
}

impl<'de> Deserialize<'de> for Weekdays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Self::parse(&names.join(" ")).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_people_write() {
        let parsed = |text| Weekdays::parse(text).map(|days| days.to_string());
        assert_eq!(parsed("mon-fri").unwrap(), "Monday to Friday");
        assert_eq!(parsed("Monday to Friday").unwrap(), "Monday to Friday");
        assert_eq!(
            parsed("MON, wed,Friday").unwrap(),
            "Monday, Wednesday and Friday"
        );
        assert_eq!(parsed("every day").unwrap(), "every day");
        assert_eq!(parsed("sun–thu").unwrap(), "Sunday to Thursday");
        assert_eq!(
            parsed("tue, thu and sun").unwrap(),
            "Tuesday, Thursday and Sunday"
        );
        assert_eq!(parsed("sat").unwrap(), "Saturday");
        assert_eq!(parsed("  "), Err(ParseWeekdaysError::Empty));
        assert_eq!(
            parsed("mon, fun"),
            Err(ParseWeekdaysError::Unknown("fun".into()))
        );
        assert_eq!(parsed("mo"), Err(ParseWeekdaysError::Unknown("mo".into())));
    }

    #[test]
    fn a_week_begins_after_the_longest_run_of_days_without_a_question() {
        let first = |text| Weekdays::parse(text).unwrap().first_day_of_week();
        for iso in [
            "mon-fri",
            "mon-sat",
            "tue-sat",
            "every day",
            "mon, wed, fri",
            "tue",
            "sun",
            "thu-sun",
        ] {
            assert_eq!(first(iso), Weekday::Monday, "{iso}");
        }
        assert_eq!(first("sun-thu"), Weekday::Sunday);
        assert_eq!(first("sun, tue, wed, thu"), Weekday::Sunday);
        assert_eq!(first("sat-wed"), Weekday::Saturday);
        assert_eq!(first("fri-mon"), Weekday::Friday);
    }

    #[test]
    fn every_set_can_be_parsed_again() {
        for bits in 1..0b1000_0000 {
            let days = Weekdays(bits);
            assert_eq!(Weekdays::parse(&days.to_string()), Ok(days), "{days}");
        }
    }

    #[test]
    fn snapshot_format_is_a_list_of_names() {
        let days = Weekdays::parse("mon wed").unwrap();
        let json = serde_json::to_string(&days).unwrap();
        assert_eq!(json, r#"["mon","wed"]"#);
        assert_eq!(serde_json::from_str::<Weekdays>(&json).unwrap(), days);
    }
}
