//! The file backend: one snapshot per guild, with its last good generation beside it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::backend::Backend;
use super::disk::Disk;
use super::snapshot::{self, GUILDS_DIR};
use super::{application, metadata, open};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_failpoint as failpoint;

/// A state folder.
pub(super) struct FileBackend {
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    /// Held until the process ends, so that a second process on this folder refuses to start.
    _lock: open::FolderLock,
}

impl FileBackend {
    pub(super) fn new(dir: &Path, disk: Arc<dyn Disk>, lock: open::FolderLock) -> Self {
        Self {
            dir: dir.to_owned(),
            disk,
            _lock: lock,
        }
    }

    /// Binds the folder to an application unless it is bound already. Returns the owner.
    pub(super) fn bind_application(&self, application: u64) -> io::Result<u64> {
        application::bind(&self.dir, self.disk.as_ref(), application)
    }

    /// Returns the application that owns the folder, if any.
    pub(super) fn application(&self) -> io::Result<Option<u64>> {
        application::owner(&self.dir)
    }

    fn save_one(&self, guild: &Guild) -> io::Result<()> {
        let bytes = snapshot::encode(guild).map_err(io::Error::other)?;
        self.replace_snapshot(&snapshot::path(&self.dir, guild.id()), &bytes)
    }

    /// Replaces the current snapshot, which becomes the last good generation. A crash at any step
    /// leaves a complete file under the current name:
    ///
    /// 1. Write and fsync `G.new`.
    /// 2. Link the current `G.json` and rename the link to `G.prev.json`.
    /// 3. Rename `G.new` to `G.json`. The folder is fsynced once per batch, see [`Backend::sync`].
    fn replace_snapshot(&self, current: &Path, bytes: &[u8]) -> io::Result<()> {
        let new = snapshot::temporary_path(current);
        self.disk.write(&new, bytes)?;
        failpoint::hit("store.written");
        if self.disk.exists(current) {
            let previous = snapshot::previous_path(current);
            let old = snapshot::temporary_path(&previous);
            self.disk.remove(&old)?;
            if self.disk.link(current, &old).is_err() {
                // Some file systems have no hard links: copy instead.
                self.disk.write(&old, &std::fs::read(current)?)?;
            }
            self.disk.rename(&old, &previous)?;
            failpoint::hit("store.kept");
        }
        self.disk.rename(&new, current)?;
        failpoint::hit("store.renamed");
        Ok(())
    }
}

impl Backend for FileBackend {
    fn batch_size(&self) -> usize {
        1
    }

    fn save(&self, guilds: &[Guild], _: Option<Timestamp>) -> Vec<io::Result<()>> {
        guilds.iter().map(|guild| self.save_one(guild)).collect()
    }

    /// Fsyncs the folder once for all files of the batch.
    fn sync(&self) -> io::Result<()> {
        self.disk.sync_dir(&self.dir.join(GUILDS_DIR))
    }

    /// Deletes the last good generation first and durably. A crash then never leaves it without its
    /// snapshot, which would look like a snapshot that somebody deleted.
    fn delete(&self, guild: GuildId) -> io::Result<()> {
        let current = snapshot::path(&self.dir, guild);
        let folder = self.dir.join(GUILDS_DIR);
        failpoint::hit("forget.begin");
        self.disk.remove(&snapshot::previous_path(&current))?;
        // The backups of `state restore` contain this guild's data as well.
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if snapshot::is_backup(&current, &path) {
                self.disk.remove(&path)?;
            }
        }
        self.disk.sync_dir(&folder)?;
        failpoint::hit("forget.half");
        self.disk.remove(&current)?;
        self.disk.remove(&snapshot::temporary_path(&current))?;
        self.disk.sync_dir(&folder)?;
        failpoint::hit("forget.done");
        Ok(())
    }

    fn metadata(&self, name: &str) -> Option<String> {
        metadata::get(&self.dir, name)
    }

    fn set_metadata(&self, name: &str, text: &str) -> io::Result<()> {
        metadata::set(&self.dir, self.disk.as_ref(), name, text)
    }
}
