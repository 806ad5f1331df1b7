//! The files on a real disk.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::backends::eviction::evict_all;
use super::backends::{load_guild, save};
use super::{GUILD, add_team, deleted_at, open, teams};
use crate::{LoadError, OpenError, Store, inspect, snapshot};
use quizloop_core::id::GuildId;

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_save_keeps_the_last_good_generation() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for _ in 0..3 {
        store.upsert(GUILD, add_team).1.wait().await.unwrap();
    }
    drop(store);
    assert_eq!(
        names(&dir.path().join("guilds")),
        ["1110000000000000001.json", "1110000000000000001.prev.json"]
    );
    assert_eq!(teams(&open(dir.path()), GUILD), 3);
    let previous =
        fs::read_to_string(dir.path().join("guilds/1110000000000000001.prev.json")).unwrap();
    assert_eq!(previous.matches("\"channel\"").count(), 2);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_state() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    // An existing folder that others can read becomes private.
    fs::create_dir(&state).unwrap();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).unwrap();
    let store = open(&state);
    for _ in 0..2 {
        store.upsert(GUILD, add_team).1.wait().await.unwrap();
    }
    let mode = |path: &str| fs::metadata(state.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    assert_eq!(mode("guilds"), 0o700);
    assert_eq!(mode("guilds/1110000000000000001.json"), 0o600);
    assert_eq!(mode("guilds/1110000000000000001.prev.json"), 0o600);
}

#[test]
fn a_second_process_is_refused_with_the_owner() {
    let dir = tempfile::tempdir().unwrap();
    let _first = open(dir.path());
    let Err(error @ OpenError::Locked { .. }) = Store::open(dir.path()) else {
        panic!("the folder was opened twice");
    };
    let text = error
        .to_string()
        .replace(&dir.path().display().to_string(), "DIR");
    let text = text.replace(&std::process::id().to_string(), "PID");
    insta::assert_snapshot!(text, @"the state folder DIR is in use by process PID. Two bots on one state would post twice. Stop that process, or choose another folder with --state");
}

#[tokio::test]
async fn a_deletion_leaves_only_a_copy() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for _ in 0..2 {
        store.upsert(GUILD, add_team).1.wait().await.unwrap();
    }
    store.delete(GUILD, deleted_at()).await.unwrap();
    assert_eq!(names(&dir.path().join("guilds")), Vec::<String>::new());
    let copies = dir.path().join("deleted");
    assert_eq!(
        names(&copies),
        ["1110000000000000001-20260330T090000Z.json"]
    );
    assert!(store.guild_ids().is_empty());
    store.upsert(GUILD, add_team).1.wait().await.unwrap();
    assert_eq!(teams(&store, GUILD), 1);
}

/// Background jobs for a deleted guild must not recreate it.
#[tokio::test]
async fn an_update_does_not_recreate_a_deleted_guild() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.upsert(GUILD, add_team).1.wait().await.unwrap();
    let (teams, commit) = store.update(GUILD, |guild| guild.teams().len()).unwrap();
    assert_eq!((teams, commit.wait().await), (1, Ok(())));
    store.delete(GUILD, deleted_at()).await.unwrap();
    assert!(store.update(GUILD, add_team).is_none());
    assert!(store.guild_ids().is_empty() && store.close(Duration::from_secs(5)));
    assert_eq!(names(&dir.path().join("guilds")), Vec::<String>::new());
}

#[tokio::test]
async fn a_folder_in_use_can_be_inspected() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.upsert(GUILD, add_team).1.wait().await.unwrap();
    assert_eq!(inspect::guild_ids(dir.path()).unwrap(), [GUILD]);
    assert_eq!(inspect::guild(dir.path(), GUILD).unwrap().teams().len(), 1);
    let missing = inspect::guild(dir.path(), GuildId::new(5))
        .unwrap_err()
        .to_string();
    assert!(
        missing.contains("guilds/5.json: it can't be read"),
        "{missing}"
    );
}

#[test]
fn metadata_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.metadata("commands"), None);
    store.set_metadata("commands", "abc");
    drop(store);
    assert_eq!(
        open(dir.path()).metadata("commands").as_deref(),
        Some("abc")
    );
}

#[tokio::test]
async fn temporary_files_of_a_crash_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.upsert(GUILD, add_team).1.wait().await.unwrap();
    drop(store);
    fs::write(dir.path().join("guilds/1110000000000000001.new"), "{").unwrap();
    let deleted = dir.path().join("deleted");
    fs::create_dir(&deleted).unwrap();
    fs::write(
        deleted.join("1110000000000000001-20260330T090000Z.new"),
        "{",
    )
    .unwrap();
    drop(open(dir.path()));
    assert_eq!(names(&deleted), Vec::<String>::new());
    assert_eq!(
        names(&dir.path().join("guilds")),
        ["1110000000000000001.json"]
    );
}

/// Files that `state restore` of earlier versions kept become copies, which a deletion reaches.
#[tokio::test]
async fn replaced_files_become_copies() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.upsert(GUILD, add_team).1.wait().await.unwrap();
    drop(store);
    let path = snapshot::path(dir.path(), GUILD);
    for number in [1, 12] {
        let kept = path.with_extension(format!("json.replaced-{number}"));
        fs::copy(&path, &kept).unwrap();
        let written = std::time::SystemTime::try_from(deleted_at()).unwrap();
        let file = fs::File::options().append(true).open(&kept).unwrap();
        file.set_modified(written).unwrap();
    }
    let store = open(dir.path());
    assert_eq!(
        names(&dir.path().join("guilds")),
        ["1110000000000000001.json"]
    );
    let copies = inspect::deleted(dir.path()).unwrap();
    let times: Vec<_> = copies.iter().map(|copy| copy.deleted_at).collect();
    let next = deleted_at() + jiff::SignedDuration::from_secs(1);
    assert_eq!(times, [deleted_at(), next]);
    assert_eq!(store.guild_ids(), [GUILD]);
}

/// A snapshot that somebody breaks or deletes while its guild is evicted excludes only that guild.
/// No empty guild takes its place.
#[test]
fn a_guild_whose_snapshot_was_damaged_is_quarantined() {
    for damage in [
        |path: &Path| fs::write(path, "{}").unwrap(),
        |path: &Path| fs::remove_file(path).unwrap(),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let other = GuildId::new(GUILD.get() + 1);
        let store = open(dir.path());
        store.set_clock(|| "2026-03-27T20:00:00Z".parse().unwrap());
        for guild in [GUILD, other] {
            assert!(save(&store, guild, add_team));
        }
        assert_eq!(evict_all(&store), 2);
        let path = snapshot::path(dir.path(), GUILD);
        damage(&path);
        let damaged = fs::read(&path).ok();
        for _ in 0..2 {
            let loaded = load_guild(&store, GUILD);
            assert!(matches!(loaded, Err(LoadError::Unavailable)), "{loaded:?}");
            assert!(!save(&store, GUILD, add_team));
        }
        assert!(load_guild(&store, other).unwrap().is_some());
        assert!(save(&store, other, add_team));
        assert!(store.close(Duration::from_secs(5)));
        assert_eq!(fs::read(&path).ok(), damaged, "nothing was changed");
    }
}

/// A disk that can't be read for a while excludes no guild.
#[test]
fn a_load_can_be_retried_after_a_disk_error() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.set_clock(|| "2026-03-27T20:00:00Z".parse().unwrap());
    assert!(save(&store, GUILD, add_team));
    assert_eq!(evict_all(&store), 1);
    let (path, moved) = (snapshot::path(dir.path(), GUILD), dir.path().join("moved"));
    fs::rename(&path, &moved).unwrap();
    // Reading a folder as a file is an error on every system.
    fs::create_dir(&path).unwrap();
    let loaded = load_guild(&store, GUILD);
    assert!(matches!(loaded, Err(LoadError::Io(_))), "{loaded:?}");
    fs::remove_dir(&path).unwrap();
    fs::rename(&moved, &path).unwrap();
    assert!(load_guild(&store, GUILD).unwrap().is_some());
    assert!(save(&store, GUILD, add_team));
}
