//! Snapshots that can't be read: the error messages, and that nothing on disk is changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;

use super::{GUILD, add_team, open};
use crate::Store;
use crate::snapshot::{Migration, SnapshotError, decode, decode_with, encode, invalid};

/// A state folder with two generations of one guild.
async fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for _ in 0..2 {
        store.upsert(GUILD, add_team).1.wait().await.unwrap();
    }
    dir
}

fn contents(dir: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    for folder in [dir.to_owned(), dir.join("guilds")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let modified = fs::metadata(&path).unwrap().modified().unwrap();
                found.insert(path.clone(), (fs::read(&path).unwrap(), modified));
            }
        }
    }
    found
}

/// Returns the error of opening the folder after the snapshot was replaced by `bytes`.
async fn open_error(bytes: &[u8]) -> String {
    let dir = folder().await;
    let file = dir.path().join("guilds/1110000000000000001.json");
    fs::write(&file, bytes).unwrap();
    let before = contents(dir.path());
    let Err(error) = Store::open(dir.path()) else {
        panic!("it was opened");
    };
    assert_eq!(contents(dir.path()), before, "something was changed");
    let text = error
        .to_string()
        .replace(&dir.path().display().to_string(), "state");
    // The time of writing is that of the test.
    let start = text.rfind("written ").unwrap() + "written ".len();
    let end = start + text[start..].find('.').unwrap();
    format!("{}TIME{}", &text[..start], &text[end..])
}

async fn valid_snapshot() -> Vec<u8> {
    fs::read(
        folder()
            .await
            .path()
            .join("guilds/1110000000000000001.json"),
    )
    .unwrap()
}

/// 25. A truncated file.
#[tokio::test]
async fn truncated() {
    let bytes = valid_snapshot().await;
    insta::assert_snapshot!(open_error(&bytes[..bytes.len() / 2]).await, @"
    the state can't be read; nothing was changed.
    state/guilds/1110000000000000001.json:28:17: the file ends too early
      The last good generation is state/guilds/1110000000000000001.prev.json, written TIME. Fix the file, or restore that generation: quizloop state restore 1110000000000000001 --state 'state'
    ");
}

/// 25. An empty file, or only zeros.
#[tokio::test]
async fn empty_and_zeros() {
    let empty = open_error(b"").await;
    assert!(empty.contains("0001.json: the file is empty\n"), "{empty}");
    let zeros = open_error(&[0; 4096]).await;
    assert!(
        zeros.contains("0001.json: the file holds only zeros\n"),
        "{zeros}"
    );
}

/// 25. Mistakes made when editing the file.
#[tokio::test]
async fn broken_by_hand() {
    let text = String::from_utf8(valid_snapshot().await).unwrap();
    let typo = open_error(text.replacen("\"since\"", "\"sinec\"", 1).as_bytes()).await;
    assert!(typo.contains("unknown field `sinec`"), "{typo}");
    let zone = open_error(text.replacen("\"UTC\"", "\"Mars/Olympus\"", 1).as_bytes()).await;
    assert!(
        zone.contains("there is no time zone \"Mars/Olympus\" in the IANA database"),
        "{zone}"
    );
    let filed = open_error(
        text.replacen("\"channel\": \"1\"", "\"channel\": \"7\"", 1)
            .as_bytes(),
    )
    .await;
    assert!(filed.contains("team 7 is filed under channel 1"), "{filed}");
}

/// 25. A snapshot of a newer Quizloop, or of another server.
#[tokio::test]
async fn newer_and_foreign() {
    let text = String::from_utf8(valid_snapshot().await).unwrap();
    let newer = open_error(
        text.replacen("\"format\": 2", "\"format\": 3", 1)
            .as_bytes(),
    )
    .await;
    assert!(
        newer.contains(
            "it was written by a newer Quizloop (format 3; this version reads formats up to 2)"
        ),
        "{newer}"
    );
    let foreign = open_error(text.replacen("0000000001\"", "0000000009\"", 1).as_bytes()).await;
    assert!(
        foreign.contains(
            "it belongs to server 1110000000000000009, but its name says 1110000000000000001"
        ),
        "{foreign}"
    );
}

#[tokio::test]
async fn a_missing_snapshot_with_a_last_good_generation() {
    let dir = folder().await;
    fs::remove_file(dir.path().join("guilds/1110000000000000001.json")).unwrap();
    let text = Store::open(dir.path()).err().unwrap().to_string();
    assert!(
        text.contains("the snapshot of server 1110000000000000001 is missing"),
        "{text}"
    );
}

#[tokio::test]
async fn an_older_format_is_migrated() {
    // An invented format 0, in which `teams` has another name.
    fn from_0(value: &mut Value) -> Result<(), SnapshotError> {
        let guild = value
            .as_object_mut()
            .ok_or_else(|| invalid("not an object"))?;
        let teams = guild
            .remove("channels")
            .ok_or_else(|| invalid("no channels"))?;
        guild.insert("teams".into(), teams);
        Ok(())
    }
    let text = String::from_utf8(valid_snapshot().await).unwrap();
    let old =
        text.replacen("\"format\": 2", "\"format\": 0", 1)
            .replacen("\"teams\"", "\"channels\"", 1);
    let steps: [Option<Migration>; 2] = [Some(from_0), Some(|_| Ok(()))];
    let guild = decode_with(old.as_bytes(), GUILD, &steps).unwrap();
    assert_eq!(guild.teams().len(), 2);
    assert!(encode(&guild).unwrap().starts_with(b"{\n  \"format\": 2,"));
    let error = decode_with(old.as_bytes(), GUILD, &[None, None]).unwrap_err();
    assert_eq!(error.message, "format 0 does not exist");
}

/// Format 1 had no member profiles; otherwise it equals format 2.
#[tokio::test]
async fn format_1_is_read() {
    let text = String::from_utf8(valid_snapshot().await).unwrap();
    let old = text.replacen("\"format\": 2", "\"format\": 1", 1);
    let expected = decode(text.as_bytes(), GUILD).unwrap();
    assert_eq!(decode(old.as_bytes(), GUILD).unwrap(), expected);
}

/// A pipe in place of a snapshot is reported; reading it would block.
#[cfg(unix)]
#[tokio::test]
async fn a_pipe_and_folders_with_the_names_of_files() {
    use std::sync::mpsc;
    use std::time::Duration;
    let dir = folder().await;
    let guilds = dir.path().join("guilds");
    let made = std::process::Command::new("mkfifo")
        .arg(guilds.join("78.json"))
        .status();
    assert!(made.unwrap().success());
    fs::create_dir(guilds.join("77.json")).unwrap();
    let (sender, receiver) = mpsc::channel();
    let path = dir.path().to_owned();
    std::thread::spawn(move || sender.send(crate::verify::verify(&path)));
    let report = receiver.recv_timeout(Duration::from_secs(60));
    let report = report.expect("reading does not block").unwrap();
    let messages: Vec<_> = report
        .invalid
        .iter()
        .map(|invalid| invalid.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "it is a folder, not a snapshot",
            "it is a special file, not a snapshot"
        ]
    );
    fs::remove_file(guilds.join("78.json")).unwrap();
    fs::remove_dir(guilds.join("77.json")).unwrap();
    // A folder that only looks like a temporary file stays.
    fs::create_dir(guilds.join("x.new")).unwrap();
    drop(open(dir.path()));
    assert!(guilds.join("x.new").exists());
}
