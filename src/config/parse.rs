//! Parses the text of a config into settings and diagnostics.

use std::path::{Path, PathBuf};

use super::team::{self, TEAM_KEYS};
use super::{Config, DEFAULT_STATE_DIR, database, health, shards, url};
use quizloop_diagnostics::toml_reader::{self, TomlField, TomlReader, TomlTable};
use quizloop_diagnostics::{self as diagnostics, Diagnostic, Location, Source};

const TOP_LEVEL: &str = "the config";
const TOP_KEYS: [&str; 6] = ["token_file", "discord", "state", "bank", "health", "team"];
const DISCORD_KEYS: [&str; 3] = ["api_url", "requests_per_second", "shards"];
const STATE_KEYS: [&str; 2] = ["dir", "url"];
const BANK_KEYS: [&str; 1] = ["paths"];
const HEALTH_KEYS: [&str; 1] = ["listen"];

/// Names that other programs have for the token.
const TOKEN_KEYS: [&str; 4] = ["token", "discord_token", "bot_token", "discord_bot_token"];

/// What to do about a token in the config.
const TOKEN_FIX: &str = "the token is not part of the config: remove the line. Write the token into a file \
    that only the bot's account can read and name that file with `token_file`, or set the environment \
    variable DISCORD_TOKEN";

/// Whether a line sets the token, as other programs want it.
fn sets_token(location: &Location) -> bool {
    let key = location.text.split(['=', ':']).next().unwrap_or_default();
    let key = key.trim().trim_start_matches("export ").to_lowercase();
    TOKEN_KEYS.contains(&key.as_str())
}

/// All tables of a config with their keys, by the name used in messages.
pub fn tables() -> [(&'static str, &'static [&'static str]); 6] {
    [
        ("", &TOP_KEYS),
        ("[discord]", &DISCORD_KEYS),
        ("[state]", &STATE_KEYS),
        ("[bank]", &BANK_KEYS),
        ("[health]", &HEALTH_KEYS),
        ("[[team]]", &TEAM_KEYS),
    ]
}

impl Config {
    /// Parses a config. Relative paths in it start at `folder`, the folder of the file.
    ///
    /// An invalid setting keeps its default, and a team with an error is left out. Don't run with a
    /// config whose diagnostics contain an error.
    pub fn parse(source: &Source, folder: &Path) -> (Self, Vec<Diagnostic>) {
        let mut reader = TomlReader::new(source);
        let config = read_config(&mut reader, folder);
        let mut diagnostics = reader.into_diagnostics();
        for diagnostic in &mut diagnostics {
            if diagnostic.location.as_ref().is_some_and(sets_token) {
                diagnostic.fix = Some(TOKEN_FIX.into());
            }
        }
        diagnostics::sort(&mut diagnostics);
        (config, diagnostics)
    }
}

fn read_config(reader: &mut TomlReader<'_>, folder: &Path) -> Config {
    let mut config = Config {
        state_dir: folder.join(DEFAULT_STATE_DIR),
        ..Config::default()
    };
    let Some(document) = reader.document() else {
        return config;
    };
    let top = reader.table(document.get_ref(), 0..0, TOP_LEVEL, &TOP_KEYS);
    config.token_file = read_token_file(reader, &top, folder);
    if let Some(discord) = read_section(reader, &top, "discord", "[discord]", &DISCORD_KEYS) {
        read_discord(reader, &discord, &mut config);
    }
    if let Some(state) = read_section(reader, &top, "state", "[state]", &STATE_KEYS) {
        read_state(reader, &state, folder, &mut config);
    }
    if let Some(bank) = read_section(reader, &top, "bank", "[bank]", &BANK_KEYS) {
        config.bank_paths = read_paths(reader, &bank, folder);
    }
    if let Some(health) = read_section(reader, &top, "health", "[health]", &HEALTH_KEYS) {
        let found = reader.optional(&health, "listen", toml_reader::text);
        config.health_listen = found.and_then(|found| health::read(reader, &found));
    }
    config.teams = team::read_all(reader, &top);
    config
}

fn read_discord(reader: &mut TomlReader<'_>, discord: &TomlTable<'_>, config: &mut Config) {
    let found = reader.optional(discord, "api_url", toml_reader::text);
    config.api_url = found.and_then(|found| url::read(reader, &found));
    if let Some(found) = reader.optional(
        discord,
        "requests_per_second",
        toml_reader::positive_integer,
    ) {
        let number = u16::try_from(found.value).ok().filter(|number| *number > 0);
        match number {
            Some(number) => config.requests_per_second = number,
            None => reader.error(
                &found.span,
                "`requests_per_second` is out of range",
                "write a number from 1 to 65535; Discord accepts 50 requests per second from a bot",
            ),
        }
    }
    let found = reader.optional(discord, "shards", shards::text_or_number);
    config.shards = found.and_then(|found| shards::read(reader, &found));
}

fn read_state(
    reader: &mut TomlReader<'_>,
    state: &TomlTable<'_>,
    folder: &Path,
    config: &mut Config,
) {
    if let Some(dir) = read_path(reader, state, "dir", folder) {
        config.state_dir = dir;
    }
    let found = reader.optional(state, "url", toml_reader::text);
    config.state_url = found.and_then(|found| database::read(reader, &found));
}

fn read_section<'d>(
    reader: &mut TomlReader<'_>,
    top: &TomlTable<'d>,
    key: &str,
    name: &'static str,
    known: &[&str],
) -> Option<TomlTable<'d>> {
    let found = reader.optional(top, key, toml_reader::table)?;
    Some(reader.table(found.value, found.key, name, known))
}

fn read_path(
    reader: &mut TomlReader<'_>,
    table: &TomlTable<'_>,
    key: &str,
    folder: &Path,
) -> Option<PathBuf> {
    let found = reader.optional(table, key, toml_reader::text)?;
    non_empty_path(reader, key, &found).map(|path| folder.join(path))
}

fn read_token_file(
    reader: &mut TomlReader<'_>,
    top: &TomlTable<'_>,
    folder: &Path,
) -> Option<PathBuf> {
    let found = reader.optional(top, "token_file", toml_reader::text)?;
    if diagnostics::contains_secret(found.value) {
        let fix = "write the token into a file that only the bot's account can read, and name that \
                   file here";
        reader.error(
            &found.span,
            "`token_file` contains a token, not a path",
            fix,
        );
        return None;
    }
    non_empty_path(reader, "token_file", &found).map(|path| folder.join(path))
}

fn read_paths(reader: &mut TomlReader<'_>, bank: &TomlTable<'_>, folder: &Path) -> Vec<PathBuf> {
    let Some(list) = reader.optional(bank, "paths", toml_reader::array) else {
        return Vec::new();
    };
    let items = reader.items("paths", list.value, toml_reader::text);
    items
        .iter()
        .filter_map(|item| non_empty_path(reader, "paths", item))
        .map(|path| folder.join(path))
        .collect()
}

/// Rejects an empty path, which would mean the folder to which it is joined.
fn non_empty_path<'d>(
    reader: &mut TomlReader<'_>,
    key: &str,
    found: &TomlField<&'d str>,
) -> Option<&'d str> {
    let path = found.value.trim();
    if path.is_empty() {
        let message = format!("`{key}` has an empty path");
        reader.error(&found.span, message, "write a path, or remove the line");
        return None;
    }
    Some(path)
}
