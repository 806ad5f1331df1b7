//! What the clocks of a zone show in winter and in summer, and which zones show a given offset or
//! use a given abbreviation.

use std::sync::LazyLock;

use jiff::civil::{Date, date};

use super::{NAMES, offset};
use crate::zone::Zone;

/// Days of the two halves of a year, whose offsets are a zone's standard time and its summer time.
/// The year is the first one after the newest changes that are compiled in, those of 2026 in Canada
/// and Morocco. A later change makes a suggestion's description wrong, but no team's time.
const HALVES: [Date; 2] = [date(2027, 1, 15), date(2027, 7, 15)];

/// Zones that are suggested before others, which have the same time or are less known. The order
/// decides between places that share an offset or an abbreviation.
const WELL_KNOWN: [&str; 67] = [
    "Europe/London",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/Kyiv",
    "Europe/Athens",
    "Europe/Helsinki",
    "Europe/Bucharest",
    "Asia/Kolkata",
    "Europe/Lisbon",
    "Europe/Dublin",
    "Europe/Warsaw",
    "Europe/Moscow",
    "Europe/Istanbul",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Halifax",
    "America/St_Johns",
    "America/Toronto",
    "America/Phoenix",
    "America/Mexico_City",
    "America/Edmonton",
    "America/Vancouver",
    "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires",
    "America/Bogota",
    "America/Lima",
    "America/Santiago",
    "America/Caracas",
    "America/Panama",
    "America/Puerto_Rico",
    "America/Noronha",
    "America/Nuuk",
    "Atlantic/Azores",
    "Atlantic/Cape_Verde",
    "Pacific/Honolulu",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Asia/Singapore",
    "Asia/Hong_Kong",
    "Asia/Manila",
    "Asia/Jakarta",
    "Asia/Bangkok",
    "Asia/Dhaka",
    "Asia/Karachi",
    "Asia/Tashkent",
    "Asia/Dubai",
    "Asia/Riyadh",
    "Asia/Tehran",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kabul",
    "Asia/Yangon",
    "Africa/Johannesburg",
    "Africa/Cairo",
    "Africa/Lagos",
    "Africa/Nairobi",
    "UTC",
    "Australia/Sydney",
    "Australia/Brisbane",
    "Australia/Adelaide",
    "Australia/Perth",
    "Pacific/Auckland",
];

/// Abbreviations in use that the database does not have, with the zones that people mean.
const COMMON_ABBREVIATIONS: [(&str, &[&str]); 33] = [
    ("GMT", &["Europe/London", "UTC"]),
    ("GMT0", &["Europe/London", "UTC"]),
    ("Z", &["UTC"]),
    ("ZULU", &["UTC"]),
    ("GREENWICH", &["Europe/London", "UTC"]),
    ("ET", &["America/New_York"]),
    ("CT", &["America/Chicago"]),
    ("MT", &["America/Denver"]),
    ("PT", &["America/Los_Angeles"]),
    ("EASTERN TIME", &["America/New_York"]),
    ("CENTRAL TIME", &["America/Chicago"]),
    ("MOUNTAIN TIME", &["America/Denver"]),
    ("PACIFIC TIME", &["America/Los_Angeles"]),
    ("BST", &["Asia/Dhaka"]),
    ("AST", &["Asia/Riyadh"]),
    ("MEZ", &["Europe/Berlin"]),
    ("MESZ", &["Europe/Berlin"]),
    ("GST", &["Asia/Dubai"]),
    ("SGT", &["Asia/Singapore"]),
    ("MYT", &["Asia/Kuala_Lumpur"]),
    ("ICT", &["Asia/Bangkok"]),
    ("IRST", &["Asia/Tehran"]),
    ("NPT", &["Asia/Kathmandu"]),
    ("TRT", &["Europe/Istanbul"]),
    ("UZT", &["Asia/Tashkent"]),
    ("BRT", &["America/Sao_Paulo"]),
    ("ART", &["America/Argentina/Buenos_Aires"]),
    ("CLT", &["America/Santiago"]),
    ("COT", &["America/Bogota"]),
    ("PET", &["America/Lima"]),
    ("VET", &["America/Caracas"]),
    ("AMT", &["Asia/Yerevan", "America/Manaus"]),
    ("ECT", &["America/Guayaquil"]),
];

/// A zone with what its clocks show in the two halves of the year.
#[derive(Debug)]
struct ZoneClock {
    name: &'static str,
    /// Minutes east of UTC in standard time, and in summer. They are the same without summer time.
    standard: i32,
    summer: i32,
    /// Abbreviations in the two halves of the year, in upper case.
    abbreviations: [String; 2],
}

/// All zones that can be chosen, the well-known ones first.
static CLOCKS: LazyLock<Vec<ZoneClock>> = LazyLock::new(|| {
    let others = NAMES.iter().map(|name| name.name.as_str());
    let others = others.filter(|name| !WELL_KNOWN.contains(name));
    let all = WELL_KNOWN.into_iter().chain(others);
    all.filter_map(ZoneClock::new).collect()
});

impl ZoneClock {
    fn new(name: &'static str) -> Option<Self> {
        let zone = Zone::from_name(name).ok()?;
        let halves = HALVES.map(|day| {
            let noon = day
                .at(12, 0, 0, 0)
                .to_zoned_datetime(zone.time_zone().clone())
                .ok()?;
            let info = zone.time_zone().to_offset_info(noon.timestamp());
            let abbreviation = info.abbreviation().to_ascii_uppercase();
            Some((info.offset().seconds() / 60, abbreviation))
        });
        let [Some((first, before)), Some((second, after))] = halves else {
            return None;
        };
        Some(Self {
            name,
            standard: first.min(second),
            summer: first.max(second),
            abbreviations: [before, after],
        })
    }

    const fn offsets(&self) -> (i32, i32) {
        (self.standard, self.summer)
    }

    fn description(&self) -> String {
        let standard = offset::format(self.standard);
        if self.standard == self.summer {
            format!("{standard} all year")
        } else {
            format!("{standard}, in summer {}", offset::format(self.summer))
        }
    }
}

/// Returns what the clocks of a zone show, such as `UTC+1, in summer UTC+2`.
pub fn describe(name: &str) -> Option<String> {
    let clock = CLOCKS.iter().find(|clock| clock.name == name)?;
    Some(clock.description())
}

/// Returns the zones whose clocks show that offset for at least half of the year, first those of
/// which it is the standard time.
pub fn with_offset(minutes: i32) -> Vec<&'static str> {
    let standard = CLOCKS.iter().filter(|clock| clock.standard == minutes);
    let summer = CLOCKS
        .iter()
        .filter(|clock| clock.standard != minutes && clock.summer == minutes);
    one_of_each_kind_first(standard.chain(summer).collect())
}

/// Returns the zones that people mean by an abbreviation such as `IST`; none for other texts.
pub fn with_abbreviation(text: &str) -> Vec<&'static str> {
    let text = text.trim().to_ascii_uppercase();
    let text = text.strip_prefix("ETC/").unwrap_or(&text);
    // In the database, the abbreviation of a zone without one is its offset, such as `-03`. `UTC`
    // is clear.
    if text.starts_with(['+', '-']) || text == "UTC" {
        return Vec::new();
    }
    let common = COMMON_ABBREVIATIONS
        .iter()
        .find(|(abbreviation, _)| *abbreviation == text);
    let common = common.map_or(&[][..], |(_, zones)| zones);
    let is_meant = |clock: &&ZoneClock| {
        common.contains(&clock.name) || clock.abbreviations.iter().any(|one| one == text)
    };
    one_of_each_kind_first(CLOCKS.iter().filter(is_meant).collect())
}

/// Returns a few zones for a sentence: only well-known ones, if there are some.
pub fn a_few(mut zones: Vec<&'static str>, limit: usize) -> Vec<&'static str> {
    if zones.iter().any(|zone| WELL_KNOWN.contains(zone)) {
        zones.retain(|zone| WELL_KNOWN.contains(zone));
    }
    zones.truncate(limit);
    zones
}

/// Moves the first zone of each pair of offsets to the front, so that a few suggestions already
/// contain a place with summer time and one without.
fn one_of_each_kind_first(clocks: Vec<&ZoneClock>) -> Vec<&'static str> {
    let mut seen = Vec::new();
    let (mut first, mut more) = (Vec::new(), Vec::new());
    for clock in clocks {
        if seen.contains(&clock.offsets()) {
            more.push(clock.name);
        } else {
            seen.push(clock.offsets());
            first.push(clock.name);
        }
    }
    first.extend(more);
    first
}
