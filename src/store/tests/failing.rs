//! A disk that is full, read-only or broken for a while.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{GUILD, add_team, open, open_on, teams};
use crate::store::disk::{Disk, RealDisk};

/// Which step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FailingStep {
    Write,
    Rename,
    SyncDir,
}

/// A disk that fails so many times, and counts its writes.
#[derive(Clone)]
struct FailingDisk {
    fails: FailingStep,
    left: Arc<AtomicUsize>,
    writes: Arc<AtomicUsize>,
}

impl FailingDisk {
    fn new(fails: FailingStep, times: usize) -> Self {
        Self {
            fails,
            left: Arc::new(AtomicUsize::new(times)),
            writes: Arc::new(AtomicUsize::new(0)),
        }
    }

    fn step(&self, step: FailingStep) -> io::Result<()> {
        let take = |left: usize| left.checked_sub(1);
        if step == self.fails
            && self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
                .is_ok()
        {
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
            // A full disk takes a part.
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

/// 26. The disk fails for a while.
#[tokio::test]
async fn nothing_is_acknowledged_and_it_recovers_by_itself() {
    for fails in [
        FailingStep::Write,
        FailingStep::Rename,
        FailingStep::SyncDir,
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = open_on(dir.path(), FailingDisk::new(fails, 1));
        let ((), commit) = store.upsert(GUILD, add_team);
        let again = commit.clone();
        let error = commit.wait().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the state could not be saved: no space left on device",
            "{fails:?}"
        );
        assert_eq!(teams(&store, GUILD), 1, "it goes on in memory");
        again.wait_durable().await;
        drop(store);
        assert_eq!(teams(&open(dir.path()), GUILD), 1, "{fails:?}");
    }
}

/// Who fails is told until it is saved, one news for each change of it.
#[tokio::test]
async fn who_fails_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_on(dir.path(), FailingDisk::new(FailingStep::Write, 2));
    let mut failing = store.failing();
    let ((), commit) = store.upsert(GUILD, add_team);
    failing
        .wait_for(|guilds| guilds.contains(&GUILD))
        .await
        .unwrap();
    // Fails a second time, which is no news, and then is saved.
    let ((), _second) = store.upsert(GUILD, add_team);
    failing.changed().await.unwrap();
    assert!(failing.borrow().is_empty());
    commit.wait_durable().await;
}

/// A disk whose writes wait for a word each, and say when they begin.
struct GatedDisk {
    begun: std::sync::mpsc::Sender<()>,
    release: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

impl Disk for GatedDisk {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.begun.send(()).unwrap();
        // A test that failed gives no word; its store must still come to an end.
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

/// A guild is removed while it is being saved, and comes back: the save of what it was says nothing about what it
/// is now.
#[tokio::test]
async fn a_save_of_what_was_removed_acknowledges_nothing_new() {
    let dir = tempfile::tempdir().unwrap();
    let ((begun, has_begun), (word, release)) =
        (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let release = std::sync::Mutex::new(release);
    let store = open_on(dir.path(), GatedDisk { begun, release });
    let ((), old) = store.upsert(GUILD, add_team);
    has_begun.recv().unwrap();
    let ((), older) = store.upsert(GUILD, add_team);
    let mut forgotten = {
        let store = store.clone();
        Box::pin(async move { store.delete(GUILD).await })
    };
    let first = tokio::time::timeout(std::time::Duration::ZERO, &mut forgotten);
    assert!(first.await.is_err(), "the disk is at work");
    let ((), new) = store.upsert(GUILD, add_team);
    word.send(()).unwrap();
    // The next write has begun, so all that the first one had to say is said.
    has_begun.recv().unwrap();
    let now = tokio::time::timeout(std::time::Duration::ZERO, new.clone().wait());
    assert!(now.await.is_err(), "not on disk, and yet acknowledged");
    word.send(()).unwrap();
    new.wait().await.unwrap();
    old.wait().await.unwrap();
    forgotten.await.unwrap();
    assert!(older.wait().await.is_err(), "removed before it was saved");
    drop(store);
    assert_eq!(teams(&open(dir.path()), GUILD), 1);
}

#[tokio::test]
async fn closing_tries_once_more() {
    // Often, because closing may come before or after the writer has taken note of the failure.
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
async fn changes_that_come_together_share_a_write() {
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
