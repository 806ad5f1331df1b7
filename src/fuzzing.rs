//! Invariants that hold for any input bytes.
//!
//! The fuzz targets in `fuzz/` call these functions, and a test calls them with every case in
//! `fuzz/corpus-kept/`, so a kept case reproduces a finding exactly. They exist only in tests and
//! under `cargo fuzz`, which sets `cfg(fuzzing)`.

use std::path::Path;

use crate::bot::render::question_check;
use crate::config::Config;
use quizloop_bank::import_export::{self, Formats, ReadOptions};
use quizloop_bank::{Bank, Question};
use quizloop_diagnostics::{RawFile, Source, render_all};

/// A function that panics if an invariant is broken.
pub type FuzzTarget = fn(&[u8]);

/// All functions by the names of their fuzz targets.
pub const TARGETS: [(&str, FuzzTarget); 7] = [
    ("config", config),
    ("pack", pack),
    ("import", import),
    ("snapshot", crate::bot::fuzzing::snapshot),
    ("press", crate::bot::fuzzing::custom_id),
    ("interaction", crate::bot::fuzzing::interaction),
    ("gateway", crate::bot::fuzzing::gateway),
];

/// Runs the target with a name.
///
/// # Panics
///
/// Panics if there is no such target, or if an invariant is broken.
pub fn run(name: &str, bytes: &[u8]) {
    let found = TARGETS.iter().find(|(target_name, _)| *target_name == name);
    let (_, target) = found.expect("a target of that name");
    target(bytes);
}

/// Parses a config. Invalid ones must give diagnostics that can be rendered.
fn config(bytes: &[u8]) {
    let source = match Source::decode("config.toml", bytes) {
        Ok(source) => source,
        Err(diagnostic) => return assert_renders(&[*diagnostic]),
    };
    let (config, diagnostics) = Config::parse(&source, Path::new("/etc/quizloop"));
    assert_renders(&diagnostics);
    for team in config.teams {
        // Code that uses the team must not panic either.
        let team = quizloop_core::team::Team::new(team.channel, team.settings, EPOCH);
        let _ = (team.next_post_step(EPOCH), team.next_post_times(EPOCH, 3));
    }
}

const EPOCH: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;

/// Loads and checks a question file. Its valid questions can be searched and round-trip through all
/// export formats.
fn pack(bytes: &[u8]) {
    let file = RawFile {
        name: "pack.toml".into(),
        bytes: bytes.to_vec(),
    };
    let (bank, diagnostics) = Bank::check(&[], std::slice::from_ref(&file), question_check::check);
    assert_renders(&diagnostics);
    let (loaded, _) = Bank::load(&[], &[file]);
    for question in bank.questions() {
        assert_eq!(loaded.get(&question.id), Some(question));
    }
    let query = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let _ = bank.search(&query, 25);
    assert_round_trips(&bank);
}

fn assert_round_trips(bank: &Bank) {
    let all: Vec<_> = bank.questions().iter().collect();
    let _ = import_export::anki(&all, &import_export::AnkiOptions::default());
    let reloaded = load_as_file(&all);
    assert_eq!(reloaded.questions(), bank.questions(), "as a question file");
    if all.is_empty() {
        return;
    }
    let json = imported("exported.json", import_export::json(&all).as_bytes());
    assert_eq!(json, bank.questions(), "as JSON");
    let csv = imported("exported.csv", import_export::csv(&all).as_bytes());
    assert_eq!(csv, bank.questions(), "as CSV");
}

/// Writes questions as a question file and loads it, which must report no error.
fn load_as_file(questions: &[&Question]) -> Bank {
    let file = RawFile {
        name: "written.toml".into(),
        bytes: import_export::pack(questions).into_bytes(),
    };
    let (bank, diagnostics) = Bank::load(&[], &[file]);
    assert!(
        !diagnostics
            .iter()
            .any(quizloop_diagnostics::Diagnostic::is_error),
        "{}",
        render_all(&diagnostics)
    );
    bank
}

/// Imports exported questions, all of which must come back. Those without a number have none then.
fn imported(name: &str, bytes: &[u8]) -> Vec<Question> {
    let file = import_export::read_any(name, bytes, &ReadOptions::default());
    assert_eq!(file.mistakes, [], "{name}");
    let questions = file.questions.into_iter();
    questions.map(|imported| imported.question).collect()
}

/// Names of files in each format.
const IMPORT_NAMES: [&str; 7] = [
    "input.csv",
    "input.json",
    "input.yaml",
    "input.md",
    "input.toml",
    "input.txt",
    "input",
];

/// Imports questions of other tools. Each is rejected with a reason, or is a question that the bank
/// accepts.
fn import(bytes: &[u8]) {
    for (name, formats) in IMPORT_NAMES
        .into_iter()
        .flat_map(|name| [(name, Formats::Discord), (name, Formats::CommandLine)])
    {
        let options = ReadOptions {
            formats,
            first_number: bytes.first().map(|byte| u32::from(*byte)),
            rule: &question_check::check,
            ..ReadOptions::default()
        };
        let file = import_export::read_any(name, bytes, &options);
        assert!(!file.questions.is_empty() || !file.mistakes.is_empty());
        for mistake in &file.mistakes {
            assert!(!mistake.reasons.is_empty(), "{mistake}");
        }
        let all: Vec<_> = file.questions.iter().map(|one| &one.question).collect();
        let bank = load_as_file(&all);
        assert_eq!(bank.len(), file.questions.len());
    }
}

fn assert_renders(diagnostics: &[quizloop_diagnostics::Diagnostic]) {
    assert!(!render_all(diagnostics).is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs every kept case through the function of its fuzz target.
    #[test]
    fn kept_cases_break_no_invariant() {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus-kept");
        let mut failed = Vec::new();
        for (name, target) in TARGETS {
            let mut count = 0;
            for entry in
                std::fs::read_dir(kept.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
            {
                let file = entry.unwrap().path();
                let bytes = std::fs::read(&file).unwrap();
                if std::panic::catch_unwind(|| target(&bytes)).is_err() {
                    failed.push(file);
                }
                count += 1;
            }
            assert!(count >= 5, "{name} has only {count} kept cases");
        }
        assert!(failed.is_empty(), "{failed:#?}");
    }

    /// Each function has a fuzz target in `fuzz/fuzz_targets`, and each of these has a function.
    #[test]
    fn every_function_has_a_fuzz_target() {
        let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
        let mut names: Vec<_> = std::fs::read_dir(targets)
            .unwrap()
            .map(|entry| {
                entry
                    .unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        names.sort();
        let mut expected: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
        expected.sort_unstable();
        assert_eq!(names, expected);
    }
}
