//! Interactions: dispatch, custom ids, slash commands, practice, and limits on requests per member.
//!
//! [`queue`] holds the interactions that wait, and [`handler`] answers them in time. Each command of [`commands`] has
//! a file with its definition, its handler and its help line.

pub mod answer_cache;
pub mod answer_page;
pub mod assessment;
pub mod chart_renderer;
pub mod commands;
pub mod custom_id;
pub mod drafts;
pub mod handler;
pub mod interview;
pub mod member_notes;
pub mod pair;
pub mod progress;
pub mod question_form;
pub mod question_import;
pub mod queue;
pub mod quiz;
pub mod register;
pub mod response;
pub mod settings_draft;
pub mod user_rate_limit;
