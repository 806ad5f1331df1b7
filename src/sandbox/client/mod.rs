//! Do as a user, read as a user: what people and admins can do in Discord's client.

mod admin;
mod command;
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
mod week;

pub use command::is_command_available;
pub use outcome::{ChoiceView, ClientOutcome, ModalView};
pub use post::MessageDraft;
pub use view::{ButtonView, MessageView, ThreadView};
pub use wait::WaitError;
pub use week::SimulatedWeek;

/// Why Discord's client would not let a user do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ClientError(pub String);

impl ClientError {
    fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}
