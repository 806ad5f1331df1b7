//! Holds requests open, so that a test can act at an exact step.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::log::LoggedRequest;

/// What happens to a held request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GateOutcome {
    /// It continues normally.
    Released,
    /// Its connection is reset.
    Reset,
}

/// A gate at which requests wait until it is released or reset.
#[derive(Debug)]
pub struct RequestGate {
    arrived: watch::Sender<Vec<LoggedRequest>>,
    outcome: watch::Sender<Option<GateOutcome>>,
}

impl RequestGate {
    /// Creates a closed gate.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            arrived: watch::channel(Vec::new()).0,
            outcome: watch::channel(None).0,
        })
    }

    /// Waits for the first request, up to a minute of real time.
    ///
    /// # Panics
    ///
    /// No request arrived in time.
    pub async fn first_request(&self) -> LoggedRequest {
        const LIMIT: Duration = Duration::from_secs(60);
        let mut arrived = self.arrived.subscribe();
        let first = async {
            let arrived = arrived.wait_for(|all| !all.is_empty()).await;
            arrived.ok().and_then(|all| all.first().cloned())
        };
        let first = tokio::time::timeout(LIMIT, first).await;
        first
            .ok()
            .flatten()
            .expect("a request should reach the gate within a minute")
    }

    /// Returns the requests that have arrived.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.arrived.borrow().clone()
    }

    /// Releases all waiting and all later requests.
    pub fn release(&self) {
        self.outcome.send_replace(Some(GateOutcome::Released));
    }

    /// Resets the connections of all waiting and all later requests. Used after the bot was killed,
    /// so that no request of the dead process takes effect later.
    pub fn reset(&self) {
        self.outcome.send_replace(Some(GateOutcome::Reset));
    }

    /// Records a request and waits until the gate is released or reset.
    pub(crate) async fn wait(&self, request: LoggedRequest) -> GateOutcome {
        self.arrived.send_modify(|all| all.push(request));
        let mut outcome = self.outcome.subscribe();
        // The sender is part of `self`, so this can't fail.
        let outcome = outcome.wait_for(Option::is_some).await;
        outcome
            .ok()
            .and_then(|outcome| *outcome)
            .unwrap_or(GateOutcome::Released)
    }
}
