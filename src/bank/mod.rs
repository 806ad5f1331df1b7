//! The bank: all questions, the built-in ones and the operator's.
//!
//! It knows no files, clock, runtime or random source: files come in as names with bytes, and what is
//! wrong with them goes out as findings.

mod built_in;
mod entry;
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
#[cfg(test)]
mod tests;
pub mod transfer;

pub use self::built_in::built_in;
pub use self::limits::{ID_MAX, TOPIC_MAX};
pub use self::load::Bank;
pub use self::python::Python;
pub use self::question::{Kind, Level, Question, UnknownWord};
pub use self::search::SEARCH_MAX;
/// A question file of the operator.
pub use crate::findings::RawFile as PackFile;
