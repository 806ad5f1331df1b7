//! Rate limits (Discord docs, topics/rate-limits): the headers of every response, and the global
//! limit.
//!
//! Requests are always counted. The global limit is enforced only if
//! [`Options::enforce_limits`](crate::Options::enforce_limits) is set. To test limits of
//! single routes, inject a fault with status 429.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::route::Route;

/// Limit that each bucket reports. Discord publishes no numbers; this one is never reached.
const BUCKET_LIMIT: u32 = 1_000;
/// Maximum number of requests per second, without interaction responses (Discord docs,
/// topics/rate-limits, "Global Rate Limit").
pub const GLOBAL_PER_SECOND: usize = 50;
/// Period of the global limit.
const WINDOW: Duration = Duration::from_secs(1);

/// Counter of the requests within the last second, in real time.
#[derive(Debug, Default)]
pub struct RequestCounter {
    /// Whether a request above the limit is rejected with status 429.
    pub enforced: bool,
    recent: VecDeque<Instant>,
    busiest: usize,
}

impl RequestCounter {
    /// Counts a request. If it is to be rejected, returns the seconds to wait.
    pub fn record(&mut self, route: Option<&Route>) -> Option<f64> {
        if route.is_some_and(|one| one.is_interaction_callback() || one.is_download()) {
            return None;
        }
        let now = Instant::now();
        while self
            .recent
            .front()
            .is_some_and(|first| now.duration_since(*first) >= WINDOW)
        {
            self.recent.pop_front();
        }
        if self.enforced && self.recent.len() >= GLOBAL_PER_SECOND {
            let oldest = self
                .recent
                .front()
                .map_or(Duration::ZERO, |first| now.duration_since(*first));
            return Some((WINDOW.saturating_sub(oldest)).as_secs_f64());
        }
        self.recent.push_back(now);
        self.busiest = self.busiest.max(self.recent.len());
        None
    }

    /// Returns the highest number of requests within one second so far.
    pub const fn busiest_second(&self) -> usize {
        self.busiest
    }
}

/// Returns the rate-limit headers of a response at `now_ms` (Unix milliseconds). Every route has a
/// bucket per channel or guild.
pub fn headers(route: Option<&Route>, now_ms: i64) -> Vec<(String, String)> {
    let Some(route) = route.filter(|one| !one.is_download()) else {
        return Vec::new();
    };
    let resource = route
        .channel()
        .or_else(|| route.guild())
        .unwrap_or_default();
    let bucket = format!("sandbox-{}-{resource}", route.name().to_lowercase());
    let reset_ms = now_ms.saturating_add(1_000);
    let reset = format!(
        "{}.{:03}",
        reset_ms.div_euclid(1_000),
        reset_ms.rem_euclid(1_000)
    );
    [
        ("X-RateLimit-Limit", BUCKET_LIMIT.to_string()),
        ("X-RateLimit-Remaining", (BUCKET_LIMIT - 1).to_string()),
        ("X-RateLimit-Reset", reset),
        ("X-RateLimit-Reset-After", "1.000".to_owned()),
        ("X-RateLimit-Bucket", bucket),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_first_request_in_a_second_is_rejected_if_enforced() {
        let mut limits = RequestCounter {
            enforced: true,
            ..RequestCounter::default()
        };
        for _ in 0..GLOBAL_PER_SECOND {
            assert_eq!(limits.record(None), None);
        }
        assert!(limits.record(None).is_some());
        let callback = Route::Callback {
            interaction: 1,
            token: String::new(),
        };
        assert_eq!(limits.record(Some(&callback)), None);
        assert_eq!(limits.busiest_second(), GLOBAL_PER_SECOND);
    }
}
