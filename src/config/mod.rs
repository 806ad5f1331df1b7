//! `config.toml` → checked values. All that is wrong is found at once, each with its line and what to do.
//!
//! Values that can't be right don't get past this room: a zone is a zone, an id an id, a time a time.

mod read;
mod team;
mod token;
pub mod zone;

use std::path::{Path, PathBuf};

pub use team::DeclaredTeam;
pub use team::{parse_catch_up, parse_time};
pub use token::{Token, TokenError, VARIABLE as TOKEN_VARIABLE, is_open_to_others};

use crate::findings::{Finding, Source};

/// The config that is read if none is named and it is there.
pub const DEFAULT_PATH: &str = "config.toml";

/// The folder of the snapshots, unless the config or the command line names another.
pub const DEFAULT_STATE_DIR: &str = "state";

/// What the operator set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// A file with the token, if it is not in the environment.
    pub token_file: Option<PathBuf>,
    /// A proxy or a stand-in to use instead of Discord's own address.
    pub api_url: Option<String>,
    /// The folder of the snapshots.
    pub state_dir: PathBuf,
    /// Question files and folders of the operator's own.
    pub bank_paths: Vec<PathBuf>,
    /// Teams that the file declares.
    pub teams: Vec<DeclaredTeam>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            token_file: None,
            api_url: None,
            state_dir: PathBuf::from(DEFAULT_STATE_DIR),
            bank_paths: Vec::new(),
            teams: Vec::new(),
        }
    }
}

impl Config {
    /// Reads the config: the file that is named, else [`DEFAULT_PATH`] if it is there, else only
    /// defaults.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the file.
    pub fn load(named: Option<&Path>) -> Result<Self, Vec<Finding>> {
        let path = named.unwrap_or_else(|| Path::new(DEFAULT_PATH));
        if named.is_none() && !path.exists() {
            return Ok(Self::default());
        }
        let name = path.display().to_string();
        let unreadable = |error: std::io::Error| {
            vec![
                Finding::error(&name, format!("the config can't be read: {error}"))
                    .fix("name another file with --config; config.example.toml shows all keys"),
            ]
        };
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let source = Source::decode(&name, &bytes).map_err(|finding| vec![finding])?;
        let base = path.parent().unwrap_or(Path::new(""));
        Self::parse(&source, base)
    }

    /// Reads a config's text. Paths in it are relative to `base`, its folder.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(source: &Source, base: &Path) -> Result<Self, Vec<Finding>> {
        read::config(source, base)
    }
}

#[cfg(test)]
mod tests;
