//! The sandbox itself, tried with a small bot that is not ours.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod channels;
pub mod client;
mod clock;
mod conformance;
mod control;
mod faults;
mod gateway;
mod interactions;
pub mod raw;
mod rules;
mod thin_path;
mod transcript;
