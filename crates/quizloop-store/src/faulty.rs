//! The real disk with failpoints before each step, for tests that run the real bot. Debug builds
//! only.

use std::io::{self, Write};
use std::path::Path;

use super::disk::{Disk, RealDisk, create_private};
use quizloop_failpoint::{self as failpoint, IoFault};

/// A disk that fails at active failpoints.
#[derive(Debug, Clone, Copy)]
pub struct FaultyDisk;

/// Returns the error of a failpoint, if it is active.
fn fail_if_set(step: &'static str) -> io::Result<()> {
    match failpoint::fault_at(step) {
        None => Ok(()),
        Some(IoFault::Error(error)) => Err(error),
        Some(IoFault::Short) => Err(io::ErrorKind::WriteZero.into()),
    }
}

impl Disk for FaultyDisk {
    /// Writes in two halves, so that a kill in between leaves a truncated file.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        match failpoint::fault_at("disk.write") {
            None => {}
            Some(IoFault::Error(error)) => return Err(error),
            Some(IoFault::Short) => {
                RealDisk.write(path, first)?;
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        let mut file = create_private(path)?;
        file.write_all(first)?;
        fail_if_set("disk.half")?;
        file.write_all(second)?;
        fail_if_set("disk.fsync")?;
        file.sync_all()
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fail_if_set("disk.link")?;
        RealDisk.link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fail_if_set("disk.rename")?;
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fail_if_set("disk.remove")?;
        RealDisk.remove(path)
    }

    fn exists(&self, path: &Path) -> bool {
        RealDisk.exists(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        fail_if_set("disk.sync-dir")?;
        RealDisk.sync_dir(dir)
    }
}
