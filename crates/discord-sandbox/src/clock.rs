//! The sandbox's clock. It is stopped and moved explicitly (tests), or runs and can be moved
//! (page).
//!
//! A bot under test can follow the clock, so that a test need not sleep until the bot has acted:
//!
//! 1. The bot opens `GET /sandbox/clock/stream` and receives the current reading.
//! 2. A test calls [`SandboxClock::advance`]. The clock sends reading 2 to every follower and
//!    waits.
//! 3. The bot does everything that is due at the new time and acknowledges reading 2 with
//!    `POST /sandbox/clock/settled`.
//! 4. `advance` returns, and the test can check the result.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::sync::watch;

/// How long moving the clock waits for acknowledgements, in real time.
const ACK_TIMEOUT: Duration = Duration::from_secs(60);

/// Reading of the clock at its latest change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ClockSnapshot {
    /// Number of the reading, from 1. Incremented by every change.
    pub seq: u64,
    /// Time in Unix milliseconds.
    pub now_ms: i64,
    /// Whether the clock runs from here.
    pub flowing: bool,
    /// How far the followers' own clocks are ahead of this one, in milliseconds.
    pub skew_ms: i64,
}

/// Returns the system time, at which a sandbox starts if [`super::Options::start`] is `None`.
#[expect(clippy::disallowed_methods, reason = "the sandbox's clock starts here")]
pub(super) fn system_time() -> Timestamp {
    Timestamp::now()
}

/// The sandbox's clock.
#[derive(Debug)]
pub struct SandboxClock {
    inner: Mutex<ClockInner>,
    readings: watch::Sender<ClockSnapshot>,
    /// Incremented when a follower acknowledges a reading or leaves.
    acks: watch::Sender<u64>,
}

#[derive(Debug)]
struct ClockInner {
    reading: ClockSnapshot,
    /// Real time of the reading.
    since: Instant,
    /// Last acknowledged reading by follower id.
    followers: BTreeMap<u64, u64>,
    next_follower: u64,
}

/// Followers did not acknowledge a reading in time. The clock has been moved nevertheless.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{late} clock follower(s) did not acknowledge reading {seq} within a minute")]
pub struct ClockTimeoutError {
    /// Number of the reading.
    pub seq: u64,
    /// Number of followers that did not acknowledge it.
    pub late: usize,
}

impl SandboxClock {
    /// Creates a clock that shows `start`.
    pub fn new(start: Timestamp, flowing: bool) -> Self {
        let reading = ClockSnapshot {
            seq: 1,
            now_ms: start.as_millisecond(),
            flowing,
            skew_ms: 0,
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

    /// Returns the time in Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.lock().now_ms()
    }

    /// Returns the time with millisecond precision.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).unwrap_or(Timestamp::MAX)
    }

    /// Returns the newest reading.
    pub fn reading(&self) -> ClockSnapshot {
        self.lock().reading
    }

    /// Sets the time and waits until every follower has acknowledged it.
    ///
    /// # Errors
    ///
    /// Returns an error if a follower does not acknowledge within a minute of real time. The
    /// clock is moved in any case.
    pub async fn set(&self, time: Timestamp) -> Result<(), ClockTimeoutError> {
        let seq = self.update(|inner| inner.reading.now_ms = time.as_millisecond());
        self.wait_acknowledged(seq).await
    }

    /// Advances the time in one step and waits until every follower has acknowledged it.
    ///
    /// # Errors
    ///
    /// As for [`SandboxClock::set`].
    pub async fn advance(&self, by: Duration) -> Result<(), ClockTimeoutError> {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let seq = self.update(|inner| {
            inner.reading.now_ms = inner.reading.now_ms.saturating_add(by);
        });
        self.wait_acknowledged(seq).await
    }

    /// Starts or stops the clock and waits until every follower has acknowledged it.
    ///
    /// # Errors
    ///
    /// As for [`SandboxClock::set`].
    pub async fn set_flowing(&self, flowing: bool) -> Result<(), ClockTimeoutError> {
        let seq = self.update(|inner| inner.reading.flowing = flowing);
        self.wait_acknowledged(seq).await
    }

    /// Makes the clocks of all followers wrong: they are `ahead` of this clock, or behind it if it
    /// is negative. Waits until every follower has acknowledged it.
    ///
    /// # Errors
    ///
    /// As for [`SandboxClock::set`].
    pub async fn set_follower_skew(&self, ahead: SignedDuration) -> Result<(), ClockTimeoutError> {
        let skew_ms = i64::try_from(ahead.as_millis()).unwrap_or(i64::MAX);
        let seq = self.update(|inner| inner.reading.skew_ms = skew_ms);
        self.wait_acknowledged(seq).await
    }

    /// Registers a follower, which receives the current reading first. Dropping it unregisters it.
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

    /// Records that `follower` has done everything that is due at reading `seq`. `None`
    /// acknowledges the reading for all followers.
    pub fn acknowledge(&self, seq: u64, follower: Option<u64>) {
        let mut inner = self.lock();
        for (id, acknowledged) in &mut inner.followers {
            if follower.is_none_or(|follower| follower == *id) {
                *acknowledged = seq.max(*acknowledged);
            }
        }
        drop(inner);
        self.notify_waiters();
    }

    /// Returns the number of followers.
    pub fn followers(&self) -> usize {
        self.lock().followers.len()
    }

    /// Waits until each present follower has acknowledged reading `seq` or has left. Followers that
    /// register later are not waited for.
    ///
    /// # Errors
    ///
    /// Returns an error if a follower does not acknowledge within a minute of real time.
    pub async fn wait_acknowledged(&self, seq: u64) -> Result<(), ClockTimeoutError> {
        let present: Vec<u64> = self.lock().followers.keys().copied().collect();
        let late = |clock: &Self| {
            let inner = clock.lock();
            let behind = |id: &&u64| {
                inner
                    .followers
                    .get(id)
                    .is_some_and(|acknowledged| *acknowledged < seq)
            };
            present.iter().filter(behind).count()
        };
        let mut ticks = self.acks.subscribe();
        let all_acknowledged = async {
            while late(self) > 0 {
                // `self` owns the sender, so the channel is open.
                let _ = ticks.changed().await;
            }
        };
        match tokio::time::timeout(ACK_TIMEOUT, all_acknowledged).await {
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
        let elapsed = i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.reading.now_ms.saturating_add(elapsed)
    }
}

/// Receiver of clock readings. Moving the clock waits for its acknowledgement.
#[derive(Debug)]
pub struct Follower {
    id: u64,
    clock: std::sync::Arc<SandboxClock>,
    readings: watch::Receiver<ClockSnapshot>,
}

impl Follower {
    /// Returns the id that [`SandboxClock::acknowledge`] takes.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// Waits for the next reading. The first call returns the current reading immediately. Readings
    /// that were replaced in the meantime are skipped.
    pub async fn next(&mut self) -> Option<ClockSnapshot> {
        self.readings.changed().await.ok()?;
        let mut reading = *self.readings.borrow_and_update();
        // A running clock has advanced since the reading was taken.
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
    async fn advance_waits_for_acknowledgement() {
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
    async fn advance_does_not_wait_for_dropped_follower() {
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
