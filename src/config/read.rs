//! Reading the tables of `config.toml`.

use std::path::Path;

use super::Config;
use super::team::read_teams;
use crate::findings::walk::{array, table, text};
use crate::findings::{Finding, Source, Table, Walk};

/// Reads the whole file.
pub fn config(source: &Source, base: &Path) -> Result<Config, Vec<Finding>> {
    let mut walk = Walk::new(source);
    let mut config = Config::default();
    if let Some(document) = walk.document() {
        let keys = ["token_file", "discord", "state", "bank", "team"];
        let root = walk.table(document.get_ref(), document.span(), "the config", &keys);
        if let Some(file) = walk.optional(&root, "token_file", text) {
            config.token_file = Some(base.join(file.value));
        }
        discord(&mut walk, &root, &mut config);
        state(&mut walk, &root, &mut config, base);
        bank(&mut walk, &root, &mut config, base);
        config.teams = read_teams(&mut walk, &root);
    }
    if walk.is_clean() {
        Ok(config)
    } else {
        Err(walk.into_findings())
    }
}

fn discord<'d>(walk: &mut Walk<'_>, root: &Table<'d>, config: &mut Config) {
    let Some(part) = walk.optional(root, "discord", table) else {
        return;
    };
    let part = walk.table(part.value, part.key, "[discord]", &["api_url"]);
    let Some(url) = walk.optional(&part, "api_url", text) else {
        return;
    };
    if url.value.starts_with("http://") || url.value.starts_with("https://") {
        config.api_url = Some(url.value.trim_end_matches('/').to_owned());
    } else {
        let message = format!("`api_url` is no web address: \"{}\"", url.value);
        walk.error(
            &url.span,
            message,
            "write it like \"http://127.0.0.1:8420\"",
        );
    }
}

fn state<'d>(walk: &mut Walk<'_>, root: &Table<'d>, config: &mut Config, base: &Path) {
    let Some(part) = walk.optional(root, "state", table) else {
        return;
    };
    let part = walk.table(part.value, part.key, "[state]", &["dir"]);
    if let Some(dir) = walk.optional(&part, "dir", text) {
        config.state_dir = base.join(dir.value);
    }
}

fn bank<'d>(walk: &mut Walk<'_>, root: &Table<'d>, config: &mut Config, base: &Path) {
    let Some(part) = walk.optional(root, "bank", table) else {
        return;
    };
    let part = walk.table(part.value, part.key, "[bank]", &["paths"]);
    if let Some(paths) = walk.optional(&part, "paths", array) {
        let paths = walk.items("paths", paths.value, text);
        config.bank_paths = paths.iter().map(|path| base.join(path.value)).collect();
    }
}
