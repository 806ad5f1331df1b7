//! The command line. It parses arguments, loads the configuration, starts the other modules, and
//! reports the result as an exit code and a message.

mod bank;
mod check;
mod completions;
mod discord;
mod exit;
mod health;
mod help;
mod init;
mod invite;
mod load;
mod log;
mod names;
mod os_error;
mod output;
mod remote_clock;
mod run;
#[cfg(feature = "sandbox")]
mod sandbox;
mod state;
mod systemd;
mod version;
mod wrong_words;

use std::io::{self, Write as _};
use std::num::NonZeroU64;
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
#[command(
    name = "quizloop",
    version = version::short(),
    long_version = version::long(),
    max_term_width = 100,
    after_long_help = help::examples_and(EXAMPLES, NOTES)
)]
struct Cli {
    #[command(subcommand)]
    command: CliCommand,
}

const EXAMPLES: &[(&str, &str)] = &[
    (
        "quizloop sandbox --open",
        "Try the bot in a browser, without a Discord account",
    ),
    ("quizloop init", "Answer a few questions and get a config"),
    (
        "quizloop check",
        "Report every mistake in the config, the questions and the saved data",
    ),
    (
        "quizloop invite",
        "Print the link that adds the bot to a server",
    ),
    ("quizloop run", "Run the bot"),
];

const NOTES: &str = "\
The token is read from the environment variable DISCORD_TOKEN, or from the file that DISCORD_TOKEN_FILE \
or token_file in the config names; never from the command line.

Exit codes: 0 success or stopped on request · 1 failed while running · 2 wrong usage or config · \
3 saved data unreadable or in use · 4 Discord refused the token or the intents";

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Write a first config: asks for the token, the server, the channel and the time
    Init(init::InitArgs),
    /// Run the bot
    Run(run::RunArgs),
    /// Try the bot in a browser, without a Discord account
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::SandboxArgs),
    /// Check the config, questions and saved data, and report all problems at once
    Check(check::CheckArgs),
    /// Print the link that adds the bot to a server, or publish the bot's profile on Discord
    Invite(invite::InviteArgs),
    /// List, show, export, import and compare questions
    Bank(bank::BankArgs),
    /// Inspect, verify, move or restore saved data
    State(state::StateArgs),
    /// Ask the bot that runs on this machine whether it works; exit code 0 or 1
    Health(health::HealthArgs),
    /// Print the completions for a shell
    Completions(completions::CompletionsArgs),
    /// Write the manual pages to a folder
    #[command(hide = true)]
    Man(completions::ManArgs),
}

/// The option of all commands that read the config.
#[derive(Debug, Clone, Args)]
struct ConfigArgs {
    /// Config file [default: config.toml, if it exists]
    #[arg(
        long,
        value_name = "FILE",
        env = "QUIZLOOP_CONFIG",
        hide_env_values = true,
        global = true
    )]
    config: Option<PathBuf>,
}

/// The options of all commands that use the saved data.
#[derive(Debug, Clone, Args)]
struct CommonArgs {
    #[command(flatten)]
    config: ConfigArgs,
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

/// Parses the id of an application.
fn application_id(text: &str) -> Result<NonZeroU64, &'static str> {
    let id = text.trim().parse();
    id.map_err(|_| "it is a number, which the Developer Portal shows under General Information")
}

/// Runs the command line and returns the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage_error(&error),
    };
    exit_code(match cli.command {
        CliCommand::Init(args) => init::run(&args),
        CliCommand::Run(args) => run::run(args),
        #[cfg(feature = "sandbox")]
        CliCommand::Sandbox(args) => sandbox::run(&args),
        CliCommand::Check(args) => check::run(&args),
        CliCommand::Invite(args) => invite::run(&args),
        CliCommand::Bank(args) => bank::run(&args),
        CliCommand::State(args) => state::run(&args),
        CliCommand::Health(args) => health::run(&args),
        CliCommand::Completions(args) => completions::run(&args),
        CliCommand::Man(args) => completions::write_manual(&args),
    })
}

/// Prints the help, the version, or what is wrong with the arguments. clap reports all of them as
/// errors.
fn usage_error(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let printed = output::checked(error.print().and_then(|()| io::stdout().flush()));
        return exit_code(printed.map_err(CliError::from));
    }
    if let Some(advice) = wrong_words::advice(error) {
        output::error(advice);
        return Exit::Usage.into();
    }
    let text = error.render().to_string();
    if contains_secret(&text) {
        output::note(text.trim_end());
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
            if !error.diagnostics.is_empty() {
                output::diagnostics(&error.diagnostics);
                output::note("");
            }
            output::error(&error);
            error.exit.into()
        }
    }
}

#[cfg(test)]
mod tests;
