//! Exponential backoff for failed requests.

use jiff::{SignedDuration, Timestamp};

/// How long to wait after the first transient failure.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// Maximum wait after transient failures.
const MAX_PAUSE: SignedDuration = SignedDuration::from_mins(5);
/// How long to wait after Discord rejected a request.
///
/// Discord bans an address after 10,000 responses of 401, 403 or 429 in ten minutes (Discord docs,
/// topics/rate-limits, "Invalid Request Limit"). At this rate the bot stays far below that.
const REJECTED_PAUSE: SignedDuration = SignedDuration::from_mins(30);

/// Whether a pause that ends at `until` is over. One that is farther away than any pause is, too,
/// because the clock was set back since.
pub fn is_over(until: Timestamp, now: Timestamp) -> bool {
    until <= now || until.duration_since(now) > REJECTED_PAUSE
}

/// A pause that grows with each consecutive failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
    /// When the next attempt is allowed.
    pub until: Timestamp,
}

impl Backoff {
    /// Returns when the next attempt is allowed; `None` if that is farther away than any pause,
    /// because the clock was set back since.
    pub fn retry_at(self, now: Timestamp) -> Option<Timestamp> {
        let is_plausible = self.until.duration_since(now) <= REJECTED_PAUSE;
        is_plausible.then_some(self.until)
    }

    /// Returns the backoff after another failure.
    pub fn after(previous: Option<Self>, is_transient: bool, now: Timestamp) -> Self {
        let failures = previous.map_or(0, |previous| previous.failures) + 1;
        let pause = if is_transient {
            let doubled = FIRST_PAUSE
                .as_secs()
                .saturating_mul(1 << (failures - 1).min(20));
            SignedDuration::from_secs(doubled).min(MAX_PAUSE)
        } else {
            REJECTED_PAUSE
        };
        Self {
            failures,
            until: now + pause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_five_minutes_and_a_rejection_waits_half_an_hour() {
        let now: Timestamp = "2026-03-27T08:00:00Z".parse().unwrap();
        let mut backoff = None;
        let mut pauses = Vec::new();
        for _ in 0..10 {
            let next = Backoff::after(backoff, true, now);
            pauses.push(next.until.duration_since(now).as_secs());
            backoff = Some(next);
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        let rejected = Backoff::after(None, false, now);
        assert_eq!(rejected.retry_at(now), Some(rejected.until));
        let set_back = now - SignedDuration::from_hours(1);
        assert_eq!(rejected.retry_at(set_back), None);
        assert_eq!(
            rejected.until.duration_since(now),
            SignedDuration::from_mins(30)
        );
        let minute = SignedDuration::from_mins(1);
        assert!(is_over(now, now) && !is_over(now + minute, now));
        assert!(is_over(now + minute * 60, now), "the clock was set back");
    }
}
