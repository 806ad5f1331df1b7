//! The names of time zones: reading one, and finding what somebody may mean.

use std::sync::LazyLock;

use crate::diagnostics::near_matches;
use crate::practice::zone::{UnknownTimeZoneError, Zone};

/// What is suggested before anything was typed.
const COMMON_ZONES: [&str; 12] = [
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Kyiv",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
];

/// How many names are offered for one that is unknown.
const MAX_SUGGESTIONS: usize = 3;

/// A name of the database and what it is searched by.
struct ZoneName {
    name: String,
    /// Lower case, words parted by spaces: `america/new york`.
    search_key: String,
}

/// All names of the bundled database, those of regions (`Europe/Berlin`) before old aliases (`GB`).
static NAMES: LazyLock<Vec<ZoneName>> = LazyLock::new(|| {
    let mut names: Vec<_> = jiff::tz::db()
        .available()
        .map(|name| ZoneName {
            name: name.to_string(),
            search_key: search_key(name.as_str()),
        })
        .filter(|name| Zone::from_name(&name.name).is_ok())
        .collect();
    names.sort_by(|a, b| (!a.is_region(), &a.name).cmp(&(!b.is_region(), &b.name)));
    names
});

impl ZoneName {
    fn is_region(&self) -> bool {
        self.name == "UTC" || (self.name.contains('/') && !self.name.starts_with("Etc/"))
    }

    /// How well the name fits what was typed, less is better; none if it does not.
    fn match_rank(&self, typed: &str) -> Option<u8> {
        let city = self
            .search_key
            .rsplit('/')
            .next()
            .unwrap_or(&self.search_key);
        let rank = if self.search_key == typed {
            0
        } else if city == typed {
            1
        } else if city.starts_with(typed) {
            2
        } else if self.search_key.starts_with(typed) {
            3
        } else if self
            .search_key
            .split(['/', ' '])
            .any(|word| word.starts_with(typed))
        {
            4
        } else if self.search_key.contains(typed) {
            5
        } else {
            return None;
        };
        Some(rank)
    }
}

/// Says that there is no such zone, and which there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{unknown}")]
pub struct ParseZoneError {
    unknown: UnknownTimeZoneError,
    /// Names that may be meant, the best first.
    pub suggestions: Vec<&'static str>,
}

impl ParseZoneError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self.suggestions.split_first() {
            None => {
                "zones are named like \"Europe/Berlin\", \"America/New_York\" or \"UTC\"".to_owned()
            }
            Some((near, [])) => format!("did you mean \"{near}\"?"),
            Some((near, more)) => {
                format!("did you mean \"{near}\"? or \"{}\"", more.join("\", \""))
            }
        }
    }
}

/// Reads the name of a zone; upper and lower case don't matter.
///
/// # Errors
///
/// There is no such zone.
pub fn parse(name: &str) -> Result<Zone, ParseZoneError> {
    Zone::from_name(name.trim()).map_err(|unknown| ParseZoneError {
        suggestions: search(name, MAX_SUGGESTIONS),
        unknown,
    })
}

/// Nothing this long is meant to be the name of a zone; the longest has 30 bytes.
const MAX_QUERY_LENGTH: usize = 100;

/// The names that fit what was typed so far, the best first: `berl`, `new york`, `utc`. Without a
/// name that holds it, those that look alike.
pub fn search(typed: &str, limit: usize) -> Vec<&'static str> {
    let typed = search_key(typed.trim());
    if typed.len() > MAX_QUERY_LENGTH {
        return Vec::new();
    }
    if typed.is_empty() {
        return COMMON_ZONES.into_iter().take(limit).collect();
    }
    let mut found: Vec<_> = NAMES
        .iter()
        .filter_map(|name| Some((name.match_rank(&typed)?, name.name.as_str())))
        .collect();
    // The names are in order already; the sort keeps it among those that fit alike.
    found.sort_by_key(|(rank, _)| *rank);
    if found.is_empty() {
        return similar_names(&typed, limit);
    }
    found
        .into_iter()
        .take(limit)
        .map(|(_, name)| name)
        .collect()
}

fn similar_names(typed: &str, limit: usize) -> Vec<&'static str> {
    let city = typed.rsplit('/').next().unwrap_or(typed);
    let whole = NAMES.iter().map(|name| name.search_key.as_str());
    let cities = NAMES
        .iter()
        .filter_map(|name| name.search_key.rsplit('/').next());
    let near = near_matches(typed, whole, limit);
    let near_cities = near_matches(city, cities, limit);
    let mut found = Vec::new();
    for name in NAMES
        .iter()
        .map(|name| (name.search_key.as_str(), name.name.as_str()))
    {
        let is_near = near.contains(&name.0);
        let is_near_city = name
            .0
            .rsplit('/')
            .next()
            .is_some_and(|city| near_cities.contains(&city));
        if is_near || is_near_city {
            found.push((!is_near, name.1));
        }
    }
    found.sort_by_key(|(far, _)| *far);
    found
        .into_iter()
        .take(limit)
        .map(|(_, name)| name)
        .collect()
}

fn search_key(name: &str) -> String {
    name.to_lowercase().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_zones_by_what_people_type() {
        let first = |typed| search(typed, 25).first().copied();
        assert_eq!(first("berl"), Some("Europe/Berlin"));
        assert_eq!(first("new york"), Some("America/New_York"));
        assert_eq!(first("New_Y"), Some("America/New_York"));
        assert_eq!(first("utc"), Some("UTC"));
        assert_eq!(first("Europe/Berln"), Some("Europe/Berlin"));
        assert_eq!(first("Eurpoe/Berlin"), Some("Europe/Berlin"));
        assert_eq!(first("kathmandoo"), Some("Asia/Kathmandu"));
        assert_eq!(first("america/arg"), Some("America/Argentina/Buenos_Aires"));
        assert_eq!(first(""), Some("UTC"));
        assert_eq!(first("olympus mons"), None);
        assert_eq!(search("europe", 25).len(), 25);
    }

    #[test]
    fn the_usual_ones_exist() {
        assert!(NAMES.len() > 400);
        for name in COMMON_ZONES {
            assert_eq!(parse(name).unwrap().name(), name);
        }
    }

    #[test]
    fn an_unknown_zone_is_not_utc() {
        let unknown = parse("Berlin").unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "there is no time zone \"Berlin\" in the IANA database"
        );
        assert_eq!(unknown.help(), "did you mean \"Europe/Berlin\"?");
        let unknown = parse("+02:00").unwrap_err();
        assert_eq!(unknown.suggestions, Vec::<&str>::new());
        assert_eq!(parse("Etc/UTC").unwrap().name(), "Etc/UTC");
    }
}
