//! `check`: reports all problems of the config, the questions and the state at once.

use super::exit::CliError;
use super::load::{self, Sources};
use super::{CommonArgs, output};
use crate::config::{self, Config, DatabaseUrl};
use quizloop_core::id::GuildId;
use quizloop_core::text::pluralize;
use quizloop_diagnostics::Diagnostic;
use quizloop_store::postgres::DatabaseReader;
use quizloop_store::{InvalidSnapshot, inspect};

pub const EXAMPLES: &[(&str, &str)] = &[
    (
        "quizloop check",
        "Check ./config.toml, if it exists, the questions and the saved data",
    ),
    (
        "quizloop check --config new.toml",
        "Check another config before you use it",
    ),
];

/// Checks everything that can be checked without Discord.
pub fn run(common: &CommonArgs) -> Result<(), CliError> {
    let sources = Sources::from(common);
    let (config, mut diagnostics) = load::config_with_diagnostics(sources)?;
    diagnostics.extend(check_token(&config));
    let (bank, more) = load::bank_with_diagnostics(&config);
    diagnostics.extend(more);
    diagnostics.extend(load::check_programmes(sources, &bank));
    let (guilds, more) = check_state(&config);
    diagnostics.extend(more);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(CliError::in_files(
            diagnostics,
            "fix the errors above; nothing was changed",
        ));
    }
    output::diagnostics(&diagnostics);
    output::line(format_args!(
        "No errors found: {} in the config, {}, {} in {}.",
        pluralize(config.teams.len(), "team", "teams"),
        pluralize(bank.len(), "question", "questions"),
        pluralize(guilds, "server", "servers"),
        state_location(&config)
    ))?;
    Ok(())
}

/// Checks the token file. A missing token is not a problem: a config can be checked on a machine
/// other than the bot's.
fn check_token(config: &Config) -> Option<Diagnostic> {
    let file = config.token_file.as_deref()?;
    let place = file.display().to_string();
    let found = config::find_token(None, Some(file)).and_then(|(token, diagnostic)| {
        load::check_form(config, &token, place)?;
        Ok(diagnostic)
    });
    match found {
        Ok(diagnostic) => diagnostic,
        Err(error) => Some(Diagnostic::warning(
            file.display().to_string(),
            error.to_string(),
        )),
    }
}

/// Returns the number of servers, and a diagnostic for each unreadable snapshot.
fn check_state(config: &Config) -> (usize, Vec<Diagnostic>) {
    if let Some(url) = &config.state_url {
        return check_database(url);
    }
    let guilds = inspect::guild_ids(&config.state_dir).unwrap_or_default();
    let diagnostic = |guild: &GuildId| {
        let invalid = inspect::guild(&config.state_dir, *guild).err()?;
        Some(Diagnostic::error(location(&invalid), invalid.message.clone()).fix(invalid.fix()))
    };
    (guilds.len(), guilds.iter().filter_map(diagnostic).collect())
}

fn state_location(config: &Config) -> String {
    match config.state_url {
        Some(_) => "the database".into(),
        None => config.state_dir.display().to_string(),
    }
}

/// Connects to the database and reads all guilds.
fn check_database(url: &DatabaseUrl) -> (usize, Vec<Diagnostic>) {
    let guilds = DatabaseReader::connect(url.secret()).and_then(|reader| {
        let guilds = reader.guild_ids()?;
        for guild in &guilds {
            reader.guild(*guild)?;
        }
        Ok(guilds.len())
    });
    match guilds {
        Ok(guilds) => (guilds, Vec::new()),
        Err(error) => (0, vec![Diagnostic::error("[state] url", error.to_string())]),
    }
}

fn location(invalid: &InvalidSnapshot) -> String {
    let file = invalid.file.display();
    invalid.position.map_or_else(
        || file.to_string(),
        |(line, column)| format!("{file}:{line}:{column}"),
    )
}
