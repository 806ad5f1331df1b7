//! Limits requests to Discord's global rate limit.
//!
//! A request holds a slot from before it is sent until one second after its response arrives.
//! Discord counts it at some moment in between. Two requests in the same slot are therefore counted
//! at least a second apart, whatever delays the network adds, and no second of Discord's has more
//! requests than there are slots. Discord does not count responses to interactions, so they don't
//! use the limiter.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The period over which Discord counts requests (Discord docs, topics/rate-limits, "Global Rate
/// Limit": 50 requests a second for a bot).
const WINDOW: Duration = Duration::from_secs(1);

/// Maximum number of queued background requests. An urgent request waits for at most this many.
const MAX_QUEUED_BACKGROUND: usize = 8;

/// Priority of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// A member, an admin or today's question waits for the request.
    Urgent,
    /// A reaction, a footer or a backfill, which may be delayed.
    Background,
}

/// Limits the number of requests in any period of one second.
#[derive(Debug)]
pub struct RestLimiter {
    slots: Arc<Semaphore>,
    background_queue: Semaphore,
    window: Duration,
}

impl RestLimiter {
    /// Creates a limiter of `per_second` requests a second, at least one.
    pub fn new(per_second: u16) -> Self {
        Self::with_window(WINDOW, per_second)
    }

    /// Creates a limiter with another period than a second, for tests.
    fn with_window(window: Duration, requests: u16) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(usize::from(requests).max(1))),
            background_queue: Semaphore::new(MAX_QUEUED_BACKGROUND),
            window,
        }
    }

    /// Runs a request when a slot is free. Requests get slots in the order of their arrival.
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
        let response = request.await;
        drop(slot);
        response
    }
}

/// A slot in use. It becomes free one period after it is dropped. This includes a cancelled
/// request, because it may have reached Discord.
struct Slot {
    permit: Option<OwnedSemaphorePermit>,
    window: Duration,
}

impl Drop for Slot {
    fn drop(&mut self) {
        // Without a runtime the process is shutting down and sends no more requests.
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

    /// A period short enough for tests.
    const SHORT: Duration = Duration::from_millis(50);

    /// Returns when the requests reach Discord, which is at some moment between request and
    /// response.
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
                let outbound = Duration::from_millis(u64::from(number * 37 % 20));
                let inbound = Duration::from_millis(u64::from(number * 53 % 15));
                let request = async {
                    tokio::time::sleep(outbound).await;
                    arrived.lock().unwrap().push(Instant::now());
                    tokio::time::sleep(inbound).await;
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
    async fn no_period_has_more_requests_than_the_limit() {
        let arrived = arrivals(48, 400).await;
        for (index, first) in arrived.iter().enumerate() {
            let within = arrived[index..]
                .iter()
                .filter(|arrival| arrival.duration_since(*first) < SHORT);
            assert!(within.count() <= 48);
        }
        assert_eq!(arrived.len(), 400);
    }

    #[tokio::test]
    async fn urgent_requests_overtake_background_requests() {
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
        let position = order
            .lock()
            .unwrap()
            .iter()
            .position(|number| *number == 99)
            .unwrap();
        // Only the first request and the queued background requests came earlier.
        assert!(position <= 1 + MAX_QUEUED_BACKGROUND, "{position}");
    }
}
