//! Files of servers' own questions: damaged and missing ones, and restoring them.

use std::fs;

use super::backends::server_questions::{add_question, questions};
use super::backends::{TestBackend, wait};
use super::{GUILD, add_team, deleted_at, open};
use crate::postgres::tests::test_database::TestDatabase;
use crate::restore::{Restore, RestoreError, RestoreSource};
use crate::transfer::{SourceFolder, TargetFolder};
use crate::verify::verify;
use crate::{Store, inspect, snapshot};

/// Written by the first version with servers' own questions.
const FIXTURE: &[u8] = include_bytes!(
    "../../../../tests/fixtures/2026-11-30-questions/state/guilds/1110000000000000001.questions.json"
);

const SNAPSHOT: &str = "guilds/1110000000000000001.json";
const CURRENT: &str = "guilds/1110000000000000001.questions.json";
const PREVIOUS: &str = "guilds/1110000000000000001.questions.prev.json";

/// A state folder with a team, and with two generations of questions: one and two.
async fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for change in [add_team, add_question, add_question] {
        store.upsert(GUILD, change).1.wait().await.unwrap();
    }
    dir
}

/// Returns the error of opening the folder, with `state` in place of its path.
fn open_error(dir: &tempfile::TempDir) -> String {
    let Err(error) = Store::open(dir.path()) else {
        panic!("it was opened");
    };
    let text = error.to_string();
    let text = text.replace(&dir.path().display().to_string(), "state");
    let Some(start) = text.rfind("written ") else {
        return text;
    };
    let end = start + text[start..].find('.').unwrap();
    format!("{}written TIME{}", &text[..start], &text[end..])
}

#[tokio::test]
async fn a_damaged_file_is_named_with_its_fix() {
    let dir = folder().await;
    fs::write(dir.path().join(CURRENT), "{\"format\": 1, \"guild\": 7}").unwrap();
    insta::assert_snapshot!(open_error(&dir), @"
    the state can't be read; nothing was changed.
    state/guilds/1110000000000000001.questions.json:1:24: invalid type: integer `7`, expected a string
      The last good generation is state/guilds/1110000000000000001.questions.prev.json, written TIME. Fix the file, or restore that generation: quizloop state restore 1110000000000000001 --questions --state 'state'
    ");
    fs::write(dir.path().join(CURRENT), "{\"format\": 99}").unwrap();
    insta::assert_snapshot!(open_error(&dir), @"
    the state can't be read; nothing was changed.
    state/guilds/1110000000000000001.questions.json: it was written by a newer Quizloop (format 99; this version reads formats up to 1): use that newer version
      The last good generation is state/guilds/1110000000000000001.questions.prev.json, written TIME. Fix the file, or restore that generation: quizloop state restore 1110000000000000001 --questions --state 'state'
    ");
    fs::remove_file(dir.path().join(CURRENT)).unwrap();
    insta::assert_snapshot!(open_error(&dir), @"
    the state can't be read; nothing was changed.
    state/guilds/1110000000000000001.questions.json: the file is missing
      The last good generation is state/guilds/1110000000000000001.questions.prev.json, written TIME. Fix the file, or restore that generation: quizloop state restore 1110000000000000001 --questions --state 'state'
    ");
    let report = verify(dir.path()).unwrap();
    assert_eq!(report.invalid.len(), 1);
    assert!(report.invalid_generations.is_empty());
}

#[tokio::test]
async fn questions_without_a_snapshot_are_an_error() {
    let dir = folder().await;
    fs::remove_file(dir.path().join(SNAPSHOT)).unwrap();
    fs::remove_file(dir.path().join("guilds/1110000000000000001.prev.json")).unwrap();
    insta::assert_snapshot!(open_error(&dir), @"
    the state can't be read; nothing was changed.
    state/guilds/1110000000000000001.json: the snapshot of server 1110000000000000001 is missing
      There is no earlier generation. Fix the file, or restore it from a backup.
    ");
}

#[test]
fn the_first_format_is_read_and_written_unchanged() {
    let read = snapshot::decode_questions(FIXTURE, GUILD).unwrap();
    let written = snapshot::encode_questions(&read).unwrap();
    assert_eq!(String::from_utf8(written).unwrap().as_bytes(), FIXTURE);
}

/// Two backends, one form: a database returns what a file has.
#[test]
fn a_database_keeps_every_field() {
    for database in TestDatabase::with_and_without_pooler() {
        let backend = TestBackend::Database(database);
        let read = snapshot::decode_questions(FIXTURE, GUILD).unwrap();
        let store = backend.open();
        let ((), commit) = store.upsert(GUILD, |guild| {
            guild.set_server_questions(Some(read.clone())).unwrap();
        });
        wait(commit.wait()).unwrap();
        assert!(store.close(std::time::Duration::from_secs(5)));
        drop(store);
        let reopened = backend.open();
        let stored = reopened.read(GUILD, |guild| guild.server_questions().cloned());
        assert_eq!(stored.flatten(), Some(read));
    }
}

#[tokio::test]
async fn verify_reads_both_generations() {
    let dir = folder().await;
    let report = verify(dir.path()).unwrap();
    assert!(report.is_valid());
    assert_eq!(
        (report.guilds, report.questions, report.generations),
        (1, 2, 2)
    );
    fs::write(dir.path().join(PREVIOUS), "{").unwrap();
    let report = verify(dir.path()).unwrap();
    assert_eq!(
        report.invalid_generations[0].file,
        dir.path().join(PREVIOUS)
    );
}

#[tokio::test]
async fn the_last_good_generation_of_the_questions_is_restored_alone() {
    let dir = folder().await;
    fs::write(dir.path().join(CURRENT), "damaged").unwrap();
    let snapshot = fs::read(dir.path().join(SNAPSHOT)).unwrap();
    let restore = Restore::open(dir.path(), GUILD, RestoreSource::LastGoodQuestions).unwrap();
    assert_eq!(questions(&restore.guild), 1);
    restore.run(deleted_at()).unwrap();
    assert_eq!(fs::read(dir.path().join(SNAPSHOT)).unwrap(), snapshot);
    let store = open(dir.path());
    assert_eq!(store.read(GUILD, questions), Some(1));
    drop(store);
    // What was replaced is kept, as it was.
    assert!(inspect::deleted(dir.path()).unwrap()[0].data.is_err());
}

#[tokio::test]
async fn a_restored_snapshot_keeps_the_questions() {
    let dir = folder().await;
    let restore = Restore::open(dir.path(), GUILD, RestoreSource::LastGood).unwrap();
    assert_eq!(questions(&restore.guild), 2);
    restore.run(deleted_at()).unwrap();
    assert_eq!(open(dir.path()).read(GUILD, questions), Some(2));
}

#[tokio::test]
async fn there_may_be_no_questions_to_restore() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.upsert(GUILD, add_team).1.wait().await.unwrap();
    drop(store);
    let restore = Restore::open(dir.path(), GUILD, RestoreSource::LastGoodQuestions);
    assert!(matches!(
        restore,
        Err(RestoreError::NoQuestionsToRestore(GUILD))
    ));
}

#[tokio::test]
async fn a_copy_has_the_questions() {
    let dir = folder().await;
    let target = tempfile::tempdir().unwrap();
    let source = SourceFolder::open(dir.path()).unwrap();
    let copy = TargetFolder::create(target.path()).unwrap();
    copy.add(&source.guilds[0]).unwrap();
    copy.finish(None).unwrap();
    assert_eq!(open(target.path()).read(GUILD, questions), Some(2));
    let copied = SourceFolder::open(target.path()).unwrap();
    assert_eq!(copied.guilds, source.guilds);
}

/// Questions of deleted data without that data, after a crash in a deletion, are removed.
#[tokio::test]
async fn questions_without_their_copy_are_removed() {
    let dir = folder().await;
    let store = open(dir.path());
    store.delete(GUILD, deleted_at()).await.unwrap();
    drop(store);
    let copy = dir
        .path()
        .join("deleted/1110000000000000001-20260330T090000Z.json");
    let own = copy.with_extension("questions.json");
    assert!(own.exists());
    drop(open(dir.path()));
    assert!(own.exists());
    fs::remove_file(copy).unwrap();
    drop(open(dir.path()));
    assert!(!own.exists());
}
