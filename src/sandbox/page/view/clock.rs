//! The clock in the bar.

use serde::Serialize;

use crate::sandbox::model::Discord;
use crate::sandbox::page::Calendar;

/// What the clock shows.
#[derive(Debug, Serialize)]
pub struct ClockView {
    /// In Unix milliseconds; the script lets it tick.
    now_ms: i64,
    /// Whether it goes on by itself.
    flowing: bool,
    /// The zone's name.
    zone: String,
    /// `Fri, 27 Mar`.
    day: String,
    /// `2026`.
    year: String,
    /// `09:00`.
    time: String,
    /// When the next question comes, in words; empty if nobody knows.
    next: String,
    /// When the clocks change next, in words; empty where they never do.
    change: String,
}

/// The clock now.
pub fn clock(discord: &Discord, calendar: &Calendar) -> ClockView {
    let now = discord.clock.now();
    let local = now.to_zoned(calendar.zone.clone());
    let words = |time: jiff::Timestamp| {
        let local = time.to_zoned(calendar.zone.clone());
        local.strftime("%a, %-d %B %Y at %H:%M").to_string()
    };
    ClockView {
        now_ms: now.as_millisecond(),
        flowing: discord.clock.reading().flowing,
        zone: calendar.zone.iana_name().unwrap_or("UTC").to_owned(),
        day: local.strftime("%a, %-d %b").to_string(),
        year: local.strftime("%Y").to_string(),
        time: local.strftime("%H:%M").to_string(),
        next: calendar.next_question(now).map(words).unwrap_or_default(),
        change: calendar
            .next_clock_change(now)
            .map(words)
            .unwrap_or_default(),
    }
}
