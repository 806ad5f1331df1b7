//! The only module that reads the system time.
//!
//! Code that depends on the time takes a [`Clock`]. It is either the system clock or a remote clock
//! whose readings come from the sandbox, so that tests can move the time instead of sleeping.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// How often a wait checks the system clock again. A suspended laptop or an adjusted clock must not
/// delay a post.
const RECHECK_INTERVAL: Duration = Duration::from_secs(30);

/// Start of the system's monotonic times.
static PROCESS_START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The time on both clocks of the machine, read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// The date and time, which may be wrong and may jump.
    pub wall: Timestamp,
    /// The time since an arbitrary start, which can't be set.
    pub monotonic: SignedDuration,
}

/// A reading of a remote clock.
#[derive(Debug, Clone, Copy)]
pub struct ClockReading {
    /// Sequence number, with which the scheduler acknowledges a reading.
    pub seq: u64,
    /// The time that the remote clock showed.
    pub time: Timestamp,
    /// When this process received the reading.
    pub received_at: Instant,
    /// Whether the clock runs, or is stopped until the next reading.
    pub flowing: bool,
    /// How far this machine's clock is ahead of the remote clock: a simulated wrong clock.
    pub skew: SignedDuration,
}

impl ClockReading {
    fn now(&self) -> Timestamp {
        let now = self.remote_now();
        now.checked_add(self.skew).unwrap_or(Timestamp::MAX)
    }

    /// Returns the time that the remote clock shows.
    fn remote_now(&self) -> Timestamp {
        if !self.flowing {
            return self.time;
        }
        let passed =
            SignedDuration::try_from(self.received_at.elapsed()).unwrap_or(SignedDuration::ZERO);
        self.time.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

/// The source of the current time, which can also wait for a time.
#[derive(Debug, Clone)]
pub struct Clock {
    remote: Option<RemoteClock>,
}

#[derive(Debug, Clone)]
struct RemoteClock {
    readings: watch::Receiver<ClockReading>,
    acknowledged: watch::Sender<u64>,
}

impl Clock {
    pub const fn system() -> Self {
        Self { remote: None }
    }

    /// Creates a clock that follows readings. `acknowledged` receives the sequence number of the
    /// last reading that the scheduler has handled.
    pub const fn remote(
        readings: watch::Receiver<ClockReading>,
        acknowledged: watch::Sender<u64>,
    ) -> Self {
        Self {
            remote: Some(RemoteClock {
                readings,
                acknowledged,
            }),
        }
    }

    /// Creates a clock that is stopped at `time`, for unit tests.
    pub fn frozen_at(time: Timestamp) -> Self {
        let reading = ClockReading {
            seq: 0,
            time,
            received_at: Instant::now(),
            flowing: false,
            skew: SignedDuration::ZERO,
        };
        // A receiver without a sender keeps its last value.
        let (_, readings) = watch::channel(reading);
        Self::remote(readings, watch::channel(0).0)
    }

    pub fn now(&self) -> Timestamp {
        match &self.remote {
            #[expect(clippy::disallowed_methods, reason = "this is the one place")]
            None => Timestamp::now(),
            Some(remote) => remote.readings.borrow().now(),
        }
    }

    /// Returns the time on both clocks.
    pub fn local_time(&self) -> LocalTime {
        match &self.remote {
            None => LocalTime {
                wall: self.now(),
                monotonic: SignedDuration::try_from(PROCESS_START.elapsed())
                    .unwrap_or(SignedDuration::MAX),
            },
            Some(remote) => {
                let reading = *remote.readings.borrow();
                let since_epoch = reading.remote_now().duration_since(Timestamp::UNIX_EPOCH);
                LocalTime {
                    wall: reading.now(),
                    monotonic: since_epoch,
                }
            }
        }
    }

    /// Returns how much time has passed since `start`, for rate limits. This is the monotonic time,
    /// which can't be set back, plus the amount by which a remote clock was advanced. `start` and
    /// `shown` denote the same moment.
    pub fn elapsed_since(&self, start: Instant, shown: Timestamp) -> Duration {
        let moved = match &self.remote {
            None => Duration::ZERO,
            Some(remote) => {
                let moved = remote.readings.borrow().remote_now().duration_since(shown);
                Duration::try_from(moved).unwrap_or_default()
            }
        };
        start.elapsed() + moved
    }

    /// Returns the sequence number of the newest reading; 0 for the system clock.
    pub fn revision(&self) -> u64 {
        self.remote
            .as_ref()
            .map_or(0, |remote| remote.readings.borrow().seq)
    }

    /// Reports that everything due at reading `seq` is done.
    pub fn acknowledge(&self, seq: u64) {
        if let Some(remote) = &self.remote {
            remote.acknowledged.send_replace(seq);
        }
    }

    /// Waits until `time` (`None`: no limit). It may return earlier, for example if the clock has a
    /// reading other than `acted_on`, so callers must check [`Clock::now`] again.
    pub async fn wait_until(&self, time: Option<Timestamp>, acted_on: u64) {
        let Some(remote) = &self.remote else {
            return tokio::time::sleep(self.time_until(time).min(RECHECK_INTERVAL)).await;
        };
        let mut readings = remote.readings.clone();
        let reading = *readings.borrow_and_update();
        if reading.seq != acted_on {
            return;
        }
        let moved = async {
            if readings.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        if !reading.flowing && self.time_until(time) > Duration::ZERO {
            return moved.await;
        }
        tokio::select! {
            () = tokio::time::sleep(self.time_until(time).min(RECHECK_INTERVAL)) => {}
            () = moved => {}
        }
    }

    fn time_until(&self, time: Option<Timestamp>) -> Duration {
        time.map_or(Duration::MAX, |time| {
            Duration::try_from(time.duration_since(self.now())).unwrap_or(Duration::ZERO)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn moving_a_stopped_clock_ends_a_wait() {
        let start: Timestamp = "2026-03-27T08:00:00Z".parse().unwrap();
        let reading = |seq, time| ClockReading {
            seq,
            time,
            received_at: Instant::now(),
            flowing: false,
            skew: SignedDuration::ZERO,
        };
        let (sender, readings) = watch::channel(reading(1, start));
        let clock = Clock::remote(readings, watch::channel(0).0);
        let due = start + SignedDuration::from_hours(1);
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.wait_until(Some(due), 1).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        sender.send_replace(reading(2, due));
        waiting.await.unwrap();
        assert_eq!((clock.now(), clock.revision()), (due, 2));
    }
}
