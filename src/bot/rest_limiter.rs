//! How many requests a second are made: never more than Discord takes.
//!
//! A request holds its slot from before it is sent until a second after its answer came. Wherever in between
//! Discord counts it, no more requests than there are slots can fall into one of its seconds, whatever the
//! network or this machine does to their timing. Answers to interactions are not counted by Discord and
//! don't come here.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The time over which Discord counts (Discord docs, topics/rate-limits, "Global Rate Limit": 50 requests a
/// second for a bot).
const WINDOW: Duration = Duration::from_secs(1);

/// So many requests that nobody waits for may stand in line at once: whatever comes after them for a person, or
/// for today's question, waits for these few at most.
const MAX_QUEUED_BACKGROUND: usize = 8;

/// Whether somebody waits for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// A member, an admin or today's question waits for it.
    Urgent,
    /// Nobody does: marks, footers, history.
    Background,
}

/// The slots for requests.
#[derive(Debug)]
pub struct RestLimiter {
    slots: Arc<Semaphore>,
    background_queue: Semaphore,
    window: Duration,
}

impl RestLimiter {
    /// A limiter of so many requests a second.
    pub fn new(per_second: u16) -> Self {
        Self::with_window(WINDOW, per_second)
    }

    /// A limiter whose second may be shorter, for tests.
    fn with_window(window: Duration, requests: u16) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(usize::from(requests).max(1))),
            background_queue: Semaphore::new(MAX_QUEUED_BACKGROUND),
            window,
        }
    }

    /// Makes a request when there is a slot for it, in the order in which requests came.
    pub async fn run<T>(&self, priority: Priority, request: impl Future<Output = T>) -> T {
        let _queued = match priority {
            Priority::Urgent => None,
            // The semaphores are never closed.
            Priority::Background => self.background_queue.acquire().await.ok(),
        };
        let slot = Slot {
            permit: Arc::clone(&self.slots).acquire_owned().await.ok(),
            window: self.window,
        };
        let answer = request.await;
        drop(slot);
        answer
    }
}

/// A slot, which becomes free a second after it is given back. A request that was given up may have reached
/// Discord as well, so that its slot is kept as long.
struct Slot {
    permit: Option<OwnedSemaphorePermit>,
    window: Duration,
}

impl Drop for Slot {
    fn drop(&mut self) {
        // Without a runtime the process is ending, and nothing is sent any more.
        if let (Some(permit), Ok(runtime)) = (self.permit.take(), Handle::try_current()) {
            let window = self.window;
            runtime.spawn(async move {
                tokio::time::sleep(window).await;
                drop(permit);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use std::time::Instant;

    use super::*;

    /// A second that passes quickly.
    const SHORT: Duration = Duration::from_millis(50);

    /// Requests that reach Discord at some moment between being sent and being answered.
    async fn arrivals(per_second: u16, requests: u32) -> Vec<Instant> {
        let (limiter, arrived) = (
            Arc::new(RestLimiter::with_window(SHORT, per_second)),
            Arc::new(Mutex::new(Vec::new())),
        );
        let mut running = tokio::task::JoinSet::new();
        for number in 0..requests {
            let (limiter, arrived) = (Arc::clone(&limiter), Arc::clone(&arrived));
            running.spawn(async move {
                let priority = if number % 3 == 0 {
                    Priority::Background
                } else {
                    Priority::Urgent
                };
                let there = Duration::from_millis(u64::from(number * 37 % 20));
                let back = Duration::from_millis(u64::from(number * 53 % 15));
                let request = async {
                    tokio::time::sleep(there).await;
                    arrived.lock().unwrap().push(Instant::now());
                    tokio::time::sleep(back).await;
                };
                limiter.run(priority, request).await;
            });
        }
        running.join_all().await;
        let mut arrived = arrived.lock().unwrap().clone();
        arrived.sort();
        arrived
    }

    #[tokio::test]
    async fn no_second_has_more_requests_than_the_budget() {
        let arrived = arrivals(48, 400).await;
        for (index, first) in arrived.iter().enumerate() {
            let within = arrived[index..]
                .iter()
                .filter(|one| one.duration_since(*first) < SHORT);
            assert!(within.count() <= 48);
        }
        assert_eq!(arrived.len(), 400);
    }

    #[tokio::test]
    async fn what_somebody_waits_for_overtakes_what_nobody_waits_for() {
        let limiter = Arc::new(RestLimiter::with_window(SHORT, 1));
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut running = tokio::task::JoinSet::new();
        for number in 0..30 {
            let (limiter, order) = (Arc::clone(&limiter), Arc::clone(&order));
            running.spawn(async move {
                limiter
                    .run(Priority::Background, async {
                        order.lock().unwrap().push(number);
                    })
                    .await;
            });
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        limiter
            .run(Priority::Urgent, async { order.lock().unwrap().push(99) })
            .await;
        running.join_all().await;
        let slot = order
            .lock()
            .unwrap()
            .iter()
            .position(|one| *one == 99)
            .unwrap();
        // The first went at once; it and those in line are before.
        assert!(slot <= 1 + MAX_QUEUED_BACKGROUND, "{slot}");
    }
}
