//! The keys of a team's schedule.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use toml::de::DeValue;

use quizloop_core::schedule::{DEFAULT_CATCH_UP, Schedule};
use quizloop_core::time_format::{parse_catch_up, parse_time_of_day};
use quizloop_core::weekdays::Weekdays;
use quizloop_core::zone::Zone;
use quizloop_core::zone_search;
use quizloop_diagnostics::toml_reader::{self, TomlField, TomlReader, TomlTable, TomlValue};
use quizloop_diagnostics::{Diagnostic, Severity};

/// Default time of day for the question.
const DEFAULT_AT: Time = Time::constant(9, 0, 0, 0);

const DAYS_FIX: &str = "write days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"] or some of them";

/// Reads a schedule. The time zone has no default, so that UTC is never assumed by mistake.
pub fn read(reader: &mut TomlReader<'_>, table: &TomlTable<'_>) -> Option<Schedule> {
    let at = reader.text_or_default(table, "at", DEFAULT_AT, read_time_of_day);
    let zone = reader.required(table, "timezone", toml_reader::text);
    let zone = zone.and_then(|found| read_timezone(reader, &found));
    let days = read_days(reader, table);
    let holidays = read_holidays(reader, table);
    let catch_up = reader.text_or_default(table, "catch_up", DEFAULT_CATCH_UP, read_catch_up);
    Some(Schedule {
        at: at?,
        zone: zone?,
        days: days?,
        holidays,
        catch_up: catch_up?,
    })
}

fn read_time_of_day(reader: &mut TomlReader<'_>, found: &TomlField<&str>) -> Option<Time> {
    let time = parse_time_of_day(found.value);
    if time.is_none() {
        let message = format!("\"{}\" is not a time of day", found.value);
        reader.error(
            &found.span,
            message,
            "use the 24-hour format, such as \"09:00\" or \"17:30\"",
        );
    }
    time
}

fn read_timezone(reader: &mut TomlReader<'_>, found: &TomlField<&str>) -> Option<Zone> {
    match zone_search::parse(found.value) {
        Ok(zone) => Some(zone),
        Err(unknown) => {
            let fix = unknown.help();
            reader.error(&found.span, unknown.to_string(), fix);
            None
        }
    }
}

fn read_catch_up(
    reader: &mut TomlReader<'_>,
    found: &TomlField<&str>,
) -> Option<jiff::SignedDuration> {
    let limit = parse_catch_up(found.value);
    if limit.is_none() {
        let message = format!("\"{}\" is not a catch-up limit", found.value);
        let fix = "write hours and minutes, such as \"3h\", \"90m\" or \"1h30m\", at most \"24h\"; \
                   \"0\" means on time only";
        reader.error(&found.span, message, fix);
    }
    limit
}

fn read_days(reader: &mut TomlReader<'_>, table: &TomlTable<'_>) -> Option<Weekdays> {
    if !table.contains_key("days") {
        return Some(Weekdays::working());
    }
    let list = reader.optional(table, "days", toml_reader::array)?;
    if list.value.is_empty() {
        reader.error(
            &list.span,
            "`days` is empty: no question would ever be posted",
            DAYS_FIX,
        );
        return None;
    }
    let mut named = Vec::new();
    for item in reader.items("days", list.value, toml_reader::text) {
        match Weekdays::parse(item.value) {
            Ok(days) => named.extend(new_days(reader, &item, days, &named)),
            Err(error) => reader.error(&item.span, error.to_string(), DAYS_FIX),
        }
    }
    Weekdays::from_days(named)
}

/// Returns the days of an item. Reports an error if one of them was named before.
fn new_days(
    reader: &mut TomlReader<'_>,
    item: &TomlField<&str>,
    days: Weekdays,
    named: &[jiff::civil::Weekday],
) -> Vec<jiff::civil::Weekday> {
    if days.iter().any(|day| named.contains(&day)) {
        let message = format!("duplicate day \"{}\"", item.value);
        reader.error(&item.span, message, "name each day once");
        return Vec::new();
    }
    days.iter().collect()
}

fn read_holidays(reader: &mut TomlReader<'_>, table: &TomlTable<'_>) -> BTreeSet<Date> {
    let mut dates = BTreeSet::new();
    let Some(list) = reader.optional(table, "holidays", toml_reader::array) else {
        return dates;
    };
    for item in reader.items("holidays", list.value, date_string) {
        match item.value.trim().parse::<Date>() {
            Ok(date) if item.value.trim().len() == "2026-12-25".len() => {
                if !dates.insert(date) {
                    let message = format!("duplicate date {date}");
                    let diagnostic = Diagnostic::at(reader.source(), &item.span, message);
                    reader.push(
                        diagnostic
                            .severity(Severity::Warning)
                            .fix("remove one of them"),
                    );
                }
            }
            _ => {
                let message = format!("\"{}\" is not a date", item.value);
                reader.error(&item.span, message, "write it as \"2026-12-25\"");
            }
        }
    }
    dates
}

/// Accepts a string or a TOML date.
fn date_string(value: &TomlValue<'_>) -> Result<String, &'static str> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Datetime(date) => Ok(date.to_string()),
        _ => Err("a date such as \"2026-12-25\""),
    }
}
