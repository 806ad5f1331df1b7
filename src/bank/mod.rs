//! The bank: all questions, the built-in ones and the operator's.
//!
//! It knows no files, clock, runtime or random source: files come in as names with bytes, and what is
//! wrong with them goes out as findings.

mod built_in;
mod entry;
mod limits;
mod load;
mod python;
mod question;
mod read;
mod reflow;
mod search;
#[cfg(test)]
mod tests;

pub use self::built_in::built_in;
pub use self::limits::{ID_MAX, TOPIC_MAX};
pub use self::load::{Bank, PackFile};
pub use self::python::Python;
pub use self::question::{Kind, Level, Question, UnknownWord};
