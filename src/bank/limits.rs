//! What an entry must keep to so that Discord can show it.
//!
//! The numbers are those of the question format, each below the limit of the part of a Discord message
//! in which the field is shown (Discord docs, resources/message, "Embed Limits"; components/reference).

/// Characters of an id: with what buttons carry besides, it fits a custom id of 100 characters.
pub const ID_MAX: usize = 45;

/// Characters of a topic.
pub const TOPIC_MAX: usize = 30;
