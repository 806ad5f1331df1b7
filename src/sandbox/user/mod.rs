//! Do as a user, read as a user: what people and admins can do in Discord's client.

mod admin;
mod ask;
mod command;
mod options;
mod outcome;
mod plain;
mod post;
mod press;
mod transcript;
mod trouble;
mod view;
mod wait;
mod week;

pub use command::is_offered;
pub use outcome::{Choice, FormView, Outcome};
pub use post::Post;
pub use view::{ButtonView, MessageView, ThreadView};
pub use wait::Timeout;
pub use week::Week;

/// Why Discord's client would not let a user do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

impl Refused {
    fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}
