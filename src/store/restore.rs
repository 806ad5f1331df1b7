//! Going back to a server's last good generation. The folder is locked meanwhile, the file that is replaced
//! is kept beside it, and at every moment there is a whole snapshot under the current name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::disk::{Disk, RealDisk};
use super::open::{BadSnapshot, Lock, OpenError, read_one};
use super::snapshot::{self, Broken, GUILDS};
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;

/// Whoever went back so often has another trouble.
const KEPT_MAX: u32 = 1000;

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
    Unknown {
        /// The server.
        guild: GuildId,
        /// The folder.
        dir: PathBuf,
    },
    /// There is no last good generation.
    #[error(
        "server {0} has no earlier generation: it was saved only once. Mend its snapshot, or restore it from a backup"
    )]
    NoGeneration(GuildId),
    /// The last good generation can't be read either.
    #[error("{}", .0.in_one_line("Mend it, or restore the snapshot from a backup"))]
    Unreadable(BadSnapshot),
}

/// A file of a server.
#[derive(Debug)]
pub struct Generation {
    /// Where it lies.
    pub file: PathBuf,
    /// When it was written, if the disk says so.
    pub written: Option<Timestamp>,
    /// What is in it, or what is wrong with it.
    pub guild: Result<Guild, Broken>,
}

/// A way back that is open. The folder is locked as long as it lives.
#[derive(Debug)]
pub struct Restore {
    /// The snapshot that would be replaced; none if it is missing.
    pub current: Option<Generation>,
    /// When the last good generation was written.
    pub written: Option<Timestamp>,
    /// What is in it.
    pub guild: Guild,
    bytes: Vec<u8>,
    path: PathBuf,
    _lock: Lock,
}

impl Restore {
    /// Opens the way back; nothing is changed yet.
    ///
    /// # Errors
    ///
    /// A bot has the folder, or there is nothing good to go back to.
    pub fn open(dir: &Path, id: GuildId) -> Result<Self, RestoreError> {
        if !dir.join(GUILDS).is_dir() {
            let dir = dir.to_owned();
            return Err(RestoreError::Unknown { guild: id, dir });
        }
        let mut lock = Lock::take(dir).map_err(|error| match error {
            OpenError::Locked { dir, owner } => RestoreError::Locked { dir, owner },
            error => RestoreError::Folder(error),
        })?;
        let path = snapshot::path(dir, id);
        let file = snapshot::previous(&path);
        let current = path.exists().then(|| Generation::read(&path, id));
        if !file.exists() {
            return Err(match current {
                Some(_) => RestoreError::NoGeneration(id),
                None => RestoreError::Unknown {
                    guild: id,
                    dir: dir.to_owned(),
                },
            });
        }
        let unreadable =
            |broken| RestoreError::Unreadable(BadSnapshot::of(&file, Some(id), broken));
        let bytes = fs::read(&file).map_err(|error| unreadable(Broken::unread(&error)))?;
        let guild = snapshot::decode(&bytes, id).map_err(unreadable)?;
        // A bot that starts now says whom it has to wait for.
        lock.name_owner();
        Ok(Self {
            current,
            written: written(&file),
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
    pub fn go_back(self) -> io::Result<Option<PathBuf>> {
        self.go_back_on(&RealDisk)
    }

    pub(super) fn go_back_on(self, disk: &dyn Disk) -> io::Result<Option<PathBuf>> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let new = snapshot::temporary(&self.path);
        disk.write(&new, &self.bytes)?;
        same_owner(&snapshot::previous(&self.path), &new)?;
        let kept = match self.current {
            Some(_) => Some(self.keep(disk)?),
            None => None,
        };
        // The kept file is there for good before anything takes the place of the old one.
        disk.sync_dir(folder)?;
        disk.rename(&new, &self.path)?;
        disk.sync_dir(folder)?;
        Ok(kept)
    }

    /// Gives the current snapshot a second name that nobody takes for a snapshot.
    fn keep(&self, disk: &dyn Disk) -> io::Result<PathBuf> {
        let kept = (1..=KEPT_MAX)
            .map(|number| snapshot::replaced(&self.path, number))
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
            written: written(file),
            guild: read_one(file, id),
        }
    }
}

/// An operator who is root must not leave a file that the bot can't read.
#[cfg(unix)]
fn same_owner(as_of: &Path, file: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let (wanted, is) = (fs::metadata(as_of)?, fs::metadata(file)?);
    if (wanted.uid(), wanted.gid()) == (is.uid(), is.gid()) {
        return Ok(());
    }
    chown(file, Some(wanted.uid()), Some(wanted.gid()))
}

#[cfg(not(unix))]
fn same_owner(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

fn written(file: &Path) -> Option<Timestamp> {
    let written = fs::metadata(file).and_then(|data| data.modified()).ok()?;
    Timestamp::try_from(written).ok()
}
