//! Commands for the bot's process: the sandbox passes them to the program that runs the bot.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};

/// What to do with the bot's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProcessAction {
    /// Kill it without a graceful shutdown.
    Kill,
    /// Start it.
    Start,
    /// Kill it and start it again.
    Restart,
}

/// A command failed; contains the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProcessError(String);

impl ProcessError {
    /// Creates an error with the reason, which the page shows.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// A command with a channel for its result.
#[derive(Debug)]
pub struct ProcessCommand {
    /// What to do.
    pub action: ProcessAction,
    /// Takes the result.
    pub reply: oneshot::Sender<Result<(), ProcessError>>,
}

/// Sends commands to the subscriber, if there is one.
#[derive(Debug, Default)]
pub(crate) struct ProcessCommands {
    // Guards the sender; locked only to copy it.
    sender: Mutex<Option<mpsc::UnboundedSender<ProcessCommand>>>,
}

impl ProcessCommands {
    /// Returns a receiver for all further commands; it replaces an earlier one.
    pub fn subscribe(&self) -> mpsc::UnboundedReceiver<ProcessCommand> {
        let (sender, commands) = mpsc::unbounded_channel();
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        commands
    }

    /// Whether a subscriber is listening.
    pub fn has_subscriber(&self) -> bool {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().is_some_and(|sender| !sender.is_closed())
    }

    /// Sends a command; `None` without a subscriber.
    pub fn send(
        &self,
        action: ProcessAction,
    ) -> Option<oneshot::Receiver<Result<(), ProcessError>>> {
        let sender = self
            .sender
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()?;
        let (done, wait) = oneshot::channel();
        sender
            .send(ProcessCommand {
                action,
                reply: done,
            })
            .ok()?;
        Some(wait)
    }
}
