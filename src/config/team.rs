//! The teams of a config: `[[team]]`.

use std::collections::HashMap;
use std::str::FromStr;

use super::{ConfiguredTeam, schedule};
use quizloop_core::id::{ChannelId, GuildId, RoleId};
use quizloop_core::retention::Retention;
use quizloop_core::team::{Reveal, TeamSettings};
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

/// When Discord began to give every channel an id of its own. Before, a server's first channel had
/// the server's id; such channels still exist (Discord's changelog, "Deletable default channels").
const SEPARATE_CHANNEL_IDS_SINCE: u64 = 1_501_718_400_000; // 3 August 2017

/// The time in a Discord id counts from here (Discord docs, reference, "Snowflakes").
const DISCORD_EPOCH: u64 = 1_420_070_400_000;

/// How much older than its server a channel may seem. Both are created in one moment, perhaps by two
/// of Discord's machines whose clocks differ.
const ID_TOLERANCE: u64 = 60_000;

/// Reads all teams. Two teams on the same channel are an error, and ids that can't be those of a
/// server and its channel.
pub fn read_all(reader: &mut TomlReader<'_>, top: &TomlTable<'_>) -> Vec<ConfiguredTeam> {
    let Some(list) = reader.optional(top, "team", toml_reader::array) else {
        return Vec::new();
    };
    let tables = reader.items("team", list.value, toml_reader::table);
    let mut channels: HashMap<ChannelId, Span> = HashMap::new();
    let mut guilds: HashMap<u64, Span> = HashMap::new();
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
        let guild = required_id::<GuildId>(reader, &table, "guild");
        if let (Some(guild), Some(channel)) = (&guild, &channel) {
            check_ids(reader, guild, channel);
        }
        if let Some(guild) = &guild {
            let span = guild.span.clone();
            guilds.entry(guild.value.get()).or_insert(span);
        }
        teams.extend(read_team(reader, &table, guild, channel));
    }
    for (channel, span) in &channels {
        let id = channel.get();
        if let Some(guild) = guilds.get(&id)
            && !may_be_first_channel(id)
        {
            report_channel_as_server(reader, id, span, guild);
        }
    }
    teams
}

/// Reports a team whose ids can't be those of a server and one of its channels.
fn check_ids(
    reader: &mut TomlReader<'_>,
    guild: &TomlField<GuildId>,
    channel: &TomlField<ChannelId>,
) {
    let (server, id) = (guild.value.get(), channel.value.get());
    if created_at(id) + ID_TOLERANCE < created_at(server) {
        let message = format!("channel {id} is older than its server {server}");
        let diagnostic = Diagnostic::at(reader.source(), &channel.span, message)
            .related(reader.source(), &guild.span, "the server is here")
            .fix("`guild` is the server's id and `channel` the channel's: swap them if they are in each other's place");
        reader.push(diagnostic);
    }
}

/// Whether the channel may be the first one of a server of the same id.
const fn may_be_first_channel(id: u64) -> bool {
    created_at(id) < SEPARATE_CHANNEL_IDS_SINCE
}

/// Returns when an id was created, as a Unix time in milliseconds (Discord docs, reference,
/// "Snowflakes").
const fn created_at(id: u64) -> u64 {
    (id >> 22) + DISCORD_EPOCH
}

fn report_channel_as_server(reader: &mut TomlReader<'_>, id: u64, channel: &Span, guild: &Span) {
    let message = format!("{id} is named as a channel and as a server");
    let diagnostic = Diagnostic::at(reader.source(), channel, message)
        .related(reader.source(), guild, "the server is here")
        .fix("right-click the channel in Discord to copy the channel's id, and the server's icon for the server's id");
    reader.push(diagnostic);
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
    guild: Option<TomlField<GuildId>>,
    channel: Option<TomlField<ChannelId>>,
) -> Option<ConfiguredTeam> {
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
