//! Resolves ids and times to the text that a reader sees.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::{Discord, Guild};

/// The context in which a text is shown.
pub struct NameResolver<'a> {
    /// The whole state.
    pub discord: &'a Discord,
    /// The guild of the channel; `None` in direct messages.
    pub guild: Option<&'a Guild>,
    /// The current time.
    pub now: Timestamp,
    /// The reader's time zone.
    pub zone: &'a TimeZone,
}

impl NameResolver<'_> {
    /// Returns a user's mention, such as `@Ada`.
    pub fn user(&self, id: u64) -> Option<String> {
        let user = self.discord.users.get(&id)?;
        let shown = self
            .guild
            .map_or_else(|| user.display_name(), |guild| guild.display_name(user));
        Some(format!("@{shown}"))
    }

    /// Returns a role's mention, such as `@team`.
    pub fn role(&self, id: u64) -> Option<String> {
        let name = &self.guild?.roles.get(&id)?.name;
        Some(format!("@{}", name.trim_start_matches('@')))
    }

    /// Returns a channel's mention, such as `#asyncio`.
    pub fn channel(&self, id: u64) -> Option<String> {
        Some(format!("#{}", self.discord.channels.get(&id)?.name))
    }

    /// Returns a time stamp in the given style, and in full.
    pub fn time(&self, seconds: i64, style: &str) -> Option<(String, String)> {
        let time = Timestamp::from_second(seconds).ok()?;
        let local = time.to_zoned(self.zone.clone());
        let full = local.strftime("%A, %-d %B %Y at %H:%M %Z").to_string();
        let shown = match style {
            "t" => local.strftime("%H:%M").to_string(),
            "T" => local.strftime("%H:%M:%S").to_string(),
            "d" => local.strftime("%d/%m/%Y").to_string(),
            "D" => local.strftime("%-d %B %Y").to_string(),
            "F" => local.strftime("%A, %-d %B %Y %H:%M").to_string(),
            "R" => relative(seconds - self.now.as_second()),
            _ => local.strftime("%-d %B %Y %H:%M").to_string(),
        };
        Some((shown, full))
    }
}

/// Discord's units of relative times and their lengths in seconds, largest first.
const UNITS: [(i64, &str); 5] = [
    (365 * 86_400, "year"),
    (30 * 86_400, "month"),
    (86_400, "day"),
    (3_600, "hour"),
    (60, "minute"),
];

/// Formats a distance in time, such as `in 3 hours` or `2 days ago`.
fn relative(seconds: i64) -> String {
    let distance = seconds.abs();
    let unit = UNITS.iter().find(|(size, _)| distance * 10 >= size * 9);
    let (count, unit) = unit.map_or((distance, "second"), |(size, unit)| {
        (((distance + size / 2) / size).max(1), unit)
    });
    let plural = if count == 1 { "" } else { "s" };
    if seconds < 0 {
        format!("{count} {unit}{plural} ago")
    } else {
        format!("in {count} {unit}{plural}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_times_use_the_largest_fitting_unit() {
        let shown: Vec<_> = [30, 90, -3_600, 80_000, 86_400, -200_000, 40 * 86_400]
            .map(relative)
            .into();
        assert_eq!(
            shown,
            [
                "in 30 seconds",
                "in 2 minutes",
                "1 hour ago",
                "in 1 day",
                "in 1 day",
                "2 days ago",
                "in 1 month"
            ]
        );
    }
}
