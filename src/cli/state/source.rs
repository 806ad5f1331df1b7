//! Read-only access to the saved data in a folder or a database.

use std::io;
use std::path::{Path, PathBuf};

use super::super::exit::{CliError, Exit};
use crate::config::Config;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_store::deleted::DeletedGuild;
use quizloop_store::inspect;
use quizloop_store::postgres::DatabaseReader;

/// The place from which guilds are read.
pub enum StateSource {
    Folder(PathBuf),
    Database(Box<DatabaseReader>),
}

impl StateSource {
    /// Opens the folder or database that the config names.
    pub fn open(config: &Config) -> Result<Self, CliError> {
        match &config.state_url {
            Some(url) => {
                let reader = DatabaseReader::connect(url.secret()).map_err(state_error)?;
                Ok(Self::Database(Box::new(reader)))
            }
            None => Ok(Self::Folder(config.state_dir.clone())),
        }
    }

    /// Returns the ids of all guilds.
    pub fn guilds(&self) -> Result<Vec<GuildId>, CliError> {
        match self {
            Self::Folder(dir) => inspect::guild_ids(dir).map_err(|error| folder_error(dir, &error)),
            Self::Database(reader) => reader.guild_ids().map_err(state_error),
        }
    }

    /// Reads the deleted data that can be restored.
    pub fn deleted(&self) -> Result<Vec<DeletedGuild>, CliError> {
        match self {
            Self::Folder(dir) => inspect::deleted(dir).map_err(|error| folder_error(dir, &error)),
            Self::Database(reader) => reader.deleted().map_err(state_error),
        }
    }

    /// Reads a guild.
    pub fn guild(&self, guild: GuildId) -> Result<Guild, CliError> {
        self.find(guild)?
            .ok_or_else(|| state_error(unknown_server(guild)))
    }

    /// Reads a guild, if it exists.
    pub fn find(&self, guild: GuildId) -> Result<Option<Guild>, CliError> {
        match self {
            Self::Folder(dir) => match inspect::guild(dir, guild) {
                Ok(guild) => Ok(Some(guild)),
                Err(error) if error.previous.is_none() && !error.file.exists() => Ok(None),
                Err(error) => Err(state_error(error)),
            },
            Self::Database(reader) => reader.guild(guild).map_err(state_error),
        }
    }

    /// Reads a guild. The error is one line, without the name of the file.
    pub fn try_guild(&self, guild: GuildId) -> Result<Guild, CliError> {
        match self {
            Self::Folder(dir) => {
                inspect::guild(dir, guild).map_err(|error| state_error(error.message))
            }
            Self::Database(_) => self.guild(guild),
        }
    }
}

/// Returns the data folder for a command that works only with files.
pub fn require_folder<'a>(config: &'a Config, command: &str) -> Result<&'a Path, CliError> {
    match config.state_url {
        None => Ok(&config.state_dir),
        Some(_) => Err(CliError::new(
            Exit::Usage,
            format!(
                "`state {command}` works only with a data folder, but the data is in a database. \
                 Use the database's own backups. For a data folder, remove [state] url from the config \
                 and QUIZLOOP_STATE_URL from the environment, and name the folder with --state"
            ),
        )),
    }
}

/// Explains why a data folder can't be read.
pub fn folder_error(dir: &Path, error: &io::Error) -> CliError {
    let dir = dir.display();
    match error.kind() {
        io::ErrorKind::NotFound => state_error(format!(
            "no data in {dir} yet: start the bot once, or name the data folder with --state"
        )),
        _ => state_error(format!("can't read the data folder {dir}: {error}")),
    }
}

pub fn unknown_server(guild: GuildId) -> String {
    format!("there is no data of server {guild}")
}

pub fn state_error(error: impl std::fmt::Display) -> CliError {
    CliError::new(Exit::State, error)
}
