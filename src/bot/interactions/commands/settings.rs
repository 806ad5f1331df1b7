//! Parses a team's settings from the options of `/setup` and `/team settings`.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::civil::{Date, Time};
use serde_json::{Value, json};

use super::slash_command::Autocomplete;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::response::{AUTOCOMPLETE_CHOICES_MAX, AutocompleteChoice};
use crate::bot::render::text::quote;
use crate::bot::render::user_error::UserError;
use crate::config;
use quizloop_core::retention::Retention;
use quizloop_core::team::{Reveal, TeamSettings};
use quizloop_core::weekdays::{ParseWeekdaysError, Weekdays};
use quizloop_core::zone::Zone;

/// The suggestions for the options.
pub const AUTOCOMPLETE: &[(&str, Autocomplete)] = &[
    ("timezone", |_, typed| zone_choices(typed)),
    ("days", |_, typed| day_choices(typed)),
];

/// Returns the options as Discord's JSON. `timezone` comes first, because `/setup` requires it and
/// Discord wants required options first.
pub fn option_definitions(zone_required: bool) -> Vec<Value> {
    vec![
        json!({ "type": 3, "name": "timezone", "description": "Time zone, such as Europe/Berlin", "autocomplete": true, "required": zone_required }),
        json!({ "type": 3, "name": "time", "description": "Time of the question, such as 09:00", "max_length": 5 }),
        json!({ "type": 3, "name": "days", "description": "Weekdays, such as mon-fri", "autocomplete": true }),
        json!({ "type": 8, "name": "role", "description": "Role to mention with each question" }),
        json!({ "type": 3, "name": "reveal", "description": "When members can see the model answer", "choices": [
            { "name": "after they reply", "value": "after-reply" },
            { "name": "at any time", "value": "open" },
        ] }),
    ]
}

/// Returns suggestions for a time zone.
fn zone_choices(typed: &str) -> Vec<AutocompleteChoice> {
    let choice = |name: &str| AutocompleteChoice {
        name: name.to_owned(),
        value: name.to_owned(),
    };
    config::zone::search(typed, AUTOCOMPLETE_CHOICES_MAX)
        .into_iter()
        .map(choice)
        .collect()
}

/// Returns suggestions for weekdays: common ones, and the typed text if it is valid.
fn day_choices(typed: &str) -> Vec<AutocompleteChoice> {
    let usual = [
        "mon-fri",
        "every day",
        "sun-thu",
        "mon, wed, fri",
        "tue, thu",
    ];
    // In its normal form, because the typed text may exceed the 100 characters of a value.
    let own = Weekdays::parse(typed).ok().map(|days| days.to_string());
    let is_match = |days: &&str| days.starts_with(&typed.to_lowercase());
    let choice = |days: &str| AutocompleteChoice {
        name: Weekdays::parse(days).map_or_else(|_| days.to_owned(), |days| days.to_string()),
        value: days.to_owned(),
    };
    let mut choices: Vec<_> = own
        .as_deref()
        .into_iter()
        .chain(usual.into_iter().filter(is_match))
        .map(choice)
        .collect();
    choices.dedup_by(|a, b| a.name == b.name);
    choices
}

/// Returns whether any of the options was given.
pub fn any_given(interaction: &Interaction) -> bool {
    let names = [
        "timezone",
        "time",
        "days",
        "role",
        "reveal",
        "catch_up",
        "holidays",
        "no_role",
        "retention",
        "report",
    ];
    names
        .iter()
        .any(|name| interaction.options.contains_key(*name))
}

/// Returns the settings with the given options applied; the others are unchanged.
pub fn apply_options(
    mut settings: TeamSettings,
    interaction: &Interaction,
) -> Result<TeamSettings, UserError> {
    let schedule = &mut settings.schedule;
    if let Some(zone) = interaction.text("timezone") {
        schedule.zone = self::parse_zone(zone)?;
    }
    if let Some(time) = interaction.text("time") {
        schedule.at = self::parse_time(time)?;
    }
    if let Some(days) = interaction.text("days") {
        schedule.days = self::parse_days(days)?;
    }
    if let Some(limit) = interaction.text("catch_up") {
        schedule.catch_up = parse_catch_up(limit)?;
    }
    if let Some(holidays) = interaction.text("holidays") {
        schedule.holidays = self::parse_holidays(holidays)?;
    }
    if let Some(role) = interaction.role("role") {
        settings.role = Some(role);
    }
    if interaction.flag("no_role") {
        settings.role = None;
    }
    if let Some(percent) = interaction.number("retention") {
        settings.retention = parse_retention(percent)?;
    }
    if let Some(report) = interaction.optional_flag("report") {
        settings.send_weekly_report = report;
    }
    match interaction.text("reveal") {
        Some("open") => settings.reveal = Reveal::Open,
        Some(_) => settings.reveal = Reveal::AfterReply,
        None => {}
    }
    Ok(settings)
}

fn parse_zone(text: &str) -> Result<Zone, UserError> {
    config::zone::parse(text).map_err(|none| {
        let name = quote(text);
        let help = none.help();
        let end = if help.ends_with('?') { "" } else { "." };
        UserError::InvalidOption(format!(
            "There is no time zone \"{name}\": {help}{end} Pick one of the suggestions."
        ))
    })
}

fn parse_days(text: &str) -> Result<Weekdays, UserError> {
    Weekdays::parse(text).map_err(|bad| {
        let bad = match bad {
            ParseWeekdaysError::Unknown(word) => ParseWeekdaysError::Unknown(quote(&word)),
            ParseWeekdaysError::Empty => bad,
        };
        UserError::InvalidOption(format!("days: {bad}."))
    })
}

/// Parses a time of day.
pub fn parse_time(text: &str) -> Result<Time, UserError> {
    config::parse_time_of_day(text).ok_or_else(|| {
        let shown = quote(text);
        UserError::InvalidOption(format!(
            "I can't read the time \"{shown}\". Use 24-hour time, such as 09:00 or 17:30."
        ))
    })
}

fn parse_retention(percent: u32) -> Result<Retention, UserError> {
    let retention = u8::try_from(percent).ok().and_then(Retention::from_percent);
    retention.ok_or_else(|| {
        let (min, max) = (Retention::MIN, Retention::MAX);
        UserError::InvalidOption(format!(
            "retention: choose a percentage from {min} to {max}."
        ))
    })
}

fn parse_catch_up(text: &str) -> Result<SignedDuration, UserError> {
    config::parse_catch_up(text).ok_or_else(|| {
        UserError::InvalidOption("catch_up: write it like 3h, 90m or 0, at most 24h.".into())
    })
}

fn parse_holidays(text: &str) -> Result<BTreeSet<Date>, UserError> {
    if text.trim() == "none" {
        return Ok(BTreeSet::new());
    }
    let date = |part: &str| {
        part.parse::<Date>().map_err(|_| {
            let shown = quote(part);
            UserError::InvalidOption(format!(
                "\"{shown}\" is not a date. Write holidays like 2026-12-24, 2026-12-25, or none."
            ))
        })
    };
    text.split([',', ' '])
        .filter(|part| !part.is_empty())
        .map(date)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_zone_is_explained_in_whole_sentences() {
        let message = |name: &str| parse_zone(name).unwrap_err().message().content.unwrap();
        insta::assert_snapshot!(message("+02:00"), @r#"There is no time zone "+02:00": zones are named like "Europe/Berlin", "America/New_York" or "UTC". Pick one of the suggestions."#);
        insta::assert_snapshot!(message("Berlin"), @r#"There is no time zone "Berlin": did you mean "Europe/Berlin"? Pick one of the suggestions."#);
    }
}
