//! `state adopt`: hands the data over to another application, after confirmation.

use std::io;

use super::super::exit::{CliError, Exit};
use super::super::output;
use super::source::{folder_error, state_error};
use super::{confirm, require_confirmation};
use crate::config::Config;
use quizloop_core::text::pluralize;
use quizloop_store::postgres::DatabaseReader;
use quizloop_store::{Adoption, OpenError};

pub fn run(config: &Config, application: u64, yes: bool) -> Result<(), CliError> {
    require_confirmation(
        yes,
        "the data of servers that the new application is not in may be deleted",
    )?;
    if let Some(url) = &config.state_url {
        let reader = DatabaseReader::connect(url.secret()).map_err(state_error)?;
        let owner = reader.application().map_err(state_error)?;
        let guilds = reader.guild_ids().map_err(state_error)?.len();
        ask(owner, application, guilds, yes)?;
        let processes = reader.adopt(application).map_err(state_error)?;
        if processes > 0 {
            return Err(state_error(
                "a bot is using the database: stop it, or wait half a minute after a crash",
            ));
        }
    } else {
        let dir = &config.state_dir;
        let folder = Adoption::open(dir).map_err(|error| match error {
            OpenError::Folder { error, .. } if error.kind() == io::ErrorKind::NotFound => {
                folder_error(dir, &error)
            }
            error => state_error(error),
        })?;
        ask(folder.owner, application, folder.guilds, yes)?;
        folder.adopt(application).map_err(|error| {
            CliError::new(
                Exit::Failed,
                format!("the new owner can't be stored: {error}"),
            )
        })?;
    }
    output::line(format_args!(
        "Done. The data now belongs to application {application}."
    ))?;
    Ok(())
}

fn ask(owner: Option<u64>, application: u64, guilds: usize, yes: bool) -> Result<(), CliError> {
    let owner = owner.map_or("no application yet".to_owned(), |owner| {
        format!("application {owner}")
    });
    output::line(format_args!(
        "The data of {} belongs to {owner}.",
        pluralize(guilds, "server", "servers")
    ))?;
    output::line(format_args!(
        "Application {application} will own it. Invite its bot to every server first: the data of servers that it is not in may be deleted."
    ))?;
    confirm("Hand it over?", yes)
}
