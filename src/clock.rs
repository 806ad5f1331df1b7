//! The one place that reads the time.
//!
//! Everything that depends on the time gets it from a [`Clock`], which either is the system's or
//! follows readings from elsewhere (the sandbox moves its time; tests never sleep).

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// How long a wait goes on before it looks at the system's clock again: a laptop that slept or a
/// clock that was set must not delay a post.
const RECHECK_INTERVAL: Duration = Duration::from_secs(30);

/// What a remote clock said, and when we heard it.
#[derive(Debug, Clone, Copy)]
pub struct ClockReading {
    /// Counts the readings, so that "acted on reading 7" can be reported.
    pub seq: u64,
    /// The time it showed.
    pub time: Timestamp,
    /// When we heard it.
    pub received_at: Instant,
    /// Whether it goes on by itself or stands still until the next reading.
    pub flowing: bool,
}

impl ClockReading {
    fn now(&self) -> Timestamp {
        if !self.flowing {
            return self.time;
        }
        let passed =
            SignedDuration::try_from(self.received_at.elapsed()).unwrap_or(SignedDuration::ZERO);
        self.time.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

/// Tells the time and waits for it.
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
    /// The system's clock.
    pub const fn system() -> Self {
        Self { remote: None }
    }

    /// A clock that follows readings. `acknowledged` receives the number of the last reading on which
    /// the scheduler has acted.
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

    /// A clock that stands still at `time`, for unit tests.
    pub fn frozen_at(time: Timestamp) -> Self {
        let reading = ClockReading {
            seq: 0,
            time,
            received_at: Instant::now(),
            flowing: false,
        };
        // Without its sender a receiver keeps the last value for ever, which is what is wanted.
        let (_, readings) = watch::channel(reading);
        Self::remote(readings, watch::channel(0).0)
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match &self.remote {
            #[expect(clippy::disallowed_methods, reason = "this is the one place")]
            None => Timestamp::now(),
            Some(remote) => remote.readings.borrow().now(),
        }
    }

    /// How much time has passed for a limit on how fast somebody may be: the machine's time, which nobody sets
    /// back, and with a remote clock also what that was moved on. `start` and `shown` are one moment.
    pub fn elapsed_since(&self, start: Instant, shown: Timestamp) -> Duration {
        let moved = match &self.remote {
            None => Duration::ZERO,
            Some(_) => Duration::try_from(self.now().duration_since(shown)).unwrap_or_default(),
        };
        start.elapsed() + moved
    }

    /// The number of the newest reading; 0 for the system's clock.
    pub fn revision(&self) -> u64 {
        self.remote
            .as_ref()
            .map_or(0, |remote| remote.readings.borrow().seq)
    }

    /// Reports that everything due at reading `seq` was done.
    pub fn acknowledge(&self, seq: u64) {
        if let Some(remote) = &self.remote {
            remote.acknowledged.send_replace(seq);
        }
    }

    /// Returns when the time has come (`None`: never), or earlier when the clock shows another
    /// reading than `acted_on`: look at [`Clock::now`] again.
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
    async fn a_standing_clock_wakes_when_it_is_moved() {
        let start: Timestamp = "2026-03-27T08:00:00Z".parse().unwrap();
        let reading = |seq, time| ClockReading {
            seq,
            time,
            received_at: Instant::now(),
            flowing: false,
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
