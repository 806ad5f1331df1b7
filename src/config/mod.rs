//! The operator's configuration: parses `config.toml` into checked values.
//!
//! All problems of the file are reported at once. This module also reads the bot's token and the
//! question files of `bank.paths`.

mod database;
mod file;
mod health;
mod packs;
mod parse;
mod secret;
mod shards;
mod team;
mod token;
mod url;

#[cfg(test)]
pub mod samples;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;

use quizloop_core::shard::ShardRange;
use quizloop_core::team::ConfiguredTeam;

pub use self::database::DatabaseUrl;
pub use self::file::{ConfigError, ConfigPath, find_path, read, source};
pub use self::packs::read as read_packs;
pub use self::parse::tables;
pub use self::secret::from_environment as secret_from_environment;
pub use self::team::{check_programmes, read_settings as read_team_settings};
pub use self::token::{TokenError, find_token};
pub use self::url::{check_variable as check_api_url_variable, parse as parse_api_url};

/// Default data folder.
pub const DEFAULT_STATE_DIR: &str = "state";

/// Default limit of requests per second: Discord's limit of 50 (Discord docs, topics/rate-limits,
/// "Global Rate Limit"), less two for requests of the gateway.
pub const REQUESTS_PER_SECOND: u16 = 48;

/// The operator's settings. `Default` returns the settings without a config file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// File with the bot's token, used if the environment has none.
    pub token_file: Option<PathBuf>,
    /// Base URL of Discord's REST API without a trailing slash; `None` for Discord's own.
    pub api_url: Option<String>,
    /// Maximum number of requests per second, not counting responses to interactions.
    pub requests_per_second: u16,
    /// Shards that this process may own; `None` for the number that Discord recommends.
    pub shards: Option<ShardRange>,
    /// Data folder.
    pub state_dir: PathBuf,
    /// Database that is used instead of the data folder.
    pub state_url: Option<DatabaseUrl>,
    /// Additional question files, or folders of them.
    pub bank_paths: Vec<PathBuf>,
    /// Address of the health endpoints; `None` for no endpoints.
    pub health_listen: Option<SocketAddr>,
    pub teams: Vec<ConfiguredTeam>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            token_file: None,
            api_url: None,
            requests_per_second: REQUESTS_PER_SECOND,
            shards: None,
            state_dir: DEFAULT_STATE_DIR.into(),
            state_url: None,
            bank_paths: Vec::new(),
            health_listen: None,
            teams: Vec::new(),
        }
    }
}
