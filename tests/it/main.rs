//! Integration tests in one binary: the real bot against the sandbox, over real sockets.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod admins;
mod anki;
mod answer_pages;
mod application;
mod architecture;
mod assessments;
mod bad_input;
mod bank;
mod bank_cli;
mod browser;
#[cfg(unix)]
mod cluster;
mod compare;
mod crashes;
mod daily_flow;
mod daily_message;
mod database;
mod deleted_data;
mod delivery;
mod discord_errors;
#[cfg(all(feature = "failpoints", debug_assertions))]
mod disk;
mod edit_conflicts;
mod eviction;
mod failures;
mod fault_matrix;
mod first_run;
mod gateway;
mod health;
mod history;
mod interviews;
#[cfg(all(unix, feature = "failpoints", debug_assertions))]
mod kills;
mod load;
mod member_notes;
mod minimal_questions;
mod new_sessions;
mod openapi;
mod operator;
#[cfg(unix)]
mod overload;
mod pairs;
mod paths;
mod posting;
mod practice;
mod privacy;
mod programme;
mod progress;
mod question_forms;
mod question_import;
mod question_reports;
mod ramp;
mod rate_limit;
mod reminders;
mod replies;
mod reveals;
mod review_reminders;
mod reviews;
mod sandbox;
mod security;
mod server_questions;
mod session_ends;
mod settings_drafts;
mod shards;
mod show_level;
mod soak;
mod state_cli;
mod streaks;
mod suggestions;
mod supervisor;
mod support;
mod team_panel;
mod team_rounds;
mod time_zones;
mod two_weeks;
mod upgrades;
mod weekly_report;
mod welcome;
mod wrap_up;
mod wrong_clock;
