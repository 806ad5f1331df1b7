//! Names of time zones: parsing and searching.

use std::sync::LazyLock;

use super::zone::{UnknownTimeZoneError, Zone};

/// Suggestions for an empty search.
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

/// Maximum number of suggestions for an unknown name.
const MAX_SUGGESTIONS: usize = 3;

/// Minimum similarity of a suggestion, from 0 to 1: about one wrong letter in four.
const MIN_SIMILARITY: f64 = 0.75;

/// A name of the IANA database.
struct ZoneName {
    name: String,
    /// The name in lower case with spaces between words: `america/new york`.
    search_key: String,
}

/// All names of the bundled database: regions (`Europe/Berlin`) before old aliases (`GB`).
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

    /// Returns how well the name matches the search text (0 is best); `None` if it does not match.
    fn match_rank(&self, typed: &str) -> Option<u8> {
        let city = city(&self.search_key);
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

/// The time zone does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{unknown}")]
pub struct ParseZoneError {
    unknown: UnknownTimeZoneError,
    /// Similar names, the best first.
    pub suggestions: Vec<&'static str>,
}

impl ParseZoneError {
    /// Returns a help text with the suggestions.
    pub fn help(&self) -> String {
        match self.suggestions.split_last() {
            None => {
                "zones are named like \"Europe/Berlin\", \"America/New_York\" or \"UTC\"".to_owned()
            }
            Some((last, [])) => format!("did you mean \"{last}\"?"),
            Some((last, more)) => {
                format!("did you mean \"{}\" or \"{last}\"?", more.join("\", \""))
            }
        }
    }
}

/// Parses the name of a zone, ignoring case.
pub fn parse(name: &str) -> Result<Zone, ParseZoneError> {
    Zone::from_name(name.trim()).map_err(|unknown| ParseZoneError {
        suggestions: search(name, MAX_SUGGESTIONS),
        unknown,
    })
}

/// Maximum length of a search text. The longest name of a zone has 30 bytes.
const MAX_QUERY_LENGTH: usize = 100;

/// Returns the names that match a search text such as `berl`, `new york` or `utc`, the best first.
/// If no name contains the text, it returns similar names.
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
    // The names are ordered already. The sort is stable, so equal ranks keep that order.
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

/// Returns the names that differ from the search text by a few letters, as a whole or in the city,
/// the most similar first.
fn similar_names(typed: &str, limit: usize) -> Vec<&'static str> {
    let similarity = |name: &ZoneName| {
        let whole = strsim::normalized_damerau_levenshtein(typed, &name.search_key);
        whole.max(strsim::normalized_damerau_levenshtein(
            city(typed),
            city(&name.search_key),
        ))
    };
    let mut found: Vec<_> = NAMES
        .iter()
        .map(|name| (similarity(name), name.name.as_str()))
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .collect();
    found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    found
        .into_iter()
        .take(limit)
        .map(|(_, name)| name)
        .collect()
}

/// Returns the part after the last slash.
fn city(search_key: &str) -> &str {
    search_key.rsplit('/').next().unwrap_or(search_key)
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
    fn the_common_zones_exist() {
        assert!(NAMES.len() > 400);
        for name in COMMON_ZONES {
            assert_eq!(parse(name).unwrap().name(), name);
        }
    }

    #[test]
    fn an_unknown_zone_is_an_error() {
        let unknown = parse("Berlin").unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "there is no time zone \"Berlin\" in the IANA database"
        );
        assert_eq!(unknown.help(), "did you mean \"Europe/Berlin\"?");
        let several = ParseZoneError {
            suggestions: vec!["Europe/Berlin", "Africa/Bamako", "UTC"],
            ..unknown
        };
        assert_eq!(
            several.help(),
            "did you mean \"Europe/Berlin\", \"Africa/Bamako\" or \"UTC\"?"
        );
        let unknown = parse("+02:00").unwrap_err();
        assert_eq!(unknown.suggestions, Vec::<&str>::new());
        assert_eq!(parse("Etc/UTC").unwrap().name(), "Etc/UTC");
    }
}
