//! A simulated Discord client: actions and views of members and admins.

mod admin;
mod command;
mod ephemeral;
mod fault_control;
mod interaction;
mod mention_text;
mod options;
mod outcome;
mod post;
mod press;
mod transcript;
mod view;
mod wait;

pub use command::{is_command_available, message_commands};
pub use outcome::{ChoiceView, ClientOutcome, ModalView};
pub use post::MessageDraft;
pub use view::{ButtonView, MessageView, ThreadView};
pub use wait::WaitError;

/// Discord's client refused an action; contains the text that the client shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ClientError(pub String);

impl ClientError {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}
