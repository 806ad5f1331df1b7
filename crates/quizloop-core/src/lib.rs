//! The domain rules: schedules, rounds, replies, ledgers, streaks, freezes and decks.
//!
//! This crate is pure. It depends on no other crate of ours, no Discord library, no runtime, no clock, no
//! file and no random source. Callers pass time and randomness as arguments, and every function
//! returns what it changed.

pub mod admin_actions;
pub mod data_deletion;
pub mod deck;
pub mod delivery;
pub mod draw;
pub mod export;
pub mod guild;
pub mod guild_summary;
pub mod id;
pub mod interview;
pub mod leaderboard;
pub mod ledger;
pub mod matching;
pub mod member_profile;
pub mod members;
pub mod milestones;
pub mod mock_interview;
pub mod posting;
pub mod programme;
#[cfg(test)]
mod properties;
pub mod question_picker;
pub mod question_pool;
pub mod question_reports;
pub mod question_stats;
pub mod ramp;
pub mod reminders;
pub mod reply;
pub mod retention;
pub mod reveal_guard;
pub mod review;
pub mod review_reminders;
pub mod round;
mod round_results;
pub mod schedule;
pub mod self_assessment;
pub mod server_questions;
pub mod shard;
pub mod streak;
pub mod team;
pub mod team_settings;
pub mod text;
pub(crate) mod time_format;
pub mod weekdays;
pub mod weekly_report;
pub mod weekly_summary;
pub mod wrap_up;
pub mod zone;
pub(crate) mod zone_search;
