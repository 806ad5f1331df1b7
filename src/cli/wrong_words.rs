//! Advice for command lines that other programs would accept.

use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;
use quizloop_diagnostics::near_matches;

/// Words of other programs, and the commands for them here.
const OTHER_WORDS: [(&str, &str); 17] = [
    ("start", "run"),
    ("serve", "run"),
    ("up", "run"),
    ("launch", "run"),
    ("demo", "sandbox"),
    ("try", "sandbox"),
    ("simulate", "sandbox"),
    ("validate", "check"),
    ("lint", "check"),
    ("verify", "check"),
    ("setup", "init"),
    ("new", "init"),
    ("configure", "init"),
    ("questions", "bank"),
    ("backup", "state"),
    ("status", "health"),
    ("completion", "completions"),
];

/// Returns the command that is similar to a word if clap has found none: it does not see that `rnu` is
/// similar to `run`.
fn similar(error: &clap::Error, typed: &str) -> Option<String> {
    if error.get(ContextKind::SuggestedSubcommand).is_some() {
        return None;
    }
    let program = Cli::command();
    let visible = program.get_subcommands().filter(|one| !one.is_hide_set());
    let near = near_matches(typed, visible.map(clap::Command::get_name), 1);
    near.first().map(|name| (*name).to_owned())
}

/// Returns what to do, if a mistake is better explained by its meaning than by similar letters.
pub fn advice(error: &clap::Error) -> Option<String> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let typed = context(ContextKind::InvalidSubcommand)?;
            let other = OTHER_WORDS.iter().find(|(word, _)| *word == typed);
            let command = match other {
                Some((_, command)) => (*command).to_owned(),
                None => similar(error, typed)?,
            };
            Some(format!(
                "there is no command '{typed}': did you mean 'quizloop {command}'?"
            ))
        }
        ErrorKind::UnknownArgument => {
            let typed = context(ContextKind::InvalidArg)?;
            let is_token = ["--token", "-t"].contains(&typed) || typed.starts_with("--token=");
            is_token.then(|| {
                "the token is never part of the command line, where other accounts could read it. Set \
                 the environment variable DISCORD_TOKEN, or name a file that contains it with \
                 DISCORD_TOKEN_FILE or token_file in the config"
                    .to_owned()
            })
        }
        _ => None,
    }
}
