//! Who waits for an answer, since when, and how long the others waited.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// The questions that are under way.
#[derive(Debug)]
pub struct Watch {
    /// Since when each waits, by the id of its interaction or message.
    waiting: Mutex<HashMap<u64, Instant>>,
    /// How long those that were answered waited.
    waited: Mutex<Vec<Duration>>,
    /// Answers that were none: "slow down", an apology.
    refused: AtomicU64,
    /// A place for each that may be under way at once.
    places: Semaphore,
}

impl Watch {
    /// Nobody waits, and nobody may ask yet.
    pub fn new() -> Self {
        Self {
            waiting: Mutex::default(),
            waited: Mutex::default(),
            refused: AtomicU64::new(0),
            places: Semaphore::new(0),
        }
    }

    /// Lets so many be under way at once.
    pub fn open_places(&self, count: usize) {
        self.places.add_permits(count);
    }

    /// Takes all places away again; they are free, or their questions were lost.
    pub fn close_places(&self) {
        self.places.forget_permits(usize::MAX >> 4);
    }

    /// Waits for a place, which the answer gives back.
    pub async fn take_place(&self) {
        // It is never closed.
        if let Ok(place) = self.places.acquire().await {
            place.forget();
        }
    }

    /// Something is asked now.
    pub fn asked(&self, id: u64) {
        lock(&self.waiting).insert(id, Instant::now());
    }

    /// It was answered, at that moment; `good` unless the answer is none.
    pub fn answered(&self, id: u64, at: Instant, good: bool) {
        let Some(asked) = lock(&self.waiting).remove(&id) else {
            return;
        };
        lock(&self.waited).push(at.duration_since(asked));
        if !good {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        self.places.add_permits(1);
    }

    /// How many were answered since [`Self::take`].
    pub fn count(&self) -> usize {
        lock(&self.waited).len()
    }

    /// How long each waited, the shortest first; and how many were refused or never answered. What was
    /// there is forgotten.
    pub fn take(&self) -> (Vec<Duration>, u64) {
        let mut waited = std::mem::take(&mut *lock(&self.waited));
        waited.sort_unstable();
        let lost = std::mem::take(&mut *lock(&self.waiting)).len();
        let refused = self.refused.swap(0, Ordering::Relaxed);
        (waited, refused + u64::try_from(lost).unwrap_or(u64::MAX))
    }
}

/// A panic elsewhere leaves the lists as they are.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
