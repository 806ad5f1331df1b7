//! `state`: inspects, verifies, moves and restores the saved data. Commands that change it need the
//! bot to be stopped.

mod adopt;
mod list;
mod reports;
mod restore;
mod show;
pub(super) mod source;
mod transfer;
mod verify;

use std::io::{self, BufRead, IsTerminal};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::exit::{CliError, Exit};
use super::names::{NameArgs, Names};
use super::{CommonArgs, application_id, help, load, output};
use crate::config::Config;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_core::server_questions::ServerQuestions;
use quizloop_store::restore::RestoreSource;
use source::StateSource;

const EXAMPLES: &[(&str, &str)] = &[
    ("quizloop state list", "List the servers"),
    (
        "quizloop state show 1110000000000000001",
        "Show a server's teams, questions and streaks",
    ),
    (
        "quizloop state verify",
        "Check that everything can be read, for example before an upgrade",
    ),
];

/// Inspect, verify, move or restore saved data
///
/// What only reads is safe while the bot runs.
#[derive(Debug, Args)]
#[command(after_long_help = help::examples(EXAMPLES))]
pub struct StateArgs {
    #[command(flatten)]
    common: CommonArgs,
    #[command(subcommand)]
    command: StateCommand,
}

#[derive(Debug, Subcommand)]
enum StateCommand {
    /// List the servers
    #[command(after_long_help = help::examples(&[
        ("quizloop state list", "List the servers"),
        ("quizloop state list --names", "List them with their names on Discord"),
        ("quizloop state list --json", "List them for a script"),
        ("quizloop state list --deleted", "List what can still be restored"),
    ]))]
    List {
        /// List deleted data that can be restored
        #[arg(long)]
        deleted: bool,
        /// Print a JSON list
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        names: NameArgs,
    },
    /// Show a server's teams, rounds and streaks
    #[command(after_long_help = help::examples(&[
        ("quizloop state show 1110000000000000001", "Show a server"),
        ("quizloop state show 1110000000000000001 --names", "Show it with names beside the ids"),
        ("quizloop state show 1110000000000000001 --json", "Show it for a script"),
    ]))]
    Show {
        /// Server id
        guild: GuildId,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        names: NameArgs,
    },
    /// Print a server's data as JSON, or copy all servers from the database to a folder
    #[command(after_long_help = help::examples(&[
        ("quizloop state export 1110000000000000001 > server.json", "Save a server's data"),
        ("quizloop state export backup", "Copy all servers from the database to a folder"),
    ]))]
    Export {
        /// Server id, or a folder that is empty or does not exist yet
        #[arg(value_name = "GUILD|DIR")]
        target: String,
    },
    /// Copy all servers from a data folder to an empty database (stop the bot first)
    #[command(after_long_help = help::examples(&[
        ("QUIZLOOP_STATE_URL_FILE=url quizloop state import state", "Move from files to PostgreSQL"),
    ]))]
    Import {
        /// Data folder
        dir: PathBuf,
    },
    /// List the open reports by members about mistakes in questions
    #[command(after_long_help = help::examples(&[
        ("quizloop state reports", "List the reports of all servers"),
        ("quizloop state reports --json", "List them for a script"),
    ]))]
    Reports {
        /// Server id [default: all servers]
        guild: Option<GuildId>,
        /// Print a JSON list
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        names: NameArgs,
    },
    /// Read all snapshots and their last good generations, and report problems
    #[command(after_long_help = help::examples(&[
        ("quizloop state verify", "Verify the data, also while the bot runs"),
        ("quizloop state verify --state backup", "Verify a backup"),
        ("quizloop state verify --json", "Print counts and problems for a script"),
    ]))]
    Verify {
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Restore a server's last good generation or its deleted data (stop the bot first)
    #[command(after_long_help = help::examples(&[
        ("quizloop state restore 1110000000000000001", "Return to the last good generation"),
        ("quizloop state restore 1110000000000000001 --deleted", "Restore what was deleted last"),
    ]))]
    Restore {
        /// Server id
        guild: GuildId,
        /// Restore data that was deleted
        #[arg(long)]
        deleted: bool,
        /// Restore the last good generation of the server's own questions only
        #[arg(long, conflicts_with = "deleted")]
        questions: bool,
        /// When it was deleted, from `state list --deleted` [default: last]
        #[arg(long, requires = "deleted")]
        time: Option<Timestamp>,
        /// Don't ask for confirmation
        #[arg(long)]
        yes: bool,
    },
    /// Hand the data over to another Discord application (stop the bot first)
    #[command(after_long_help = help::examples(&[
        ("quizloop state adopt 1100000000000000001", "Let that application's bot use the data"),
    ]))]
    Adopt {
        /// Id of the application that will own the data
        #[arg(value_parser = application_id)]
        application: NonZeroU64,
        /// Don't ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

pub fn run(args: &StateArgs) -> Result<(), CliError> {
    let config = load::config(&args.common)?;
    match &args.command {
        StateCommand::List {
            deleted,
            json,
            names,
        } => {
            let names = Names::new(&config, *names)?;
            list::run(&StateSource::open(&config)?, &names, *deleted, *json)?;
        }
        StateCommand::Show { guild, json, names } => {
            let names = Names::new(&config, *names)?;
            show::run(&StateSource::open(&config)?.guild(*guild)?, &names, *json)?;
        }
        StateCommand::Export { target } => match target.parse::<GuildId>() {
            Ok(guild) => print_json(&guild_to_export(&config, guild)?)?,
            Err(_) => transfer::export(&config, Path::new(target))?,
        },
        StateCommand::Import { dir } => transfer::import(&config, dir)?,
        StateCommand::Reports { guild, json, names } => {
            let names = Names::new(&config, *names)?;
            reports::run(&StateSource::open(&config)?, &names, *guild, *json)?;
        }
        StateCommand::Verify { json } => {
            verify::run(source::require_folder(&config, "verify")?, *json)?;
        }
        StateCommand::Restore {
            guild,
            deleted,
            questions,
            time,
            yes,
        } => {
            let source = match (deleted, questions) {
                (true, _) => RestoreSource::Deleted(*time),
                (false, true) => RestoreSource::LastGoodQuestions,
                (false, false) => RestoreSource::LastGood,
            };
            restore::run(&config, *guild, source, *yes)?;
        }
        StateCommand::Adopt { application, yes } => adopt::run(&config, application.get(), *yes)?,
    }
    Ok(())
}

/// Reads the server to export. If there is none with that id, the operator may mean a folder that is
/// named by a date.
fn guild_to_export(config: &Config, guild: GuildId) -> Result<Guild, CliError> {
    let found = StateSource::open(config)?.find(guild)?;
    found.ok_or_else(|| {
        let message = source::unknown_server(guild);
        source::state_error(format!(
            "{message}. If you mean a folder of that name, write ./{guild}"
        ))
    })
}

/// Fails if confirmation is needed but stdin is not a terminal.
pub fn require_confirmation(yes: bool, reason: &str) -> Result<(), CliError> {
    if yes || io::stdin().is_terminal() {
        return Ok(());
    }
    Err(CliError::new(
        Exit::Usage,
        format!("this needs confirmation because {reason}: run it in a terminal or with --yes"),
    ))
}

/// Asks for confirmation. Only the whole word "yes" counts.
pub fn confirm(question: &str, yes: bool) -> Result<(), CliError> {
    if yes || is_confirmed(question, &mut io::stdin().lock())? {
        return Ok(());
    }
    Err(CliError::new(
        Exit::Failed,
        "not confirmed; nothing was changed",
    ))
}

fn is_confirmed(question: &str, input: &mut impl BufRead) -> Result<bool, CliError> {
    output::text(format_args!("{question} Type yes: "))?;
    let mut line = String::new();
    Ok(input.read_line(&mut line).is_ok() && line.trim() == "yes")
}

fn print_json(guild: &Guild) -> Result<(), CliError> {
    /// A server's data with its own questions, which a snapshot does not contain.
    #[derive(Serialize)]
    struct GuildExport<'a> {
        #[serde(flatten)]
        guild: &'a Guild,
        #[serde(skip_serializing_if = "Option::is_none")]
        server_questions: Option<&'a ServerQuestions>,
    }
    let export = GuildExport {
        guild,
        server_questions: guild.server_questions(),
    };
    output::json(&export)
}

#[cfg(test)]
mod tests {
    use super::is_confirmed;

    #[test]
    fn only_the_whole_word_confirms() {
        let confirms = |text: &str| is_confirmed("Restore?", &mut text.as_bytes()).unwrap();
        assert!(confirms("yes\n") && confirms("  yes \r\n") && confirms("yes"));
        for no in ["", "\n", "y\n", "YES\n", "no\nyes\n", "yes please\n"] {
            assert!(!confirms(no), "{no:?}");
        }
    }
}
