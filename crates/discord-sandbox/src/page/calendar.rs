//! The bot's schedule, for the page's clock buttons. The program that runs the bot provides it,
//! because the sandbox itself doesn't know what the bot does and when.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

type NextFn = dyn Fn(Timestamp) -> Option<Timestamp> + Send + Sync;

/// The time zone of the page, and when the bot's scheduled events are due.
///
/// ```
/// use discord_sandbox::page::Calendar;
/// use jiff::Timestamp;
/// use jiff::tz::TimeZone;
///
/// // Each full hour.
/// let calendar = Calendar::new(TimeZone::UTC, |after: Timestamp| {
///     let hours = after.as_second().div_euclid(3600) + 1;
///     Timestamp::from_second(hours * 3600).ok()
/// });
/// let next = calendar.next_event("2026-03-27T08:59:00Z".parse()?);
/// assert_eq!(next, Some("2026-03-27T09:00:00Z".parse()?));
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone)]
pub struct Calendar {
    /// The time zone in which the page shows times.
    pub zone: TimeZone,
    next: Option<Arc<NextFn>>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
            next: None,
        }
    }
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calendar")
            .field("zone", &self.zone)
            .finish_non_exhaustive()
    }
}

impl Calendar {
    /// Creates a calendar; `next` returns the time of the first event after a given time.
    pub fn new(
        zone: TimeZone,
        next: impl Fn(Timestamp) -> Option<Timestamp> + Send + Sync + 'static,
    ) -> Self {
        Self {
            zone,
            next: Some(Arc::new(next)),
        }
    }

    /// Returns the time of the next event; `None` if no event is scheduled.
    pub fn next_event(&self, after: Timestamp) -> Option<Timestamp> {
        (self.next.as_ref()?)(after)
    }

    /// Returns the next daylight saving change; `None` if the zone has none.
    pub fn next_clock_change(&self, after: Timestamp) -> Option<Timestamp> {
        let offset = |time: Timestamp| self.zone.to_offset(time);
        // Some transitions change a zone's rules but not its offset.
        let mut changes = self.zone.following(after).map(|change| change.timestamp());
        changes.find(|change| {
            change
                .checked_sub(jiff::SignedDuration::from_secs(1))
                .is_ok_and(|before| offset(before) != offset(*change))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_next_clock_change() {
        let now: Timestamp = "2026-03-26T08:00:00Z".parse().unwrap();
        let change = |zone: &str| {
            let zone = TimeZone::get(zone).unwrap();
            let calendar = Calendar { zone, next: None };
            calendar.next_clock_change(now).map(|time| time.to_string())
        };
        assert_eq!(change("Europe/Berlin").unwrap(), "2026-03-29T01:00:00Z");
        assert_eq!(change("America/New_York").unwrap(), "2026-11-01T06:00:00Z");
        assert_eq!(change("UTC"), None);
    }
}
