//! Whether a gateway client is well, as a pure function of its life signs.

use std::fmt;
use std::time::{Duration, Instant};

use super::liveness::Liveness;

/// A runtime that has not run for so long is frozen. Long enough for a machine that is busy, short enough
/// for members to be answered again within ten seconds.
const FROZEN_AFTER: Duration = Duration::from_secs(4);

/// Without a session for so long, with nothing frozen, serenity has lost its shard; its own way back takes
/// about ten seconds (5 s for a shutdown that nobody answers, 5 s between starts).
const SESSION_LOST_AFTER: Duration = Duration::from_secs(20);

/// A new client without a session for so long gets none: Discord's answer to IDENTIFY takes a second or two.
const NO_SESSION_AFTER: Duration = Duration::from_secs(12);

/// How long past the time of its next answer to a heartbeat a connection may be silent.
const HEARTBEAT_GRACE: Duration = Duration::from_secs(5);

/// The time between heartbeats until it was seen: what Discord asks for (Discord docs, events/gateway,
/// "Hello Event": 41.25 s in the example).
const DEFAULT_HEARTBEAT_INTERVAL: Duration = Duration::from_millis(41_250);

/// So many sessions of one client within [`FLAPPING_WITHIN`] are too many: each costs one of the 1,000 starts
/// of a day (Discord docs, events/gateway, "Session Start Limit").
const MAX_SESSIONS: usize = 4;
/// See [`FLAPPING`].
const FLAPPING_WINDOW: Duration = Duration::from_secs(600);

/// A session that held so long shows that all is well again.
pub const STABLE_AFTER: Duration = Duration::from_secs(60);

/// What is wrong with a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientFault {
    /// Its runtime does not run.
    Frozen,
    /// It has no session, and does not get one.
    NoSession,
    /// Discord is not heard, although the connection seems to be open.
    Silent,
    /// It begins session after session.
    Flapping,
}

impl fmt::Display for ClientFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frozen => "its thread spins on a connection that is gone",
            Self::NoSession => "it has no session and gets none",
            Self::Silent => "Discord is not heard on a connection that seems to be open",
            Self::Flapping => "its sessions end as soon as they begin",
        })
    }
}

/// What is wrong with a client now, if anything.
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
    let recent = |begun: &&Instant| since(**begun) < FLAPPING_WINDOW;
    if since(liveness.last_tick) > FROZEN_AFTER {
        Some(ClientFault::Frozen)
    } else if liveness
        .disconnected_since
        .is_some_and(|lost| since(lost) > lost_after)
    {
        Some(ClientFault::NoSession)
    } else if liveness.connected_since.is_some() && since(liveness.last_received) > silence {
        Some(ClientFault::Silent)
    } else if liveness.session_starts.iter().filter(recent).count() >= MAX_SESSIONS {
        Some(ClientFault::Flapping)
    } else {
        None
    }
}

/// Whether a session has held long enough to call the client well.
pub fn is_stable(liveness: &Liveness, now: Instant) -> bool {
    liveness
        .connected_since
        .is_some_and(|connected| now.saturating_duration_since(connected) > STABLE_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn well(now: Instant) -> Liveness {
        Liveness {
            connected_since: Some(now),
            disconnected_since: None,
            session_starts: vec![now],
            ..Liveness::new(now)
        }
    }

    #[test]
    fn each_illness_is_seen_in_time_and_not_before() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let fault = |liveness: &Liveness, seconds| {
            let alive = Liveness {
                last_tick: after(seconds),
                ..liveness.clone()
            };
            diagnose(&alive, after(seconds))
        };
        let liveness = well(start);
        assert_eq!(diagnose(&liveness, after(4)), None);
        assert_eq!(diagnose(&liveness, after(5)), Some(ClientFault::Frozen));
        assert_eq!(fault(&liveness, 46), None);
        assert_eq!(fault(&liveness, 47), Some(ClientFault::Silent));
        let quick = Liveness {
            heartbeat_interval: Some(Duration::from_secs(2)),
            ..liveness.clone()
        };
        assert_eq!(
            (fault(&quick, 7), fault(&quick, 8)),
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
        let flapping = Liveness {
            session_starts: vec![start; MAX_SESSIONS],
            ..liveness.clone()
        };
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
