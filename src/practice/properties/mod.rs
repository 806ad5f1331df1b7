//! The laws of the habit, tried on random histories.

mod guild_summary;
mod question_picker;
mod reminders;
mod schedule;
mod streaks;
mod weekly_report;
