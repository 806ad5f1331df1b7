//! `completions` and `man`: what packages contain besides the program.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::exit::{CliError, Exit};
use super::{Cli, help, output};

/// The name under which shells know the program.
const NAME: &str = "quizloop";

const EXAMPLES: &[(&str, &str)] = &[
    (
        "quizloop completions bash > ~/.local/share/bash-completion/completions/quizloop",
        "Install the completions for bash",
    ),
    (
        "quizloop completions fish > ~/.config/fish/completions/quizloop.fish",
        "Install them for fish",
    ),
    (
        "quizloop completions zsh > ~/.zfunc/_quizloop",
        "Install them for zsh, if ~/.zfunc is in its fpath",
    ),
    (
        "quizloop completions powershell >> $PROFILE",
        "Install them for PowerShell",
    ),
];

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_long_help = help::examples(EXAMPLES))]
pub struct CompletionsArgs {
    /// Shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder to write to; it is created if it does not exist
    dir: PathBuf,
}

pub fn run(args: &CompletionsArgs) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), NAME, &mut script);
    Ok(output::text(String::from_utf8_lossy(&script))?)
}

/// Writes a page for the program and one for each command.
pub fn write_manual(args: &ManArgs) -> Result<(), CliError> {
    if args.dir.exists() && !args.dir.is_dir() {
        let message = format!("{} is not a folder", args.dir.display());
        return Err(CliError::new(Exit::Failed, message));
    }
    let command = Cli::command().disable_help_subcommand(true);
    let written = std::fs::create_dir_all(&args.dir)
        .and_then(|()| clap_mangen::generate_to(command, &args.dir));
    written.map_err(|error| {
        let message = format!("can't write to the folder {}: {error}", args.dir.display());
        CliError::new(Exit::Failed, message)
    })
}
