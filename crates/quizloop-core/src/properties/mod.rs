//! Property tests: the domain rules, checked on random histories.

mod data_deletion;
mod delivery;
mod guild_summary;
mod interview;
mod matching;
mod milestones;
mod mock_interview;
mod posting;
mod programme;
mod question_picker;
mod ramp;
mod reminders;
mod review_reminders;
mod schedule;
mod self_assessment;
mod server_questions;
mod streaks;
mod weekly_report;
mod wrap_up;
