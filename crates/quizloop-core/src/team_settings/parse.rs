//! Parses the values of settings from texts.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, Weekday};

use super::TeamSettings;
use super::setting::{ItemError, SettingError, SuggestedValue};
use crate::question_pool::QuestionPool;
use crate::schedule::MIN_ANSWER_TIME;
use crate::time_format;
use crate::weekdays::{ParseWeekdaysError, Weekdays};
use crate::zone_search;

const DAYS_FIX: &str = "write days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"] or some of them";

/// The weekdays suggested to admins.
const COMMON_DAYS: [&str; 5] = [
    "mon-fri",
    "every day",
    "sun-thu",
    "mon, wed, fri",
    "tue, thu",
];

/// Parses a time of day.
///
/// # Errors
///
/// Fails if it is not a time in the 24-hour format.
pub fn time_of_day(text: &str) -> Result<Time, SettingError> {
    time_format::parse_time_of_day(text).ok_or_else(|| {
        let fix = "use the 24-hour format, such as \"09:00\" or \"17:30\"";
        SettingError::new(text, "\"{}\" is not a time of day", fix)
            .reply_with("I can't read the time \"{}\". Use 24-hour time, such as 09:00 or 17:30.")
    })
}

/// The value of `wrap_up_at` that means that there are no wrap-ups.
const OFF: &str = "off";

pub(crate) fn set_wrap_up_at(settings: &mut TeamSettings, text: &str) -> Result<(), SettingError> {
    settings.schedule.wrap_up_at = if text.trim().eq_ignore_ascii_case(OFF) {
        None
    } else {
        Some(time_of_day(text)?)
    };
    Ok(())
}

/// Returns the error of a wrap-up that comes too early.
pub(crate) fn early_wrap_up(at: Time, wrap_up: Time) -> SettingError {
    let [question, wrap_up] = [at, wrap_up].map(|time| time.strftime("%H:%M").to_string());
    let problem =
        format!("a wrap-up at {{}} is not at least an hour after the question at {question}");
    let (fix, advice) = match at.checked_add(MIN_ANSWER_TIME) {
        Ok(first) => {
            let first = first.strftime("%H:%M");
            (
                format!("write \"{first}\" or later, or \"{OFF}\""),
                format!("Choose {first} or later, or {OFF}."),
            )
        }
        // The next day.
        Err(_) => (
            format!("write \"{OFF}\", or move the question to 22:59 or earlier"),
            format!("Choose {OFF}, or move the question to 22:59 or earlier."),
        ),
    };
    SettingError::new(&wrap_up, problem, fix).reply_with(format!(
        "A wrap-up comes at least an hour later in the day than the question, and {{}} is too early \
         for a question at {question}. {advice}"
    ))
}

pub(crate) fn set_timezone(settings: &mut TeamSettings, text: &str) -> Result<(), SettingError> {
    let name = text.trim();
    settings.schedule.zone = zone_search::parse(name).map_err(|error| {
        let (problem, help) = (error.problem(), error.help());
        let end = if help.ends_with('?') { "" } else { "." };
        let reply = if zone_search::is_vague(name) {
            format!("{problem}: {help}. Pick one of the suggestions.")
        } else {
            format!("There is no time zone \"{{}}\": {help}{end} Pick one of the suggestions.")
        };
        SettingError::new(name, problem, help).reply_with(reply)
    })?;
    Ok(())
}

pub(crate) fn suggest_zones(
    _pool: &QuestionPool<'_>,
    typed: &str,
    limit: usize,
) -> Vec<SuggestedValue> {
    let is_vague = zone_search::is_vague(typed);
    let suggestion = |name: &str| SuggestedValue {
        name: match zone_search::describe(name) {
            Some(clock) if is_vague => format!("{name} ({clock})"),
            _ => name.to_owned(),
        },
        value: name.to_owned(),
    };
    let names = zone_search::search(typed, limit);
    names.into_iter().map(suggestion).collect()
}

pub(crate) fn set_catch_up(settings: &mut TeamSettings, text: &str) -> Result<(), SettingError> {
    settings.schedule.catch_up = time_format::parse_catch_up(text).ok_or_else(|| {
        let fix = "write hours and minutes, such as \"3h\", \"90m\" or \"1h30m\", at most \
                   \"24h\"; \"0\" means on time only";
        SettingError::new(text, "\"{}\" is not a catch-up limit", fix)
            .reply_with("catch_up: write it like 3h, 90m or 0, at most 24h.")
    })?;
    Ok(())
}

pub(crate) fn set_days(settings: &mut TeamSettings, text: &str) -> Result<(), SettingError> {
    settings.schedule.days = parse_days(text)?;
    Ok(())
}

pub(crate) fn set_day_items(settings: &mut TeamSettings, items: &[&str]) -> Vec<ItemError> {
    let mut errors = Vec::new();
    let mut named: Vec<Weekday> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match parse_days(item) {
            Ok(days) if days.iter().any(|day| named.contains(&day)) => {
                let error = SettingError::new(item, "duplicate day \"{}\"", "name each day once");
                errors.push(ItemError::new(Some(index), error));
            }
            Ok(days) => named.extend(days.iter()),
            Err(error) => errors.push(ItemError::new(Some(index), error)),
        }
    }
    match Weekdays::from_days(named) {
        Some(days) => settings.schedule.days = days,
        None if items.is_empty() => {
            let problem = "`days` is empty: no question would ever be posted";
            let error = SettingError::new("", problem, DAYS_FIX);
            errors.push(ItemError::new(None, error));
        }
        None => {}
    }
    errors
}

fn parse_days(text: &str) -> Result<Weekdays, SettingError> {
    Weekdays::parse(text).map_err(|error| {
        let (rejected, problem) = match error {
            ParseWeekdaysError::Unknown(word) => (word, ParseWeekdaysError::Unknown("{}".into())),
            ParseWeekdaysError::Empty => (String::new(), error),
        };
        let problem = problem.to_string();
        let reply = format!("days: {problem}.");
        SettingError::new(&rejected, problem, DAYS_FIX).reply_with(reply)
    })
}

/// Returns common weekdays, and the typed text if it is valid.
pub(crate) fn suggest_days(
    _pool: &QuestionPool<'_>,
    typed: &str,
    limit: usize,
) -> Vec<SuggestedValue> {
    // In its normal form, because the typed text may be longer than Discord allows.
    let own = Weekdays::parse(typed).ok().map(|days| days.to_string());
    let is_match = |days: &&str| days.starts_with(&typed.to_lowercase());
    let suggestion = |days: &str| SuggestedValue {
        name: Weekdays::parse(days).map_or_else(|_| days.to_owned(), |days| days.to_string()),
        value: days.to_owned(),
    };
    let mut suggestions: Vec<_> = own
        .as_deref()
        .into_iter()
        .chain(COMMON_DAYS.into_iter().filter(is_match))
        .map(suggestion)
        .collect();
    suggestions.dedup_by(|a, b| a.name == b.name);
    suggestions.truncate(limit);
    suggestions
}

pub(crate) fn set_holidays(settings: &mut TeamSettings, text: &str) -> Result<(), SettingError> {
    let dates: BTreeSet<Date> = match text.trim() {
        "none" => BTreeSet::new(),
        text => text
            .split([',', ' '])
            .filter(|part| !part.is_empty())
            .map(parse_date)
            .collect::<Result<_, _>>()?,
    };
    settings.schedule.holidays = dates;
    Ok(())
}

pub(crate) fn set_holiday_items(settings: &mut TeamSettings, items: &[&str]) -> Vec<ItemError> {
    let mut errors = Vec::new();
    let mut dates = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        match parse_date(item) {
            Ok(date) if !dates.insert(date) => {
                let problem = format!("duplicate date {date}");
                let error = SettingError::new("", problem, "remove one of them");
                errors.push(ItemError {
                    is_warning: true,
                    ..ItemError::new(Some(index), error)
                });
            }
            Ok(_) => {}
            Err(error) => errors.push(ItemError::new(Some(index), error)),
        }
    }
    settings.schedule.holidays = dates;
    errors
}

/// Parses a date. The check of the length rejects a date with a time.
fn parse_date(text: &str) -> Result<Date, SettingError> {
    let date = text.trim();
    date.parse::<Date>()
        .ok()
        .filter(|_| date.len() == "2026-12-25".len())
        .ok_or_else(|| {
            SettingError::new(text, "\"{}\" is not a date", "write it as \"2026-12-25\"")
                .reply_with(
                    "\"{}\" is not a date. Write holidays like 2026-12-24, 2026-12-25, or none.",
                )
        })
}
