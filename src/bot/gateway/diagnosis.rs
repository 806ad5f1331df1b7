//! Decides whether a gateway client is faulty, as a pure function of its liveness.

use std::fmt;
use std::time::{Duration, Instant};

use super::liveness::Liveness;

/// How long a runtime may not run before it counts as frozen. Long enough for a busy machine, short
/// enough to answer members again within ten seconds.
const FROZEN_AFTER: Duration = Duration::from_secs(4);

/// How long a running client may be without a session. Serenity's own reconnect takes about ten
/// seconds (5 s for a shutdown without a response, 5 s between starts); after this time it has lost
/// its shard.
const SESSION_LOST_AFTER: Duration = Duration::from_secs(20);

/// How long a new client may take to get a session. Discord's response to IDENTIFY takes a second
/// or two.
const NO_SESSION_AFTER: Duration = Duration::from_secs(12);

/// How long after the next expected heartbeat acknowledgement a connection may be silent.
const HEARTBEAT_GRACE: Duration = Duration::from_secs(5);

/// Assumed time between heartbeats until it has been measured (Discord docs, events/gateway, "Hello
/// Event": 41.25 s in the example).
const DEFAULT_HEARTBEAT_INTERVAL: Duration = Duration::from_millis(41_250);

/// Number of sessions of one client within [`FLAPPING_WINDOW`] after which its next disconnection
/// counts as a fault. Each one uses one of the 1,000 starts of a day (Discord docs, events/gateway,
/// "Session Start Limit"). While the newest session is connected it may last, so the client is kept.
const MAX_SESSIONS: usize = 4;
/// Number of sessions from which the client is replaced even while it is connected: it may get new
/// sessions so fast that no poll sees it disconnected.
const MAX_SESSIONS_CONNECTED: usize = 2 * MAX_SESSIONS;
/// The period over which sessions are counted for [`MAX_SESSIONS`].
const FLAPPING_WINDOW: Duration = Duration::from_secs(600);

/// How long a session must last for its client to count as stable.
pub const STABLE_AFTER: Duration = Duration::from_secs(60);

/// A fault of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientFault {
    /// Its runtime does not run, because serenity's loop spins on a closed connection.
    Frozen,
    /// It has no session and does not get one.
    NoSession,
    /// Nothing is received, although the connection is open.
    Silent,
    /// Its sessions end too often.
    Flapping,
}

impl fmt::Display for ClientFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frozen => "runtime stalled",
            Self::NoSession => "no session",
            Self::Silent => "nothing received",
            Self::Flapping => "too many sessions in ten minutes",
        })
    }
}

/// Returns the client's fault, if it has one.
pub fn diagnose(liveness: &Liveness, now: Instant) -> Option<ClientFault> {
    let since = |time: Instant| now.saturating_duration_since(time);
    let silence = liveness
        .heartbeat_interval
        .unwrap_or(DEFAULT_HEARTBEAT_INTERVAL)
        + HEARTBEAT_GRACE;
    let lost_after = if liveness.session_starts.is_empty() {
        NO_SESSION_AFTER
    } else {
        SESSION_LOST_AFTER
    };
    let max_sessions = if liveness.connected_since.is_some() {
        MAX_SESSIONS_CONNECTED
    } else {
        MAX_SESSIONS
    };
    let is_recent = |started: &&Instant| since(**started) < FLAPPING_WINDOW;
    if since(liveness.last_tick) > FROZEN_AFTER {
        Some(ClientFault::Frozen)
    } else if liveness
        .disconnected_since
        .is_some_and(|disconnected| since(disconnected) > lost_after)
    {
        Some(ClientFault::NoSession)
    } else if liveness.connected_since.is_some() && since(liveness.last_received) > silence {
        Some(ClientFault::Silent)
    } else if liveness.session_starts.iter().filter(is_recent).count() >= max_sessions {
        Some(ClientFault::Flapping)
    } else {
        None
    }
}

/// Whether the current session has lasted long enough for the client to count as stable.
pub fn is_stable(liveness: &Liveness, now: Instant) -> bool {
    liveness
        .connected_since
        .is_some_and(|connected| now.saturating_duration_since(connected) > STABLE_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn healthy(now: Instant) -> Liveness {
        Liveness {
            connected_since: Some(now),
            disconnected_since: None,
            session_starts: vec![now],
            ..Liveness::new(now)
        }
    }

    #[test]
    fn each_fault_is_detected_in_time_and_not_before() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let fault = |liveness: &Liveness, seconds| {
            let running = Liveness {
                last_tick: after(seconds),
                ..liveness.clone()
            };
            diagnose(&running, after(seconds))
        };
        let liveness = healthy(start);
        assert_eq!(diagnose(&liveness, after(4)), None);
        assert_eq!(diagnose(&liveness, after(5)), Some(ClientFault::Frozen));
        assert_eq!(fault(&liveness, 46), None);
        assert_eq!(fault(&liveness, 47), Some(ClientFault::Silent));
        let short_interval = Liveness {
            heartbeat_interval: Some(Duration::from_secs(2)),
            ..liveness.clone()
        };
        assert_eq!(
            (fault(&short_interval, 7), fault(&short_interval, 8)),
            (None, Some(ClientFault::Silent))
        );
        let lost = Liveness {
            connected_since: None,
            disconnected_since: Some(start),
            ..liveness.clone()
        };
        assert_eq!(
            (fault(&lost, 20), fault(&lost, 21)),
            (None, Some(ClientFault::NoSession))
        );
        let new = Liveness::new(start);
        assert_eq!(
            (fault(&new, 12), fault(&new, 13)),
            (None, Some(ClientFault::NoSession))
        );
        let many_sessions = |count| Liveness {
            session_starts: vec![start; count],
            ..liveness.clone()
        };
        // The newest of four sessions may last; once it has ended, a fifth is not started.
        assert_eq!(fault(&many_sessions(MAX_SESSIONS), 1), None);
        let ended = Liveness {
            connected_since: None,
            disconnected_since: Some(start),
            ..many_sessions(MAX_SESSIONS)
        };
        assert_eq!(fault(&ended, 1), Some(ClientFault::Flapping));
        let flapping = many_sessions(MAX_SESSIONS_CONNECTED);
        assert_eq!(fault(&flapping, 1), Some(ClientFault::Flapping));
        assert_eq!(
            fault(
                &Liveness {
                    last_received: after(601),
                    ..flapping
                },
                601
            ),
            None
        );
    }
}
