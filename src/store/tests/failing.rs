//! A disk that is full, read-only or broken for a while.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{GUILD, add_team, open, open_on, teams};
use crate::store::disk::{Disk, RealDisk};

/// Which step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fails {
    Write,
    Rename,
    SyncDir,
}

/// A disk that fails so many times, and counts its writes.
#[derive(Clone)]
struct Failing {
    fails: Fails,
    left: Arc<AtomicUsize>,
    writes: Arc<AtomicUsize>,
}

impl Failing {
    fn new(fails: Fails, times: usize) -> Self {
        Self {
            fails,
            left: Arc::new(AtomicUsize::new(times)),
            writes: Arc::new(AtomicUsize::new(0)),
        }
    }

    fn step(&self, step: Fails) -> io::Result<()> {
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

impl Disk for Failing {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        if self.step(Fails::Write).is_err() {
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
        self.step(Fails::Rename)?;
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }

    fn exists(&self, path: &Path) -> bool {
        RealDisk.exists(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.step(Fails::SyncDir)?;
        RealDisk.sync_dir(dir)
    }
}

/// 26. The disk fails for a while.
#[tokio::test]
async fn nothing_is_acknowledged_and_it_recovers_by_itself() {
    for fails in [Fails::Write, Fails::Rename, Fails::SyncDir] {
        let dir = tempfile::tempdir().unwrap();
        let store = open_on(dir.path(), Failing::new(fails, 1));
        let ((), ticket) = store.change(GUILD, add_team);
        let again = ticket.clone();
        let error = ticket.attempt().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the state could not be saved: no space left on device",
            "{fails:?}"
        );
        assert_eq!(teams(&store, GUILD), 1, "it goes on in memory");
        again.saved().await;
        drop(store);
        assert_eq!(teams(&open(dir.path()), GUILD), 1, "{fails:?}");
    }
}

/// Who fails is told until it is saved, one news for each change of it.
#[tokio::test]
async fn who_fails_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let store = open_on(dir.path(), Failing::new(Fails::Write, 2));
    let mut failing = store.failing();
    let ((), ticket) = store.change(GUILD, add_team);
    failing
        .wait_for(|guilds| guilds.contains(&GUILD))
        .await
        .unwrap();
    // Fails a second time, which is no news, and then is saved.
    let ((), _second) = store.change(GUILD, add_team);
    failing.changed().await.unwrap();
    assert!(failing.borrow().is_empty());
    ticket.saved().await;
}

/// A disk whose writes wait for a word each, and say when they begin.
struct Gate {
    begun: std::sync::mpsc::Sender<()>,
    go_on: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

impl Disk for Gate {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.begun.send(()).unwrap();
        // A test that failed gives no word; its store must still come to an end.
        let _ = self
            .go_on
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
    let ((begun, has_begun), (word, go_on)) =
        (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let go_on = std::sync::Mutex::new(go_on);
    let store = open_on(dir.path(), Gate { begun, go_on });
    let ((), old) = store.change(GUILD, add_team);
    has_begun.recv().unwrap();
    let ((), older) = store.change(GUILD, add_team);
    let mut forgotten = {
        let store = store.clone();
        Box::pin(async move { store.forget(GUILD).await })
    };
    let first = tokio::time::timeout(std::time::Duration::ZERO, &mut forgotten);
    assert!(first.await.is_err(), "the disk is at work");
    let ((), new) = store.change(GUILD, add_team);
    word.send(()).unwrap();
    // The next write has begun, so all that the first one had to say is said.
    has_begun.recv().unwrap();
    let now = tokio::time::timeout(std::time::Duration::ZERO, new.clone().attempt());
    assert!(now.await.is_err(), "not on disk, and yet acknowledged");
    word.send(()).unwrap();
    new.attempt().await.unwrap();
    old.attempt().await.unwrap();
    forgotten.await.unwrap();
    assert!(
        older.attempt().await.is_err(),
        "removed before it was saved"
    );
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
    let store = open_on(dir.path(), Failing::new(Fails::Write, 1));
    let ((), ticket) = store.change(GUILD, add_team);
    assert!(ticket.attempt().await.is_err());
    assert!(store.close(std::time::Duration::from_secs(4)));
    drop(store);
    assert_eq!(teams(&open(dir.path()), GUILD), 1);
}

#[tokio::test]
async fn changes_that_come_together_share_a_write() {
    let dir = tempfile::tempdir().unwrap();
    let disk = Failing::new(Fails::Write, 0);
    let store = open_on(dir.path(), disk.clone());
    let tickets: Vec<_> = (0..500).map(|_| store.change(GUILD, add_team).1).collect();
    for ticket in tickets {
        ticket.attempt().await.unwrap();
    }
    let writes = disk.writes.load(Ordering::SeqCst);
    assert!(writes < 100, "500 changes took {writes} writes");
}
