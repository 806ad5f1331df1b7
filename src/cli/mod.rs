//! The command line: it reads arguments and files, puts the rooms together, and turns what happened into
//! an exit code and a sentence.

mod bank;
mod check;
mod exit;
mod invite;
mod load;
mod log;
mod output;
mod remote_clock;
mod run;
#[cfg(feature = "sandbox")]
mod sandbox;
mod state;
mod systemd;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use exit::Exit;

/// A Discord bot with which a team practises for Python asyncio interviews.
///
/// Each working day it posts one question in the team's channel and opens a thread; who replies keeps a
/// streak. Try it without an account: quizloop sandbox
#[derive(Debug, Parser)]
#[command(name = "quizloop", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: CliCommand,
}

const AFTER_HELP: &str = "\
The token comes from the environment variable DISCORD_TOKEN, or from the file that token_file names in \
the config; never from the command line.

Exit codes: 0 stopped as asked · 1 failed while running · 2 wrong usage or config · 3 state unreadable or \
in use · 4 Discord refused the token or the intents";

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Run the bot
    Run(run::RunArgs),
    /// Try the bot in a browser, without an account: Discord on this machine
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::SandboxArgs),
    /// Check the config, the questions and the state; shows all that is wrong at once
    Check(CommonArgs),
    /// Print the link that adds the bot to a server, with the least permissions
    Invite(invite::InviteArgs),
    /// Read the questions, take them to other tools, bring some from there
    Bank(bank::BankArgs),
    /// Look at the state, also while the bot runs; go back to an earlier one
    State(state::StateArgs),
}

/// Options of most verbs.
#[derive(Debug, Clone, Args)]
struct CommonArgs {
    /// The config [default: config.toml, if it is there]
    #[arg(long, value_name = "FILE", env = "QUIZLOOP_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// The folder of the snapshots [default: state, or what the config says]
    #[arg(long, value_name = "DIR", global = true)]
    state: Option<PathBuf>,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// Lines for people
    Text,
    /// A JSON object a line, for machines
    Json,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are printed to stdout and are no error.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage.into()
            } else {
                Exit::Stopped.into()
            };
        }
    };
    let done = match cli.command {
        CliCommand::Run(args) => run::run(args),
        #[cfg(feature = "sandbox")]
        CliCommand::Sandbox(args) => sandbox::run(&args),
        CliCommand::Check(common) => check::run(&common),
        CliCommand::Invite(args) => invite::run(&args),
        CliCommand::Bank(args) => bank::run(&args),
        CliCommand::State(args) => state::run(&args),
    };
    match done {
        Ok(()) => Exit::Stopped.into(),
        Err(failed) => {
            output::error(format_args!("quizloop: {failed}"));
            failed.exit.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
