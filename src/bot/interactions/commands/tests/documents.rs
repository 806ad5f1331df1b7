//! The documentation states the commands and the numbers of the code.

use std::path::Path;

use crate::bot::interactions::commands::{COMMANDS, MESSAGE_COMMANDS, progress};
use quizloop_core::data_deletion::INACTIVITY_MONTHS;
use quizloop_core::member_profile::PRACTICE_DAYS_KEPT;
use quizloop_core::members::FORECAST_DAYS;
use quizloop_core::retention::Retention;
use quizloop_core::streak::{MAX_FREEZES, ROUNDS_PER_FREEZE};

/// The Markdown files that members and developers read, by their paths, each as one line.
fn documents() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let in_folder = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path())
    };
    in_folder("")
        .chain(in_folder("docs"))
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let words: Vec<&str> = text.split_whitespace().collect();
            (path.display().to_string(), words.join(" "))
        })
        .collect()
}

/// The numbers in `text` between `before` and `after`.
fn numbers_between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.match_indices(before)
        .filter_map(|(start, _)| {
            let rest = &text[start + before.len()..];
            let is_number = |c: char| c.is_ascii_digit() || c == '.';
            let (number, rest) = rest.split_at(rest.find(|c| !is_number(c))?);
            let number = number.trim_end_matches('.');
            (!number.is_empty() && rest.starts_with(after)).then_some(number)
        })
        .collect()
}

/// A number in the documentation is the constant of the code. If a sentence is reworded, reword it
/// here as well.
#[test]
fn documents_state_the_numbers_of_the_code() {
    let weeks = PRACTICE_DAYS_KEPT / 7;
    let retention = |percent: u8| (f64::from(percent) / 100.0).to_string();
    let retention_range = format!("they should remember, {} to ", retention(Retention::MIN));
    let (earn, hold) = (ROUNDS_PER_FREEZE.to_string(), MAX_FREEZES.to_string());
    let (weeks, days) = (weeks.to_string(), FORECAST_DAYS.to_string());
    let explained = crate::bot::render::streak::EXPLAINED_ROUNDS.to_string();
    let facts = [
        ("Every ", &earn, " questions you answer earn a freeze"),
        ("You can hold at most ", &hold, ""),
        ("; every ", &earn, " answered rounds earn one"),
        ("earn one, at most ", &hold, " are held"),
        ("`why` explains each of the last ", &explained, ""),
        ("draws your last ", &weeks, " weeks"),
        ("for each day of the last ", &weeks, " weeks"),
        ("a heat map of ", &weeks, " weeks"),
        ("each of the next ", &days, " days"),
        ("due on the next ", &days, " days"),
        (
            "Data of members inactive for ",
            &INACTIVITY_MONTHS.to_string(),
            " months",
        ),
        (&retention_range, &retention(Retention::MAX), ""),
    ];
    let documents = documents();
    for (before, expected, after) in facts {
        let mut found = false;
        for (path, text) in &documents {
            for number in numbers_between(text, before, after) {
                assert_eq!(number, expected, "{path}: {before}{number}{after}");
                found = true;
            }
        }
        assert!(found, "no document says: {before}{expected}{after}");
    }
}

/// A description in Discord can't be formatted from a constant.
#[test]
fn descriptions_state_the_numbers_of_the_code() {
    let weeks = format!("your last {} weeks", PRACTICE_DAYS_KEPT / 7);
    assert!(progress::COMMAND.description.contains(&weeks));
}

#[test]
fn readme_lists_each_command() {
    let (_, readme) = documents()
        .into_iter()
        .find(|(path, _)| path.ends_with("README.md"))
        .unwrap();
    for command in MESSAGE_COMMANDS {
        assert!(readme.contains(command.name), "{}", command.name);
    }
    for command in COMMANDS {
        let name = command.name;
        let row = readme.split(&format!("| `/{name}")).nth(1);
        let row = row.unwrap_or_else(|| panic!("/{name} is missing in README.md"));
        let row = row.split(" | |").next().unwrap();
        for (full_name, _) in command.actions() {
            let Some((_, path)) = full_name.split_once(' ') else {
                continue;
            };
            let forms = [format!("`{path}`"), format!("`/{full_name}`")];
            let is_listed = forms.iter().any(|form| row.contains(form))
                || row.starts_with(&format!(" {path}`"));
            assert!(is_listed, "/{full_name} is missing in README.md");
        }
    }
}
