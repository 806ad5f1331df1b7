//! The operator's settings: `config.toml` → checked values.
//!
//! Everything that is wrong with the file is found at once. Also here, as they are the operator's too:
//! the bot's token, the files of `bank.paths`, and the names of time zones.

mod database;
mod file;
mod health;
mod packs;
mod parse;
mod schedule;
mod shards;
mod team;
mod time;
mod token;
mod url;
pub mod zone;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::practice::id::{ChannelId, GuildId};
use crate::practice::shard::ShardRange;
use crate::practice::team::TeamSettings;

pub use self::database::DatabaseUrl;
pub use self::file::{ConfigError, ConfigPath, find_path, read};
pub use self::packs::read as read_packs;
pub use self::parse::TABLES;
pub use self::schedule::read as read_schedule;
pub use self::time::{parse_catch_up, parse_time_of_day};
pub use self::token::{Token, TokenError, find_token};
pub use self::url::check as check_api_url;

/// Where the snapshots lie unless the config says otherwise.
pub const DEFAULT_STATE_DIR: &str = "state";

/// Requests a second unless the config says otherwise: what Discord takes from a bot (Discord docs,
/// topics/rate-limits, "Global Rate Limit": 50), less two for the gateway's own.
pub const REQUESTS_PER_SECOND: u16 = 48;

/// The operator's settings. The default is what holds without a config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The file with the bot's token, if the environment has none.
    pub token_file: Option<PathBuf>,
    /// Base URL of Discord's REST API, without a slash at its end; none for Discord's own.
    pub api_url: Option<String>,
    /// How many requests a second are made at most, answers to interactions aside.
    pub requests_per_second: u16,
    /// The shards that this process may have; none for as many as Discord recommends.
    pub shards: Option<ShardRange>,
    /// The folder of the snapshots.
    pub state_dir: PathBuf,
    /// The database that has the state instead of the folder.
    pub state_url: Option<DatabaseUrl>,
    /// Further question files, or folders of them.
    pub bank_paths: Vec<PathBuf>,
    /// Where the health of the bot can be asked for; none for nowhere.
    pub health_listen: Option<SocketAddr>,
    /// Teams that the file declares.
    pub teams: Vec<ConfiguredTeam>,
}

/// A team that the operator's file declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredTeam {
    /// Its guild.
    pub guild: GuildId,
    /// Where it posts.
    pub channel: ChannelId,
    /// What people could set about it.
    pub settings: TeamSettings,
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
