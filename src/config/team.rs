//! `[[team]]`: teams that the operator's file declares.

use std::collections::BTreeSet;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::{Date, Time, time};

use super::zone;
use crate::findings::walk::{array, table, text};
use crate::findings::{Field, Finding, Table, Walk};
use crate::practice::id::{ChannelId, GuildId, RoleId};
use crate::practice::schedule::{DEFAULT_CATCH_UP, Schedule};
use crate::practice::team::{Reveal, Settings};
use crate::practice::weekdays::Weekdays;
use crate::practice::zone::Zone;

/// The longest catch-up limit: a question never comes on another day anyway.
const CATCH_UP_MAX: SignedDuration = SignedDuration::from_hours(24);

const KEYS: [&str; 9] = [
    "guild", "channel", "at", "timezone", "days", "reveal", "catch_up", "role", "holidays",
];

/// A team of the operator's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredTeam {
    /// The server.
    pub guild: GuildId,
    /// The channel.
    pub channel: ChannelId,
    /// Everything else.
    pub settings: Settings,
}

/// Reads all `[[team]]`s.
pub fn read_teams<'d>(walk: &mut Walk<'_>, root: &Table<'d>) -> Vec<DeclaredTeam> {
    let Some(list) = walk.optional(root, "team", array) else {
        return Vec::new();
    };
    let mut teams: Vec<(DeclaredTeam, Field<&str>)> = Vec::new();
    for item in walk.items("team", list.value, table) {
        let part = walk.table(item.value, item.span, "[[team]]", &KEYS);
        let Some((team, channel)) = read_team(walk, &part) else {
            continue;
        };
        if let Some((_, first)) = teams
            .iter()
            .find(|(other, _)| other.channel == team.channel)
        {
            let finding = Finding::at(
                walk.source(),
                &channel.span,
                format!("two teams post in channel {}", team.channel),
            )
            .related(walk.source(), &first.span, "the first one is here")
            .fix("a channel has one team: give one of them another channel, or take it out");
            walk.note(finding);
        }
        teams.push((team, channel));
    }
    teams.into_iter().map(|(team, _)| team).collect()
}

fn read_team<'d>(walk: &mut Walk<'_>, part: &Table<'d>) -> Option<(DeclaredTeam, Field<&'d str>)> {
    let guild = walk.required(part, "guild", text);
    let channel = walk.required(part, "channel", text);
    let zone = walk.required(part, "timezone", text);
    let role = walk.optional(part, "role", text);
    let guild_id = guild.and_then(|guild| id::<GuildId>(walk, "guild", &guild));
    let channel_id = channel
        .clone()
        .and_then(|channel| id::<ChannelId>(walk, "channel", &channel));
    let role = role.and_then(|role| id::<RoleId>(walk, "role", &role));
    let zone = zone.and_then(|zone| read_zone(walk, &zone));
    let at = walk
        .optional(part, "at", text)
        .map(|at| read_time(walk, &at));
    let days = walk
        .optional(part, "days", array)
        .map(|days| read_days(walk, &days));
    let reveal = walk
        .optional(part, "reveal", text)
        .map(|reveal| read_reveal(walk, &reveal));
    let catch_up = walk
        .optional(part, "catch_up", text)
        .map(|limit| read_catch_up(walk, &limit));
    let holidays = walk
        .optional(part, "holidays", array)
        .map(|dates| read_holidays(walk, dates.value));
    let settings = Settings {
        schedule: Schedule {
            at: at.unwrap_or(Some(time(9, 0, 0, 0)))?,
            zone: zone?,
            days: days.unwrap_or(Some(Weekdays::working()))?,
            holidays: holidays.unwrap_or_default(),
            catch_up: catch_up.unwrap_or(Some(DEFAULT_CATCH_UP))?,
        },
        reveal: reveal.unwrap_or(Some(Reveal::AfterReply))?,
        role,
    };
    let team = DeclaredTeam {
        guild: guild_id?,
        channel: channel_id?,
        settings,
    };
    Some((team, channel?))
}

fn id<T: FromStr>(walk: &mut Walk<'_>, key: &str, field: &Field<&str>) -> Option<T> {
    let id = field.value.parse().ok();
    if id.is_none() {
        let message = format!("`{key}` is no Discord id: \"{}\"", field.value);
        walk.error(
            &field.span,
            message,
            "in Discord, switch on Developer Mode, right-click and choose \"Copy ID\"",
        );
    }
    id
}

fn read_zone(walk: &mut Walk<'_>, field: &Field<&str>) -> Option<Zone> {
    let zone = Zone::named(field.value).ok();
    if zone.is_none() {
        let near = zone::search(field.value, 3);
        let fix = if near.is_empty() {
            "write an IANA name such as \"Europe/Berlin\", \"America/New_York\" or \"UTC\""
                .to_owned()
        } else {
            format!(
                "did you mean {}?",
                near.iter()
                    .map(|name| format!("\"{name}\""))
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        };
        walk.error(
            &field.span,
            format!("there is no time zone \"{}\"", field.value),
            fix,
        );
    }
    zone
}

fn read_time(walk: &mut Walk<'_>, field: &Field<&str>) -> Option<Time> {
    let time = parse_time(field.value);
    if time.is_none() {
        let message = format!("`at` is no time of day: \"{}\"", field.value);
        walk.error(
            &field.span,
            message,
            "write it with 24 hours, such as \"09:00\" or \"17:30\"",
        );
    }
    time
}

/// Reads a time of day with 24 hours and whole minutes, such as `09:00` or `17:30`.
pub fn parse_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let two_digits = |text: &str| {
        (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !two_digits(hour) || minute.len() != 2 || !two_digits(minute) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

fn read_days(
    walk: &mut Walk<'_>,
    field: &Field<&[crate::findings::walk::Value<'_>]>,
) -> Option<Weekdays> {
    let names = walk.items("days", field.value, text);
    let mut days = Vec::new();
    for name in &names {
        match Weekdays::parse(name.value) {
            Ok(day) => days.extend(day.iter()),
            Err(bad) => walk.error(
                &name.span,
                bad.to_string(),
                "write days like [\"mon\", \"tue\", \"fri\"]",
            ),
        }
    }
    if field.value.is_empty() {
        walk.error(
            &field.span,
            "`days` is empty",
            "name at least one weekday, or take the team out",
        );
    }
    Weekdays::of(days)
}

fn read_reveal(walk: &mut Walk<'_>, field: &Field<&str>) -> Option<Reveal> {
    match field.value {
        "after-reply" => Some(Reveal::AfterReply),
        "open" => Some(Reveal::Open),
        other => {
            let fix = crate::findings::did_you_mean(other, &["after-reply", "open"]);
            walk.error(&field.span, format!("`reveal` can't be \"{other}\""), fix);
            None
        }
    }
}

fn read_catch_up(walk: &mut Walk<'_>, field: &Field<&str>) -> Option<SignedDuration> {
    let limit = parse_catch_up(field.value);
    if limit.is_none() {
        let message = format!("`catch_up` is no limit: \"{}\"", field.value);
        walk.error(
            &field.span,
            message,
            "write it like \"3h\", \"90m\" or \"0\"; at most \"24h\"",
        );
    }
    limit
}

/// Reads a catch-up limit such as `3h`, `90m` or `0`, of at most 24 hours.
pub fn parse_catch_up(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    let limit = match (text.strip_suffix('h'), text.strip_suffix('m')) {
        (Some(hours), _) => SignedDuration::from_hours(hours.trim().parse::<u8>().ok()?.into()),
        (_, Some(minutes)) => SignedDuration::from_mins(minutes.trim().parse::<u16>().ok()?.into()),
        _ => (text == "0").then_some(SignedDuration::ZERO)?,
    };
    (limit <= CATCH_UP_MAX).then_some(limit)
}

fn read_holidays(
    walk: &mut Walk<'_>,
    dates: &[crate::findings::walk::Value<'_>],
) -> BTreeSet<Date> {
    let mut holidays = BTreeSet::new();
    for date in walk.items("holidays", dates, text) {
        match date.value.parse::<Date>() {
            Ok(day) => {
                holidays.insert(day);
            }
            Err(_) => walk.error(
                &date.span,
                format!("\"{}\" is no date", date.value),
                "write it like \"2026-12-25\"",
            ),
        }
    }
    holidays
}
