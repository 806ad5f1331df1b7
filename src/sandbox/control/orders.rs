//! Orders about the bot's process: the sandbox passes them on to whoever runs it.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};

/// What is to be done with the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// End it in the middle of whatever it does.
    Kill,
    /// Start it.
    Start,
    /// Kill it and start it.
    Restart,
}

/// An order, and where to say what came of it.
#[derive(Debug)]
pub struct Order {
    /// What is to be done.
    pub action: Action,
    /// What came of it.
    pub done: oneshot::Sender<Result<(), String>>,
}

/// Where orders go; nowhere until somebody takes them.
#[derive(Debug, Default)]
pub struct Orders {
    // Guards the sender; locked for a copy only.
    sender: Mutex<Option<mpsc::UnboundedSender<Order>>>,
}

impl Orders {
    /// From now on orders come here.
    pub fn take(&self) -> mpsc::UnboundedReceiver<Order> {
        let (sender, orders) = mpsc::unbounded_channel();
        *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        orders
    }

    /// Whether somebody takes orders.
    pub fn are_taken(&self) -> bool {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().is_some_and(|sender| !sender.is_closed())
    }

    /// Gives an order; nothing if nobody takes any.
    pub fn give(&self, action: Action) -> Option<oneshot::Receiver<Result<(), String>>> {
        let sender = self
            .sender
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()?;
        let (done, wait) = oneshot::channel();
        sender.send(Order { action, done }).ok()?;
        Some(wait)
    }
}
