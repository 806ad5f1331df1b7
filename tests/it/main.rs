//! The one test binary: the real bot against the sandbox, through real sockets.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod admins;
mod answers;
mod application;
mod bad_input;
mod bank;
mod bank_verbs;
mod browser;
mod crashes;
mod database;
#[cfg(debug_assertions)]
mod disk;
mod endings;
mod failures;
mod feedback;
#[cfg(unix)]
mod fleet;
mod flood;
mod gateway;
mod habit;
mod health;
#[cfg(all(unix, debug_assertions))]
mod kills;
mod load;
mod openapi;
mod operator;
mod posting;
mod practice;
mod privacy;
mod progress;
mod reminders;
mod resting;
mod reviews;
mod sandbox;
mod security;
mod shards;
mod soak;
mod state_verbs;
mod streaks;
mod supervisor;
mod support;
mod trouble;
mod upgrades;
mod walls;
mod weeks;
