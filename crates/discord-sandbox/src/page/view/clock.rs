//! The clock in the bar.

use serde::Serialize;

use crate::model::Discord;
use crate::page::Calendar;

/// The clock as it is shown.
#[derive(Debug, Serialize)]
pub struct ClockView {
    /// The time in Unix milliseconds, from which the script ticks.
    now_ms: i64,
    /// Whether the clock runs; otherwise it moves only on request.
    flowing: bool,
    /// The zone's name.
    zone: String,
    /// `Fri, 27 Mar`.
    day: String,
    /// `2026`.
    year: String,
    /// `09:00`.
    time: String,
    /// The time of the next event, in words; empty if no event is scheduled.
    next: String,
    /// The time of the next clock change, in words; empty if the zone has none.
    change: String,
}

/// Returns the current state of the clock.
pub fn clock(discord: &Discord, calendar: &Calendar) -> ClockView {
    let now = discord.clock.now();
    let local = now.to_zoned_datetime(calendar.zone.clone());
    let words = |time: jiff::Timestamp| {
        let local = time.to_zoned_datetime(calendar.zone.clone());
        local.strftime("%a, %-d %B %Y at %H:%M").to_string()
    };
    ClockView {
        now_ms: now.as_millisecond(),
        flowing: discord.clock.reading().flowing,
        zone: calendar.zone.iana_name().unwrap_or("UTC").to_owned(),
        day: local.strftime("%a, %-d %b").to_string(),
        year: local.strftime("%Y").to_string(),
        time: local.strftime("%H:%M").to_string(),
        next: calendar.next_event(now).map(words).unwrap_or_default(),
        change: calendar
            .next_clock_change(now)
            .map(words)
            .unwrap_or_default(),
    }
}
