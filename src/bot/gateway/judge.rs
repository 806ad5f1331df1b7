//! Whether a gateway client is well, as a pure function of its life signs.

use std::fmt;
use std::time::{Duration, Instant};

use super::pulse::Signs;

/// A runtime that has not run for so long is frozen. Long enough for a machine that is busy, short enough
/// for members to be answered again within ten seconds.
const FROZEN_AFTER: Duration = Duration::from_secs(4);

/// Without a session for so long, with nothing frozen, serenity has lost its shard; its own way back takes
/// about ten seconds (5 s for a shutdown that nobody answers, 5 s between starts).
const LOST_AFTER: Duration = Duration::from_secs(20);

/// A new client without a session for so long gets none: Discord's answer to IDENTIFY takes a second or two.
const NO_SESSION_AFTER: Duration = Duration::from_secs(12);

/// How long past the time of its next answer to a heartbeat a connection may be silent.
const GRACE: Duration = Duration::from_secs(5);

/// The time between heartbeats until it was seen: what Discord asks for (Discord docs, events/gateway,
/// "Hello Event": 41.25 s in the example).
const USUAL_INTERVAL: Duration = Duration::from_millis(41_250);

/// So many sessions of one client within [`FLAPPING_WITHIN`] are too many: each costs one of the 1,000 starts
/// of a day (Discord docs, events/gateway, "Session Start Limit").
const FLAPPING: usize = 4;
/// See [`FLAPPING`].
const FLAPPING_WITHIN: Duration = Duration::from_secs(600);

/// A session that held so long shows that all is well again.
pub const STABLE_AFTER: Duration = Duration::from_secs(60);

/// What is wrong with a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ill {
    /// Its runtime does not run.
    Frozen,
    /// It has no session, and does not get one.
    Lost,
    /// Discord is not heard, although the connection seems to be open.
    Silent,
    /// It begins session after session.
    Flapping,
}

impl fmt::Display for Ill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frozen => "its thread spins on a connection that is gone",
            Self::Lost => "it has no session and gets none",
            Self::Silent => "Discord is not heard on a connection that seems to be open",
            Self::Flapping => "its sessions end as soon as they begin",
        })
    }
}

/// What is wrong with a client now, if anything.
pub fn judge(signs: &Signs, now: Instant) -> Option<Ill> {
    let since = |time: Instant| now.saturating_duration_since(time);
    let silence = signs.interval.unwrap_or(USUAL_INTERVAL) + GRACE;
    let lost_after = if signs.sessions.is_empty() {
        NO_SESSION_AFTER
    } else {
        LOST_AFTER
    };
    let recent = |begun: &&Instant| since(**begun) < FLAPPING_WITHIN;
    if since(signs.beat) > FROZEN_AFTER {
        Some(Ill::Frozen)
    } else if signs.lost.is_some_and(|lost| since(lost) > lost_after) {
        Some(Ill::Lost)
    } else if signs.connected.is_some() && since(signs.heard) > silence {
        Some(Ill::Silent)
    } else if signs.sessions.iter().filter(recent).count() >= FLAPPING {
        Some(Ill::Flapping)
    } else {
        None
    }
}

/// Whether a session has held long enough to call the client well.
pub fn is_stable(signs: &Signs, now: Instant) -> bool {
    signs
        .connected
        .is_some_and(|connected| now.saturating_duration_since(connected) > STABLE_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn well(now: Instant) -> Signs {
        Signs {
            connected: Some(now),
            lost: None,
            sessions: vec![now],
            ..Signs::new(now)
        }
    }

    #[test]
    fn each_illness_is_seen_in_time_and_not_before() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let ill = |signs: &Signs, seconds| {
            let alive = Signs {
                beat: after(seconds),
                ..signs.clone()
            };
            judge(&alive, after(seconds))
        };
        let signs = well(start);
        assert_eq!(judge(&signs, after(4)), None);
        assert_eq!(judge(&signs, after(5)), Some(Ill::Frozen));
        assert_eq!(ill(&signs, 46), None);
        assert_eq!(ill(&signs, 47), Some(Ill::Silent));
        let quick = Signs {
            interval: Some(Duration::from_secs(2)),
            ..signs.clone()
        };
        assert_eq!((ill(&quick, 7), ill(&quick, 8)), (None, Some(Ill::Silent)));
        let lost = Signs {
            connected: None,
            lost: Some(start),
            ..signs.clone()
        };
        assert_eq!((ill(&lost, 20), ill(&lost, 21)), (None, Some(Ill::Lost)));
        let new = Signs::new(start);
        assert_eq!((ill(&new, 12), ill(&new, 13)), (None, Some(Ill::Lost)));
        let flapping = Signs {
            sessions: vec![start; FLAPPING],
            ..signs.clone()
        };
        assert_eq!(ill(&flapping, 1), Some(Ill::Flapping));
        assert_eq!(
            ill(
                &Signs {
                    heard: after(601),
                    ..flapping
                },
                601
            ),
            None
        );
    }
}
