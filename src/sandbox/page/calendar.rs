//! What the page knows of the bot's days: whoever runs the bot tells it, since the sandbox does not know
//! what the bot is for.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

type NextFn = dyn Fn(Timestamp) -> Option<Timestamp> + Send + Sync;

/// A time zone in which the page shows times, and the moments it can go to.
#[derive(Clone)]
pub struct Calendar {
    /// The zone in which times are shown.
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
    /// A zone, and what gives the next question after a moment.
    pub fn new(
        zone: TimeZone,
        next: impl Fn(Timestamp) -> Option<Timestamp> + Send + Sync + 'static,
    ) -> Self {
        Self {
            zone,
            next: Some(Arc::new(next)),
        }
    }

    /// The next question after a moment.
    pub fn next_question(&self, after: Timestamp) -> Option<Timestamp> {
        (self.next.as_ref()?)(after)
    }

    /// The next change of clocks in the zone; none if it has none.
    pub fn next_clock_change(&self, after: Timestamp) -> Option<Timestamp> {
        let offset = |time: Timestamp| self.zone.to_offset(time);
        // A zone's rules may change without its clocks moving.
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
    fn clocks_change_where_they_do() {
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
