//! Advice for command lines that other programs would accept.

use clap::error::{ContextKind, ContextValue, ErrorKind};

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

/// Returns what to do, if a mistake is better explained by its meaning than by similar letters.
pub fn advice(error: &clap::Error) -> Option<String> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let typed = context(ContextKind::InvalidSubcommand)?;
            let (_, command) = OTHER_WORDS.iter().find(|(word, _)| *word == typed)?;
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
