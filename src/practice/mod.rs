//! The rules of the habit, pure: schedules, rounds, replies, ledgers, streaks, freezes and decks.
//!
//! This room knows nobody: no Discord library, no runtime, no clock, no file, no random source. Time
//! and randomness come in as arguments, and every function says what happened.

pub mod admin_actions;
pub mod data_deletion;
pub mod deck;
pub mod export;
pub mod guild;
pub mod guild_summary;
pub mod id;
pub mod leaderboard;
pub mod ledger;
pub mod member_profile;
pub mod members;
pub mod posting;
#[cfg(test)]
mod properties;
pub mod question_picker;
pub mod question_reports;
pub mod reminders;
pub mod reply;
pub mod retention;
pub mod review;
pub mod round;
mod round_results;
pub mod schedule;
pub mod shard;
pub mod streak;
pub mod team;
pub mod weekdays;
pub mod weekly_report;
pub mod weekly_summary;
pub mod zone;
