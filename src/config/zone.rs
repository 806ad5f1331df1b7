//! Finding an IANA time zone by what somebody typed.

use crate::findings::near_matches;

/// Zones that are offered before anything is typed: a few of the most used, over the world.
const USUAL: [&str; 12] = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Paris",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Asia/Singapore",
    "Australia/Sydney",
];

/// Up to `limit` names that fit, the best first: names or cities that begin with it, names that have it
/// somewhere, then near misses. Spaces and case don't matter.
pub fn search(typed: &str, limit: usize) -> Vec<String> {
    let wanted = typed.trim().to_lowercase().replace(' ', "_");
    if wanted.is_empty() {
        return USUAL
            .iter()
            .take(limit)
            .map(|name| (*name).to_owned())
            .collect();
    }
    let names: Vec<String> = jiff::tz::db()
        .available()
        .map(|name| name.to_string())
        .collect();
    let mut found: Vec<(u8, &str)> = names
        .iter()
        .filter_map(|name| Some((rank(name, &wanted)?, name.as_str())))
        .collect();
    found.sort_unstable();
    if found.is_empty() {
        found = nearest(&names, &wanted, limit);
    }
    found
        .into_iter()
        .take(limit)
        .map(|(_, name)| name.to_owned())
        .collect()
}

fn rank(name: &str, wanted: &str) -> Option<u8> {
    let name = name.to_lowercase();
    let city = city(&name);
    match () {
        () if name == wanted || city == wanted => Some(0),
        () if name.starts_with(wanted) || city.starts_with(wanted) => Some(1),
        () if name.contains(wanted) => Some(2),
        () => None,
    }
}

fn city(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Near misses of whole names, and of cities.
fn nearest<'n>(names: &'n [String], wanted: &str, limit: usize) -> Vec<(u8, &'n str)> {
    let whole = near_matches(wanted, names.iter().map(String::as_str), limit);
    let cities: Vec<&str> = names.iter().map(|name| city(name)).collect();
    let near = near_matches(city(wanted), cities.iter().copied(), limit);
    let of_city = names
        .iter()
        .map(String::as_str)
        .filter(|name| near.contains(&city(name)));
    let mut found: Vec<(u8, &str)> = Vec::new();
    for name in whole.into_iter().chain(of_city) {
        if found.iter().all(|(_, known)| *known != name) {
            found.push((3, name));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_zones_as_people_type_them() {
        assert_eq!(search("berl", 3), ["Europe/Berlin"]);
        assert_eq!(search("new york", 3), ["America/New_York"]);
        assert_eq!(search("utc", 1), ["Etc/UTC"]);
        assert_eq!(search("UTC", 2), ["Etc/UTC", "UTC"]);
        assert_eq!(search("Europe/Berln", 1), ["Europe/Berlin"]);
        assert_eq!(search("Kathmandoo", 1), ["Asia/Kathmandu"]);
        assert!(search("Mars", 3).iter().all(|name| !name.contains("Mars")));
        assert_eq!(search("", 25).len(), USUAL.len());
        assert_eq!(search("a", 25).len(), 25);
    }

    #[test]
    fn everything_offered_is_a_zone() {
        for name in search("", 25).iter().chain(&search("a", 25)) {
            assert!(crate::practice::zone::Zone::named(name).is_ok(), "{name}");
        }
    }
}
