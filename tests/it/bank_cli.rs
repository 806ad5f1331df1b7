//! `quizloop bank`: listing and showing questions, export to other tools, and import from them.

use std::path::Path;

use crate::operator::{quizloop, said};

fn bank(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let all: Vec<&str> = std::iter::once("bank")
        .chain(arguments.iter().copied())
        .collect();
    said(&quizloop(folder, &all))
}

#[test]
fn listing_and_showing() {
    let folder = tempfile::tempdir().unwrap();
    let (code, all) = bank(folder.path(), &["list"]);
    assert_eq!(code, Some(0));
    assert!(all.starts_with("001  asyncio-in-a-nutshell "), "{all}");
    assert!(!all.contains('\u{1b}'), "no colours without a terminal");
    let (_, some) = bank(
        folder.path(),
        &["list", "--topic", "queues", "--level", "junior"],
    );
    assert!(some.lines().count() < all.lines().count());
    assert!(some.contains("queue-handover"), "{some}");
    let (_, found) = bank(folder.path(), &["list", "semahpore"]);
    assert!(found.contains("semaphore-limit"), "{found}");
    for named in ["7", "#7", "await-semantics"] {
        let (code, shown) = bank(folder.path(), &["show", named]);
        assert_eq!(code, Some(0));
        assert!(
            shown.starts_with("#7 · await-semantics"),
            "{named}: {shown}"
        );
        assert!(shown.contains("\nModel answer\n") && shown.contains("\nKey points\n"));
    }
    for (arguments, help) in [
        (&["show", "await-semantic"][..], "did you mean"),
        (&["show", "zzzzzzz"], "bank list"),
        (
            &["list", "--topic", "cooking"],
            "The topics are: fundamentals",
        ),
        (&["list", "--level", "expert"], "junior, mid, senior"),
    ] {
        let (code, text) = bank(folder.path(), arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(text.contains(help), "{arguments:?}: {text}");
    }
}

/// Questions exported as CSV and JSON are imported as a pack, and `quizloop check` accepts the
/// pack.
#[test]
fn export_and_import() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["csv", "json"] {
        let (code, text) = bank(
            folder.path(),
            &["export", "--format", format, "--topic", "sync"],
        );
        assert_eq!(code, Some(0), "{text}");
        let name = format!("ours.{format}");
        std::fs::write(folder.path().join(&name), &text).unwrap();
        let pack = format!("{format}.toml");
        let (code, text) = bank(folder.path(), &["import", &name, "--output", &pack]);
        assert_eq!(code, Some(0), "{text}");
        let config = format!("[bank]\npaths = [\"{pack}\"]\n");
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        let (code, text) = said(&quizloop(folder.path(), &["check"]));
        assert_eq!(code, Some(0), "{text}");
        let (code, text) = bank(folder.path(), &["import", &name, "--output", &pack]);
        assert_eq!(
            code,
            Some(2),
            "an existing file is never overwritten: {text}"
        );
    }
    let (_, anki) = bank(folder.path(), &["export", "--format", "anki-tsv"]);
    assert!(anki.starts_with("#separator:tab\n#html:true\n"), "{anki}");
}

/// Rejected rows are reported with their line and reasons; the other rows are written.
#[test]
fn rows_with_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let (_, good) = bank(
        folder.path(),
        &["export", "--format", "csv", "--topic", "queues"],
    );
    let mixed = format!("{good}our-own,950,design,mid,concept,Why a queue?,,,,,,,,,,3.11,,\n");
    std::fs::write(folder.path().join("mixed.csv"), mixed).unwrap();
    let (code, text) = bank(folder.path(), &["import", "mixed.csv"]);
    assert_eq!(code, Some(2), "{text}");
    let line = good.lines().count() + 1;
    assert!(
        text.contains(&format!("mixed.csv:{line}: our-own: not imported")),
        "{text}"
    );
    assert!(
        text.contains("`answer`") && text.contains("1 row could not be imported"),
        "{text}"
    );
    assert!(folder.path().join("mixed.toml").exists());
    for (name, content, help) in [
        ("bad.csv", "a,b\n1,2\n", "no column \"question\""),
        ("bad.json", "{", "not a JSON list of questions"),
        ("bad.txt", "", ".csv or .json"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
        let (code, text) = bank(folder.path(), &["import", name]);
        assert_eq!(code, Some(2), "{name}");
        assert!(text.contains(help), "{name}: {text}");
    }
}
