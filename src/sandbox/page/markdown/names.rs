//! What ids and times are called, for one reader.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::sandbox::model::{Discord, Guild};

/// Who and what is where the text was written, and when it is read.
pub struct NameResolver<'a> {
    /// Everything.
    pub discord: &'a Discord,
    /// The guild of the channel; none in direct messages.
    pub guild: Option<&'a Guild>,
    /// When it is read.
    pub now: Timestamp,
    /// The reader's time zone.
    pub zone: &'a TimeZone,
}

impl NameResolver<'_> {
    /// `@Ada`.
    pub fn user(&self, id: u64) -> Option<String> {
        let user = self.discord.users.get(&id)?;
        let shown = self
            .guild
            .map_or_else(|| user.display_name(), |guild| guild.display_name(user));
        Some(format!("@{shown}"))
    }

    /// `@team`.
    pub fn role(&self, id: u64) -> Option<String> {
        let name = &self.guild?.roles.get(&id)?.name;
        Some(format!("@{}", name.trim_start_matches('@')))
    }

    /// `#asyncio`.
    pub fn channel(&self, id: u64) -> Option<String> {
        Some(format!("#{}", self.discord.channels.get(&id)?.name))
    }

    /// A time stamp as it is shown, and in full.
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

/// Seconds of the units that Discord counts in, the largest first, and where each begins.
const UNITS: [(i64, &str); 5] = [
    (365 * 86_400, "year"),
    (30 * 86_400, "month"),
    (86_400, "day"),
    (3_600, "hour"),
    (60, "minute"),
];

/// `in 3 hours`, `2 days ago`.
fn relative(seconds: i64) -> String {
    let away = seconds.abs();
    let unit = UNITS.iter().find(|(size, _)| away * 10 >= size * 9);
    let (count, unit) = unit.map_or((away, "second"), |(size, unit)| {
        (((away + size / 2) / size).max(1), unit)
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
    fn relative_times_have_the_unit_that_people_use() {
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
