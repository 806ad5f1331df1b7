//! The bank: all questions, the built-in ones and the operator's.
//!
//! It knows no files, clock, runtime or random source: files come in as names with bytes, and what is
//! wrong with them goes out as diagnostics.

mod built_in;
pub mod import_export;
mod limits;
mod lint;
mod load;
pub mod markup;
mod python;
mod question;
mod read;
mod reflow;
mod rules;
mod search;
mod sourced_question;
#[cfg(test)]
mod tests;

pub use self::built_in::built_in;
pub use self::limits::{ID_MAX, TOPIC_MAX};
pub use self::load::Bank;
pub use self::python::PythonVersions;
pub use self::question::{Kind, Level, ParseKeywordError, Question};
pub use self::search::SEARCH_MAX;
/// A question file of the operator.
pub use crate::diagnostics::RawFile as PackFile;
