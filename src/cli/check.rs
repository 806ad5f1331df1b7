//! `check`: reports all problems of the config, the questions and the state at once.

use std::fmt;
use std::io;

use clap::Args;
use serde::Serialize;

use super::exit::{CliError, Exit};
use super::load::{self, Sources};
use super::names::{Name, NameArgs, Names};
use super::{CommonArgs, help, os_error, output};
use crate::config::{self, Config, DatabaseUrl};
use quizloop_core::id::{ChannelId, GuildId};
use quizloop_core::text::pluralize;
use quizloop_diagnostics::{Diagnostic, Location, Severity};
use quizloop_store::postgres::DatabaseReader;
use quizloop_store::{InvalidSnapshot, inspect};

const EXAMPLES: &[(&str, &str)] = &[
    (
        "quizloop check",
        "Check ./config.toml, if it exists, the questions and the saved data",
    ),
    (
        "quizloop check --config new.toml",
        "Check another config before you use it",
    ),
    (
        "quizloop check --names",
        "Also ask Discord whether the bot sees the teams' channels",
    ),
    (
        "quizloop check --json",
        "Print counts and problems for a script",
    ),
];

/// Check the config, questions and saved data, and report all problems at once
#[derive(Debug, Args)]
#[command(after_long_help = help::examples(EXAMPLES))]
pub struct CheckArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    names: NameArgs,
}

/// What was checked, for scripts.
#[derive(Serialize)]
struct JsonCheckReport {
    /// Teams in the config.
    teams: Vec<ListedTeam>,
    questions: usize,
    servers: usize,
    /// Where the servers' data is.
    state: String,
    problems: Vec<JsonDiagnostic>,
}

/// A team in the config.
#[derive(Serialize)]
struct ListedTeam {
    guild: GuildId,
    #[serde(skip_serializing_if = "Name::is_unknown")]
    guild_name: Name,
    channel: ChannelId,
    #[serde(skip_serializing_if = "Name::is_unknown")]
    channel_name: Name,
}

impl fmt::Display for ListedTeam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            guild,
            guild_name,
            channel,
            channel_name,
        } = self;
        write!(
            f,
            "Team: server {guild}{guild_name}, channel {channel}{channel_name}"
        )
    }
}

/// A diagnostic, without secrets.
#[derive(Serialize)]
struct JsonDiagnostic {
    severity: &'static str,
    message: String,
    #[serde(flatten)]
    position: Position,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<RelatedPosition>,
}

#[derive(Serialize)]
struct RelatedPosition {
    message: String,
    #[serde(flatten)]
    position: Position,
}

#[derive(Serialize)]
struct Position {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

impl Position {
    fn new(file: String, location: Option<&Location>) -> Self {
        Self {
            file,
            line: location.map(|location| location.line),
            column: location.map(Location::column),
        }
    }
}

impl From<&Diagnostic> for JsonDiagnostic {
    fn from(diagnostic: &Diagnostic) -> Self {
        let shown = diagnostic.redacted();
        let related = shown.related.into_iter();
        let related = related.map(|related| RelatedPosition {
            message: os_error::explain(&related.message),
            position: Position::new(related.file, Some(&related.location)),
        });
        Self {
            severity: match shown.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            message: os_error::explain(&shown.message),
            position: Position::new(shown.file, shown.location.as_ref()),
            help: shown.fix,
            related: related.collect(),
        }
    }
}

/// Checks everything that can be checked without Discord, and with `--names` whether the bot sees
/// the channels of the config's teams.
pub fn run(args: &CheckArgs) -> Result<(), CliError> {
    let sources = Sources::from(&args.common);
    let (config, mut diagnostics) = load::config_with_diagnostics(sources)?;
    diagnostics.extend(check_token(&config));
    let (bank, more) = load::bank_with_diagnostics(&config);
    diagnostics.extend(more);
    diagnostics.extend(load::check_programmes(sources, &bank));
    let (guilds, more) = check_state(&config);
    diagnostics.extend(more);
    let names = Names::new(&config, args.names)?;
    let (teams, more) = list_teams(&config, &names, sources)?;
    diagnostics.extend(more);
    if args.json {
        output::json(&JsonCheckReport {
            teams,
            questions: bank.len(),
            servers: guilds,
            state: state_location(&config),
            problems: diagnostics.iter().map(JsonDiagnostic::from).collect(),
        })?;
        return if diagnostics.iter().any(Diagnostic::is_error) {
            Err(CliError::new(
                Exit::Usage,
                "fix the errors; nothing was changed",
            ))
        } else {
            Ok(())
        };
    }
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(CliError::in_files(
            diagnostics,
            "fix the errors above; nothing was changed",
        ));
    }
    output::diagnostics(&diagnostics);
    for team in teams.iter().filter(|_| names.are_wanted()) {
        output::line(team)?;
    }
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

/// Lists the teams of the config. With names, warns about those that the bot can't see.
fn list_teams(
    config: &Config,
    names: &Names,
    sources: Sources<'_>,
) -> Result<(Vec<ListedTeam>, Vec<Diagnostic>), CliError> {
    let mut teams = Vec::new();
    let mut diagnostics = Vec::new();
    let mut warn = |message: String, fix: &str| {
        let file = sources.config_file().display().to_string();
        diagnostics.push(Diagnostic::warning(file, message).fix(fix));
    };
    for team in &config.teams {
        let (guild, channel) = (team.guild, team.channel);
        let guild_name = names.guild(guild)?;
        let mut channel_name = Name::default();
        if !guild_name.is_unknown() {
            channel_name = names.channel(channel)?;
            if channel_name.is_unknown() {
                warn(
                    format!("the bot can't see channel {channel}, which has a team"),
                    "check the id, and give the bot's role View Channel there",
                );
            }
        } else if names.are_wanted() {
            warn(
                format!("the bot is not in server {guild}, which has a team"),
                "check the id, or add the bot with the link that `quizloop invite` prints",
            );
        }
        teams.push(ListedTeam {
            guild,
            guild_name,
            channel,
            channel_name,
        });
    }
    Ok((teams, diagnostics))
}

/// Returns the number of servers, and a diagnostic for each unreadable snapshot.
fn check_state(config: &Config) -> (usize, Vec<Diagnostic>) {
    if let Some(url) = &config.state_url {
        return check_database(url);
    }
    let dir = &config.state_dir;
    let guilds = match inspect::guild_ids(dir) {
        Ok(guilds) => guilds,
        // Before the first start.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            let place = dir.display().to_string();
            let message = format!("can't read the data folder: {error}");
            let fix = "fix its permissions, or name another folder with --state or [state] dir";
            return (0, vec![Diagnostic::error(place, message).fix(fix)]);
        }
    };
    let diagnostic = |guild: &GuildId| {
        let invalid = inspect::guild(dir, *guild).err()?;
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
