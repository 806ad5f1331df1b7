//! Quizloop: a Discord bot with which a team practises for Python asyncio interviews.
//!
//! This package is the bot and its command line. `ARCHITECTURE.md` is the map of the workspace:
//! the rules are in `quizloop-core`, the questions in `quizloop-bank`, saved data in
//! `quizloop-store`, and a simulated Discord in `discord-sandbox`.
//!
//! - [`config`]: the operator's configuration as checked values.
//! - [`health`]: health state and metrics.
//! - [`clock`], [`rng`]: time and randomness, passed in so that tests can control both.
//! - [`token`]: the bot's token.
//! - [`bot`]: the only module that uses serenity, in two of its parts. A gateway event is translated, the rules decide,
//!   the store commits, and the result is rendered and sent over REST.
//! - [`cli`]: the command line, which connects all of them.
//!
//! Invariants:
//!
//! - A streak is computed from the ledger and never stored beside it.
//! - A reply is acknowledged only after it is on disk.
//! - No lock is held across an await or while something is sent.
//! - The text of a reply and the token are never stored or logged.
//! - A failure after a question was posted is not treated as a failure to post it.
//! - A failure in one guild does not affect another.

// `println!` panics if the reader closes the pipe; `cli::output` does not.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod bot;
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod health;
pub mod rng;
pub mod token;
