//! Tracks pending requests and the latencies of their responses.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// How long Discord accepts a response (Discord docs, interactions/receiving-and-responding).
const ACCEPTED_FOR: Duration = Duration::from_secs(3);

/// Pending requests and the results of answered ones.
#[derive(Debug)]
pub struct ResponseTracker {
    /// When each pending request was sent, by the id of its interaction or message.
    pending: Mutex<HashMap<u64, Instant>>,
    /// Latency of each answered request.
    latencies: Mutex<Vec<Duration>>,
    /// Number of responses that report an error, such as "Too many requests".
    failures: AtomicU64,
    /// One permit for each request that may be in flight.
    permits: Semaphore,
}

impl ResponseTracker {
    /// Creates a tracker without permits.
    pub fn new() -> Self {
        Self {
            pending: Mutex::default(),
            latencies: Mutex::default(),
            failures: AtomicU64::new(0),
            permits: Semaphore::new(0),
        }
    }

    /// Allows `count` more requests in flight.
    pub fn add_permits(&self, count: usize) {
        self.permits.add_permits(count);
    }

    /// Removes all permits that are left at the end of a run. Those of lost requests never come
    /// back.
    pub fn remove_permits(&self) {
        self.permits.forget_permits(usize::MAX >> 4);
    }

    /// Waits for a permit. The response returns it.
    pub async fn acquire_permit(&self) {
        // The semaphore is never closed.
        if let Ok(permit) = self.permits.acquire().await {
            permit.forget();
        }
    }

    /// Records that a request is sent now.
    pub fn request_sent(&self, id: u64) {
        lock(&self.pending).insert(id, Instant::now());
    }

    /// Records a response that arrived at `at`; `good` unless it reports an error. Returns whether
    /// Discord would accept it: the request exists, has no response, and is not too old.
    pub fn response_received(&self, id: u64, at: Instant, good: bool) -> bool {
        let Some(sent_at) = lock(&self.pending).remove(&id) else {
            return false;
        };
        let latency = at.duration_since(sent_at);
        let is_accepted = latency <= ACCEPTED_FOR;
        if is_accepted {
            lock(&self.latencies).push(latency);
        }
        if !good || !is_accepted {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        self.permits.add_permits(1);
        is_accepted
    }

    /// Returns the number of accepted responses since [`Self::take_results`].
    pub fn answered_count(&self) -> usize {
        lock(&self.latencies).len()
    }

    /// Returns the latencies in ascending order and the number of failed or lost requests, and
    /// clears both.
    pub fn take_results(&self) -> (Vec<Duration>, u64) {
        let mut latencies = std::mem::take(&mut *lock(&self.latencies));
        latencies.sort_unstable();
        let lost = std::mem::take(&mut *lock(&self.pending)).len();
        let failed = self.failures.swap(0, Ordering::Relaxed);
        (latencies, failed + u64::try_from(lost).unwrap_or(u64::MAX))
    }
}

/// Locks a mutex, even if another holder panicked: the lists stay usable.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
