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
