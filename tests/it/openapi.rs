//! Checks REST requests and responses, of the bot and of the sandbox, against Discord's own API
//! description.
//!
//! The description is a file of 1.2 MB that is not part of the project; `DISCORD_OPENAPI` is its
//! path.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use discord_openapi::Description;
use discord_sandbox::Sandbox;
pub use discord_sandbox::exchange::{Exchange, ExchangeCheck};

/// Environment variable with the path of the description.
pub const VARIABLE: &str = "DISCORD_OPENAPI";

static SHARED: LazyLock<Option<Description>> = LazyLock::new(load);

/// Returns the description that `DISCORD_OPENAPI` names, read once per process.
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

/// Returns all violations of Discord's description in the exchanges with a sandbox so far. Prints a
/// note and returns nothing if the description is not available.
///
/// # Panics
///
/// `DISCORD_OPENAPI` names a file that is no `OpenAPI` description.
pub fn check(sandbox: &Sandbox) -> Vec<String> {
    sandbox.read(|discord| check_exchanges(discord.log.requests().map(Exchange::from)))
}

/// Like [`check`], for any exchanges.
pub fn check_exchanges<'a>(exchanges: impl IntoIterator<Item = Exchange<'a>>) -> Vec<String> {
    let Some(description) = shared() else {
        println!(
            "skipped: {VARIABLE} names no file, so nothing is checked against Discord's description"
        );
        return Vec::new();
    };
    let violations = exchanges
        .into_iter()
        .flat_map(|exchange| description.violations(exchange));
    violations.collect()
}
