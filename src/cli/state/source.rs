//! Where the state is looked at: a folder or a database.

use std::path::{Path, PathBuf};

use super::super::exit::{CliError, Exit};
use crate::config::Config;
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;
use crate::store::inspect;
use crate::store::postgres::DatabaseReader;

/// Guilds that are only looked at.
pub enum StateSource {
    /// A folder of snapshots.
    Folder(PathBuf),
    /// A database.
    Database(Box<DatabaseReader>),
}

impl StateSource {
    /// The one that the config names.
    pub fn open(config: &Config) -> Result<Self, CliError> {
        match &config.state_url {
            Some(url) => {
                let reader = DatabaseReader::connect(url.secret()).map_err(state_error)?;
                Ok(Self::Database(Box::new(reader)))
            }
            None => Ok(Self::Folder(config.state_dir.clone())),
        }
    }

    /// The guilds there are.
    pub fn guilds(&self) -> Result<Vec<GuildId>, CliError> {
        match self {
            Self::Folder(dir) => inspect::guild_ids(dir)
                .map_err(|error| CliError::new(Exit::State, format!("{}: {error}", dir.display()))),
            Self::Database(reader) => reader.guild_ids().map_err(state_error),
        }
    }

    /// One of them.
    pub fn guild(&self, guild: GuildId) -> Result<Guild, CliError> {
        match self {
            Self::Folder(dir) => inspect::guild(dir, guild).map_err(state_error),
            Self::Database(reader) => {
                let found = reader.guild(guild).map_err(state_error)?;
                found.ok_or_else(|| {
                    state_error(format!(
                        "there is nothing of server {guild} in the database"
                    ))
                })
            }
        }
    }
}

impl StateSource {
    /// One of them, or in one line why it can't be read.
    pub fn try_guild(&self, guild: GuildId) -> Result<Guild, String> {
        match self {
            Self::Folder(dir) => inspect::guild(dir, guild).map_err(|bad| bad.message),
            Self::Database(_) => self.guild(guild).map_err(|error| error.to_string()),
        }
    }
}

/// The folder, for what only files have.
pub fn require_folder<'a>(config: &'a Config, verb: &str) -> Result<&'a Path, CliError> {
    match config.state_url {
        None => Ok(&config.state_dir),
        Some(_) => Err(CliError::new(
            Exit::Usage,
            format!(
                "`state {verb}` is for snapshot files, and the state is in a database: use the database's own backups, \
                 or name a folder with --state"
            ),
        )),
    }
}

/// The state can't be used.
pub fn state_error(error: impl std::fmt::Display) -> CliError {
    CliError::new(Exit::State, error)
}
