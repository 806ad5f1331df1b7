//! The keys of a team that say when its questions come.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use toml::de::DeValue;

use super::{time, zone};
use crate::findings::walk::{self, Field, Table, Value, Walk};
use crate::findings::{Finding, Severity};
use crate::practice::schedule::{DEFAULT_CATCH_UP, Schedule};
use crate::practice::weekdays::Weekdays;
use crate::practice::zone::Zone;

/// When a team gets its question if it does not say.
const DEFAULT_AT: Time = Time::constant(9, 0, 0, 0);

const DAYS_FIX: &str = "write days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"] or some of them";

/// Reads a schedule. The zone has no default: nobody's zone is taken for UTC in silence.
pub fn read(walk: &mut Walk<'_>, table: &Table<'_>) -> Option<Schedule> {
    let at = walk.text_or(table, "at", DEFAULT_AT, at);
    let zone = walk.required(table, "timezone", walk::text);
    let zone = zone.and_then(|found| timezone(walk, &found));
    let days = days(walk, table);
    let holidays = holidays(walk, table);
    let catch_up = walk.text_or(table, "catch_up", DEFAULT_CATCH_UP, catch_up);
    Some(Schedule {
        at: at?,
        zone: zone?,
        days: days?,
        holidays,
        catch_up: catch_up?,
    })
}

fn at(walk: &mut Walk<'_>, found: &Field<&str>) -> Option<Time> {
    let time = time::time_of_day(found.value);
    if time.is_none() {
        let message = format!("\"{}\" is not a time of day", found.value);
        walk.error(
            &found.span,
            message,
            "write it with 24 hours, such as \"09:00\" or \"17:30\"",
        );
    }
    time
}

fn timezone(walk: &mut Walk<'_>, found: &Field<&str>) -> Option<Zone> {
    match zone::parse(found.value) {
        Ok(zone) => Some(zone),
        Err(unknown) => {
            let fix = unknown.help();
            walk.error(&found.span, unknown.to_string(), fix);
            None
        }
    }
}

fn catch_up(walk: &mut Walk<'_>, found: &Field<&str>) -> Option<jiff::SignedDuration> {
    let limit = time::catch_up(found.value);
    if limit.is_none() {
        let message = format!("\"{}\" is not a catch-up limit", found.value);
        let fix = "write hours and minutes, such as \"3h\", \"90m\" or \"1h30m\", at most \"24h\"; \
                   \"0\" means never late";
        walk.error(&found.span, message, fix);
    }
    limit
}

fn days(walk: &mut Walk<'_>, table: &Table<'_>) -> Option<Weekdays> {
    if !table.has("days") {
        return Some(Weekdays::working());
    }
    let list = walk.optional(table, "days", walk::array)?;
    if list.value.is_empty() {
        walk.error(
            &list.span,
            "`days` is empty: there would never be a question",
            DAYS_FIX,
        );
        return None;
    }
    let mut named = Vec::new();
    for item in walk.items("days", list.value, walk::text) {
        match Weekdays::parse(item.value) {
            Ok(days) => named.extend(fresh_days(walk, &item, days, &named)),
            Err(error) => walk.error(&item.span, error.to_string(), DAYS_FIX),
        }
    }
    Weekdays::from_days(named)
}

/// The days of an item, unless one of them was named before.
fn fresh_days(
    walk: &mut Walk<'_>,
    item: &Field<&str>,
    days: Weekdays,
    named: &[jiff::civil::Weekday],
) -> Vec<jiff::civil::Weekday> {
    if days.iter().any(|day| named.contains(&day)) {
        let message = format!("\"{}\" is there twice", item.value);
        walk.error(&item.span, message, "name each day once");
        return Vec::new();
    }
    days.iter().collect()
}

fn holidays(walk: &mut Walk<'_>, table: &Table<'_>) -> BTreeSet<Date> {
    let mut dates = BTreeSet::new();
    let Some(list) = walk.optional(table, "holidays", walk::array) else {
        return dates;
    };
    for item in walk.items("holidays", list.value, date_text) {
        match item.value.trim().parse::<Date>() {
            Ok(date) if item.value.trim().len() == "2026-12-25".len() => {
                if !dates.insert(date) {
                    let message = format!("{date} is there twice");
                    let finding = Finding::at(walk.source(), &item.span, message);
                    walk.note(
                        finding
                            .severity(Severity::Warning)
                            .fix("take one of them out"),
                    );
                }
            }
            _ => {
                let message = format!("\"{}\" is not a date", item.value);
                walk.error(&item.span, message, "write it as \"2026-12-25\"");
            }
        }
    }
    dates
}

/// TOML has dates of its own; both ways to write one mean the same.
fn date_text(value: &Value<'_>) -> Result<String, &'static str> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Datetime(date) => Ok(date.to_string()),
        _ => Err("a date such as \"2026-12-25\""),
    }
}
