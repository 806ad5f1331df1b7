//! Rollback on a disk that fails at any step.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use super::{GUILD, add_team, deleted_at, open, teams};
use crate::disk::{Disk, RealDisk};
use crate::inspect;
use crate::restore::{Restore, RestoreSource};

/// A real disk that fails after `max_steps` steps, and records the steps.
struct StoppingDisk {
    max_steps: usize,
    steps: Mutex<Vec<&'static str>>,
}

impl StoppingDisk {
    fn step(&self, name: &'static str) -> io::Result<RealDisk> {
        let mut steps = self.steps.lock().unwrap();
        if steps.len() == self.max_steps {
            return Err(io::Error::other("the disk is gone"));
        }
        steps.push(name);
        Ok(RealDisk)
    }
}

impl Disk for StoppingDisk {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step("write")?.write(path, bytes)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("link")?.link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("rename")?.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step("remove")?.remove(path)
    }

    fn exists(&self, path: &Path) -> bool {
        RealDisk.exists(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.step("sync")?.sync_dir(dir)
    }
}

#[tokio::test]
async fn every_step_leaves_a_complete_snapshot() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for _ in 0..2 {
        store.upsert(GUILD, add_team).1.wait().await.unwrap();
    }
    drop(store);
    let current = dir.path().join("guilds/1110000000000000001.json");
    let new = fs::read(&current).unwrap();
    let kept = dir.path().join("deleted");
    let backup = kept.join("1110000000000000001-20260330T090000Z.json");
    fs::create_dir(&kept).unwrap();
    for max_steps in 0..20 {
        let disk = StoppingDisk {
            max_steps,
            steps: Mutex::default(),
        };
        let restore = Restore::open(dir.path(), GUILD, RestoreSource::LastGood).unwrap();
        let result = restore.run_on(&disk, deleted_at());
        let is_old = teams(&open(dir.path()), GUILD) == 1;
        let steps = disk.steps.into_inner().unwrap();
        if result.is_ok() {
            assert_eq!(steps, ["write", "link", "sync", "rename", "sync"]);
            assert!(is_old);
            return;
        }
        // If the older state is current, the newer one is in the backup.
        assert_eq!(is_old, steps.contains(&"rename"));
        assert!(!is_old || fs::read(&backup).unwrap() == new);
        fs::write(&current, &new).unwrap();
        let _ = fs::remove_file(&backup);
    }
    panic!("the rollback never succeeded");
}

/// Deleted data is restored, or is still there to be restored.
#[tokio::test]
async fn every_step_leaves_deleted_data() {
    for max_steps in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        store.upsert(GUILD, add_team).1.wait().await.unwrap();
        store.delete(GUILD, deleted_at()).await.unwrap();
        drop(store);
        let disk = StoppingDisk {
            max_steps,
            steps: Mutex::default(),
        };
        let restore = Restore::open(dir.path(), GUILD, RestoreSource::Deleted(None)).unwrap();
        let result = restore.run_on(&disk, deleted_at());
        let is_restored = teams(&open(dir.path()), GUILD) == 1;
        let copies = inspect::deleted(dir.path()).unwrap();
        let is_kept = copies.iter().any(|copy| copy.data.is_ok());
        assert!(is_restored || is_kept, "after {max_steps} steps");
        if result.is_ok() {
            let steps = disk.steps.into_inner().unwrap();
            assert_eq!(steps, ["write", "rename", "sync", "remove", "sync"]);
            assert!(is_restored && !is_kept);
            return;
        }
    }
    panic!("the restore never succeeded");
}
