//! `init`: writes a first config, and the file with the token.
//!
//! In a terminal it asks; with `--yes` it takes the options and the defaults. Nothing is written
//! before all answers are valid, and nothing is replaced without being asked for.

mod answers;
mod dialogue;
mod write;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::{CliError, Exit};
use super::{help, output};
use crate::config::Config;
use answers::Answers;
use dialogue::Console;
use quizloop_diagnostics::Source;

/// The config that the other commands read if none is named.
const DEFAULT_CONFIG: &str = "config.toml";

/// Who can read a new file with the token.
#[cfg(unix)]
const WHO_READS_TOKEN: &str = "no other account can read it.";
#[cfg(not(unix))]
const WHO_READS_TOKEN: &str = "make sure that no other account can read it.";

const EXAMPLES: &[(&str, &str)] = &[
    (
        "quizloop init",
        "Answer questions about the token, the server, the channel and the time",
    ),
    (
        "quizloop init --yes",
        "Write a config without a team; set teams up on Discord with /setup",
    ),
    (
        "quizloop init --yes --guild 1110000000000000001 --channel 1120000000000000001 --timezone Europe/Berlin",
        "Write a config with a team, without questions",
    ),
    (
        "quizloop init --yes --token-stdin < secret",
        "Write the token from standard input to the token file",
    ),
];

/// Write a first config: asks for the token, the server, the channel and the time
///
/// The token is never an option and never shown: it is typed without echo, or read from standard
/// input, and written to a file that only this account can read.
#[derive(Debug, Args)]
#[command(after_long_help = help::examples(EXAMPLES))]
pub struct InitArgs {
    /// Config file to write [default: config.toml]
    #[arg(
        long,
        value_name = "FILE",
        env = "QUIZLOOP_CONFIG",
        hide_env_values = true
    )]
    config: Option<PathBuf>,
    /// File for the bot's token [default: token, beside the config]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Read the token from standard input
    #[arg(long, requires = "yes")]
    token_stdin: bool,
    /// Id of the server of a team
    #[arg(long, value_name = "ID", requires_all = ["channel", "timezone"])]
    guild: Option<String>,
    /// Id of the channel in which the team practises
    #[arg(long, value_name = "ID", requires = "guild")]
    channel: Option<String>,
    /// The team's time zone, such as Europe/Berlin
    #[arg(long, value_name = "ZONE", requires = "guild")]
    timezone: Option<String>,
    /// When the question is posted, in local time [default: 09:00]
    #[arg(long, value_name = "TIME", requires = "guild")]
    at: Option<String>,
    /// Ask nothing: take the options and the defaults
    #[arg(long)]
    yes: bool,
    /// Replace an existing config
    #[arg(long)]
    force: bool,
}

impl InitArgs {
    fn config(&self) -> &Path {
        let named = self
            .config
            .as_deref()
            .filter(|path| !path.as_os_str().is_empty());
        named.unwrap_or(Path::new(DEFAULT_CONFIG))
    }
}

pub fn run(args: &InitArgs) -> Result<(), CliError> {
    if !args.yes && !io::stdin().is_terminal() {
        let message = "this asks questions: run it in a terminal, or with --yes and options";
        return Err(CliError::new(Exit::Usage, message));
    }
    let config = args.config();
    if !args.force && config.exists() {
        let file = config.display();
        if args.yes {
            let message = format!("{file} exists already: add --force to replace it");
            return Err(CliError::new(Exit::Usage, message));
        }
        let question = format!("{file} exists already. Replace it?");
        super::state::confirm(&question, false)?;
    }
    let answers = if args.yes {
        answers::from_options(args)?
    } else {
        answers::ask(args, &mut Console)?
    };
    finish(config, &answers)
}

/// Writes the files and says what to do next.
fn finish(config: &Path, answers: &Answers) -> Result<(), CliError> {
    let text = answers.config();
    check(config, &text)?;
    write::token(answers)?;
    write::config(config, &text)?;
    output::line(format_args!("Wrote {}.", config.display()))?;
    if let Some(file) = &answers.token_file {
        let path = file.path.display();
        if file.token.is_some() {
            output::line(format_args!("Wrote the token to {path}; {WHO_READS_TOKEN}"))?;
        } else if !file.path.exists() {
            output::line(format_args!(
                "Write the bot's token into {path}. Discord shows it in the Developer Portal, under Bot."
            ))?;
        }
    }
    output::text(next_steps(config))?;
    Ok(())
}

fn next_steps(config: &Path) -> String {
    let option = if config == Path::new(DEFAULT_CONFIG) {
        String::new()
    } else {
        format!(" --config {}", config.display())
    };
    format!(
        "\nNext:\n  quizloop check{option}\n  quizloop invite{option}\n  quizloop run{option}\n"
    )
}

/// Reads the text as the bot will, so that no config is written that it would refuse.
fn check(path: &Path, text: &str) -> Result<(), CliError> {
    let source = Source::new(path.display().to_string(), text);
    let folder = path.parent().unwrap_or(Path::new(""));
    let (_, diagnostics) = Config::parse(&source, folder);
    if diagnostics.is_empty() {
        return Ok(());
    }
    Err(CliError::in_files(
        diagnostics,
        "fix the errors above; nothing was written",
    ))
}

#[cfg(test)]
mod tests;
