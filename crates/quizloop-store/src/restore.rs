//! Rollback of a server to its last good generation. The folder stays locked during the rollback,
//! the replaced file is kept as a backup, and a crash at any step leaves a complete snapshot under
//! the current name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::disk::{Disk, RealDisk, copy_owner};
use super::open::{FolderLock, InvalidSnapshot, OpenError, read_file, read_snapshot};
use super::snapshot::{self, GUILDS_DIR, SnapshotError};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

/// Maximum number of backups per server.
const MAX_BACKUPS: u32 = 1000;

/// Why a server can't be rolled back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The folder can't be used.
    #[error(transparent)]
    Folder(OpenError),
    /// A bot uses the folder.
    #[error(
        "the state folder {dir} is in use by process {owner}. Stop that bot first; it would overwrite the restored state"
    )]
    Locked {
        /// The folder.
        dir: PathBuf,
        /// The id of the process, or `(unknown)`.
        owner: String,
    },
    /// The folder has no data of that server.
    #[error("there is no data of server {guild} in {dir}")]
    UnknownServer {
        /// The server.
        guild: GuildId,
        /// The folder.
        dir: PathBuf,
    },
    /// The server has no last good generation.
    #[error(
        "server {0} has no earlier generation: it was saved only once. Fix its snapshot, or restore it from a backup"
    )]
    NothingToRestore(GuildId),
    /// A folder or a special file has the name of the snapshot.
    #[error("{} is not a file. Move it out of the folder, then restore again", .0.display())]
    NotAFile(PathBuf),
    /// The last good generation can't be read either.
    #[error("{}", .0.one_line("Fix it, or restore the snapshot from a backup"))]
    Unreadable(InvalidSnapshot),
}

/// One snapshot file of a server.
#[derive(Debug)]
pub struct Generation {
    /// The file.
    pub file: PathBuf,
    /// When it was written, if the file system knows.
    pub written_at: Option<Timestamp>,
    /// Its contents, or why it can't be read.
    pub guild: Result<Guild, SnapshotError>,
}

/// A prepared rollback. The folder is locked for as long as this lives.
#[derive(Debug)]
pub struct Restore {
    /// The snapshot that will be replaced; none if it is missing.
    pub current: Option<Generation>,
    /// When the last good generation was written, if the file system knows.
    pub written_at: Option<Timestamp>,
    /// The contents of the last good generation.
    pub guild: Guild,
    bytes: Vec<u8>,
    path: PathBuf,
    _lock: FolderLock,
}

impl Restore {
    /// Locks the folder and reads both generations. Changes no snapshot.
    ///
    /// # Errors
    ///
    /// A bot uses the folder, or no good generation exists.
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
        if path.exists() && !path.is_file() {
            return Err(RestoreError::NotAFile(path));
        }
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
        let bytes = read_file(&file).map_err(unreadable)?;
        let guild = snapshot::decode(&bytes, id).map_err(unreadable)?;
        // A bot that starts now names this process in its error message.
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

    /// Rolls back durably. Returns the backup of the replaced file, if that existed.
    ///
    /// # Errors
    ///
    /// A disk operation failed. The current snapshot is then the old or the restored one, and
    /// complete.
    pub fn rollback(self) -> io::Result<Option<PathBuf>> {
        self.rollback_on(&RealDisk)
    }

    pub(super) fn rollback_on(self, disk: &dyn Disk) -> io::Result<Option<PathBuf>> {
        let new = snapshot::temporary_path(&self.path);
        let result = self.replace(disk, &new);
        if result.is_err() {
            // The error that is returned matters more than a file that can't be removed either.
            let _ = disk.remove(&new);
        }
        result
    }

    fn replace(&self, disk: &dyn Disk, new: &Path) -> io::Result<Option<PathBuf>> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        disk.write(new, &self.bytes)?;
        copy_owner(&snapshot::previous_path(&self.path), new)?;
        let backup = match self.current {
            Some(_) => Some(self.keep_backup(disk)?),
            None => None,
        };
        // The backup must be durable before the current snapshot is replaced.
        disk.sync_dir(folder)?;
        disk.rename(new, &self.path)?;
        disk.sync_dir(folder)?;
        Ok(backup)
    }

    /// Links the current snapshot to a name that is never read as a snapshot.
    fn keep_backup(&self, disk: &dyn Disk) -> io::Result<PathBuf> {
        let backup = (1..=MAX_BACKUPS)
            .map(|number| snapshot::backup_path(&self.path, number))
            .find(|path| !path.exists())
            .ok_or_else(|| {
                io::Error::other("too many backups of this server exist; delete some")
            })?;
        if disk.link(&self.path, &backup).is_err() {
            // Some file systems have no hard links: copy instead.
            disk.write(&backup, &fs::read(&self.path)?)?;
        }
        Ok(backup)
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

fn modified_at(file: &Path) -> Option<Timestamp> {
    let written = fs::metadata(file).and_then(|data| data.modified()).ok()?;
    Timestamp::try_from(written).ok()
}
