//! Going back to a server's last good generation. The folder is locked meanwhile, the file that is replaced
//! is kept beside it, and at every moment there is a whole snapshot under the current name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::disk::{Disk, RealDisk};
use super::open::{FolderLock, InvalidSnapshot, OpenError, read_snapshot};
use super::snapshot::{self, GUILDS_DIR, SnapshotError};
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;

/// Whoever went back so often has another trouble.
const MAX_BACKUPS: u32 = 1000;

/// Why there is no going back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// A bot has the folder, or it can't be used.
    #[error(transparent)]
    Folder(OpenError),
    /// A bot has the folder.
    #[error(
        "the state folder {dir} is in use by process {owner}: stop that bot first, or it would write its own state over the restored one"
    )]
    Locked {
        /// The folder.
        dir: PathBuf,
        /// The process, as far as it is known.
        owner: String,
    },
    /// Nothing is known of that server.
    #[error("there is nothing of server {guild} in {dir}")]
    UnknownServer {
        /// The server.
        guild: GuildId,
        /// The folder.
        dir: PathBuf,
    },
    /// There is no last good generation.
    #[error(
        "server {0} has no earlier generation: it was saved only once. Mend its snapshot, or restore it from a backup"
    )]
    NothingToRestore(GuildId),
    /// The last good generation can't be read either.
    #[error("{}", .0.one_line("Mend it, or restore the snapshot from a backup"))]
    Unreadable(InvalidSnapshot),
}

/// A file of a server.
#[derive(Debug)]
pub struct Generation {
    /// Where it lies.
    pub file: PathBuf,
    /// When it was written, if the disk says so.
    pub written_at: Option<Timestamp>,
    /// What is in it, or what is wrong with it.
    pub guild: Result<Guild, SnapshotError>,
}

/// A way back that is open. The folder is locked as long as it lives.
#[derive(Debug)]
pub struct Restore {
    /// The snapshot that would be replaced; none if it is missing.
    pub current: Option<Generation>,
    /// When the last good generation was written.
    pub written_at: Option<Timestamp>,
    /// What is in it.
    pub guild: Guild,
    bytes: Vec<u8>,
    path: PathBuf,
    _lock: FolderLock,
}

impl Restore {
    /// Opens the way back; nothing is changed yet.
    ///
    /// # Errors
    ///
    /// A bot has the folder, or there is nothing good to go back to.
    pub fn open(dir: &Path, id: GuildId) -> Result<Self, RestoreError> {
        if !dir.join(GUILDS_DIR).is_dir() {
            let dir = dir.to_owned();
            return Err(RestoreError::UnknownServer { guild: id, dir });
        }
        let mut lock = FolderLock::acquire(dir).map_err(|error| match error {
            OpenError::Locked { dir, owner } => RestoreError::Locked { dir, owner },
            error => RestoreError::Folder(error),
        })?;
        let path = snapshot::path(dir, id);
        let file = snapshot::previous_path(&path);
        let current = path.exists().then(|| Generation::read(&path, id));
        if !file.exists() {
            return Err(match current {
                Some(_) => RestoreError::NothingToRestore(id),
                None => RestoreError::UnknownServer {
                    guild: id,
                    dir: dir.to_owned(),
                },
            });
        }
        let unreadable =
            |error| RestoreError::Unreadable(InvalidSnapshot::new(&file, Some(id), error));
        let bytes =
            fs::read(&file).map_err(|error| unreadable(SnapshotError::unreadable(&error)))?;
        let guild = snapshot::decode(&bytes, id).map_err(unreadable)?;
        // A bot that starts now says whom it has to wait for.
        lock.write_pid();
        Ok(Self {
            current,
            written_at: modified_at(&file),
            guild,
            bytes,
            path,
            _lock: lock,
        })
    }

    /// Goes back, for good: when this returns, a crash changes nothing any more. Gives where the replaced
    /// file is kept, if there was one.
    ///
    /// # Errors
    ///
    /// The disk did not take it. The current snapshot is the old or the new one, and whole.
    pub fn rollback(self) -> io::Result<Option<PathBuf>> {
        self.rollback_on(&RealDisk)
    }

    pub(super) fn rollback_on(self, disk: &dyn Disk) -> io::Result<Option<PathBuf>> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let new = snapshot::temporary_path(&self.path);
        disk.write(&new, &self.bytes)?;
        copy_owner(&snapshot::previous_path(&self.path), &new)?;
        let kept = match self.current {
            Some(_) => Some(self.keep_backup(disk)?),
            None => None,
        };
        // The kept file is there for good before anything takes the place of the old one.
        disk.sync_dir(folder)?;
        disk.rename(&new, &self.path)?;
        disk.sync_dir(folder)?;
        Ok(kept)
    }

    /// Gives the current snapshot a second name that nobody takes for a snapshot.
    fn keep_backup(&self, disk: &dyn Disk) -> io::Result<PathBuf> {
        let kept = (1..=MAX_BACKUPS)
            .map(|number| snapshot::backup_path(&self.path, number))
            .find(|path| !path.exists())
            .ok_or_else(|| io::Error::other("too many replaced files are kept already"))?;
        if disk.link(&self.path, &kept).is_err() {
            // Some disks have no links: a copy does as well.
            disk.write(&kept, &fs::read(&self.path)?)?;
        }
        Ok(kept)
    }
}

impl Generation {
    fn read(file: &Path, id: GuildId) -> Self {
        Self {
            file: file.to_owned(),
            written_at: modified_at(file),
            guild: read_snapshot(file, id),
        }
    }
}

/// An operator who is root must not leave a file that the bot can't read.
#[cfg(unix)]
fn copy_owner(as_of: &Path, file: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let (wanted, is) = (fs::metadata(as_of)?, fs::metadata(file)?);
    if (wanted.uid(), wanted.gid()) == (is.uid(), is.gid()) {
        return Ok(());
    }
    chown(file, Some(wanted.uid()), Some(wanted.gid()))
}

#[cfg(not(unix))]
fn copy_owner(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

fn modified_at(file: &Path) -> Option<Timestamp> {
    let written = fs::metadata(file).and_then(|data| data.modified()).ok()?;
    Timestamp::try_from(written).ok()
}
