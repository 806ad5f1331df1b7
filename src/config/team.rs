//! The teams of a config: `[[team]]`.

use std::collections::HashMap;
use std::str::FromStr;

use super::schedule;
use quizloop_core::id::{ChannelId, GuildId, RoleId};
use quizloop_core::retention::Retention;
use quizloop_core::team::{ConfiguredTeam, Reveal, TeamSettings};
use quizloop_diagnostics::toml_reader::{self, TomlField, TomlReader, TomlTable};
use quizloop_diagnostics::{Diagnostic, Span, did_you_mean};

const TEAM_TABLE: &str = "[[team]]";

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

/// Reads all teams. Two teams on the same channel are an error.
pub fn read_all(reader: &mut TomlReader<'_>, top: &TomlTable<'_>) -> Vec<ConfiguredTeam> {
    let Some(list) = reader.optional(top, "team", toml_reader::array) else {
        return Vec::new();
    };
    let tables = reader.items("team", list.value, toml_reader::table);
    let mut channels: HashMap<ChannelId, Span> = HashMap::new();
    let mut teams = Vec::new();
    for found in tables {
        let table = reader.table(found.value, found.span, TEAM_TABLE, &TEAM_KEYS);
        let channel = required_id::<ChannelId>(reader, &table, "channel");
        if let Some(channel) = &channel {
            match channels.get(&channel.value) {
                Some(before) => report_duplicate_channel(reader, channel, before),
                None => drop(channels.insert(channel.value, channel.span.clone())),
            }
        }
        teams.extend(read_team(reader, &table, channel));
    }
    teams
}

fn report_duplicate_channel(
    reader: &mut TomlReader<'_>,
    channel: &TomlField<ChannelId>,
    before: &Span,
) {
    let message = format!("two teams on channel {}", channel.value);
    let diagnostic = Diagnostic::at(reader.source(), &channel.span, message)
        .related(reader.source(), before, "the other team is here")
        .fix("a channel can have one team: change one of the channels, or remove one team");
    reader.push(diagnostic);
}

/// Reads a team. All keys are read before the function returns because of a missing one, so that
/// all problems are reported.
fn read_team(
    reader: &mut TomlReader<'_>,
    table: &TomlTable<'_>,
    channel: Option<TomlField<ChannelId>>,
) -> Option<ConfiguredTeam> {
    let guild = required_id::<GuildId>(reader, table, "guild");
    let role = reader.optional(table, "role", toml_reader::text);
    let role = role.map(|found| parse_id::<RoleId>(reader, "role", found));
    let schedule = schedule::read(reader, table);
    let reveal = reader.text_or_default(table, "reveal", Reveal::default(), read_reveal);
    let retention = read_retention(reader, table);
    let report = read_report(reader, table);
    Some(ConfiguredTeam {
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

fn read_retention(reader: &mut TomlReader<'_>, table: &TomlTable<'_>) -> Option<Retention> {
    if !table.contains_key("retention") {
        return Some(Retention::default());
    }
    let found = reader.optional(table, "retention", toml_reader::float)?;
    let retention = Retention::from_share(found.value);
    if retention.is_none() {
        let message = format!("`retention` {} is out of range", found.value);
        let fix = "write a share from 0.7 to 0.97; with a higher one, questions come back sooner";
        reader.error(&found.span, message, fix);
    }
    retention
}

fn read_report(reader: &mut TomlReader<'_>, table: &TomlTable<'_>) -> Option<bool> {
    if !table.contains_key("report") {
        return Some(false);
    }
    reader
        .optional(table, "report", toml_reader::boolean)
        .map(|found| found.value)
}

fn required_id<T: FromStr>(
    reader: &mut TomlReader<'_>,
    table: &TomlTable<'_>,
    key: &str,
) -> Option<TomlField<T>> {
    let found = reader.required(table, key, toml_reader::text)?;
    parse_id(reader, key, found)
}

/// Parses an id. Ids must be strings: as TOML integers, some tools would lose digits.
fn parse_id<T: FromStr>(
    reader: &mut TomlReader<'_>,
    key: &str,
    found: TomlField<&str>,
) -> Option<TomlField<T>> {
    if let Ok(value) = found.value.trim().parse() {
        return Some(TomlField {
            value,
            key: found.key,
            span: found.span,
        });
    }
    let noun = if key == "guild" { "server" } else { key };
    let fix = format!(
        "turn on Developer Mode in Discord's settings (Advanced), then right-click the {noun} and \
         copy its id"
    );
    reader.error(
        &found.span,
        format!("\"{}\" is not a Discord id", found.value),
        fix,
    );
    None
}

fn read_reveal(reader: &mut TomlReader<'_>, found: &TomlField<&str>) -> Option<Reveal> {
    match found.value {
        "after-reply" => Some(Reveal::AfterReply),
        "open" => Some(Reveal::Open),
        other => {
            let message = format!("unknown reveal rule \"{other}\"");
            reader.error(&found.span, message, did_you_mean(other, &REVEALS));
            None
        }
    }
}
