//! Quizloop: a Discord bot with which a team practises for Python asyncio interviews.
//!
//! The house, from the inside out; `ARCHITECTURE.md` says more, and a test keeps the walls:
//!
//! - [`practice`]: the rules of rounds, replies and streaks, pure: no clock, no file, no chance of its own.
//! - [`bank`]: the questions: read, checked, searched. Pure as well.
//! - [`chart`]: pictures of what a member practised and knows, as PNG and in words; knows nobody.
//! - [`diagnostics`]: what is wrong with a file, with its line and the fix.
//! - [`store`]: guilds in memory and on disk; knows practice.
//! - [`config`]: the operator's file as checked values.
//! - [`health`]: how the bot is, for who asks from outside; knows nobody.
//! - [`clock`], [`rng`]: the time and chance, handed in so that both can be moved.
//! - [`bot`]: the only room that knows serenity. Gateway event → translate → practice decides → store commits →
//!   render → REST.
//! - `sandbox`: Discord on loopback, which knows Discord's protocol and nobody here.
//! - [`cli`]: puts them together.
//!
//! What must never be: a streak stored beside the ledger; a member told "counted" before it is on disk; a lock
//! held across an await, or anything sent under one; the text of a reply or the token kept or logged; a failure
//! after a post taken for a failure of the post; one guild's trouble reaching another.

// A reader who closes the pipe would be a panic; `cli::output` prints.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod bank;
pub mod bot;
pub mod chart;
pub mod cli;
pub mod clock;
pub mod config;
pub mod diagnostics;
pub mod failpoint;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod health;
pub mod practice;
pub mod rng;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod store;
