//! Property tests: the domain rules, checked on random histories.

mod guild_summary;
mod question_picker;
mod reminders;
mod schedule;
mod streaks;
mod weekly_report;
