//! Requests that are held open, so that a test can act at an exact step.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::sandbox::log::LoggedRequest;

/// How a request that was held goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateOutcome {
    /// As if nothing had been.
    Released,
    /// Its connection is reset.
    Reset,
}

/// Requests that wait until they are let go.
#[derive(Debug)]
pub struct RequestGate {
    arrived: watch::Sender<Vec<LoggedRequest>>,
    outcome: watch::Sender<Option<GateOutcome>>,
}

impl RequestGate {
    /// Nobody waits yet.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            arrived: watch::channel(Vec::new()).0,
            outcome: watch::channel(None).0,
        })
    }

    /// Waits for the first request, up to 10 s of real time.
    ///
    /// # Panics
    ///
    /// None came.
    pub async fn first_request(&self) -> LoggedRequest {
        const LIMIT: Duration = Duration::from_secs(10);
        let mut arrived = self.arrived.subscribe();
        let first = async {
            let arrived = arrived.wait_for(|all| !all.is_empty()).await;
            arrived.ok().and_then(|all| all.first().cloned())
        };
        let first = tokio::time::timeout(LIMIT, first).await;
        first
            .ok()
            .flatten()
            .expect("a request that is held comes within 10 s")
    }

    /// The requests that came.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.arrived.borrow().clone()
    }

    /// Lets all go on, and those that still come.
    pub fn release(&self) {
        self.outcome.send_replace(Some(GateOutcome::Released));
    }

    /// Resets the connections of all, and of those that still come: after a kill, so that nothing of
    /// the dead takes effect later.
    pub fn reset(&self) {
        self.outcome.send_replace(Some(GateOutcome::Reset));
    }

    /// The request's side: reports itself and waits.
    pub async fn wait(&self, request: LoggedRequest) -> GateOutcome {
        self.arrived.send_modify(|all| all.push(request));
        let mut end = self.outcome.subscribe();
        // The sender is `self`, so it is there.
        let end = end.wait_for(Option::is_some).await;
        end.ok()
            .and_then(|end| *end)
            .unwrap_or(GateOutcome::Released)
    }
}
