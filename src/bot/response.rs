//! What a member gets for a command, a button or a few typed letters.

use serde::Serialize;

use super::render::message::Message;
use super::render::modal::Modal;
use super::reveals::Ready;

/// Discord takes at most 25 suggestions (Discord docs, interactions/receiving-and-responding,
/// "Autocomplete").
pub const SUGGESTIONS_MAX: usize = 25;

/// What a member gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// A new message.
    New(Message),
    /// A new message that was rendered for somebody before.
    Ready(Ready),
    /// The message with the pressed button is replaced.
    Update(Message),
    /// A form pops up. Discord takes it as the first answer only, never after an announcement and never for a form:
    /// what gives it must not wait for anything.
    Modal(Modal),
    /// Suggestions for an option.
    Suggestions(Vec<Suggestion>),
}

/// A suggestion for an option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What people see, at most 100 characters.
    pub name: String,
    /// What is sent, at most 100 characters.
    pub value: String,
}
