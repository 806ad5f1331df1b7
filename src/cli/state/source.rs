//! Where the state is looked at: a folder or a database.

use std::path::{Path, PathBuf};

use super::super::exit::{Exit, Failed};
use crate::config::Config;
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;
use crate::store::inspect;
use crate::store::postgres::DatabaseReader;

/// Guilds that are only looked at.
pub enum Source {
    /// A folder of snapshots.
    Folder(PathBuf),
    /// A database.
    Database(Box<DatabaseReader>),
}

impl Source {
    /// The one that the config names.
    pub fn of(config: &Config) -> Result<Self, Failed> {
        match &config.state_url {
            Some(url) => {
                let reader = DatabaseReader::connect(url.secret()).map_err(state)?;
                Ok(Self::Database(Box::new(reader)))
            }
            None => Ok(Self::Folder(config.state_dir.clone())),
        }
    }

    /// The guilds there are.
    pub fn guilds(&self) -> Result<Vec<GuildId>, Failed> {
        match self {
            Self::Folder(dir) => inspect::guild_ids(dir)
                .map_err(|error| Failed::new(Exit::State, format!("{}: {error}", dir.display()))),
            Self::Database(reader) => reader.guild_ids().map_err(state),
        }
    }

    /// One of them.
    pub fn guild(&self, guild: GuildId) -> Result<Guild, Failed> {
        match self {
            Self::Folder(dir) => inspect::guild(dir, guild).map_err(state),
            Self::Database(reader) => {
                let found = reader.guild(guild).map_err(state)?;
                found.ok_or_else(|| {
                    state(format!(
                        "there is nothing of server {guild} in the database"
                    ))
                })
            }
        }
    }
}

impl Source {
    /// One of them, or in one line why it can't be read.
    pub fn try_guild(&self, guild: GuildId) -> Result<Guild, String> {
        match self {
            Self::Folder(dir) => inspect::guild(dir, guild).map_err(|bad| bad.message),
            Self::Database(_) => self.guild(guild).map_err(|error| error.to_string()),
        }
    }
}

/// The folder, for what only files have.
pub fn folder<'a>(config: &'a Config, verb: &str) -> Result<&'a Path, Failed> {
    match config.state_url {
        None => Ok(&config.state_dir),
        Some(_) => Err(Failed::new(
            Exit::Usage,
            format!(
                "`state {verb}` is for snapshot files, and the state is in a database: use the database's own backups, \
                 or name a folder with --state"
            ),
        )),
    }
}

/// The state can't be used.
pub fn state(error: impl std::fmt::Display) -> Failed {
    Failed::new(Exit::State, error)
}
