//! The question bank: the built-in questions and the operator's.
//!
//! This crate is pure: no file system, no clock, no runtime, no random source. Callers pass files
//! as names with bytes and receive diagnostics for everything that is wrong with them.

mod built_in;
mod field_error;
mod hints;
pub mod import_export;
mod limits;
#[cfg(test)]
mod lint;
mod load;
pub mod markup;
mod missing_parts;
mod phrases;
mod python;
mod question;
mod question_path;
mod question_view;
mod read;
mod reflow;
mod rules;
mod search;
mod sourced_question;
#[cfg(test)]
mod tests;
mod unsupported_markup;

pub use self::built_in::built_in;
pub use self::field_error::{FieldError, check_question};
pub use self::limits::{ID_MAX, TOPIC_MAX};
pub use self::load::{Bank, QuestionSource};
pub use self::python::{PythonVersion, PythonVersions};
pub use self::question::{
    Frequency, Kind, Level, OTHER_TOPIC, ParseKeywordError, Question, SERVER_ID_PREFIX, TextField,
};
pub use self::question_path::{PATH_NAME_MAX, QuestionPath};
pub use self::question_view::{GuildQuestions, QuestionRef, ServerBank};
pub use self::search::SEARCH_MAX;
/// A question file that the operator provides.
pub use quizloop_diagnostics::RawFile as PackFile;
