//! How many requests a second are made: never more than Discord takes.
//!
//! A request holds its place from before it is sent until a second after its answer came. Wherever in between
//! Discord counts it, no more requests than there are places can fall into one of its seconds, whatever the
//! network or this machine does to their timing. Answers to interactions are not counted by Discord and
//! don't come here.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The time over which Discord counts (Discord docs, topics/rate-limits, "Global Rate Limit": 50 requests a
/// second for a bot).
const SECOND: Duration = Duration::from_secs(1);

/// So many requests that nobody waits for may stand in line at once: whatever comes after them for a person, or
/// for today's question, waits for these few at most.
const IN_BACKGROUND: usize = 8;

/// Whether somebody waits for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// A member, an admin or today's question waits for it.
    Now,
    /// Nobody does: marks, footers, history.
    Background,
}

/// The places for requests.
#[derive(Debug)]
pub struct Budget {
    places: Arc<Semaphore>,
    background: Semaphore,
    second: Duration,
}

impl Budget {
    /// A budget of so many requests a second.
    pub fn new(a_second: u16) -> Self {
        Self::over(SECOND, a_second)
    }

    /// A budget whose second may be shorter, for tests.
    fn over(second: Duration, requests: u16) -> Self {
        Self {
            places: Arc::new(Semaphore::new(usize::from(requests).max(1))),
            background: Semaphore::new(IN_BACKGROUND),
            second,
        }
    }

    /// Makes a request when there is a place for it, in the order in which requests came.
    pub async fn spend<T>(&self, urgency: Urgency, request: impl Future<Output = T>) -> T {
        let _in_line = match urgency {
            Urgency::Now => None,
            // The semaphores are never closed.
            Urgency::Background => self.background.acquire().await.ok(),
        };
        let place = Place {
            permit: Arc::clone(&self.places).acquire_owned().await.ok(),
            second: self.second,
        };
        let answer = request.await;
        drop(place);
        answer
    }
}

/// A place, which becomes free a second after it is given back. A request that was given up may have reached
/// Discord as well, so that its place is kept as long.
struct Place {
    permit: Option<OwnedSemaphorePermit>,
    second: Duration,
}

impl Drop for Place {
    fn drop(&mut self) {
        // Without a runtime the process is ending, and nothing is sent any more.
        if let (Some(permit), Ok(runtime)) = (self.permit.take(), Handle::try_current()) {
            let second = self.second;
            runtime.spawn(async move {
                tokio::time::sleep(second).await;
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
    async fn arrivals(a_second: u16, requests: u32) -> Vec<Instant> {
        let (budget, arrived) = (
            Arc::new(Budget::over(SHORT, a_second)),
            Arc::new(Mutex::new(Vec::new())),
        );
        let mut running = tokio::task::JoinSet::new();
        for number in 0..requests {
            let (budget, arrived) = (Arc::clone(&budget), Arc::clone(&arrived));
            running.spawn(async move {
                let urgency = if number % 3 == 0 {
                    Urgency::Background
                } else {
                    Urgency::Now
                };
                let there = Duration::from_millis(u64::from(number * 37 % 20));
                let back = Duration::from_millis(u64::from(number * 53 % 15));
                let request = async {
                    tokio::time::sleep(there).await;
                    arrived.lock().unwrap().push(Instant::now());
                    tokio::time::sleep(back).await;
                };
                budget.spend(urgency, request).await;
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
        let budget = Arc::new(Budget::over(SHORT, 1));
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut running = tokio::task::JoinSet::new();
        for number in 0..30 {
            let (budget, order) = (Arc::clone(&budget), Arc::clone(&order));
            running.spawn(async move {
                budget
                    .spend(Urgency::Background, async {
                        order.lock().unwrap().push(number);
                    })
                    .await;
            });
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        budget
            .spend(Urgency::Now, async { order.lock().unwrap().push(99) })
            .await;
        running.join_all().await;
        let place = order
            .lock()
            .unwrap()
            .iter()
            .position(|one| *one == 99)
            .unwrap();
        // The first went at once; it and those in line are before.
        assert!(place <= 1 + IN_BACKGROUND, "{place}");
    }
}
