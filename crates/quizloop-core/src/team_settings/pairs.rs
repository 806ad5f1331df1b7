//! The setting of mock interviews: the weekday and the time at which members are matched.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::TeamSettings;
use super::setting::{SettingError, SuggestedValue};
use crate::question_pool::QuestionPool;
use crate::time_format::parse_time_of_day;
use crate::weekdays::{short_name, weekday_name, weekday_with_name};

/// The value that means that there are no mock interviews.
const OFF: &str = "off";

/// The values suggested to admins.
const COMMON_TIMES: [&str; 4] = ["mon 10:00", "tue 10:00", "wed 10:00", OFF];

/// When the members of a team are matched for mock interviews, each week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairTime {
    pub day: Weekday,
    /// Local time of day.
    pub at: Time,
}

/// A text is not a weekday and a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a weekday and a time")]
pub struct ParsePairTimeError(String);

impl FromStr for PairTime {
    type Err = ParsePairTimeError;

    fn from_str(text: &str) -> Result<Self, ParsePairTimeError> {
        let read = || {
            let (day, at) = text.trim().split_once(char::is_whitespace)?;
            Some(Self {
                day: weekday_with_name(&day.to_lowercase())?,
                at: parse_time_of_day(at)?,
            })
        };
        read().ok_or_else(|| ParsePairTimeError(text.to_owned()))
    }
}

/// `mon 10:00`.
impl fmt::Display for PairTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", short_name(self.day), self.at.strftime("%H:%M"))
    }
}

impl Serialize for PairTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PairTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

pub(super) fn set_pairs(settings: &mut TeamSettings, text: &str) -> Result<(), SettingError> {
    settings.pairs = if text.trim().eq_ignore_ascii_case(OFF) {
        None
    } else {
        let error = |_| {
            let fix = format!("write a weekday and a time, such as \"mon 10:00\", or \"{OFF}\"");
            SettingError::new(text, "\"{}\" is not a weekday and a time", fix).reply_with(
                "I can't read \"{}\". Write a weekday and a time, such as mon 10:00, or off.",
            )
        };
        Some(text.parse().map_err(error)?)
    };
    Ok(())
}

/// Returns the line of `/team status`.
pub(super) fn line(settings: &TeamSettings) -> Option<String> {
    let PairTime { day, at } = settings.pairs?;
    let (day, at) = (weekday_name(day), at.strftime("%H:%M"));
    Some(format!(
        "members who joined with `/pair join` are matched on {day} at {at}"
    ))
}

/// Returns common times, and the typed text if it is valid.
pub(super) fn suggest_pairs(
    _pool: &QuestionPool<'_>,
    typed: &str,
    limit: usize,
) -> Vec<SuggestedValue> {
    let own = typed.parse::<PairTime>().ok().map(|time| time.to_string());
    let typed = typed.trim().to_lowercase();
    let common = COMMON_TIMES.map(str::to_owned).into_iter();
    let mut values: Vec<String> = own
        .into_iter()
        .chain(common.filter(|value| value.starts_with(&typed)))
        .collect();
    values.dedup();
    values.truncate(limit);
    let suggestion = |value: String| SuggestedValue {
        name: value.clone(),
        value,
    };
    values.into_iter().map(suggestion).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::time;

    #[test]
    fn a_weekday_and_a_time_are_read_and_written() {
        let monday = PairTime {
            day: Weekday::Monday,
            at: time(10, 0, 0, 0),
        };
        for text in ["mon 10:00", " Monday  10:00 ", "MON 10:00"] {
            assert_eq!(text.parse(), Ok(monday), "{text}");
        }
        assert_eq!(monday.to_string(), "mon 10:00");
        for bad in ["mon", "10:00", "mon 25:00", "mo 10:00", "mon-fri 10:00", ""] {
            assert!(bad.parse::<PairTime>().is_err(), "{bad}");
        }
        let json = serde_json::to_string(&monday).unwrap();
        assert_eq!(json, "\"mon 10:00\"");
        assert_eq!(serde_json::from_str::<PairTime>(&json).unwrap(), monday);
    }

    #[test]
    fn the_setting_can_be_switched_off() {
        let mut settings = TeamSettings::default();
        set_pairs(&mut settings, "tue 17:30").unwrap();
        assert_eq!(
            line(&settings).unwrap(),
            "members who joined with `/pair join` are matched on Tuesday at 17:30"
        );
        set_pairs(&mut settings, "Off").unwrap();
        assert_eq!((settings.pairs, line(&settings)), (None, None));
        let error = set_pairs(&mut settings, "soon").unwrap_err();
        assert_eq!(error.problem(), "\"soon\" is not a weekday and a time");
        let names = |typed: &str| {
            let all = suggest_pairs(&QuestionPool::default(), typed, 25);
            all.into_iter().map(|one| one.name).collect::<Vec<_>>()
        };
        assert_eq!(names("mon"), ["mon 10:00"]);
        assert_eq!(names("Fri 16:30"), ["fri 16:30"]);
        assert_eq!(names("").len(), COMMON_TIMES.len());
    }
}
