//! Responses to interactions.

use serde::Serialize;

use super::answer_cache::CachedMessage;
use crate::bot::render::message::Message;
use crate::bot::render::modal::Modal;

/// Maximum number of suggestions (Discord docs, interactions/receiving-and-responding,
/// "Autocomplete").
pub const AUTOCOMPLETE_CHOICES_MAX: usize = 25;

/// A response to an interaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// A new message.
    New(Message),
    /// A new message that is partly serialised already.
    Cached(CachedMessage),
    /// Such a message that replaces the one with the pressed button.
    CachedUpdate(CachedMessage),
    /// A message that replaces the one with the pressed button.
    Update(Message),
    /// A modal. Discord accepts it only as the first response, not after a deferral and not in
    /// response to a modal, so a handler that returns one must not wait for anything.
    Modal(Modal),
    /// Suggestions for an option.
    Autocomplete(Vec<AutocompleteChoice>),
}

/// A suggestion for an option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AutocompleteChoice {
    /// The text that members see, at most 100 characters.
    pub name: String,
    /// The value of the option if the member picks this suggestion, at most 100 characters.
    pub value: String,
}
