//! Who waits for an answer, since when, and how long the others waited.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// The questions that are under way.
#[derive(Debug)]
pub struct ResponseTracker {
    /// Since when each waits, by the id of its interaction or message.
    pending: Mutex<HashMap<u64, Instant>>,
    /// How long those that were answered waited.
    latencies: Mutex<Vec<Duration>>,
    /// Answers that were none: "slow down", an apology.
    failures: AtomicU64,
    /// A place for each that may be under way at once.
    permits: Semaphore,
}

impl ResponseTracker {
    /// Nobody waits, and nobody may ask yet.
    pub fn new() -> Self {
        Self {
            pending: Mutex::default(),
            latencies: Mutex::default(),
            failures: AtomicU64::new(0),
            permits: Semaphore::new(0),
        }
    }

    /// Lets so many be under way at once.
    pub fn add_permits(&self, count: usize) {
        self.permits.add_permits(count);
    }

    /// Takes all places away again; they are free, or their questions were lost.
    pub fn remove_permits(&self) {
        self.permits.forget_permits(usize::MAX >> 4);
    }

    /// Waits for a place, which the answer gives back.
    pub async fn acquire_permit(&self) {
        // It is never closed.
        if let Ok(place) = self.permits.acquire().await {
            place.forget();
        }
    }

    /// Something is asked now.
    pub fn request_sent(&self, id: u64) {
        lock(&self.pending).insert(id, Instant::now());
    }

    /// It was answered, at that moment; `good` unless the answer is none.
    pub fn response_received(&self, id: u64, at: Instant, good: bool) {
        let Some(asked) = lock(&self.pending).remove(&id) else {
            return;
        };
        lock(&self.latencies).push(at.duration_since(asked));
        if !good {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        self.permits.add_permits(1);
    }

    /// How many were answered since [`Self::take`].
    pub fn answered_count(&self) -> usize {
        lock(&self.latencies).len()
    }

    /// How long each waited, the shortest first; and how many were refused or never answered. What was
    /// there is forgotten.
    pub fn take_results(&self) -> (Vec<Duration>, u64) {
        let mut waited = std::mem::take(&mut *lock(&self.latencies));
        waited.sort_unstable();
        let lost = std::mem::take(&mut *lock(&self.pending)).len();
        let refused = self.failures.swap(0, Ordering::Relaxed);
        (waited, refused + u64::try_from(lost).unwrap_or(u64::MAX))
    }
}

/// A panic elsewhere leaves the lists as they are.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
