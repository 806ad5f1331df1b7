//! `state list`: lists the servers, or the deleted data.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::super::exit::CliError;
use super::super::names::{Name, Names};
use super::super::output;
use super::source::StateSource;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

/// A server, or what is kept of a deleted one.
#[derive(Serialize)]
struct ListedServer {
    guild: GuildId,
    #[serde(skip_serializing_if = "Name::is_unknown")]
    name: Name,
    #[serde(flatten)]
    contents: ServerContents,
    #[serde(flatten)]
    deletion: Option<Deletion>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ServerContents {
    Counts {
        teams: usize,
        rounds: usize,
        members: usize,
    },
    Unreadable {
        error: String,
    },
}

#[derive(Serialize)]
struct Deletion {
    deleted_at: Timestamp,
    restorable_until: Timestamp,
}

impl ServerContents {
    fn new(guild: Result<&Guild, String>) -> Self {
        let guild = match guild {
            Ok(guild) => guild,
            Err(error) => return Self::Unreadable { error },
        };
        let teams = guild.teams().values();
        Self::Counts {
            teams: teams.len(),
            rounds: teams.clone().map(|team| team.rounds().len()).sum(),
            members: teams.map(|team| team.members().count()).sum(),
        }
    }
}

impl fmt::Display for ListedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.guild, self.name)?;
        match &self.contents {
            ServerContents::Counts {
                teams,
                rounds,
                members,
            } => write!(f, "  teams {teams}  rounds {rounds}  members {members}")?,
            ServerContents::Unreadable { error } => write!(f, "  unreadable: {error}")?,
        }
        if let Some(deletion) = &self.deletion {
            let Deletion {
                deleted_at,
                restorable_until,
            } = deletion;
            write!(f, "  deleted {deleted_at}  until {restorable_until}")?;
        }
        Ok(())
    }
}

pub fn run(source: &StateSource, names: &Names, deleted: bool, json: bool) -> Result<(), CliError> {
    let mut servers = if deleted {
        deleted_servers(source)?
    } else {
        servers(source)?
    };
    for server in &mut servers {
        server.name = names.guild(server.guild)?;
    }
    if json {
        return output::json(&servers);
    }
    if servers.is_empty() {
        let nothing = if deleted {
            "No deleted data."
        } else {
            "No servers yet."
        };
        output::line(nothing)?;
    }
    for server in &servers {
        output::line(server)?;
    }
    Ok(())
}

fn servers(source: &StateSource) -> Result<Vec<ListedServer>, CliError> {
    let listed = |guild| {
        let found = source.try_guild(guild);
        ListedServer {
            guild,
            name: Name::default(),
            contents: ServerContents::new(found.as_ref().map_err(ToString::to_string)),
            deletion: None,
        }
    };
    Ok(source.guilds()?.into_iter().map(listed).collect())
}

fn deleted_servers(source: &StateSource) -> Result<Vec<ListedServer>, CliError> {
    let deleted = source.deleted()?.into_iter();
    let listed = deleted.map(|one| ListedServer {
        guild: one.guild,
        name: Name::default(),
        deletion: Some(Deletion {
            deleted_at: one.deleted_at,
            restorable_until: one.restorable_until(),
        }),
        contents: ServerContents::new(one.data.as_ref().map_err(ToString::to_string)),
    });
    Ok(listed.collect())
}
