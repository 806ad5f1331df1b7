//! What a member gets for a command, a button or a few typed letters.

use serde::Serialize;

use super::answer_cache::CachedMessage;
use super::render::message::Message;
use super::render::modal::Modal;

/// Discord takes at most 25 suggestions (Discord docs, interactions/receiving-and-responding,
/// "Autocomplete").
pub const AUTOCOMPLETE_CHOICES_MAX: usize = 25;

/// What a member gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// A new message.
    New(Message),
    /// A new message that was rendered for somebody before.
    Cached(CachedMessage),
    /// The message with the pressed button is replaced.
    Update(Message),
    /// A form pops up. Discord takes it as the first answer only, never after an announcement and never for a form:
    /// what gives it must not wait for anything.
    Modal(Modal),
    /// Suggestions for an option.
    Autocomplete(Vec<AutocompleteChoice>),
}

/// A suggestion for an option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AutocompleteChoice {
    /// What people see, at most 100 characters.
    pub name: String,
    /// What is sent, at most 100 characters.
    pub value: String,
}
