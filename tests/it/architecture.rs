//! Who may know whom: the walls of the house, read off the code itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms that each room may use. What is not listed may use nothing of the house.
const ALLOWED_DEPENDENCIES: [(&str, &[&str]); 13] = [
    ("practice", &[]),
    ("diagnostics", &[]),
    ("bank", &["diagnostics"]),
    ("chart", &[]),
    ("clock", &[]),
    ("rng", &[]),
    ("failpoint", &[]),
    ("health", &[]),
    ("store", &["failpoint", "practice"]),
    ("config", &["diagnostics", "practice"]),
    (
        "bot",
        &[
            "bank",
            "chart",
            "clock",
            "config",
            "rng",
            "failpoint",
            "health",
            "practice",
            "store",
        ],
    ),
    ("sandbox", &["clock"]),
    (
        "cli",
        &[
            "bank",
            "bot",
            "clock",
            "config",
            "rng",
            "failpoint",
            "diagnostics",
            "health",
            "practice",
            "sandbox",
            "store",
        ],
    ),
];

/// Things from outside that only some rooms may touch.
const ONLY_IN: [(&str, &[&str]); 17] = [
    ("sqlx::", &["store"]),
    ("serenity::", &["bot"]),
    (
        "tokio::",
        &["bot", "cli", "clock", "health", "sandbox", "store"],
    ),
    ("axum::", &["health", "sandbox"]),
    ("prometheus_client::", &["health"]),
    ("sd_notify::", &["cli"]),
    ("resvg::", &["chart"]),
    ("skrifa::", &["chart"]),
    ("png::", &["chart"]),
    ("comrak::", &["sandbox"]),
    ("fsrs::", &["practice"]),
    ("minijinja::", &["sandbox"]),
    ("jsonschema::", &["sandbox"]),
    ("dashmap::", &["bot", "store"]),
    ("std::fs", &["cli", "config", "failpoint", "store"]),
    ("reqwest::", &["bot", "cli"]),
    ("std::env", &["cli", "config", "sandbox"]),
];

/// The pure rooms must not reach for the time or for randomness by themselves.
const PURE: [&str; 4] = ["practice", "bank", "chart", "diagnostics"];
const IMPURE: [&str; 4] = ["SystemTime::now", "Timestamp::now", "rand::rng", "make_rng"];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The code of each room, without comments, and without tests: those may use what they need.
fn modules() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut rooms: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap();
        let is_test = inside.iter().any(|part| {
            ["tests", "properties", "tests.rs", "fuzzing", "fuzzing.rs"]
                .contains(&part.to_str().unwrap())
        });
        let room = inside
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs")
            .to_owned();
        if is_test || ["main", "lib"].contains(&room.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code: Vec<&str> = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        let code = code.join(
            "
",
        );
        rooms
            .entry(room)
            .or_default()
            .push((inside.to_owned(), code));
    }
    rooms
}

/// The rooms named in `crate::room` paths, also in `crate::{a, b}`.
fn dependencies(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        let names: Vec<&str> = match part.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap().split(',').collect(),
            None => vec![part],
        };
        for name in names {
            let name: String = name
                .trim()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            found.insert(name);
        }
    }
    found
}

#[test]
fn modules_use_only_allowed_modules() {
    let rooms = modules();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED_DEPENDENCIES.into_iter().collect();
    let mut wrong = Vec::new();
    for (room, files) in &rooms {
        let Some(may_know) = allowed.get(room.as_str()) else {
            wrong.push(format!(
                "{room} is a room that ARCHITECTURE.md and this test don't know"
            ));
            continue;
        };
        for (file, code) in files {
            let knows = dependencies(code);
            let houses = knows
                .iter()
                .filter(|name| rooms.contains_key(*name) && *name != room);
            for other in houses.filter(|name| !may_know.contains(&name.as_str())) {
                wrong.push(format!("{} uses {other}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "walls are broken:\n{}", wrong.join("\n"));
}

#[test]
fn external_crates_are_confined() {
    let mut wrong = Vec::new();
    for (room, files) in modules() {
        for (file, code) in files {
            for (thing, only) in ONLY_IN {
                if code.contains(thing) && !only.contains(&room.as_str()) {
                    wrong.push(format!("{} uses {thing}", file.display()));
                }
            }
            for thing in IMPURE {
                if PURE.contains(&room.as_str()) && code.contains(thing) {
                    wrong.push(format!("{} uses {thing}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "walls are broken:\n{}", wrong.join("\n"));
}

#[test]
fn the_test_sees_what_it_looks_for() {
    let names: Vec<_> = dependencies("use crate::{bank, store::Store};\ncrate::bot::run()")
        .into_iter()
        .collect();
    assert_eq!(names, ["bank", "bot", "store"]);
    assert!(modules().contains_key("practice"));
}
