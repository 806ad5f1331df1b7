//! Tests of the sandbox itself, with small bots instead of Quizloop.

#![expect(clippy::unwrap_used, reason = "test helpers may panic like tests")]

mod api;
mod attachments;
mod channels;
pub mod client;
mod clock;
mod conformance;
mod faults;
mod gateway;
mod interactions;
mod private_threads;
pub mod raw_socket;
mod rules;
mod smoke;
mod transcript;
