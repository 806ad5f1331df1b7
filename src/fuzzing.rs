//! What must hold for any bytes at all: the functions that the fuzz targets in `fuzz/` call, and that the tests
//! call with every case kept in `fuzz/corpus-kept/`.
//!
//! They are one and the same, so that a kept case shows what fuzzing found. They exist in tests and under
//! `cargo fuzz` only, which sets `cfg(fuzzing)`.

use std::path::Path;

use crate::bank::{Bank, import_export};
use crate::config::Config;
use crate::diagnostics::{RawFile, Source, render_all};

/// A target: it panics if something that must hold does not.
pub type FuzzTarget = fn(&[u8]);

/// All of them, by the names of their fuzz targets.
pub const TARGETS: [(&str, FuzzTarget); 7] = [
    ("config", config),
    ("pack", pack),
    ("import", import),
    ("snapshot", crate::bot::fuzzing::snapshot),
    ("press", crate::bot::fuzzing::custom_id),
    ("interaction", crate::bot::fuzzing::interaction),
    ("gateway", crate::bot::fuzzing::gateway),
];

/// The target of that name.
///
/// # Panics
///
/// There is none, or something that must hold does not.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|(own, _)| *own == name);
    target.expect("a target of that name").1(bytes);
}

/// A config: read, or refused with diagnostics that can be shown.
fn config(bytes: &[u8]) {
    let source = match Source::decode("config.toml", bytes) {
        Ok(source) => source,
        Err(diagnostic) => return assert_renders(&[*diagnostic]),
    };
    let (config, diagnostics) = Config::parse(&source, Path::new("/etc/quizloop"));
    assert_renders(&diagnostics);
    for team in config.teams {
        // Whoever looks at it next must not be harmed by it either.
        let team = crate::practice::team::Team::new(team.channel, team.settings, EPOCH);
        let _ = (team.next_post_step(EPOCH), team.next_post_times(EPOCH, 3));
    }
}

const EPOCH: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;

/// A question file: loaded and checked; what is good in it can be searched, and comes back the same from every
/// format it can be written in.
fn pack(bytes: &[u8]) {
    let file = RawFile {
        name: "pack.toml".into(),
        bytes: bytes.to_vec(),
    };
    let (bank, diagnostics) = Bank::check(&[], std::slice::from_ref(&file));
    assert_renders(&diagnostics);
    let (loaded, _) = Bank::load(&[], &[file]);
    assert_eq!(loaded.questions(), bank.questions());
    let words = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let _ = bank.search(&words, 25);
    assert_round_trips(&bank);
}

fn assert_round_trips(bank: &Bank) {
    let all: Vec<_> = bank.questions().iter().collect();
    let _ = import_export::anki(&all);
    let file = RawFile {
        name: "again.toml".into(),
        bytes: import_export::pack(&all).into_bytes(),
    };
    let (again, diagnostics) = Bank::load(&[], &[file]);
    assert!(
        !diagnostics
            .iter()
            .any(crate::diagnostics::Diagnostic::is_error),
        "{}",
        render_all(&diagnostics)
    );
    assert_eq!(again.questions(), bank.questions(), "as a question file");
    let from_json =
        import_export::import_json(&import_export::json(&all)).map(|import| import.questions);
    assert_eq!(from_json.as_deref(), Ok(bank.questions()), "as JSON");
    if !all.is_empty() {
        let from_csv =
            import_export::import_csv(&import_export::csv(&all)).map(|import| import.questions);
        assert_eq!(from_csv.as_deref(), Ok(bank.questions()), "as CSV");
    }
}

/// Questions from other tools: taken or refused with a reason, never a question that the bank would refuse.
fn import(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for import in [
        import_export::import_csv(&text),
        import_export::import_json(&text),
    ] {
        let Ok(import) = import else { continue };
        for refused in &import.rejected {
            assert!(!refused.reasons.is_empty(), "line {}", refused.line);
        }
        let all: Vec<_> = import.questions.iter().collect();
        let file = RawFile {
            name: "imported.toml".into(),
            bytes: import_export::pack(&all).into_bytes(),
        };
        let (bank, diagnostics) = Bank::load(&[], &[file]);
        assert!(
            !diagnostics
                .iter()
                .any(crate::diagnostics::Diagnostic::is_error),
            "{}",
            render_all(&diagnostics)
        );
        assert_eq!(bank.len(), import.questions.len());
    }
}

fn assert_renders(diagnostics: &[crate::diagnostics::Diagnostic]) {
    assert!(!render_all(diagnostics).is_empty());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every case that is kept goes through the function of its fuzz target.
    #[test]
    fn every_kept_case_does_no_harm() {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus-kept");
        let mut harmed = Vec::new();
        for (name, target) in TARGETS {
            let mut count = 0;
            for entry in
                std::fs::read_dir(kept.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
            {
                let file = entry.unwrap().path();
                let bytes = std::fs::read(&file).unwrap();
                if std::panic::catch_unwind(|| target(&bytes)).is_err() {
                    harmed.push(file);
                }
                count += 1;
            }
            assert!(count >= 5, "{name} has only {count} kept cases");
        }
        assert!(harmed.is_empty(), "{harmed:#?}");
    }

    /// Each target has its fuzz target, and each target its target.
    #[test]
    fn every_trial_has_its_target() {
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
        let mut trials: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
        trials.sort_unstable();
        assert_eq!(names, trials);
    }
}
