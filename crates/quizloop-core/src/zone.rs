//! IANA time zones by name. The database is compiled in, because minimal containers have no zone
//! files.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Disambiguation, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A zone of the IANA database, such as `Europe/Berlin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// The time zone does not exist. Unknown names never fall back to UTC silently.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone \"{0}\" in the IANA database")]
pub struct UnknownTimeZoneError(pub String);

impl Zone {
    /// Returns the zone with that name, in any case. `UTC` is a valid name.
    ///
    /// # Errors
    ///
    /// Fails if no zone has that name.
    pub fn from_name(name: &str) -> Result<Self, UnknownTimeZoneError> {
        let unknown = || UnknownTimeZoneError(name.to_owned());
        let zone = TimeZone::get(name).map_err(|_| unknown())?;
        // Only zones with an IANA name can be serialized.
        zone.iana_name().ok_or_else(unknown)?;
        Ok(Self(zone))
    }

    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Returns the name in the IANA database.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Returns the local date at that time.
    pub fn date(&self, time: Timestamp) -> Date {
        time.to_zoned_datetime(self.0.clone()).date()
    }

    /// Returns the timestamp of that local time on that day.
    ///
    /// - A time inside a gap (clocks go forward) moves forward by the length of the gap. If that
    ///   would leave the day, it moves backward instead.
    /// - A time that occurs twice (clocks go back) means the first occurrence.
    /// - A day that the zone skipped (Samoa, 30 December 2011) has no times: `None`.
    pub(crate) fn at_local_time(&self, day: Date, at: Time) -> Option<Timestamp> {
        let local = self.0.to_ambiguous_zoned_datetime(day.to_datetime(at));
        [Disambiguation::Compatible, Disambiguation::Earlier]
            .into_iter()
            .filter_map(|rule| local.clone().disambiguate(rule).ok())
            .find(|moment| moment.date() == day)
            .map(|moment| moment.timestamp())
    }

    /// Returns the zone as a type of the time library.
    pub const fn time_zone(&self) -> &TimeZone {
        &self.0
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::from_name(&name).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_is_a_zone_and_nonsense_is_not() {
        assert_eq!(Zone::from_name("UTC").unwrap().name(), "UTC");
        assert_eq!(Zone::from_name("Etc/UTC").unwrap().name(), "Etc/UTC");
        assert_eq!(
            Zone::from_name("europe/berlin").unwrap().name(),
            "Europe/Berlin"
        );
        for nonsense in ["Mars/Olympus", "", "CEST", "+02:00", "Europe"] {
            assert!(Zone::from_name(nonsense).is_err(), "{nonsense}");
        }
    }
}
