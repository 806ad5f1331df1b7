//! The one place that reads the time.
//!
//! Everything that depends on the time gets it from a [`Clock`], which either is the system's or
//! follows readings from elsewhere (the sandbox moves its time; tests never sleep).

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// How long a wait goes on before it looks at the system's clock again: a laptop that slept or a
/// clock that was set must not delay a post.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// What a followed clock said, and when we heard it.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Counts the readings, so that "acted on reading 7" can be reported.
    pub seq: u64,
    /// The time it showed.
    pub time: Timestamp,
    /// When we heard it.
    pub heard: Instant,
    /// Whether it goes on by itself or stands still until the next reading.
    pub flowing: bool,
}

impl Reading {
    fn now(&self) -> Timestamp {
        if !self.flowing {
            return self.time;
        }
        let passed = SignedDuration::try_from(self.heard.elapsed()).unwrap_or(SignedDuration::ZERO);
        self.time.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

/// Tells the time and waits for it.
#[derive(Debug, Clone)]
pub struct Clock {
    followed: Option<Followed>,
}

#[derive(Debug, Clone)]
struct Followed {
    readings: watch::Receiver<Reading>,
    settled: watch::Sender<u64>,
}

impl Clock {
    /// The system's clock.
    pub const fn system() -> Self {
        Self { followed: None }
    }

    /// A clock that follows readings. `settled` receives the number of the last reading on which
    /// the scheduler has acted.
    pub const fn following(
        readings: watch::Receiver<Reading>,
        settled: watch::Sender<u64>,
    ) -> Self {
        Self {
            followed: Some(Followed { readings, settled }),
        }
    }

    /// A clock that stands still at `time`, for unit tests.
    pub fn standing_at(time: Timestamp) -> Self {
        let reading = Reading {
            seq: 0,
            time,
            heard: Instant::now(),
            flowing: false,
        };
        // Without its sender a receiver keeps the last value for ever, which is what is wanted.
        let (_, readings) = watch::channel(reading);
        Self::following(readings, watch::channel(0).0)
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match &self.followed {
            #[expect(clippy::disallowed_methods, reason = "this is the one place")]
            None => Timestamp::now(),
            Some(followed) => followed.readings.borrow().now(),
        }
    }

    /// How much time has passed for a limit on how fast somebody may be: the machine's time, which nobody sets
    /// back, and with a followed clock also what that was moved on. `start` and `shown` are one moment.
    pub fn passed_since(&self, start: Instant, shown: Timestamp) -> Duration {
        let moved = match &self.followed {
            None => Duration::ZERO,
            Some(_) => Duration::try_from(self.now().duration_since(shown)).unwrap_or_default(),
        };
        start.elapsed() + moved
    }

    /// The number of the newest reading; 0 for the system's clock.
    pub fn reading(&self) -> u64 {
        self.followed
            .as_ref()
            .map_or(0, |followed| followed.readings.borrow().seq)
    }

    /// Reports that everything due at reading `seq` was done.
    pub fn settled(&self, seq: u64) {
        if let Some(followed) = &self.followed {
            followed.settled.send_replace(seq);
        }
    }

    /// Returns when the time has come (`None`: never), or earlier when the clock shows another
    /// reading than `acted_on`: look at [`Clock::now`] again.
    pub async fn wait_until(&self, time: Option<Timestamp>, acted_on: u64) {
        let Some(followed) = &self.followed else {
            return tokio::time::sleep(self.until(time).min(LOOK_AGAIN)).await;
        };
        let mut readings = followed.readings.clone();
        let reading = *readings.borrow_and_update();
        if reading.seq != acted_on {
            return;
        }
        let moved = async {
            if readings.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        if !reading.flowing && self.until(time) > Duration::ZERO {
            return moved.await;
        }
        tokio::select! {
            () = tokio::time::sleep(self.until(time).min(LOOK_AGAIN)) => {}
            () = moved => {}
        }
    }

    fn until(&self, time: Option<Timestamp>) -> Duration {
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
        let reading = |seq, time| Reading {
            seq,
            time,
            heard: Instant::now(),
            flowing: false,
        };
        let (sender, readings) = watch::channel(reading(1, start));
        let clock = Clock::following(readings, watch::channel(0).0);
        let due = start + SignedDuration::from_hours(1);
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.wait_until(Some(due), 1).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        sender.send_replace(reading(2, due));
        waiting.await.unwrap();
        assert_eq!((clock.now(), clock.reading()), (due, 2));
    }
}
