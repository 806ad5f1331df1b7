//! What the store asks of a disk; a test can put a failing or crashing one in its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// A disk.
pub trait Disk: Send + Sync + 'static {
    /// Makes a file of these bytes, readable by its owner alone, and brings it to the medium.
    ///
    /// # Errors
    ///
    /// Any of it failed; the file may be there in part.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Gives a file a second name, which must not exist.
    ///
    /// # Errors
    ///
    /// It failed, or the disk has no such thing.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Puts a file in the place of another, in one step.
    ///
    /// # Errors
    ///
    /// It failed.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Deletes a file; that it is not there is no failure.
    ///
    /// # Errors
    ///
    /// It failed.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Whether a file is there.
    fn exists(&self, path: &Path) -> bool;

    /// Brings a folder's names to the medium.
    ///
    /// # Errors
    ///
    /// It failed.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

/// The disk of this machine.
#[derive(Debug, Clone, Copy)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = create_private(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    #[cfg(unix)]
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    /// Windows has no fsync of folders; its renames are journalled.
    #[cfg(not(unix))]
    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

/// An empty file that only its owner may read.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    set_private_mode(&mut options);
    options.open(path)
}

#[cfg(unix)]
pub(super) fn set_private_mode(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
pub(super) fn set_private_mode(_: &mut OpenOptions) {}

/// Makes a folder, with its parents, that only its owner may enter; one that is there already and open
/// to others is closed to them.
///
/// # Errors
///
/// It can't be made.
pub fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        builder.mode(0o700).create(dir)?;
        let mode = fs::metadata(dir)?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(dir = %dir.display(), "others could read the state folder; it is closed to them now");
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(dir)
}
