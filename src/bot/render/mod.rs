//! Every sentence and embed that the bot says, as pure functions.
//!
//! Nothing here reads a clock, a store or the network: a function gets plain values and gives a
//! [`message::Message`]. What members write or are called is never put into a text except as a mention.

pub mod component;
pub mod daily;
pub mod feedback;
pub mod file;
pub mod help;
pub mod message;
pub mod modal;
pub mod privacy;
pub mod progress;
pub mod quiz;
pub mod remind;
pub mod reveal;
pub mod streak;
pub mod team;
#[cfg(test)]
mod tests;
pub mod text;
pub mod user_error;
pub mod weekly_report;
