//! The rules of the habit, pure: schedules, rounds, replies, ledgers, streaks, freezes and decks.
//!
//! This room knows nobody: no Discord library, no runtime, no clock, no file, no random source. Time
//! and randomness come in as arguments, and every function says what happened.

pub mod id;
