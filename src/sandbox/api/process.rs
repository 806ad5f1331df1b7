//! Orders about the bot's process: the sandbox passes them on to whoever runs it.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};

/// What is to be done with the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProcessAction {
    /// End it in the middle of whatever it does.
    Kill,
    /// Start it.
    Start,
    /// Kill it and start it.
    Restart,
}

/// An order, and where to say what came of it.
#[derive(Debug)]
pub struct ProcessCommand {
    /// What is to be done.
    pub action: ProcessAction,
    /// What came of it.
    pub reply: oneshot::Sender<Result<(), String>>,
}

/// Where orders go; nowhere until somebody takes them.
#[derive(Debug, Default)]
pub struct ProcessCommands {
    // Guards the sender; locked for a copy only.
    sender: Mutex<Option<mpsc::UnboundedSender<ProcessCommand>>>,
}

impl ProcessCommands {
    /// From now on orders come here.
    pub fn subscribe(&self) -> mpsc::UnboundedReceiver<ProcessCommand> {
        let (sender, orders) = mpsc::unbounded_channel();
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        orders
    }

    /// Whether somebody takes orders.
    pub fn has_subscriber(&self) -> bool {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().is_some_and(|sender| !sender.is_closed())
    }

    /// Gives an order; nothing if nobody takes any.
    pub fn send(&self, action: ProcessAction) -> Option<oneshot::Receiver<Result<(), String>>> {
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
