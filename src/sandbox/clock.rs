//! The sandbox's time: it stands still until it is moved (tests), or flows and can be moved (browser).
//!
//! Followers hear of every change over `GET /sandbox/clock/stream` and report over
//! `POST /sandbox/clock/settled` when they have acted on it, so that a test that moved the clock knows
//! when to look.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::watch;

/// How long, in real time, moving the clock waits for the followers.
const ACK_TIMEOUT: Duration = Duration::from_secs(10);

/// What the clock showed when it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClockSnapshot {
    /// Counts the changes, from 1.
    pub seq: u64,
    /// The time in Unix milliseconds.
    pub now_ms: i64,
    /// Whether it goes on by itself from here.
    pub flowing: bool,
}

/// The sandbox's clock.
#[derive(Debug)]
pub struct SandboxClock {
    inner: Mutex<ClockInner>,
    readings: watch::Sender<ClockSnapshot>,
    /// Ticks when a follower settles or leaves.
    acks: watch::Sender<u64>,
}

#[derive(Debug)]
struct ClockInner {
    reading: ClockSnapshot,
    /// The real instant of the reading.
    since: Instant,
    /// The last reading each follower has settled.
    followers: BTreeMap<u64, u64>,
    next_follower: u64,
}

/// The followers did not report in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{late} follower(s) of the clock did not report reading {seq} as settled in 10 s")]
pub struct ClockTimeoutError {
    /// The reading that was waited for.
    pub seq: u64,
    /// How many followers did not report.
    pub late: usize,
}

impl SandboxClock {
    /// A clock that shows `start`.
    pub fn new(start: Timestamp, flowing: bool) -> Self {
        let reading = ClockSnapshot {
            seq: 1,
            now_ms: start.as_millisecond(),
            flowing,
        };
        Self {
            inner: Mutex::new(ClockInner {
                reading,
                since: Instant::now(),
                followers: BTreeMap::new(),
                next_follower: 1,
            }),
            readings: watch::channel(reading).0,
            acks: watch::channel(0).0,
        }
    }

    /// The time in Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.lock().now_ms()
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).unwrap_or(Timestamp::MAX)
    }

    /// The newest reading.
    pub fn reading(&self) -> ClockSnapshot {
        self.lock().reading
    }

    /// Sets the time and waits until every follower has settled.
    ///
    /// # Errors
    ///
    /// A follower did not report within 10 s of real time; the clock is moved all the same.
    pub async fn set(&self, time: Timestamp) -> Result<(), ClockTimeoutError> {
        let seq = self.update(|inner| inner.reading.now_ms = time.as_millisecond());
        self.wait_acknowledged(seq).await
    }

    /// Moves the time on, in one jump, and waits until every follower has settled.
    ///
    /// # Errors
    ///
    /// As [`Clock::set`].
    pub async fn advance(&self, by: Duration) -> Result<(), ClockTimeoutError> {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let seq = self.update(|inner| {
            inner.reading.now_ms = inner.reading.now_ms.saturating_add(by);
        });
        self.wait_acknowledged(seq).await
    }

    /// Lets the time flow, or stops it, and waits until every follower has settled.
    ///
    /// # Errors
    ///
    /// As [`Clock::set`].
    pub async fn set_flowing(&self, flowing: bool) -> Result<(), ClockTimeoutError> {
        let seq = self.update(|inner| inner.reading.flowing = flowing);
        self.wait_acknowledged(seq).await
    }

    /// The readings, the current one first, for a follower that leaves when the value is dropped.
    pub fn follow(self: &std::sync::Arc<Self>) -> Follower {
        let mut inner = self.lock();
        let id = inner.next_follower;
        inner.next_follower += 1;
        inner.followers.insert(id, 0);
        let mut readings = self.readings.subscribe();
        readings.mark_changed();
        Follower {
            id,
            clock: std::sync::Arc::clone(self),
            readings,
        }
    }

    /// A follower reports that it acted on everything due at reading `seq`. Without its number the
    /// report counts for all of them.
    pub fn acknowledge(&self, seq: u64, follower: Option<u64>) {
        let mut inner = self.lock();
        for (id, settled) in &mut inner.followers {
            if follower.is_none_or(|one| one == *id) {
                *settled = seq.max(*settled);
            }
        }
        drop(inner);
        self.notify_waiters();
    }

    /// How many followers there are.
    pub fn followers(&self) -> usize {
        self.lock().followers.len()
    }

    /// Waits until those who follow now have settled reading `seq` or have left.
    ///
    /// # Errors
    ///
    /// A follower did not report within 10 s of real time.
    pub async fn wait_acknowledged(&self, seq: u64) -> Result<(), ClockTimeoutError> {
        let waited_for: Vec<u64> = self.lock().followers.keys().copied().collect();
        let late = |clock: &Self| {
            let inner = clock.lock();
            let behind = |id: &&u64| {
                inner
                    .followers
                    .get(id)
                    .is_some_and(|settled| *settled < seq)
            };
            waited_for.iter().filter(behind).count()
        };
        let mut ticks = self.acks.subscribe();
        let all_settled = async {
            while late(self) > 0 {
                // The sender is `self`, so it is there.
                let _ = ticks.changed().await;
            }
        };
        match tokio::time::timeout(ACK_TIMEOUT, all_settled).await {
            Ok(()) => Ok(()),
            Err(_) => Err(ClockTimeoutError {
                seq,
                late: late(self),
            }),
        }
    }

    fn update(&self, change: impl FnOnce(&mut ClockInner)) -> u64 {
        let mut inner = self.lock();
        inner.reading.now_ms = inner.now_ms();
        inner.since = Instant::now();
        change(&mut inner);
        inner.reading.seq += 1;
        let reading = inner.reading;
        self.readings.send_replace(reading);
        reading.seq
    }

    fn notify_waiters(&self) {
        self.acks.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, ClockInner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClockInner {
    fn now_ms(&self) -> i64 {
        if !self.reading.flowing {
            return self.reading.now_ms;
        }
        let passed = i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.reading.now_ms.saturating_add(passed)
    }
}

/// One who follows the clock.
#[derive(Debug)]
pub struct Follower {
    id: u64,
    clock: std::sync::Arc<SandboxClock>,
    readings: watch::Receiver<ClockSnapshot>,
}

impl Follower {
    /// The follower's number.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// The next reading; the first call gives the current one at once. `None` never comes while the
    /// clock lives.
    pub async fn next(&mut self) -> Option<ClockSnapshot> {
        self.readings.changed().await.ok()?;
        let mut reading = *self.readings.borrow_and_update();
        // A flowing clock went on since the reading was taken.
        reading.now_ms = self.clock.now_ms();
        Some(reading)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.clock.lock().followers.remove(&self.id);
        self.clock.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn clock() -> Arc<SandboxClock> {
        Arc::new(SandboxClock::new(
            "2026-03-27T08:00:00Z".parse().unwrap(),
            false,
        ))
    }

    #[tokio::test]
    async fn moving_it_waits_for_the_followers() {
        let clock = clock();
        let mut follower = clock.follow();
        assert_eq!(follower.next().await.unwrap().seq, 1);
        let moving = tokio::spawn({
            let clock = Arc::clone(&clock);
            async move { clock.advance(Duration::from_secs(3600)).await }
        });
        let reading = follower.next().await.unwrap();
        assert_eq!(reading.seq, 2);
        assert!(!moving.is_finished());
        clock.acknowledge(2, None);
        moving.await.unwrap().unwrap();
        assert_eq!(clock.now().to_string(), "2026-03-27T09:00:00Z");
    }

    #[tokio::test]
    async fn nobody_waits_for_a_follower_that_left() {
        let clock = clock();
        let follower = clock.follow();
        let moving = tokio::spawn({
            let clock = Arc::clone(&clock);
            async move { clock.advance(Duration::from_secs(1)).await }
        });
        tokio::task::yield_now().await;
        drop(follower);
        moving.await.unwrap().unwrap();
    }
}
