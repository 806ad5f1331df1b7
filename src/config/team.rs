//! The teams of a config.

use std::collections::HashMap;
use std::str::FromStr;

use super::{DeclaredTeam, schedule};
use crate::findings::walk::{self, Field, Table, Walk};
use crate::findings::{Finding, Span, did_you_mean};
use crate::practice::id::{ChannelId, GuildId, RoleId};
use crate::practice::retention::Retention;
use crate::practice::team::{Reveal, TeamSettings};

const TEAM: &str = "[[team]]";

/// The keys of a team.
pub const TEAM_KEYS: [&str; 11] = [
    "guild",
    "channel",
    "at",
    "timezone",
    "days",
    "reveal",
    "catch_up",
    "role",
    "holidays",
    "retention",
    "report",
];

const REVEALS: [&str; 2] = ["after-reply", "open"];

/// Reads all teams; two of them on one channel are noted.
pub fn read_all(walk: &mut Walk<'_>, top: &Table<'_>) -> Vec<DeclaredTeam> {
    let Some(list) = walk.optional(top, "team", walk::array) else {
        return Vec::new();
    };
    let tables = walk.items("team", list.value, walk::table);
    let mut channels: HashMap<ChannelId, Span> = HashMap::new();
    let mut teams = Vec::new();
    for found in tables {
        let table = walk.table(found.value, found.span, TEAM, &TEAM_KEYS);
        let channel = required_id::<ChannelId>(walk, &table, "channel");
        if let Some(channel) = &channel {
            match channels.get(&channel.value) {
                Some(before) => note_twins(walk, channel, before),
                None => drop(channels.insert(channel.value, channel.span.clone())),
            }
        }
        teams.extend(team(walk, &table, channel));
    }
    teams
}

fn note_twins(walk: &mut Walk<'_>, channel: &Field<ChannelId>, before: &Span) {
    let message = format!("two teams are on channel {}", channel.value);
    let finding = Finding::at(walk.source(), &channel.span, message)
        .related(walk.source(), before, "the other one is here")
        .fix("a channel has one team: give one of the two another channel, or take it out");
    walk.note(finding);
}

/// Every key is read before the first that is missing ends it, so that all are noted.
fn team(
    walk: &mut Walk<'_>,
    table: &Table<'_>,
    channel: Option<Field<ChannelId>>,
) -> Option<DeclaredTeam> {
    let guild = required_id::<GuildId>(walk, table, "guild");
    let role = walk.optional(table, "role", walk::text);
    let role = role.map(|found| id::<RoleId>(walk, "role", found));
    let schedule = schedule::read(walk, table);
    let reveal = walk.text_or(table, "reveal", Reveal::default(), reveal);
    let retention = retention(walk, table);
    let report = report(walk, table);
    Some(DeclaredTeam {
        guild: guild?.value,
        channel: channel?.value,
        settings: TeamSettings {
            schedule: schedule?,
            reveal: reveal?,
            role: match role {
                Some(role) => Some(role?.value),
                None => None,
            },
            retention: retention?,
            send_weekly_report: report?,
        },
    })
}

fn retention(walk: &mut Walk<'_>, table: &Table<'_>) -> Option<Retention> {
    if !table.has("retention") {
        return Some(Retention::default());
    }
    let found = walk.optional(table, "retention", walk::share)?;
    let retention = Retention::from_share(found.value);
    if retention.is_none() {
        let message = format!("a retention of {} is out of range", found.value);
        let fix =
            "write a share from 0.7 to 0.97; the higher it is, the sooner questions come back";
        walk.error(&found.span, message, fix);
    }
    retention
}

fn report(walk: &mut Walk<'_>, table: &Table<'_>) -> Option<bool> {
    if !table.has("report") {
        return Some(false);
    }
    walk.optional(table, "report", walk::flag)
        .map(|found| found.value)
}

fn required_id<T: FromStr>(walk: &mut Walk<'_>, table: &Table<'_>, key: &str) -> Option<Field<T>> {
    let found = walk.required(table, key, walk::text)?;
    id(walk, key, found)
}

/// Ids are strings: there is one way to write them, and no reader on the way can lose digits.
fn id<T: FromStr>(walk: &mut Walk<'_>, key: &str, found: Field<&str>) -> Option<Field<T>> {
    if let Ok(value) = found.value.trim().parse() {
        return Some(Field {
            value,
            key: found.key,
            span: found.span,
        });
    }
    let thing = if key == "guild" { "server" } else { key };
    let fix = format!(
        "turn on Developer Mode in Discord's settings (Advanced), then right-click the {thing} and \
         copy its id"
    );
    walk.error(
        &found.span,
        format!("\"{}\" is not a Discord id", found.value),
        fix,
    );
    None
}

fn reveal(walk: &mut Walk<'_>, found: &Field<&str>) -> Option<Reveal> {
    match found.value {
        "after-reply" => Some(Reveal::AfterReply),
        "open" => Some(Reveal::Open),
        other => {
            let message = format!("unknown reveal rule \"{other}\"");
            walk.error(&found.span, message, did_you_mean(other, &REVEALS));
            None
        }
    }
}
