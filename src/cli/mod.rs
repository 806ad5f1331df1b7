//! The command line. It parses arguments, loads the configuration, starts the other modules, and
//! reports the result as an exit code and a message.

mod bank;
mod check;
mod exit;
mod health;
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

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use exit::CliError;
pub use exit::Exit;
use quizloop_diagnostics::contains_secret;
#[cfg(feature = "sandbox")]
pub use sandbox::options as sandbox_options;

/// A Discord bot with which a team practises for Python asyncio interviews.
///
/// Each working day it posts a question in the team's channel and opens a thread on it. Members
/// who reply keep a streak. Try it without a Discord account: quizloop sandbox
#[derive(Debug, Parser)]
#[command(name = "quizloop", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: CliCommand,
}

const AFTER_HELP: &str = "\
The token is read from the environment variable DISCORD_TOKEN, or from the file that DISCORD_TOKEN_FILE \
or token_file in the config names; never from the command line.

Exit codes: 0 success or stopped on request · 1 failed while running · 2 wrong usage or config · \
3 saved data unreadable or in use · 4 Discord refused the token or the intents";

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Run the bot
    Run(run::RunArgs),
    /// Try the bot in a browser, without a Discord account
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::SandboxArgs),
    /// Check the config, questions and saved data, and report all problems at once
    Check(CommonArgs),
    /// Print the link that adds the bot to a server, with only the permissions it needs
    Invite(invite::InviteArgs),
    /// List, show, export, import and compare questions
    Bank(bank::BankArgs),
    /// Inspect, verify, move or restore saved data
    State(state::StateArgs),
    /// Ask the bot that runs on this machine whether it works; exit code 0 or 1
    Health(health::HealthArgs),
}

/// Options of most commands.
#[derive(Debug, Clone, Args)]
struct CommonArgs {
    /// Config file [default: config.toml, if it exists]
    #[arg(long, value_name = "FILE", env = "QUIZLOOP_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// Data folder [default: state, unless the config names another]
    #[arg(long, value_name = "DIR", global = true)]
    state: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// Plain text
    Text,
    /// One JSON object per line
    Json,
}

/// Runs the command line and returns the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage_error(&error),
    };
    exit_code(match cli.command {
        CliCommand::Run(args) => run::run(args),
        #[cfg(feature = "sandbox")]
        CliCommand::Sandbox(args) => sandbox::run(&args),
        CliCommand::Check(common) => check::run(&common),
        CliCommand::Invite(args) => invite::run(&args),
        CliCommand::Bank(args) => bank::run(&args),
        CliCommand::State(args) => state::run(&args),
        CliCommand::Health(args) => health::run(&args),
    })
}

/// Prints the help, the version, or what is wrong with the arguments. clap reports all of them as
/// errors.
fn usage_error(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let printed = output::checked(error.print().and_then(|()| io::stdout().flush()));
        return exit_code(printed.map_err(CliError::from));
    }
    let text = error.render().to_string();
    if contains_secret(&text) {
        output::error(text.trim_end());
    } else {
        // With colors. A failure could be reported only here.
        let _ = error.print();
    }
    Exit::Usage.into()
}

/// Prints the error, if any.
fn exit_code(result: Result<(), CliError>) -> ExitCode {
    match result {
        Ok(()) => Exit::Stopped.into(),
        Err(error) => {
            output::error(format_args!("quizloop: {error}"));
            error.exit.into()
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
