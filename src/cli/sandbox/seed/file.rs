//! Parses a seed file and reports its errors with line and fix.

use super::{ChannelRef, GuildSeed, Seed, TeamSeed};
use crate::bot::question_pool::shared_pool;
use crate::config::{check_programmes, read_team_settings};
use quizloop_bank::{Bank, built_in};
use quizloop_core::team_settings::{SettingKind, TEAM_SETTINGS, TeamSetting};
use quizloop_diagnostics::toml_reader::{self, TomlField, TomlReader, TomlTable};
use quizloop_diagnostics::{self as diagnostics, Diagnostic, Source, did_you_mean};

const TOP_KEYS: [&str; 2] = ["guild", "team"];
const GUILD_KEYS: [&str; 5] = ["name", "owner", "admins", "members", "channels"];

pub fn parse(source: &Source) -> (Option<Seed>, Vec<Diagnostic>) {
    let mut reader = TomlReader::new(source);
    let seed = read_seed(&mut reader);
    let mut diagnostics = reader.into_diagnostics();
    // The sandbox has the built-in questions alone.
    let (bank, _) = Bank::load(built_in(), &[]);
    let pool = shared_pool(&bank);
    diagnostics.extend(check_programmes(source, &pool));
    diagnostics::sort(&mut diagnostics);
    (seed, diagnostics)
}

fn read_seed(reader: &mut TomlReader<'_>) -> Option<Seed> {
    let document = reader.document()?;
    let top = reader.table(document.get_ref(), 0..0, "the seed", &TOP_KEYS);
    let mut guilds = Vec::new();
    if let Some(list) = reader.required(&top, "guild", toml_reader::array) {
        for found in reader.items("guild", list.value, toml_reader::table) {
            let table = reader.table(found.value, found.span, "[[guild]]", &GUILD_KEYS);
            guilds.extend(read_guild(reader, &table));
        }
    }
    // The keys are copied to the bot's config. If the text is not valid TOML, the reader has reported
    // it already.
    let text = toml::from_str::<toml::Table>(reader.source().text()).unwrap_or_default();
    let mut teams = Vec::new();
    let team_keys: Vec<&str> = ["guild", "channel"]
        .into_iter()
        .chain(settings().map(|setting| setting.key))
        .collect();
    if let Some(list) = reader.optional(&top, "team", toml_reader::array) {
        for (number, found) in reader
            .items("team", list.value, toml_reader::table)
            .into_iter()
            .enumerate()
        {
            let table = reader.table(found.value, found.span, "[[team]]", &team_keys);
            let keys = text
                .get("team")
                .and_then(|teams| teams.get(number)?.as_table());
            let keys = keys.cloned().unwrap_or_default();
            teams.extend(read_team(reader, &table, &guilds, keys));
        }
    }
    Some(Seed { guilds, teams })
}

/// The settings that a seed may contain. A role would be an id, and seeds use names.
fn settings() -> impl Iterator<Item = &'static TeamSetting> {
    TEAM_SETTINGS
        .iter()
        .filter(|setting| !matches!(setting.kind, SettingKind::Role { .. }))
}

fn read_guild(reader: &mut TomlReader<'_>, table: &TomlTable<'_>) -> Option<GuildSeed> {
    let name = reader.required(table, "name", toml_reader::text);
    let owner = reader.required(table, "owner", toml_reader::text);
    let mut names = |key: &str| {
        let list = reader.optional(table, key, toml_reader::array);
        let items = list.map(|list| reader.items(key, list.value, toml_reader::text));
        items.unwrap_or_default()
    };
    let (admins, members) = (names("admins"), names("members"));
    let channels = names("channels");
    for duplicate in duplicates(&channels) {
        let message = format!("duplicate channel \"{}\"", duplicate.value);
        reader.error(&duplicate.span, message, "rename or remove one of them");
    }
    let names_of = |fields: Vec<TomlField<&str>>| -> Vec<String> {
        fields.into_iter().map(|one| one.value.to_owned()).collect()
    };
    let mut channels = names_of(channels);
    if channels.is_empty() {
        channels.push("general".to_owned());
    }
    Some(GuildSeed {
        name: name?.value.to_owned(),
        owner: owner?.value.to_owned(),
        admins: names_of(admins),
        members: names_of(members),
        channels,
    })
}

fn duplicates<'f, 'd>(
    fields: &'f [TomlField<&'d str>],
) -> impl Iterator<Item = &'f TomlField<&'d str>> {
    let is_duplicate = |index: usize| {
        fields[..index]
            .iter()
            .any(|earlier| earlier.value == fields[index].value)
    };
    (0..fields.len())
        .filter(move |index| is_duplicate(*index))
        .map(|index| &fields[index])
}

fn read_team(
    reader: &mut TomlReader<'_>,
    table: &TomlTable<'_>,
    guilds: &[GuildSeed],
    keys: toml::Table,
) -> Option<TeamSeed> {
    let guild = reader.required(table, "guild", toml_reader::text);
    let channel = reader.required(table, "channel", toml_reader::text);
    let settings = read_team_settings(reader, table, settings());
    let (guild, channel) = (guild?, channel?);
    let names: Vec<&str> = guilds.iter().map(|guild| guild.name.as_str()).collect();
    let Some(seed) = guilds.iter().find(|seed| seed.name == guild.value) else {
        let message = format!("there is no [[guild]] \"{}\"", guild.value);
        reader.error(&guild.span, message, did_you_mean(guild.value, &names));
        return None;
    };
    let channels: Vec<&str> = seed.channels.iter().map(String::as_str).collect();
    if !channels.contains(&channel.value) {
        let message = format!(
            "the guild {} has no channel \"{}\"",
            seed.name, channel.value
        );
        reader.error(
            &channel.span,
            message,
            did_you_mean(channel.value, &channels),
        );
        return None;
    }
    Some(TeamSeed {
        channel: ChannelRef::Names(guild.value.to_owned(), channel.value.to_owned()),
        schedule: settings?.schedule,
        keys,
    })
}
