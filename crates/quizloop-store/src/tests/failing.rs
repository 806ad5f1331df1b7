//! A disk that is full, read-only or broken for a while.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::backends::server_questions::{add_question, questions};
use super::{GUILD, add_team, deleted_at, open, open_on, teams};
use crate::disk::{Disk, RealDisk};

/// The step that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FailingStep {
    Write,
    Rename,
    SyncDir,
}

/// A disk on which one step fails a number of times, and which counts its writes.
#[derive(Clone)]
struct FailingDisk {
    failing: FailingStep,
    failures_left: Arc<AtomicUsize>,
    /// How often the step succeeds before it fails once.
    successes_left: Arc<AtomicUsize>,
    writes: Arc<AtomicUsize>,
}

impl FailingDisk {
    fn new(failing: FailingStep, failures: usize) -> Self {
        Self {
            failing,
            failures_left: Arc::new(AtomicUsize::new(failures)),
            successes_left: Arc::new(AtomicUsize::new(0)),
            writes: Arc::new(AtomicUsize::new(0)),
        }
    }

    /// Makes the step fail once after it has succeeded that often.
    fn succeed_before_failing(&self, successes: usize) {
        self.successes_left.store(successes, Ordering::SeqCst);
        self.failures_left.store(1, Ordering::SeqCst);
    }

    fn step(&self, step: FailingStep) -> io::Result<()> {
        let decrement = |left: usize| left.checked_sub(1);
        let take = |left: &AtomicUsize| {
            let taken = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, decrement);
            taken.is_ok()
        };
        if step == self.failing && take(&self.successes_left) {
            return Ok(());
        }
        if step == self.failing && take(&self.failures_left) {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "no space left on device",
            ));
        }
        Ok(())
    }
}

impl Disk for FailingDisk {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        if self.step(FailingStep::Write).is_err() {
            // A full disk writes a part of the file.
            RealDisk.write(path, &bytes[..bytes.len() / 3])?;
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "no space left on device",
            ));
        }
        RealDisk.write(path, bytes)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(FailingStep::Rename)?;
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }

    fn exists(&self, path: &Path) -> bool {
        RealDisk.exists(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.step(FailingStep::SyncDir)?;
        RealDisk.sync_dir(dir)
    }
}

/// The snapshot is on the disk, and the questions of the same change are not: the change fails, and
/// the next attempt writes both again.
#[tokio::test]
async fn questions_that_cannot_be_written_are_not_acknowledged() {
    for failing in [FailingStep::Write, FailingStep::Rename] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        store.upsert(GUILD, add_team).1.wait().await.unwrap();
        drop(store);
        let disk = FailingDisk::new(failing, 0);
        let store = open_on(dir.path(), disk.clone());
        // The snapshot takes one write and two renames, the first of them for the last good generation.
        disk.succeed_before_failing(if failing == FailingStep::Write { 1 } else { 2 });
        let ((), commit) = store.upsert(GUILD, add_question);
        let retried = commit.clone();
        assert!(commit.wait().await.is_err(), "{failing:?}");
        assert!(retried.wait_durable().await);
        drop(store);
        assert_eq!(
            open(dir.path()).read(GUILD, questions),
            Some(1),
            "{failing:?}"
        );
    }
}

/// 26. The disk fails for a while.
#[tokio::test]
async fn nothing_is_acknowledged_and_saving_recovers() {
    for failing in [
        FailingStep::Write,
        FailingStep::Rename,
        FailingStep::SyncDir,
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = open_on(dir.path(), FailingDisk::new(failing, 1));
        let ((), commit) = store.upsert(GUILD, add_team);
        let retried = commit.clone();
        let error = commit.wait().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the state could not be saved: no space left on device",
            "{failing:?}"
        );
        assert_eq!(teams(&store, GUILD), 1, "the change stays in memory");
        retried.wait_durable().await;
        drop(store);
        assert_eq!(teams(&open(dir.path()), GUILD), 1, "{failing:?}");
    }
}

/// The set of failing guilds is published until they are saved, with one notification per change.
#[tokio::test]
async fn failing_guilds_are_published() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_on(dir.path(), FailingDisk::new(FailingStep::Write, 2));
    let mut failing = store.failing();
    let ((), commit) = store.upsert(GUILD, add_team);
    failing
        .wait_for(|guilds| guilds.contains(&GUILD))
        .await
        .unwrap();
    // The second failure does not change the set; the save after it does.
    let ((), _second) = store.upsert(GUILD, add_team);
    failing.changed().await.unwrap();
    assert!(failing.borrow().is_empty());
    commit.wait_durable().await;
}

/// A disk whose writes report when they begin and wait until they are released.
struct GatedDisk {
    begun: std::sync::mpsc::Sender<()>,
    release: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

impl Disk for GatedDisk {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.begun.send(()).unwrap();
        // A failed test releases nothing; its store must still be able to close.
        let _ = self
            .release
            .lock()
            .unwrap()
            .recv_timeout(std::time::Duration::from_secs(5));
        RealDisk.write(path, bytes)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }

    fn exists(&self, path: &Path) -> bool {
        RealDisk.exists(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        RealDisk.sync_dir(dir)
    }
}

/// A guild is deleted and created again while it is being saved: that save must not complete
/// commits of the new guild.
#[tokio::test]
async fn a_save_of_a_deleted_guild_acknowledges_nothing_new() {
    let dir = tempfile::tempdir().unwrap();
    let ((begun, has_begun), (release_write, release)) =
        (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let release = std::sync::Mutex::new(release);
    let store = open_on(dir.path(), GatedDisk { begun, release });
    let ((), old) = store.upsert(GUILD, add_team);
    has_begun.recv().unwrap();
    let ((), unsaved) = store.upsert(GUILD, add_team);
    let mut deletion = {
        let store = store.clone();
        Box::pin(async move { store.delete(GUILD, deleted_at()).await })
    };
    let first = tokio::time::timeout(std::time::Duration::ZERO, &mut deletion);
    assert!(first.await.is_err(), "the first write has not ended");
    let ((), new) = store.upsert(GUILD, add_team);
    release_write.send(()).unwrap();
    // The next write has begun, so the commits of the first one were completed.
    has_begun.recv().unwrap();
    let now = tokio::time::timeout(std::time::Duration::ZERO, new.clone().wait());
    assert!(now.await.is_err(), "acknowledged before it was saved");
    release_write.send(()).unwrap();
    new.wait().await.unwrap();
    old.wait().await.unwrap();
    deletion.await.unwrap();
    assert!(unsaved.wait().await.is_err(), "deleted before it was saved");
    drop(store);
    assert_eq!(teams(&open(dir.path()), GUILD), 1);
}

#[tokio::test]
async fn closing_retries_once() {
    // Repeated, because closing may come before or after the writer has recorded the failure.
    for _ in 0..50 {
        close_after_a_failure().await;
    }
}

async fn close_after_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_on(dir.path(), FailingDisk::new(FailingStep::Write, 1));
    let ((), commit) = store.upsert(GUILD, add_team);
    assert!(commit.wait().await.is_err());
    assert!(store.close(std::time::Duration::from_secs(4)));
    drop(store);
    assert_eq!(teams(&open(dir.path()), GUILD), 1);
}

#[tokio::test]
async fn concurrent_changes_share_a_write() {
    let dir = tempfile::tempdir().unwrap();
    let disk = FailingDisk::new(FailingStep::Write, 0);
    let store = open_on(dir.path(), disk.clone());
    let commits: Vec<_> = (0..500).map(|_| store.upsert(GUILD, add_team).1).collect();
    for commit in commits {
        commit.wait().await.unwrap();
    }
    let writes = disk.writes.load(Ordering::SeqCst);
    assert!(writes < 100, "500 changes took {writes} writes");
}
