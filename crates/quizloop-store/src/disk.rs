//! The disk operations that the store needs. Tests replace the disk by one that fails or crashes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Operations on a disk.
pub trait Disk: Send + Sync + 'static {
    /// Writes a file, readable only by its owner, and fsyncs it.
    ///
    /// # Errors
    ///
    /// A step failed; the file may exist with a part of the bytes.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Creates a hard link, whose name must not exist.
    ///
    /// # Errors
    ///
    /// It failed, or the file system has no hard links.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Renames a file, atomically replacing an existing one.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Deletes a file. A file that does not exist is not an error.
    fn remove(&self, path: &Path) -> io::Result<()>;

    fn exists(&self, path: &Path) -> bool;

    /// Fsyncs a folder, which makes created, renamed and deleted names durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
}

/// The file system of this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RealDisk;

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

    /// Does nothing: Windows can't fsync folders, and its file system journals renames.
    #[cfg(not(unix))]
    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

/// Creates or truncates a file that only its owner can read.
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

/// Creates a folder, with its parents, that only its owner can enter. Removes the permissions of
/// others from an existing folder, unless it belongs to another account. Such folders exist: a
/// container's volume may belong to root and be open to the process by its group.
///
/// # Errors
///
/// It can't be created, or its permissions can't be changed.
pub fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        builder.mode(0o700).create(dir)?;
        let mode = fs::metadata(dir)?.permissions().mode();
        let is_open_to_others = mode & 0o077 != 0;
        if !is_open_to_others {
            return Ok(());
        }
        let dir_name = dir.display();
        match fs::set_permissions(dir, fs::Permissions::from_mode(0o700)) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                tracing::warn!(dir = %dir_name, "state folder of another account is open to others");
            }
            fixed => {
                fixed?;
                tracing::warn!(dir = %dir_name, "state folder was readable by others; permissions fixed");
            }
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(dir)
}

/// Gives a file the owner of another one. Otherwise a command that root runs would leave files that
/// the bot can't read.
///
/// # Errors
///
/// The owner can't be read or changed. Only root can give files to another account.
#[cfg(unix)]
pub(super) fn copy_owner(from: &Path, to: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let (wanted, actual) = (fs::metadata(from)?, fs::metadata(to)?);
    if (wanted.uid(), wanted.gid()) == (actual.uid(), actual.gid()) {
        return Ok(());
    }
    chown(to, Some(wanted.uid()), Some(wanted.gid()))
}

#[cfg(not(unix))]
pub(super) fn copy_owner(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Like [`copy_owner`], but does nothing if this process may not give files away. Its files then
/// belong to its own account, as usual.
pub(super) fn copy_owner_if_permitted(from: &Path, to: &Path) -> io::Result<()> {
    match copy_owner(from, to) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        result => result,
    }
}
