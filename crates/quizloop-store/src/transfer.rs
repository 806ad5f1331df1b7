//! Copying guilds from and to a state folder that no bot uses.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::{Disk as _, RealDisk, copy_owner_if_permitted, create_private_dir};
use super::open::{self, FolderLock, OpenError};
use super::snapshot::{self, GUILDS_DIR};
use super::{application, inspect};
use quizloop_core::guild::Guild;

/// All guilds of a state folder. The folder is only read; if it has a lock file, it stays locked for
/// as long as this lives.
#[derive(Debug)]
pub struct SourceFolder {
    /// The guilds, ordered by file name.
    pub guilds: Vec<Guild>,
    /// The application that owns the folder, if any.
    pub application: Option<u64>,
    _lock: Option<FolderLock>,
}

impl SourceFolder {
    /// Reads a folder.
    ///
    /// # Errors
    ///
    /// A bot uses the folder, or the folder or a snapshot can't be read.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        let folder = |error| OpenError::Folder {
            dir: dir.to_owned(),
            error,
        };
        let lock = FolderLock::acquire_existing(dir)?;
        Ok(Self {
            guilds: open::read(dir)?,
            application: application::owner(dir).map_err(folder)?,
            _lock: lock,
        })
    }
}

/// Why a copy can't be written.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The target has files already.
    #[error(
        "{} is not empty; nothing was changed. Name a folder that is empty or does not exist yet",
        .0.display()
    )]
    NotEmpty(PathBuf),
    /// The target can't be read or created.
    #[error("the folder {} can't be used: {error}", .dir.display())]
    Folder { dir: PathBuf, error: io::Error },
    /// A file can't be written.
    #[error("the copy in {} can't be written: {error}. Empty the folder and try again", .dir.display())]
    Write { dir: PathBuf, error: io::Error },
    /// A snapshot was read back and differs from what was written.
    #[error(
        "the copy {} differs from the original: check the disk, empty the folder and try again",
        .0.display()
    )]
    Differs(PathBuf),
}

/// A new state folder. Its files get the owner of the folder that it is in, so that a copy by root
/// into the folder of the bot's account can be read by the bot.
#[derive(Debug)]
pub struct TargetFolder {
    dir: PathBuf,
}

impl TargetFolder {
    /// Creates the folder if it is missing. An existing folder must be empty, and keeps its owner
    /// and permissions.
    ///
    /// # Errors
    ///
    /// The folder is not empty, or can't be created or read.
    pub fn create(dir: &Path) -> Result<Self, CopyError> {
        let target = Self {
            dir: dir.to_owned(),
        };
        if Self::check_empty(dir)? {
            let create = || {
                create_private_dir(dir)?;
                copy_owner_if_permitted(parent(dir), dir)
            };
            create().map_err(|error| target.folder_error(error))?;
        }
        let guilds = dir.join(GUILDS_DIR);
        let create = || {
            create_private_dir(&guilds)?;
            copy_owner_if_permitted(dir, &guilds)
        };
        create().map_err(|error| target.folder_error(error))?;
        Ok(target)
    }

    /// Fails if the folder has contents. Returns whether it must be created.
    ///
    /// # Errors
    ///
    /// The folder is not empty or can't be read.
    pub fn check_empty(dir: &Path) -> Result<bool, CopyError> {
        match fs::read_dir(dir).map(|mut entries| entries.next()) {
            Ok(None) => Ok(false),
            Ok(Some(_)) => Err(CopyError::NotEmpty(dir.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(CopyError::Folder {
                dir: dir.to_owned(),
                error,
            }),
        }
    }

    /// Writes a guild, reads it back, and compares it.
    ///
    /// # Errors
    ///
    /// The snapshot can't be written or read, or differs.
    pub fn add(&self, guild: &Guild) -> Result<(), CopyError> {
        let path = snapshot::path(&self.dir, guild.id());
        let write_file = |path: &Path, bytes: Result<Vec<u8>, serde_json::Error>| {
            RealDisk.write(path, &bytes.map_err(io::Error::other)?)?;
            copy_owner_if_permitted(&self.dir, path)
        };
        let write = || {
            write_file(&path, snapshot::encode(guild))?;
            let Some(own) = guild.server_questions() else {
                return Ok(());
            };
            write_file(
                &snapshot::questions_path(&path),
                snapshot::encode_questions(own),
            )
        };
        write().map_err(|error| self.write_error(error))?;
        match inspect::guild(&self.dir, guild.id()) {
            Ok(copy) if copy == *guild => Ok(()),
            _ => Err(CopyError::Differs(path)),
        }
    }

    /// Binds the folder to an application, and makes everything durable.
    ///
    /// # Errors
    ///
    /// A file can't be written.
    pub fn finish(self, application: Option<u64>) -> Result<(), CopyError> {
        let finish = || {
            if let Some(application) = application {
                application::store(&self.dir, &RealDisk, application)?;
                copy_owner_if_permitted(&self.dir, &application::path(&self.dir))?;
            }
            RealDisk.sync_dir(&self.dir.join(GUILDS_DIR))?;
            RealDisk.sync_dir(&self.dir)?;
            RealDisk.sync_dir(parent(&self.dir))
        };
        finish().map_err(|error| self.write_error(error))
    }

    fn folder_error(&self, error: io::Error) -> CopyError {
        let dir = self.dir.clone();
        CopyError::Folder { dir, error }
    }

    fn write_error(&self, error: io::Error) -> CopyError {
        let dir = self.dir.clone();
        CopyError::Write { dir, error }
    }
}

/// Returns the folder that contains another one.
fn parent(dir: &Path) -> &Path {
    match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
