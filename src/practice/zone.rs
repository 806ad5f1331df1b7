//! IANA time zones by name, from the database that is compiled in: a bare container has no zone files.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Disambiguation, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A zone of the IANA database, such as `Europe/Berlin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// Says that there is no such zone. It is never taken for UTC in silence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone \"{0}\" in the IANA database")]
pub struct UnknownTimeZoneError(pub String);

impl Zone {
    /// The zone of that name; upper and lower case don't matter. `UTC` is a zone as well.
    ///
    /// # Errors
    ///
    /// There is no zone of that name.
    pub fn from_name(name: &str) -> Result<Self, UnknownTimeZoneError> {
        let unknown = || UnknownTimeZoneError(name.to_owned());
        let zone = TimeZone::get(name).map_err(|_| unknown())?;
        // Only zones with a name can be written down and read again.
        zone.iana_name().ok_or_else(unknown)?;
        Ok(Self(zone))
    }

    /// UTC.
    pub const fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Its name in the IANA database.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The date there at that moment.
    pub fn date(&self, time: Timestamp) -> Date {
        time.to_zoned(self.0.clone()).date()
    }

    /// That time of that day, if the day has one there.
    ///
    /// A wall time that a spring clock change leaves out comes later by what was left out, one that
    /// comes twice in autumn is the first one. Should the clock change move it out of its day,
    /// it comes before the gap. A day that its zone left out (Samoa, 30 December 2011) has none.
    pub fn at_local_time(&self, day: Date, at: Time) -> Option<Timestamp> {
        let local = self.0.to_ambiguous_zoned(day.to_datetime(at));
        [Disambiguation::Compatible, Disambiguation::Earlier]
            .into_iter()
            .filter_map(|rule| local.clone().disambiguate(rule).ok())
            .find(|moment| moment.date() == day)
            .map(|moment| moment.timestamp())
    }

    /// The zone as the time library knows it.
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
