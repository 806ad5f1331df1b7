//! When something that failed is tried again.

use jiff::{SignedDuration, Timestamp};

/// The first pause after a passing failure.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// The longest pause after passing failures.
const MAX_PAUSE: SignedDuration = SignedDuration::from_mins(5);
/// The pause after Discord said no. 10,000 answers of 401, 403 or 429 in ten minutes ban the address
/// (Discord docs, topics/rate-limits, "Invalid Request Limit"); at this pace nobody gets near.
const REJECTED_PAUSE: SignedDuration = SignedDuration::from_mins(30);

/// A pause that grows with each failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
    /// Not to be tried before.
    pub until: Timestamp,
}

impl Backoff {
    /// The pause after another failure.
    pub fn after(before: Option<Self>, is_transient: bool, now: Timestamp) -> Self {
        let failures = before.map_or(0, |before| before.failures) + 1;
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
    fn pauses_grow_up_to_five_minutes_and_a_no_waits_half_an_hour() {
        let now: Timestamp = "2026-03-27T08:00:00Z".parse().unwrap();
        let mut backoff = None;
        let mut pauses = Vec::new();
        for _ in 0..10 {
            let next = Backoff::after(backoff, true, now);
            pauses.push(next.until.duration_since(now).as_secs());
            backoff = Some(next);
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        let refused = Backoff::after(None, false, now);
        assert_eq!(
            refused.until.duration_since(now),
            SignedDuration::from_mins(30)
        );
    }
}
