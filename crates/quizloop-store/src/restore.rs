//! Restoring a server: its last good generation, or data that was deleted. The folder stays locked
//! meanwhile, what is replaced is kept with the deleted data, and a crash at any step leaves a
//! complete snapshot under the current name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::deleted::{self, CopyFile};
use super::disk::{Disk, RealDisk, copy_owner};
use super::open::{
    FolderLock, InvalidSnapshot, OpenError, read_file, read_guild, read_questions, read_snapshot,
};
use super::snapshot::{self, GUILDS_DIR, SnapshotError};
use quizloop_core::guild::{Guild, GuildCheckError};
use quizloop_core::id::GuildId;

/// What to restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreSource {
    /// The last good generation of the server's snapshot. Its own questions stay as they are.
    LastGood,
    /// The last good generation of the server's own questions. The rest stays as it is.
    LastGoodQuestions,
    /// Data that was deleted at that time, or else the newest deleted data of the server.
    Deleted(Option<Timestamp>),
}

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
    #[error(
        "there is no data of server {guild} in {dir}. Data that was deleted is listed by: quizloop state list --deleted"
    )]
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
    /// The server's own questions have no last good generation.
    #[error("there is no earlier generation of the questions of server {0}")]
    NoQuestionsToRestore(GuildId),
    /// There is no such deleted data of the server.
    #[error("{}", not_deleted(*.0))]
    NotDeleted(GuildId),
    /// A folder or a special file has the name of the snapshot.
    #[error("{} is not a file. Move it out of the folder, then restore again", .0.display())]
    NotAFile(PathBuf),
    /// The last good generation can't be read either.
    #[error("{}", .0.one_line("Fix it, or restore the snapshot from a backup"))]
    Unreadable(InvalidSnapshot),
    /// The deleted data contradicts what was stored since.
    #[error("the deleted data does not fit to what was stored since: {0}")]
    Inconsistent(#[from] GuildCheckError),
}

/// Explains that a server has no such deleted data.
pub(super) fn not_deleted(guild: GuildId) -> String {
    format!(
        "there is no such deleted data of server {guild}. Data that was deleted is listed by: quizloop state list --deleted"
    )
}

/// What is stored of a server.
#[derive(Debug)]
pub struct Generation {
    /// When it was written, if that is known.
    pub written_at: Option<Timestamp>,
    /// Its contents, or why it can't be read.
    pub guild: Result<Guild, SnapshotError>,
}

/// A prepared restore. The folder is locked for as long as this lives.
#[derive(Debug)]
pub struct Restore {
    /// What will be replaced; none if nothing is stored.
    pub current: Option<Generation>,
    /// When the last good generation was written, if the file system knows, or when the restored data
    /// was deleted.
    pub restored_at: Option<Timestamp>,
    /// What will be stored.
    pub guild: Guild,
    /// What is written, in this order.
    files: Vec<RestoredFile>,
    dir: PathBuf,
    /// The snapshot.
    path: PathBuf,
    /// The deleted data that is restored. It is removed after the restore.
    copy: Option<CopyFile>,
    _lock: FolderLock,
}

/// A file that a restore writes.
#[derive(Debug)]
struct RestoredFile {
    path: PathBuf,
    bytes: Vec<u8>,
    /// The file that is restored. The new one gets the same owner.
    source: PathBuf,
}

impl Restore {
    /// Locks the folder and reads what is stored and what will be restored. Changes no snapshot.
    ///
    /// # Errors
    ///
    /// A bot uses the folder, or there is nothing to restore.
    pub fn open(dir: &Path, id: GuildId, source: RestoreSource) -> Result<Self, RestoreError> {
        if !dir.join(GUILDS_DIR).is_dir() {
            let dir = dir.to_owned();
            return Err(RestoreError::UnknownServer { guild: id, dir });
        }
        let mut lock = FolderLock::acquire(dir).map_err(|error| match error {
            OpenError::Locked { dir, owner } => RestoreError::Locked { dir, owner },
            error => RestoreError::Folder(error),
        })?;
        let path = snapshot::path(dir, id);
        if path.exists() && !path.is_file() {
            return Err(RestoreError::NotAFile(path));
        }
        let current = path.exists().then(|| Generation::read(&path, id));
        let plan = match source {
            RestoreSource::LastGood => last_good(dir, &path, id)?,
            RestoreSource::LastGoodQuestions => last_good_questions(dir, &path, id)?,
            RestoreSource::Deleted(time) => {
                let stored = current.as_ref().and_then(|now| now.guild.as_ref().ok());
                deleted_data(find_copy(dir, id, time)?, &path, stored)?
            }
        };
        // A bot that starts now names this process in its error message.
        lock.write_pid();
        Ok(Self {
            current,
            restored_at: plan.restored_at,
            guild: plan.guild,
            files: plan.files,
            dir: dir.to_owned(),
            path,
            copy: plan.copy,
            _lock: lock,
        })
    }

    /// Restores durably. What it replaces is kept as data that was deleted `at`.
    ///
    /// # Errors
    ///
    /// A disk operation failed. The current snapshot is then the old or the restored one, and
    /// complete.
    pub fn run(self, at: Timestamp) -> io::Result<()> {
        self.run_on(&RealDisk, at)
    }

    pub(super) fn run_on(self, disk: &dyn Disk, at: Timestamp) -> io::Result<()> {
        let result = self.replace(disk, at);
        if result.is_err() {
            for file in &self.files {
                // The error that is returned matters more than a file that can't be removed either.
                let _ = disk.remove(&snapshot::temporary_path(&file.path));
            }
        }
        result
    }

    fn replace(&self, disk: &dyn Disk, at: Timestamp) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        for file in &self.files {
            let new = snapshot::temporary_path(&file.path);
            disk.write(&new, &file.bytes)?;
            copy_owner(&file.source, &new)?;
        }
        if self.current.is_some() {
            // Durable before the current snapshot is replaced.
            let at = deleted::whole_seconds(at);
            deleted::keep_file(disk, &self.dir, &self.path, self.guild.id(), at)?;
        }
        // Each durably before the next: questions without a snapshot can't be opened.
        for file in &self.files {
            disk.rename(&snapshot::temporary_path(&file.path), &file.path)?;
            disk.sync_dir(folder)?;
        }
        match &self.copy {
            Some(copy) => deleted::remove(disk, &self.dir, copy),
            None => Ok(()),
        }
    }
}

/// What a restore will do.
struct Plan {
    restored_at: Option<Timestamp>,
    guild: Guild,
    files: Vec<RestoredFile>,
    copy: Option<CopyFile>,
}

fn unreadable(file: &Path, id: GuildId) -> impl Fn(SnapshotError) -> RestoreError + '_ {
    move |error| RestoreError::Unreadable(InvalidSnapshot::new(file, Some(id), error))
}

/// Plans to restore the last good generation of a snapshot.
fn last_good(dir: &Path, current: &Path, id: GuildId) -> Result<Plan, RestoreError> {
    let source = snapshot::previous_path(current);
    if !source.exists() {
        return Err(if current.exists() {
            RestoreError::NothingToRestore(id)
        } else {
            let dir = dir.to_owned();
            RestoreError::UnknownServer { guild: id, dir }
        });
    }
    let bytes = read_file(&source).map_err(unreadable(&source, id))?;
    let mut guild = snapshot::decode(&bytes, id).map_err(unreadable(&source, id))?;
    // They stay as they are. If they can't be read, they are restored on their own.
    let questions = read_questions(&snapshot::questions_path(current), id);
    let _ = questions.map(|own| guild.set_server_questions(own));
    let restored_at = modified_at(&source);
    let path = current.to_owned();
    Ok(Plan {
        restored_at,
        guild,
        files: vec![RestoredFile {
            path,
            bytes,
            source,
        }],
        copy: None,
    })
}

/// Plans to restore the last good generation of a server's own questions.
fn last_good_questions(dir: &Path, current: &Path, id: GuildId) -> Result<Plan, RestoreError> {
    let path = snapshot::questions_path(current);
    let source = snapshot::previous_path(&path);
    if !current.exists() {
        let dir = dir.to_owned();
        return Err(RestoreError::UnknownServer { guild: id, dir });
    }
    if !source.exists() {
        return Err(RestoreError::NoQuestionsToRestore(id));
    }
    let mut guild = read_snapshot(current, id).map_err(unreadable(current, id))?;
    let bytes = read_file(&source).map_err(unreadable(&source, id))?;
    let own = snapshot::decode_questions(&bytes, id).map_err(unreadable(&source, id))?;
    let set = guild
        .set_server_questions(Some(own))
        .map_err(snapshot::invalid);
    set.map_err(unreadable(&source, id))?;
    Ok(Plan {
        restored_at: modified_at(&source),
        guild,
        files: vec![RestoredFile {
            path,
            bytes,
            source,
        }],
        copy: None,
    })
}

/// Plans to restore deleted data beside what was stored since.
fn deleted_data(
    copy: CopyFile,
    current: &Path,
    stored: Option<&Guild>,
) -> Result<Plan, RestoreError> {
    let guild = read_guild(&copy.path, copy.guild).map_err(RestoreError::Unreadable)?;
    let guild = merge(guild, stored)?;
    let failed = |error: serde_json::Error| unreadable(&copy.path, copy.guild)(error.into());
    let mut files = vec![RestoredFile {
        path: current.to_owned(),
        bytes: snapshot::encode(&guild).map_err(failed)?,
        source: copy.path.clone(),
    }];
    if let Some(own) = guild.server_questions() {
        files.push(RestoredFile {
            path: snapshot::questions_path(current),
            bytes: snapshot::encode_questions(own).map_err(failed)?,
            source: copy.path.clone(),
        });
    }
    Ok(Plan {
        restored_at: Some(copy.deleted_at),
        guild,
        files,
        copy: Some(copy),
    })
}

/// Returns the newest copy of a guild, or that of a time.
fn find_copy(
    dir: &Path,
    guild: GuildId,
    time: Option<Timestamp>,
) -> Result<CopyFile, RestoreError> {
    let copies = deleted::list(dir).map_err(|error| {
        let dir = dir.to_owned();
        RestoreError::Folder(OpenError::Folder { dir, error })
    })?;
    let mut copies = copies.into_iter();
    copies
        .rfind(|copy| copy.guild == guild && time.is_none_or(|time| copy.deleted_at == time))
        .ok_or(RestoreError::NotDeleted(guild))
}

/// Adds what was stored since to deleted data. Where both have the same team, the deleted one is
/// restored.
///
/// The bot has received messages since that it did not count, so their history is read again.
pub(super) fn merge(mut copy: Guild, stored: Option<&Guild>) -> Result<Guild, GuildCheckError> {
    copy.forget_positions();
    if let Some(stored) = stored {
        copy.fill_from(stored.clone());
        copy.check()?;
    }
    Ok(copy)
}

impl Generation {
    fn read(file: &Path, id: GuildId) -> Self {
        Self {
            written_at: modified_at(file),
            guild: read_guild(file, id).map_err(|invalid| SnapshotError {
                position: invalid.position,
                message: invalid.message,
            }),
        }
    }
}

fn modified_at(file: &Path) -> Option<Timestamp> {
    let written = fs::metadata(file).and_then(|data| data.modified()).ok()?;
    Timestamp::try_from(written).ok()
}
