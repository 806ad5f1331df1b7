//! The rules of the habit, pure: schedules, rounds, replies, ledgers, streaks, freezes and decks.
//!
//! This room knows nobody: no Discord library, no runtime, no clock, no file, no random source. Time
//! and randomness come in as arguments, and every function says what happened.

pub mod board;
pub mod deck;
pub mod digest;
pub mod export;
pub mod feedback;
pub mod forgetting;
pub mod guild;
pub mod id;
#[cfg(test)]
mod laws;
pub mod ledger;
mod marks;
pub mod orders;
pub mod outline;
pub mod people;
pub mod person;
pub mod picking;
pub mod posting;
pub mod remind;
pub mod reply;
pub mod retention;
pub mod review;
pub mod round;
pub mod schedule;
pub mod shard;
pub mod streak;
pub mod team;
pub mod week;
pub mod weekdays;
pub mod zone;
