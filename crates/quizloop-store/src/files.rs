//! The file backend: one snapshot per guild, with its last good generation beside it, and the same
//! for a server's own questions.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, ready};
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::backend::{Backend, GuildToSave, ShardRefresh};
use super::deleted::{self, ChangeCopy};
use super::disk::Disk;
use super::ownership::IdentifyLimiter;
use super::postgres::DatabaseError;
use super::snapshot::{self, GUILDS_DIR};
use super::{application, metadata, open};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_core::shard::ShardRange;
use quizloop_failpoint as failpoint;

/// A state folder.
pub(super) struct FileBackend {
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    shards: Mutex<ShardRange>,
    identify_limiter: IdentifyLimiter,
    /// Held until the process ends, so that a second process on this folder refuses to start.
    _lock: open::FolderLock,
}

impl FileBackend {
    pub(super) fn new(dir: &Path, disk: Arc<dyn Disk>, lock: open::FolderLock) -> Self {
        Self {
            dir: dir.to_owned(),
            disk,
            shards: Mutex::new(ShardRange::all(1)),
            identify_limiter: IdentifyLimiter::default(),
            _lock: lock,
        }
    }

    /// Saves the snapshot first, and durably if it is new: questions without a snapshot would look like
    /// one that somebody deleted. The commit completes only after both.
    fn save_one(&self, save: &GuildToSave) -> io::Result<()> {
        let GuildToSave {
            guild,
            questions_changed,
        } = save;
        let bytes = snapshot::encode(guild).map_err(io::Error::other)?;
        let current = snapshot::path(&self.dir, guild.id());
        let is_new = !self.disk.exists(&current);
        self.replace_snapshot(&current, &bytes)?;
        if !questions_changed {
            return Ok(());
        }
        if is_new {
            self.sync()?;
        }
        failpoint::hit("questions.begin");
        let file = snapshot::questions_path(&current);
        match guild.server_questions() {
            Some(own) => {
                let bytes = snapshot::encode_questions(own).map_err(io::Error::other)?;
                self.replace_snapshot(&file, &bytes)
            }
            None => self.remove_questions(&file),
        }
    }

    /// Deletes the file of a server's own questions, after its last good generation: a crash in
    /// between must not look as if somebody deleted the file.
    fn remove_questions(&self, file: &Path) -> io::Result<()> {
        self.disk.remove(&snapshot::previous_path(file))?;
        self.disk.sync_dir(&self.dir.join(GUILDS_DIR))?;
        self.disk.remove(file)?;
        self.disk.remove(&snapshot::temporary_path(file))
    }

    /// Replaces the current file, a snapshot or questions, which becomes the last good generation. A crash at any step
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

    fn save(&self, guilds: &[GuildToSave], _: Option<Timestamp>) -> Vec<io::Result<()>> {
        guilds.iter().map(|guild| self.save_one(guild)).collect()
    }

    /// Fsyncs the folder once for all files of the batch.
    fn sync(&self) -> io::Result<()> {
        self.disk.sync_dir(&self.dir.join(GUILDS_DIR))
    }

    /// Keeps the copy first. Then deletes the last good generation, durably, and the questions. A
    /// crash then never leaves them without their snapshot, which would look like a snapshot that
    /// somebody deleted.
    fn delete(&self, guild: GuildId, at: Timestamp) -> io::Result<()> {
        let current = snapshot::path(&self.dir, guild);
        let folder = self.dir.join(GUILDS_DIR);
        failpoint::hit("forget.begin");
        if self.disk.exists(&current) {
            deleted::keep_file(self.disk.as_ref(), &self.dir, &current, guild, at)?;
        }
        failpoint::hit("forget.kept");
        self.disk.remove(&snapshot::previous_path(&current))?;
        self.disk.sync_dir(&folder)?;
        failpoint::hit("forget.half");
        let questions = snapshot::questions_path(&current);
        if self.disk.exists(&questions) {
            self.remove_questions(&questions)?;
            self.disk.sync_dir(&folder)?;
            failpoint::hit("questions.deleted");
        }
        self.disk.remove(&current)?;
        self.disk.remove(&snapshot::temporary_path(&current))?;
        self.disk.sync_dir(&folder)?;
        failpoint::hit("forget.done");
        Ok(())
    }

    fn keep_copy(&self, copy: &Guild, at: Timestamp) -> io::Result<()> {
        deleted::keep(self.disk.as_ref(), &self.dir, copy, at)
    }

    fn change_copies(&self, guild: GuildId, change: &ChangeCopy) -> io::Result<()> {
        deleted::change(self.disk.as_ref(), &self.dir, guild, change)
    }

    fn expire_copies(&self, limit: Timestamp, change: &ChangeCopy) -> io::Result<()> {
        deleted::expire(self.disk.as_ref(), &self.dir, limit, change)
    }

    fn has_copies(&self) -> BoxFuture<'_, io::Result<bool>> {
        let copies = deleted::list(&self.dir).map(|copies| !copies.is_empty());
        Box::pin(ready(copies))
    }

    /// Reads the snapshot on a thread of its own, because decoding a large one takes long.
    fn load(&self, guild: GuildId) -> BoxFuture<'_, io::Result<Option<Guild>>> {
        let path = snapshot::path(&self.dir, guild);
        Box::pin(async move {
            let (done, wait) = oneshot::channel();
            let read = move || drop(done.send(read_again(&path, guild)));
            std::thread::Builder::new()
                .name("load".into())
                .spawn(read)?;
            // The panic hook has reported a panic of the thread already.
            wait.await.map_err(io::Error::other)?.map(Some)
        })
    }

    fn metadata(&self, name: &str) -> Option<String> {
        metadata::get(&self.dir, name)
    }

    fn set_metadata(&self, name: &str, text: &str) -> io::Result<()> {
        metadata::set(&self.dir, self.disk.as_ref(), name, text)
    }

    fn bind_application(&self, application: u64) -> BoxFuture<'_, io::Result<u64>> {
        let bound = application::bind(&self.dir, self.disk.as_ref(), application);
        Box::pin(ready(bound))
    }

    fn application(&self) -> BoxFuture<'_, io::Result<Option<u64>>> {
        Box::pin(ready(application::owner(&self.dir)))
    }

    fn join(
        &self,
        wanted: ShardRange,
        _: bool,
    ) -> BoxFuture<'_, Result<ShardRange, DatabaseError>> {
        *self.shards.lock().unwrap_or_else(PoisonError::into_inner) = wanted;
        Box::pin(ready(Ok(wanted)))
    }

    /// All shards that this process may own, because no other process uses the folder.
    fn refresh_shards(&self) -> BoxFuture<'_, Result<ShardRefresh, DatabaseError>> {
        let shards = *self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        let acquired = shards.ids().collect();
        Box::pin(ready(Ok(ShardRefresh {
            acquired,
            ..ShardRefresh::default()
        })))
    }

    /// Does nothing: a refresh never asks for a release.
    fn release_shard(&self, _: u32) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }

    fn acquire_identify_slot(
        &self,
        slot: u32,
    ) -> BoxFuture<'_, Result<Option<Duration>, DatabaseError>> {
        let pause = self.identify_limiter.try_acquire(slot, Instant::now());
        Box::pin(ready(Ok(pause)))
    }
}

/// Reads the snapshot of an evicted guild. If somebody has deleted it, that is an error and not the
/// end of the guild, because the bot would start it again with empty data.
fn read_again(path: &Path, guild: GuildId) -> io::Result<Guild> {
    let invalid = |reason: String| {
        let message = format!("{}: {reason}", path.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    };
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => invalid("the file is missing".into()),
        _ => error,
    })?;
    let mut read = snapshot::decode(&bytes, guild).map_err(|error| invalid(error.to_string()))?;
    let file = snapshot::questions_path(path);
    let questions = open::read_questions(&file, guild);
    let set = |questions| {
        read.set_server_questions(questions)
            .map_err(snapshot::invalid)
    };
    questions.and_then(set).map_err(|error| {
        let message = format!("{}: {error}", file.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    })?;
    Ok(read)
}
