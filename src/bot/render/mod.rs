//! Every text and embed that the bot sends, as pure functions.
//!
//! Nothing here reads a clock, a store or the network: a function takes plain values and returns a
//! [`message::Message`]. Texts from members are escaped before they are shown, and members are
//! named by mention only.

pub mod assessment;
pub mod command_links;
pub mod component;
pub mod daily;
pub mod feedback;
pub mod file;
pub mod help;
pub mod history;
pub mod interview;
pub mod limits;
pub mod member_notes;
pub mod message;
pub mod modal;
pub mod pair;
pub mod privacy;
pub mod progress;
pub mod question_check;
pub mod question_form;
pub mod question_import;
pub mod quiz;
pub mod rating;
pub mod remind;
pub mod reveal;
pub mod server_questions;
pub mod settings_draft;
pub mod streak;
pub mod team;
pub mod team_panel;
pub mod team_rounds;
#[cfg(test)]
mod tests;
pub mod text;
pub mod user_error;
pub mod weekly_report;
pub mod welcome;
pub mod wrap_up;
