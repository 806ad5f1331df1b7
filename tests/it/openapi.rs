//! Checks what was said over REST, by the bot and by the sandbox, against Discord's own description.
//!
//! The description is a file of 1.2 MB that is not part of the project; `DISCORD_OPENAPI` names it.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use quizloop::sandbox::Sandbox;
use quizloop::sandbox::openapi::Description;
pub use quizloop::sandbox::openapi::Exchange;

/// The environment variable that names the file.
pub const VARIABLE: &str = "DISCORD_OPENAPI";

static SHARED: LazyLock<Option<Description>> = LazyLock::new(load);

/// The description that `DISCORD_OPENAPI` names, read once in a process.
pub fn shared() -> Option<&'static Description> {
    SHARED.as_ref()
}

fn load() -> Option<Description> {
    let file = std::env::var(VARIABLE)
        .ok()
        .filter(|file| !file.is_empty())?;
    let text = std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{VARIABLE} names {file}, which can't be read: {error}"));
    let read = Description::read(&text);
    Some(read.unwrap_or_else(|error| panic!("{VARIABLE} names {file}, but {error}")))
}

/// What is not as Discord describes it in all that was said to a sandbox so far, a line each; nothing if
/// the description is not at hand, which is printed.
///
/// # Panics
///
/// `DISCORD_OPENAPI` names a file that is no `OpenAPI` description.
pub fn check(sandbox: &Sandbox) -> Vec<String> {
    sandbox.read(|discord| check_exchanges(discord.log.requests().map(Exchange::from)))
}

/// The same for exchanges from anywhere.
pub fn check_exchanges<'a>(exchanges: impl IntoIterator<Item = Exchange<'a>>) -> Vec<String> {
    let Some(description) = shared() else {
        println!(
            "skipped: {VARIABLE} names no file, so nothing is checked against Discord's description"
        );
        return Vec::new();
    };
    let complaints = exchanges
        .into_iter()
        .flat_map(|exchange| description.violations(exchange));
    complaints.collect()
}
