//! The dependency rules of ARCHITECTURE.md that Cargo can't enforce, checked against the source code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the package `quizloop` that each of its modules may use.
const ALLOWED_DEPENDENCIES: [(&str, &[&str]); 7] = [
    ("bot", &["clock", "health", "rng", "token"]),
    ("cli", &["bot", "clock", "config", "health", "rng", "token"]),
    ("clock", &[]),
    ("config", &["token"]),
    ("health", &[]),
    ("rng", &[]),
    ("token", &[]),
];

/// Crates and parts of the standard library, and the paths below `src` that alone may use them.
const ONLY_IN: [(&str, &[&str]); 11] = [
    ("serenity::", &["bot/discord", "bot/gateway"]),
    ("dashmap::", &["bot"]),
    ("reqwest::", &["bot", "cli"]),
    ("tokio::", &["bot", "cli", "clock.rs", "health"]),
    ("axum::", &["health"]),
    ("hyper::", &["health"]),
    ("hyper_util::", &["health"]),
    ("prometheus_client::", &["health"]),
    ("sd_notify::", &["cli"]),
    ("std::fs", &["cli", "config"]),
    ("std::env", &["cli"]),
];

/// Crates that take the time and random numbers as arguments, and touch neither files nor network.
const PURE_CRATES: [&str; 4] = [
    "quizloop-bank",
    "quizloop-chart",
    "quizloop-core",
    "quizloop-diagnostics",
];
const IMPURE: [&str; 8] = [
    "SystemTime::now",
    "Timestamp::now",
    "rand::rng",
    "make_rng",
    "std::fs",
    "std::env",
    "std::net",
    "tokio::",
];

/// Type names that two files may define: Discord's own terms, and names that Rust prescribes for associated types.
const SHARED_TYPE_NAMES: [&str; 5] = ["Err", "Error", "Guild", "Interaction", "Message"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code in a folder without comments and tests. Tests may use anything.
fn code_in(folder: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    sources(&root().join(folder), &mut files);
    let is_test = |file: &Path| {
        file.iter().any(|part| {
            ["tests", "properties", "tests.rs", "fuzzing", "fuzzing.rs"]
                .contains(&part.to_str().unwrap())
        })
    };
    files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            (file.strip_prefix(root()).unwrap().to_owned(), text)
        })
        .filter(|(file, _)| !is_test(file))
        .map(|(file, text)| (file, without_comments(&text)))
        .collect()
}

fn without_comments(text: &str) -> String {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The crates of the workspace, by their folders.
fn crates() -> Vec<String> {
    fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// The modules of the package `quizloop`, with their code.
fn modules() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let mut by_module: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for (file, code) in code_in("src") {
        let module = file.iter().nth(1).unwrap().to_str().unwrap();
        let module = module.trim_end_matches(".rs").to_owned();
        if !["main", "lib"].contains(&module.as_str()) {
            by_module.entry(module).or_default().push((file, code));
        }
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
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (file, code) in modules().into_values().flatten() {
        for (name, only) in ONLY_IN.into_iter().filter(|(name, _)| code.contains(name)) {
            let allowed = only
                .iter()
                .find(|path| file.starts_with(Path::new("src").join(path)));
            match allowed {
                Some(path) => drop(users.entry(name).or_default().insert(path)),
                None => wrong.push(format!("{} uses {name}", file.display())),
            }
        }
    }
    // A path that is misspelled or moved would make its rule useless.
    for (name, only) in ONLY_IN {
        let used = users.get(name).cloned().unwrap_or_default();
        let unused = only.iter().filter(|path| !used.contains(*path));
        wrong.extend(unused.map(|path| format!("{path} may use {name}, but does not")));
    }
    assert!(
        wrong.is_empty(),
        "broken dependency rules:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn pure_crates_are_pure() {
    let mut wrong = Vec::new();
    for name in PURE_CRATES {
        for (file, code) in code_in(&format!("crates/{name}/src")) {
            for impure in IMPURE.into_iter().filter(|impure| code.contains(impure)) {
                wrong.push(format!("{} uses {impure}", file.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "broken dependency rules:\n{}",
        wrong.join("\n")
    );
}

/// `discord-sandbox` serves any bot, so it depends on nothing of ours.
#[test]
fn the_sandbox_depends_on_no_crate_of_ours() {
    let manifest = fs::read_to_string(root().join("crates/discord-sandbox/Cargo.toml")).unwrap();
    assert!(!manifest.contains("quizloop"), "{manifest}");
}

/// What is specific to Quizloop, `cli::sandbox` passes to the sandbox as data.
#[test]
fn the_sandbox_does_not_mention_quizloop() {
    let mut folders = vec![root().join("crates/discord-sandbox")];
    let mut searched = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            // It names the authors.
            if path.ends_with("LICENSE") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap().to_lowercase();
            for word in ["quizloop", "streak", "question", "leaderboard"] {
                assert!(!text.contains(word), "{}: {word}", path.display());
            }
            searched += 1;
        }
    }
    assert!(searched > 100);
}

/// A reader who meets a type name knows which type it is.
#[test]
fn type_names_are_defined_once() {
    let mut folders: Vec<String> = crates()
        .into_iter()
        .map(|name| format!("crates/{name}/src"))
        .collect();
    folders.push("src".into());
    for folder in folders {
        let mut defined: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
        for (file, code) in code_in(&folder) {
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
}

#[test]
fn the_checks_see_what_they_look_for() {
    assert_eq!(
        defined_types("pub struct Round { }\ntrait Clock: Send {}\ntype Err = ();\nenum A<T> {"),
        ["Round", "Clock", "Err", "A"]
    );
    let names: Vec<_> = dependencies("use crate::{health, config::Token};\ncrate::bot::run()")
        .into_iter()
        .collect();
    assert_eq!(names, ["bot", "config", "health"]);
    assert!(modules().contains_key("bot"));
    assert!(!code_in("crates/quizloop-core/src").is_empty());
}
