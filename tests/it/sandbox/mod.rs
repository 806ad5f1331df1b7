//! The sandbox itself, tried with a small bot that is not ours.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod api;
mod channels;
pub mod client;
mod clock;
mod conformance;
mod faults;
mod gateway;
mod interactions;
pub mod raw_socket;
mod rules;
mod smoke;
mod transcript;
