//! Copies from and to folders that belong to someone else: nothing of theirs is changed.

use std::fs;
use std::path::Path;

use super::{GUILD, add_team, open};
use crate::OpenError;
use crate::transfer::{CopyError, SourceFolder, TargetFolder};
use quizloop_core::guild::Guild;

fn guild() -> Guild {
    let mut guild = Guild::new(GUILD);
    add_team(&mut guild);
    guild
}

fn copy_to(dir: &Path) -> Result<(), CopyError> {
    let target = TargetFolder::create(dir)?;
    target.add(&guild())?;
    target.finish(Some(7))
}

#[test]
fn a_copy_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("new/copy");
    copy_to(&target).unwrap();
    let source = SourceFolder::open(&target).unwrap();
    assert_eq!(source.guilds, [guild()]);
    assert_eq!(source.application, Some(7));
    // Reading makes no lock file.
    assert!(!target.join("lock").exists());
    assert_eq!(open(&target).guild_ids(), [GUILD]);
}

#[test]
fn a_folder_in_use_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let error = SourceFolder::open(dir.path()).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    drop(store);
    let source = SourceFolder::open(dir.path()).unwrap();
    // The folder stays locked while its data is copied.
    assert!(crate::Store::open(dir.path()).is_err());
    drop(source);
    drop(open(dir.path()));
}

#[test]
fn a_folder_with_contents_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("my-file"), "").unwrap();
    let error = copy_to(dir.path()).unwrap_err();
    assert!(matches!(error, CopyError::NotEmpty(_)), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn only_a_new_folder_becomes_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let theirs = dir.path().join("theirs");
    fs::create_dir(&theirs).unwrap();
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o755)).unwrap();
    copy_to(&theirs).unwrap();
    assert_eq!(mode(&theirs), 0o755);
    assert_eq!(mode(&theirs.join("guilds")), 0o700);
    let new = dir.path().join("new");
    copy_to(&new).unwrap();
    assert_eq!(mode(&new), 0o700);
}
