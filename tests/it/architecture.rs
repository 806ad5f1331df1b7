//! The dependency rules of ARCHITECTURE.md, checked against the source code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules that each module may use.
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
    ("sandbox", &[]),
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

/// Crates and parts of the standard library that only some modules may use.
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

/// Modules that take the time and random numbers as arguments.
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

/// The code of each module without comments and tests. Tests may use anything.
fn modules() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut by_module: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap();
        let is_test = inside.iter().any(|part| {
            ["tests", "properties", "tests.rs", "fuzzing", "fuzzing.rs"]
                .contains(&part.to_str().unwrap())
        });
        let module = inside
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs")
            .to_owned();
        if is_test || ["main", "lib"].contains(&module.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code: Vec<&str> = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        let code = code.join("\n");
        by_module
            .entry(module)
            .or_default()
            .push((inside.to_owned(), code));
    }
    by_module
}

/// The modules named in `crate::module` paths, also in `crate::{a, b}`.
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
    let modules = modules();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED_DEPENDENCIES.into_iter().collect();
    let mut wrong = Vec::new();
    for (module, files) in &modules {
        let Some(may_use) = allowed.get(module.as_str()) else {
            wrong.push(format!(
                "{module} is missing from ARCHITECTURE.md and this test"
            ));
            continue;
        };
        for (file, code) in files {
            let used = dependencies(code);
            let own = used
                .iter()
                .filter(|name| modules.contains_key(*name) && *name != module);
            for other in own.filter(|name| !may_use.contains(&name.as_str())) {
                wrong.push(format!("{} uses {other}", file.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "broken dependency rules:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn external_crates_are_confined() {
    let mut wrong = Vec::new();
    for (module, files) in modules() {
        for (file, code) in files {
            for (thing, only) in ONLY_IN {
                if code.contains(thing) && !only.contains(&module.as_str()) {
                    wrong.push(format!("{} uses {thing}", file.display()));
                }
            }
            for thing in IMPURE {
                if PURE.contains(&module.as_str()) && code.contains(thing) {
                    wrong.push(format!("{} uses {thing}", file.display()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "broken dependency rules:\n{}",
        wrong.join("\n")
    );
}

/// Type names that two modules may define: Discord's own terms, and names that Rust prescribes for associated types.
const SHARED_TYPE_NAMES: [&str; 5] = ["Err", "Error", "Guild", "Interaction", "Message"];

/// The types that a file defines.
fn defined_types(code: &str) -> Vec<String> {
    let words: Vec<&str> = code.split_whitespace().collect();
    words
        .windows(2)
        .filter(|pair| ["struct", "enum", "trait", "type"].contains(&pair[0]))
        .map(|pair| {
            pair[1]
                .split(['<', '(', '{', ';', ':', '='])
                .next()
                .unwrap()
        })
        .filter(|name| name.starts_with(char::is_uppercase))
        .map(str::to_owned)
        .collect()
}

/// A reader who meets a type name knows which type it is.
#[test]
fn type_names_are_defined_once() {
    let mut defined: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    for (file, code) in modules().into_values().flatten() {
        for name in defined_types(&code) {
            defined.entry(name).or_default().insert(file.clone());
        }
    }
    let twice: Vec<_> = defined
        .iter()
        .filter(|(name, files)| files.len() > 1 && !SHARED_TYPE_NAMES.contains(&name.as_str()))
        .collect();
    assert!(twice.is_empty(), "defined more than once: {twice:#?}");
}

#[test]
fn the_checks_see_what_they_look_for() {
    assert_eq!(
        defined_types("pub struct Round { }\ntrait Clock: Send {}\ntype Err = ();\nenum A<T> {"),
        ["Round", "Clock", "Err", "A"]
    );
    let names: Vec<_> = dependencies("use crate::{bank, store::Store};\ncrate::bot::run()")
        .into_iter()
        .collect();
    assert_eq!(names, ["bank", "bot", "store"]);
    assert!(modules().contains_key("practice"));
}
