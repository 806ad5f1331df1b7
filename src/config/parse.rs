//! The text of a config → settings and findings.

use std::path::{Path, PathBuf};

use super::team::{self, TEAM_KEYS};
use super::{Config, DEFAULT_STATE_DIR, database, health, shards, url};
use crate::findings::walk::{self, Field, Table, Walk};
use crate::findings::{self, Finding, Source};

const TOP: &str = "the config";
const TOP_KEYS: [&str; 6] = ["token_file", "discord", "state", "bank", "health", "team"];
const DISCORD_KEYS: [&str; 3] = ["api_url", "requests_per_second", "shards"];
const STATE_KEYS: [&str; 2] = ["dir", "url"];
const BANK_KEYS: [&str; 1] = ["paths"];
const HEALTH_KEYS: [&str; 1] = ["listen"];

/// All tables of a config with their keys, as people write them.
pub const TABLES: [(&str, &[&str]); 6] = [
    ("", &TOP_KEYS),
    ("[discord]", &DISCORD_KEYS),
    ("[state]", &STATE_KEYS),
    ("[bank]", &BANK_KEYS),
    ("[health]", &HEALTH_KEYS),
    ("[[team]]", &TEAM_KEYS),
];

impl Config {
    /// Reads a config. Relative paths in it count from `folder`, the one in which the file lies.
    ///
    /// What is wrong is left at its default, a team with an error is left out: with an error among
    /// the findings nobody should run.
    pub fn parse(source: &Source, folder: &Path) -> (Self, Vec<Finding>) {
        let mut walk = Walk::new(source);
        let config = config(&mut walk, folder);
        let mut findings = walk.into_findings();
        findings::sort(&mut findings);
        (config, findings)
    }
}

fn config(walk: &mut Walk<'_>, folder: &Path) -> Config {
    let mut config = Config {
        state_dir: folder.join(DEFAULT_STATE_DIR),
        ..Config::default()
    };
    let Some(document) = walk.document() else {
        return config;
    };
    let top = walk.table(document.get_ref(), 0..0, TOP, &TOP_KEYS);
    config.token_file = path(walk, &top, "token_file", folder);
    if let Some(discord) = section(walk, &top, "discord", "[discord]", &DISCORD_KEYS) {
        read_discord(walk, &discord, &mut config);
    }
    if let Some(state) = section(walk, &top, "state", "[state]", &STATE_KEYS) {
        read_state(walk, &state, folder, &mut config);
    }
    if let Some(bank) = section(walk, &top, "bank", "[bank]", &BANK_KEYS) {
        config.bank_paths = paths(walk, &bank, folder);
    }
    if let Some(health) = section(walk, &top, "health", "[health]", &HEALTH_KEYS) {
        let found = walk.optional(&health, "listen", walk::text);
        config.health_listen = found.and_then(|found| health::read(walk, &found));
    }
    config.teams = team::read_all(walk, &top);
    config
}

fn read_discord(walk: &mut Walk<'_>, discord: &Table<'_>, config: &mut Config) {
    let found = walk.optional(discord, "api_url", walk::text);
    config.api_url = found.and_then(|found| url::read(walk, &found));
    if let Some(found) = walk.optional(discord, "requests_per_second", walk::number) {
        let number = u16::try_from(found.value).ok().filter(|number| *number > 0);
        match number {
            Some(number) => config.requests_per_second = number,
            None => walk.error(
                &found.span,
                "`requests_per_second` is out of bounds",
                "give a number from 1 to 65535; Discord takes 50 a second from a bot",
            ),
        }
    }
    let found = walk.optional(discord, "shards", shards::words);
    config.shards = found.and_then(|found| shards::read(walk, &found));
}

fn read_state(walk: &mut Walk<'_>, state: &Table<'_>, folder: &Path, config: &mut Config) {
    if let Some(dir) = path(walk, state, "dir", folder) {
        config.state_dir = dir;
    }
    let found = walk.optional(state, "url", walk::text);
    config.state_url = found.and_then(|found| database::read(walk, &found));
}

fn section<'d>(
    walk: &mut Walk<'_>,
    top: &Table<'d>,
    key: &str,
    name: &'static str,
    known: &[&str],
) -> Option<Table<'d>> {
    let found = walk.optional(top, key, walk::table)?;
    Some(walk.table(found.value, found.key, name, known))
}

fn path(walk: &mut Walk<'_>, table: &Table<'_>, key: &str, folder: &Path) -> Option<PathBuf> {
    let found = walk.optional(table, key, walk::text)?;
    existing_words(walk, key, &found).map(|words| folder.join(words))
}

fn paths(walk: &mut Walk<'_>, bank: &Table<'_>, folder: &Path) -> Vec<PathBuf> {
    let Some(list) = walk.optional(bank, "paths", walk::array) else {
        return Vec::new();
    };
    let items = walk.items("paths", list.value, walk::text);
    items
        .iter()
        .filter_map(|item| existing_words(walk, "paths", item))
        .map(|words| folder.join(words))
        .collect()
}

/// A path with at least one character: joined to a folder, an empty one would mean the folder itself.
fn existing_words<'d>(walk: &mut Walk<'_>, key: &str, found: &Field<&'d str>) -> Option<&'d str> {
    let words = found.value.trim();
    if words.is_empty() {
        let message = format!("`{key}` has an empty path");
        walk.error(&found.span, message, "name a path, or take the line out");
        return None;
    }
    Some(words)
}
