//! Notices and paces the connections that serenity opens to the gateway.
//!
//! Serenity resumes a session without a pause. A gateway that accepts a connection and closes it at
//! once, before the session has continued, would therefore be connected to tens of thousands of
//! times in half a minute, and serenity would report the session as connected all the time.
//! Serenity has no setting for this, but takes the gateway's URL from a shared lock before each
//! connection. [`Connects`] holds that lock, and opens it for a moment at each tick: a connection
//! that waited gets it, which shows that one is being opened. After connections that ended early it
//! keeps the lock for longer. Example of a gateway that closes every connection:
//!
//! * 0.0 s: The connection of the session is closed. Serenity waits for the URL.
//! * 0.2 s: The next tick opens the lock. The shard counts as disconnected until the session
//!   continues.
//! * 0.5 s and 0.7 s: Serenity waits again, because the connections have ended at once, and gets the
//!   URL. It gets it again 1, 2, 4 and 8 s later.
//! * 20 s: The shard has been disconnected for too long, so the supervisor replaces the client.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long a connection must last for the next one to be opened without a delay. Discord's own
/// reconnects are far apart.
const LASTING: Duration = Duration::from_secs(10);

/// Delays before a connection in seconds, by the number of consecutive connections before it that
/// did not last. The last one keeps the time until members get answers again below ten seconds.
const DELAYS_SECS: [u64; 6] = [0, 0, 1, 2, 4, 8];

/// The pace of a client's connections.
#[derive(Debug)]
pub struct Pace {
    /// Number of consecutive connections that did not last.
    failed: usize,
    /// When the newest connection was opened.
    opened_at: Option<Instant>,
}

/// Holds the lock of the gateway's URL.
pub struct Connects {
    url: Arc<Mutex<String>>,
    held: Option<OwnedMutexGuard<String>>,
    pace: Pace,
}

impl Pace {
    const fn new() -> Self {
        Self {
            failed: 0,
            opened_at: None,
        }
    }

    /// Records that a connection is being opened. `session_at` is when a session last began or
    /// continued.
    fn opened(&mut self, now: Instant, session_at: Option<Instant>) {
        let has_lasted = self.opened_at.is_none_or(|opened| {
            let is_established = session_at.is_some_and(|session| session >= opened);
            is_established && now.duration_since(opened) >= LASTING
        });
        self.failed = if has_lasted { 0 } else { self.failed + 1 };
        self.opened_at = Some(now);
    }

    /// Returns when the next connection may be opened.
    fn next_at(&self) -> Option<Instant> {
        let delay = DELAYS_SECS[self.failed.min(DELAYS_SECS.len() - 1)];
        Some(self.opened_at? + Duration::from_secs(delay))
    }
}

impl Connects {
    /// Starts without the lock, so that the first connection is not delayed.
    pub const fn new(url: Arc<Mutex<String>>) -> Self {
        Self {
            url,
            held: None,
            pace: Pace::new(),
        }
    }

    /// Lets a waiting connection be opened if it is time for it. Returns how many connections before
    /// it did not last; `None` if none waited. `session_at` is when a session last began or
    /// continued.
    pub async fn tick(&mut self, session_at: Option<Instant>) -> Option<usize> {
        let now = Instant::now();
        if self.pace.next_at().is_some_and(|next| now < next) {
            return None;
        }
        let was_held = self.held.take().is_some();
        if let Ok(guard) = Arc::clone(&self.url).try_lock_owned() {
            self.held = Some(guard);
            return None;
        }
        // The lock is fair: a connection that waited has it now, and keeps it only to copy the URL.
        self.held = Some(Arc::clone(&self.url).lock_owned().await);
        if !was_held {
            return None;
        }
        self.pace.opened(now, session_at);
        Some(self.pace.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_that_do_not_last_are_paced() {
        let start = Instant::now();
        let mut pace = Pace::new();
        assert_eq!(pace.next_at(), None);
        let (mut now, mut delays) = (start, Vec::new());
        for _ in 0..8 {
            pace.opened(now, Some(start));
            let next = pace.next_at().unwrap();
            delays.push(next.duration_since(now).as_secs());
            now = next;
        }
        assert_eq!(delays, [0, 0, 1, 2, 4, 8, 8, 8]);
    }

    #[test]
    fn only_a_lasting_session_ends_the_delays() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let failed = |session_at, next| {
            let mut pace = Pace {
                failed: 3,
                opened_at: Some(after(100)),
            };
            pace.opened(next, session_at);
            pace.failed
        };
        // No session since the connection was opened.
        assert_eq!(failed(None, after(200)), 4);
        assert_eq!(failed(Some(after(99)), after(200)), 4);
        // A session that ended early.
        assert_eq!(failed(Some(after(101)), after(109)), 4);
        assert_eq!(failed(Some(after(101)), after(110)), 0);
    }

    #[tokio::test]
    async fn a_waiting_connection_is_noticed() {
        let url = Arc::new(Mutex::new("url".to_owned()));
        let mut connects = Connects::new(Arc::clone(&url));
        assert_eq!(connects.tick(None).await, None);
        assert_eq!(connects.tick(None).await, None);
        for failed in [0, 1] {
            let waiting = tokio::spawn({
                let url = Arc::clone(&url);
                async move { url.lock().await.clone() }
            });
            tokio::task::yield_now().await;
            assert!(!waiting.is_finished());
            assert_eq!(connects.tick(None).await, Some(failed));
            assert_eq!(waiting.await.unwrap(), "url");
            assert_eq!(connects.tick(None).await, None);
        }
    }
}
