//! Quizloop: a Discord bot with which a team practises for Python asyncio interviews.
//!
//! The modules, from the inside out. `ARCHITECTURE.md` describes them, and
//! `tests/it/architecture.rs` enforces which module may depend on which:
//!
//! - [`practice`]: the rules of rounds, replies and streaks. Pure: it reads no clock and no file,
//!   and takes its random source as an argument.
//! - [`bank`]: the questions: parsing, checks and search. Pure as well.
//! - [`chart`]: pictures of a member's progress, as PNG and as alt text. Depends on no other module.
//! - [`diagnostics`]: problems in a file, with the line and a suggested fix.
//! - [`store`]: guilds in memory, on disk and in PostgreSQL. Depends on `practice`.
//! - [`config`]: the operator's configuration as checked values.
//! - [`health`]: health state and metrics. Depends on no other module.
//! - [`clock`], [`rng`]: time and randomness, passed in so that tests can control both.
//! - [`bot`]: the only module that uses serenity. A gateway event is translated, `practice` decides,
//!   the store commits, and the result is rendered and sent over REST.
//! - `sandbox`: a simulated Discord on loopback. It implements Discord's protocol and does not
//!   depend on the bot.
//! - [`cli`]: the command line, which connects the other modules.
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
