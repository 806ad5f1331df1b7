//! Names of time zones: parsing and searching.
//!
//! A team's question comes at the same local time all year, so a zone has to be a place. Offsets
//! and abbreviations are refused with places that have them: `GMT+2` is Berlin in summer and
//! Johannesburg all year, `IST` is Kolkata, Dublin or Jerusalem, and the names `EST` and
//! `Etc/GMT-2` of the database have no summer time.

mod clocks;
mod offset;

use std::sync::LazyLock;

use super::zone::{UnknownTimeZoneError, Zone};
pub(crate) use clocks::describe;

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

/// Names of the database that are no places. People who choose one of them mostly mean a place that
/// has summer time. Other such names are harmless: `CET` has the summer time of Brussels.
const REFUSED_NAMES: [&str; 10] = [
    "EST",
    "MST",
    "HST",
    "GMT",
    "GMT0",
    "Greenwich",
    "Etc/GMT",
    "Etc/GMT0",
    "Etc/Greenwich",
    "Factory",
];

/// A name of the IANA database.
struct ZoneName {
    name: String,
    /// The name in lower case with spaces between words: `america/new york`.
    search_key: String,
}

/// All names of the bundled database that [`parse`] accepts: regions (`Europe/Berlin`) before old
/// aliases (`GB`).
static NAMES: LazyLock<Vec<ZoneName>> = LazyLock::new(|| {
    let mut names: Vec<_> = jiff::tz::db()
        .available()
        .map(|name| ZoneName {
            name: name.to_string(),
            search_key: search_key(name.as_str()),
        })
        .filter(|name| !is_refused(&name.name) && Zone::from_name(&name.name).is_ok())
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

/// A text is not the name of a time zone, or of one that is too vague.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseZoneError {
    mistake: ZoneMistake,
    /// Names that may be meant, the best first.
    pub suggestions: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ZoneMistake {
    Unknown,
    Offset,
    /// A name whose sign is the opposite of what it means, with its offset in minutes.
    InvertedOffset(i32),
    Abbreviation,
}

impl ParseZoneError {
    /// Returns the problem. In it, `{}` stands for the text.
    pub fn problem(&self) -> String {
        match self.mistake {
            ZoneMistake::Unknown => UnknownTimeZoneError("{}".into()).to_string(),
            ZoneMistake::Offset => "\"{}\" is an offset from UTC, not a time zone".into(),
            ZoneMistake::InvertedOffset(minutes) => {
                let (is, looks) = (offset::format(minutes), offset::format(-minutes));
                format!("\"{{}}\" means {is}, not {looks}")
            }
            ZoneMistake::Abbreviation => "\"{}\" is an abbreviation, not a time zone".into(),
        }
    }

    /// Returns a help text with the suggestions.
    pub fn help(&self) -> String {
        let is_vague = self.mistake != ZoneMistake::Unknown;
        let quoted = |name: &&str| match describe(name) {
            Some(clock) if is_vague => format!("\"{name}\" ({clock})"),
            _ => format!("\"{name}\""),
        };
        let quoted: Vec<String> = self.suggestions.iter().map(quoted).collect();
        let choice = match quoted.split_last() {
            None => {
                return "zones are named like \"Europe/Berlin\", \"America/New_York\" or \"UTC\""
                    .into();
            }
            Some((last, [])) => last.clone(),
            Some((last, more)) => format!("{} or {last}", more.join(", ")),
        };
        if is_vague {
            format!("name a city that has the time you mean: {choice}")
        } else {
            format!("did you mean {choice}?")
        }
    }
}

/// Parses the name of a zone, ignoring case. Offsets, and abbreviations without summer time or with
/// several meanings, are refused.
pub fn parse(name: &str) -> Result<Zone, ParseZoneError> {
    let name = name.trim();
    let error = |mistake, meant: Vec<&'static str>| {
        let suggestions = match mistake {
            ZoneMistake::Unknown => meant,
            _ => clocks::a_few(meant, MAX_SUGGESTIONS),
        };
        ParseZoneError {
            mistake,
            suggestions,
        }
    };
    if let Some(written) = offset::parse(name) {
        let mistake = if written.is_inverted && written.minutes != 0 {
            ZoneMistake::InvertedOffset(written.minutes)
        } else {
            ZoneMistake::Offset
        };
        return Err(error(mistake, clocks::with_offset(written.minutes)));
    }
    let zone = Zone::from_name(name).ok().filter(|_| !is_refused(name));
    zone.ok_or_else(|| {
        let meant = clocks::with_abbreviation(name);
        if meant.is_empty() {
            error(ZoneMistake::Unknown, search(name, MAX_SUGGESTIONS))
        } else {
            error(ZoneMistake::Abbreviation, meant)
        }
    })
}

/// Returns whether the database has the name, but it is no place.
fn is_refused(name: &str) -> bool {
    offset::parse(name).is_some()
        || REFUSED_NAMES
            .iter()
            .any(|refused| refused.eq_ignore_ascii_case(name))
}

/// Returns the places that a text such as `GMT+2` or `IST` stands for, the best first; empty for
/// other texts.
fn meant_places(typed: &str) -> Vec<&'static str> {
    match offset::parse(typed) {
        Some(written) => clocks::with_offset(written.minutes),
        None => clocks::with_abbreviation(typed),
    }
}

/// Returns whether a text is an offset or an abbreviation, for which it helps to see what the
/// clocks of the suggestions show.
pub fn is_vague(typed: &str) -> bool {
    !meant_places(typed).is_empty()
}

/// Maximum length of a search text. The longest name of a zone has 30 bytes.
const MAX_QUERY_LENGTH: usize = 100;

/// Returns the names that match a search text such as `berl`, `new york` or `utc`, the best first.
/// For an offset or an abbreviation, it first returns places that have it. If no name contains the
/// text, it returns similar names.
pub fn search(typed: &str, limit: usize) -> Vec<&'static str> {
    if typed.len() > MAX_QUERY_LENGTH {
        return Vec::new();
    }
    let meant = meant_places(typed);
    // An offset of which only the sign is typed so far.
    let typed = search_key(typed.trim().trim_end_matches(['+', '-']));
    if typed.is_empty() {
        return COMMON_ZONES.into_iter().take(limit).collect();
    }
    let mut found: Vec<_> = NAMES
        .iter()
        .filter_map(|name| Some((name.match_rank(&typed)?, name.name.as_str())))
        .collect();
    // The names are ordered already. The sort is stable, so equal ranks keep that order.
    found.sort_by_key(|(rank, _)| *rank);
    if found.is_empty() && meant.is_empty() {
        return similar_names(&typed, limit);
    }
    let others = found.into_iter().map(|(_, name)| name);
    let others: Vec<_> = others.filter(|name| !meant.contains(name)).collect();
    meant.into_iter().chain(others).take(limit).collect()
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
    use proptest::prelude::*;

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

    fn refused(name: &str) -> String {
        let error = parse(name).unwrap_err();
        format!("{}: {}", error.problem().replace("{}", name), error.help())
    }

    #[test]
    fn an_unknown_zone_is_an_error() {
        let unknown = parse("Berlin").unwrap_err();
        assert_eq!(
            refused("Berlin"),
            "there is no time zone \"Berlin\" in the IANA database: did you mean \"Europe/Berlin\"?"
        );
        let several = ParseZoneError {
            suggestions: vec!["Europe/Berlin", "Africa/Bamako", "UTC"],
            ..unknown
        };
        assert_eq!(
            several.help(),
            "did you mean \"Europe/Berlin\", \"Africa/Bamako\" or \"UTC\"?"
        );
        for name in ["Mars/Olympus", "", "Factory", "+99:00"] {
            assert_eq!(
                parse(name).unwrap_err().mistake,
                ZoneMistake::Unknown,
                "{name}"
            );
        }
    }

    /// What people type in place of a zone, and what they read.
    #[test]
    fn offsets_and_abbreviations_are_refused_with_places() {
        let typed = [
            "GMT+2",
            "UTC+2",
            "GMT-5",
            "+05:30",
            "UTC+0",
            "Etc/GMT+2",
            "Etc/GMT-2",
            "EST",
            "MST",
            "HST",
            "IST",
            "CST",
            "BST",
            "GMT",
            "Etc/GMT",
            "CEST",
            "MEZ",
            "PT",
            "JST",
            "AEST",
        ];
        insta::assert_snapshot!(typed.map(refused).join("\n"), @r#"
        "GMT+2" is an offset from UTC, not a time zone: name a city that has the time you mean: "Europe/Kyiv" (UTC+2, in summer UTC+3), "Africa/Johannesburg" (UTC+2 all year) or "Europe/Berlin" (UTC+1, in summer UTC+2)
        "UTC+2" is an offset from UTC, not a time zone: name a city that has the time you mean: "Europe/Kyiv" (UTC+2, in summer UTC+3), "Africa/Johannesburg" (UTC+2 all year) or "Europe/Berlin" (UTC+1, in summer UTC+2)
        "GMT-5" is an offset from UTC, not a time zone: name a city that has the time you mean: "America/New_York" (UTC-5, in summer UTC-4), "America/Bogota" (UTC-5 all year) or "America/Chicago" (UTC-6, in summer UTC-5)
        "+05:30" is an offset from UTC, not a time zone: name a city that has the time you mean: "Asia/Kolkata" (UTC+5:30 all year)
        "UTC+0" is an offset from UTC, not a time zone: name a city that has the time you mean: "Europe/London" (UTC, in summer UTC+1), "UTC" (UTC all year) or "Atlantic/Azores" (UTC-1, in summer UTC)
        "Etc/GMT+2" means UTC-2, not UTC+2: name a city that has the time you mean: "America/Noronha" (UTC-2 all year) or "America/Nuuk" (UTC-2, in summer UTC-1)
        "Etc/GMT-2" means UTC+2, not UTC-2: name a city that has the time you mean: "Europe/Kyiv" (UTC+2, in summer UTC+3), "Africa/Johannesburg" (UTC+2 all year) or "Europe/Berlin" (UTC+1, in summer UTC+2)
        "EST" is an abbreviation, not a time zone: name a city that has the time you mean: "America/New_York" (UTC-5, in summer UTC-4), "America/Panama" (UTC-5 all year) or "America/Toronto" (UTC-5, in summer UTC-4)
        "MST" is an abbreviation, not a time zone: name a city that has the time you mean: "America/Denver" (UTC-7, in summer UTC-6), "America/Phoenix" (UTC-7 all year) or "America/Vancouver" (UTC-7 all year)
        "HST" is an abbreviation, not a time zone: name a city that has the time you mean: "Pacific/Honolulu" (UTC-10 all year)
        "IST" is an abbreviation, not a time zone: name a city that has the time you mean: "Asia/Kolkata" (UTC+5:30 all year), "Europe/Dublin" (UTC, in summer UTC+1) or "Asia/Jerusalem" (UTC+2, in summer UTC+3)
        "CST" is an abbreviation, not a time zone: name a city that has the time you mean: "America/Chicago" (UTC-6, in summer UTC-5), "America/Mexico_City" (UTC-6 all year) or "Asia/Shanghai" (UTC+8 all year)
        "BST" is an abbreviation, not a time zone: name a city that has the time you mean: "Europe/London" (UTC, in summer UTC+1) or "Asia/Dhaka" (UTC+6 all year)
        "GMT" is an abbreviation, not a time zone: name a city that has the time you mean: "Europe/London" (UTC, in summer UTC+1), "UTC" (UTC all year) or "Europe/Dublin" (UTC, in summer UTC+1)
        "Etc/GMT" is an abbreviation, not a time zone: name a city that has the time you mean: "Europe/London" (UTC, in summer UTC+1), "UTC" (UTC all year) or "Europe/Dublin" (UTC, in summer UTC+1)
        "CEST" is an abbreviation, not a time zone: name a city that has the time you mean: "Europe/Berlin" (UTC+1, in summer UTC+2), "Europe/Paris" (UTC+1, in summer UTC+2) or "Europe/Madrid" (UTC+1, in summer UTC+2)
        "MEZ" is an abbreviation, not a time zone: name a city that has the time you mean: "Europe/Berlin" (UTC+1, in summer UTC+2)
        "PT" is an abbreviation, not a time zone: name a city that has the time you mean: "America/Los_Angeles" (UTC-8, in summer UTC-7)
        "JST" is an abbreviation, not a time zone: name a city that has the time you mean: "Asia/Tokyo" (UTC+9 all year)
        "AEST" is an abbreviation, not a time zone: name a city that has the time you mean: "Australia/Sydney" (UTC+10, in summer UTC+11) or "Australia/Brisbane" (UTC+10 all year)
        "#);
    }

    #[test]
    fn names_with_summer_time_and_utc_are_accepted() {
        for name in [
            "UTC",
            "Etc/UTC",
            "CET",
            "EST5EDT",
            "GB",
            "europe/berlin",
            "Africa/Johannesburg",
        ] {
            assert!(parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_search_for_an_offset_finds_places() {
        assert_eq!(search("UTC+", 1), ["UTC"]);
        assert_eq!(
            search("ist", 4)[..3],
            ["Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"]
        );
        assert!(search("ist", 25).contains(&"Europe/Istanbul"));
        assert!(is_vague("ist") && is_vague("+5") && !is_vague("berlin") && !is_vague("utc"));
    }

    /// Returns the offsets of a zone in the two halves of a year, in minutes.
    fn offsets(name: &str, year: i16) -> [i32; 2] {
        let zone = Zone::from_name(name).unwrap();
        [1, 7].map(|month| {
            let noon = jiff::civil::date(year, month, 15).at(12, 0, 0, 0);
            noon.to_zoned_datetime(zone.time_zone().clone())
                .unwrap()
                .offset()
                .seconds()
                / 60
        })
    }

    proptest! {
        /// Whatever the form of an offset: it is refused, and each place has that offset at some
        /// time of the year, never the opposite one.
        #[test]
        fn suggestions_have_the_offset(
            quarter in -48..=56_i32,
            prefix in prop::sample::select(vec!["", "UTC", "GMT", "utc ", "Etc/GMT"]),
        ) {
            let minutes = quarter * 15;
            let (sign, size) = if minutes < 0 { ('-', -minutes) } else { ('+', minutes) };
            let text = format!("{prefix}{sign}{:02}:{:02}", size / 60, size % 60);
            let meant = if prefix.starts_with("Etc") { -minutes } else { minutes };
            prop_assume!(meant.abs() <= 14 * 60);
            let error = parse(&text).unwrap_err();
            for name in &error.suggestions {
                prop_assert!(offsets(name, 2027).contains(&meant), "{text}: {name}");
            }
            for name in &error.suggestions {
                prop_assert!(search(&text, 60).contains(name), "{text}: {name}");
            }
            if minutes % 60 == 0 && (-11 * 60..=14 * 60).contains(&meant) {
                prop_assert!(!error.suggestions.is_empty(), "{text}");
            }
        }

        /// A search never offers what is refused.
        #[test]
        fn what_is_found_is_accepted(text in "[A-Za-z/+:0-9 ]{0,6}") {
            for name in search(&text, 25) {
                prop_assert!(parse(name).is_ok(), "{text}: {name}");
            }
        }
    }

    /// No name of the database without summer time stands for more than its place.
    #[test]
    fn every_name_of_the_database_is_a_place_or_refused() {
        for name in jiff::tz::db().available() {
            let name = name.to_string();
            let is_place = name.contains('/') && !name.starts_with("Etc/");
            let [january, july] = offsets(&name, 2027);
            let is_utc = january == 0 && july == 0 && offset::parse(&name).is_none();
            match parse(&name) {
                Ok(_) if is_place || is_utc || january != july => {}
                // Old names of countries.
                Ok(_) => assert!(
                    name.len() > 3 || ["PRC", "ROC", "ROK"].contains(&name.as_str()),
                    "{name}"
                ),
                Err(error) => {
                    assert!(!is_place, "{name}");
                    let has_places = !error.suggestions.is_empty();
                    assert!(
                        has_places || ["Factory", "Etc/GMT+12"].contains(&name.as_str()),
                        "{name}"
                    );
                }
            }
        }
    }
}
