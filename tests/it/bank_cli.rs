//! `quizloop bank`: reading the questions, taking them to other tools, bringing some from there.

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
    assert!(
        !all.contains('\u{1b}'),
        "no colours where it is no terminal"
    );
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
        (&["list", "--topic", "cooking"], "there are fundamentals"),
        (&["list", "--level", "expert"], "junior, mid, senior"),
    ] {
        let (code, text) = bank(folder.path(), arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(text.contains(help), "{arguments:?}: {text}");
    }
}

/// Out as CSV and JSON, back as a pack, and the pack is taken by the bot's own check.
#[test]
fn there_and_back() {
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
            "a file that is there is never written over: {text}"
        );
    }
    let (_, anki) = bank(folder.path(), &["export", "--format", "anki-tsv"]);
    assert!(anki.starts_with("#separator:tab\n#html:true\n"), "{anki}");
}

/// What can't be taken is named with its line and the reasons; the rest is written.
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
        text.contains(&format!("mixed.csv:{line}: our-own: not taken, because")),
        "{text}"
    );
    assert!(
        text.contains("`answer`") && text.contains("1 row could not be taken"),
        "{text}"
    );
    assert!(folder.path().join("mixed.toml").exists());
    for (name, content, help) in [
        ("bad.csv", "a,b\n1,2\n", "no column \"question\""),
        ("bad.json", "{", "no list of questions in JSON"),
        ("bad.txt", "", ".csv or .json"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
        let (code, text) = bank(folder.path(), &["import", name]);
        assert_eq!(code, Some(2), "{name}");
        assert!(text.contains(help), "{name}: {text}");
    }
}
