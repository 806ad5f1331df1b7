//! The file of `quizloop bank export --format anki-tsv`, imported with Anki's own importer.
//!
//! `QUIZLOOP_TEST_ANKI` is the path of a Python with the package `anki`, which `.ci/run` installs;
//! without it the tests are skipped.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::operator::quizloop;

/// The languages of Anki, and what each calls the note type with a front and a back.
const LANGUAGES: [(&str, &str); 4] = [
    ("en", "Basic"),
    ("de", "Einfach"),
    ("fr", "Basique"),
    ("ja", "基本"),
];

/// What Anki reports about one import, and its notes after it.
#[derive(Debug, Deserialize)]
struct Import {
    new: usize,
    updated: usize,
    unchanged: usize,
    found: usize,
    /// All notes of the collection by GUID.
    notes: BTreeMap<String, Note>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Note {
    fields: Fields,
    /// Name of the note type.
    type_name: String,
    tags: Vec<String>,
    /// Deck of each card.
    decks: Vec<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Fields {
    front: String,
    back: String,
}

impl Import {
    /// Returns the numbers of new, updated and unchanged notes, and of the notes in the file.
    const fn counts(&self) -> [usize; 4] {
        [self.new, self.updated, self.unchanged, self.found]
    }
}

/// Returns the Python with Anki's library, if `QUIZLOOP_TEST_ANKI` is set.
fn python_with_anki() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("QUIZLOOP_TEST_ANKI").filter(|path| !path.is_empty());
    if python.is_none() {
        let is_ci = std::env::var_os("QUIZLOOP_CI").is_some_and(|value| !value.is_empty());
        assert!(!is_ci, "QUIZLOOP_TEST_ANKI is not set");
        println!("skipped: set QUIZLOOP_TEST_ANKI to a Python that tests/anki/install made");
    }
    python
}

/// Imports the texts one after the other into a new collection in this language. Returns nothing if
/// Anki is missing.
fn import(language: &str, texts: &[&str]) -> Option<Vec<Import>> {
    import_and_tag(language, "", texts)
}

/// Imports the texts like `import`. After each import, the user gives all notes the tag, unless it
/// is empty.
fn import_and_tag(language: &str, tag: &str, texts: &[&str]) -> Option<Vec<Import>> {
    let python = python_with_anki()?;
    let folder = tempfile::tempdir().unwrap();
    let paths = texts.iter().enumerate().map(|(number, text)| {
        let path = folder.path().join(format!("{number}.txt"));
        std::fs::write(&path, text).unwrap();
        path
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/anki/import_files.py");
    let output = Command::new(python)
        .arg(script)
        .args([language, tag])
        .args(paths.collect::<Vec<_>>())
        .output()
        .expect("QUIZLOOP_TEST_ANKI is a Python");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Returns the exported text.
fn export(options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [&["bank", "export", "--format", "anki-tsv"], options].concat();
    let output = quizloop(folder.path(), &arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

/// Returns the notes of a file as cells.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let notes = text.lines().filter(|line| !line.starts_with('#'));
    notes.map(|note| note.split('\t').collect()).collect()
}

#[test]
fn every_note_arrives_in_anki_in_each_language() {
    let text = export(&[]);
    let rows = rows(&text);
    for (language, type_name) in LANGUAGES {
        let Some(imports) = import(language, &[&text]) else {
            return;
        };
        let import = &imports[0];
        assert_eq!(
            import.counts(),
            [rows.len(), 0, 0, rows.len()],
            "{language}"
        );
        assert_eq!(import.notes.len(), rows.len(), "{language}");
        for row in &rows {
            let mut tags: Vec<_> = row[3].split(' ').map(str::to_owned).collect();
            tags.sort();
            let expected = Note {
                fields: Fields {
                    front: row[1].to_owned(),
                    back: row[2].to_owned(),
                },
                type_name: type_name.to_owned(),
                tags,
                decks: vec!["Python asyncio".to_owned()],
            };
            assert_eq!(import.notes[row[0]], expected, "{language}");
        }
    }
}

/// A second import of the same file changes nothing, and a changed text updates its note.
#[test]
fn an_update_in_each_language() {
    let text = export(&["--topic", "queues"]);
    let total = rows(&text).len();
    let guid = rows(&text)[0][0].to_owned();
    let changed = text.replacen("</p>", " Changed.</p>", 1);
    for (language, _) in LANGUAGES {
        let Some(imports) = import(language, &[&text, &text, &changed]) else {
            return;
        };
        let [first, again, update] = &imports[..] else {
            panic!("three imports: {imports:?}");
        };
        assert_eq!(first.counts(), [total, 0, 0, total], "{language}");
        assert_eq!(again.counts(), [0, 0, total, total], "{language}");
        assert_eq!(update.counts(), [0, 1, total - 1, total], "{language}");
        assert_eq!(update.notes.len(), total, "{language}");
        let [before, after] = [first, update].map(|import| &import.notes[&guid]);
        assert!(!before.fields.front.contains("Changed."), "{language}");
        assert!(after.fields.front.contains("Changed."), "{language}");
        assert_eq!(before.fields.back, after.fields.back, "{language}");
    }
}

/// Without tags in the file, an import keeps the user's tags; with tags, it replaces them, also those
/// of unchanged notes.
#[test]
fn an_update_keeps_the_users_tags_if_the_file_has_none() {
    for (options, kept) in [(&["--no-tags"][..], true), (&[], false)] {
        let text = export(&[options, &["--topic", "queues"]].concat());
        let guid = rows(&text)[0][0].to_owned();
        let changed = text.replacen("</p>", " Changed.</p>", 1);
        let Some(imports) = import_and_tag("en", "mine", &[&text, &changed]) else {
            return;
        };
        let updated = if kept { 1 } else { rows(&text).len() };
        assert_eq!(imports[1].updated, updated);
        let note = &imports[1].notes[&guid];
        assert!(note.fields.front.contains("Changed."));
        assert_eq!(note.tags.contains(&"mine".to_owned()), kept, "{note:?}");
        let ours = note.tags.iter().any(|tag| tag.starts_with("quizloop::"));
        assert_eq!(ours, !kept, "{note:?}");
    }
}

/// Cards for whole questions and for key points can be in one collection, and in any deck.
#[test]
fn a_card_per_key_point_in_another_deck() {
    let questions = export(&["--topic", "queues"]);
    let points = export(&[
        "--topic",
        "queues",
        "--cards",
        "points",
        "--deck",
        "Work::Interviews",
    ]);
    let (whole, total) = (rows(&questions).len(), rows(&points).len());
    assert!(
        total >= 3 * whole,
        "each question has at least three points"
    );
    for (language, _) in LANGUAGES {
        let Some(imports) = import(language, &[&questions, &points, &points]) else {
            return;
        };
        assert_eq!(imports[1].counts(), [total, 0, 0, total], "{language}");
        assert_eq!(imports[2].counts(), [0, 0, total, total], "{language}");
        let notes = &imports[2].notes;
        assert_eq!(notes.len(), whole + total, "{language}");
        for row in rows(&points) {
            let note = &notes[row[0]];
            assert_eq!(note.decks, ["Work::Interviews"], "{language}");
            assert_eq!(note.fields.front, row[1], "{language}");
            assert_eq!(note.fields.back, row[2], "{language}");
        }
    }
}
