//! Opening a state folder: the lock, all snapshots, and the errors if one can't be read.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::deleted;
use super::disk::{Disk, create_private_dir};
use super::snapshot::{self, GUILDS_DIR, PREVIOUS_EXTENSION, SnapshotError};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_core::server_questions::ServerQuestions;

/// The lock file in the state folder.
const LOCK: &str = "lock";

/// Number of threads that read snapshots in parallel.
const READER_THREADS: usize = 4;

/// Why a state folder can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder can't be created or read.
    #[error("the state folder {dir} can't be used: {}", folder_problem(error))]
    Folder {
        /// The folder.
        dir: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// Another process uses the folder.
    #[error(
        "the state folder {dir} is in use by process {owner}. Two bots on one state would post twice. Stop that process, or choose another folder with --state"
    )]
    Locked {
        /// The folder.
        dir: PathBuf,
        /// The id of the process, or `(unknown)`.
        owner: String,
    },
    /// Snapshots can't be read.
    #[error("{}", SnapshotList(.0))]
    Unreadable(Vec<InvalidSnapshot>),
}

/// Says why a folder can't be used, and what to do.
fn folder_problem(error: &io::Error) -> String {
    const CHOOSE: &str = "choose another folder with --state or [state] dir";
    match error.kind() {
        // It was to be created.
        io::ErrorKind::AlreadyExists => {
            format!("it is a file, not a folder. Remove it, or {CHOOSE}")
        }
        io::ErrorKind::PermissionDenied => format!("{error}. Fix its permissions, or {CHOOSE}"),
        io::ErrorKind::StorageFull => format!("{error}. Make room, or {CHOOSE}"),
        _ => format!("{error}. Check it, or {CHOOSE}"),
    }
}

/// A snapshot that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSnapshot {
    /// The file.
    pub file: PathBuf,
    /// Line and column from 1, if known.
    pub position: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
    /// The last good generation and when it was written, if it can be read.
    pub previous: Option<(PathBuf, Option<Timestamp>)>,
}

impl InvalidSnapshot {
    pub(super) fn new(file: &Path, id: Option<GuildId>, error: SnapshotError) -> Self {
        Self {
            file: file.to_owned(),
            position: error.position,
            message: error.message,
            previous: last_good(file, id),
        }
    }

    /// Returns advice on how to fix it.
    pub fn fix(&self) -> String {
        let Some(guild) = self.guild() else {
            return "Move it out of the folder: only snapshots belong there.".into();
        };
        let Some((previous, written)) = &self.previous else {
            return "There is no earlier generation. Fix the file, or restore it from a backup."
                .into();
        };
        let written = written.map_or(String::new(), |time| format!(", written {time:.0}"));
        let dir = self.file.parent().and_then(Path::parent);
        let what = if snapshot::is_questions_path(&self.file) {
            " --questions"
        } else {
            ""
        };
        format!(
            "The last good generation is {previous}{written}. Fix the file, or restore that generation: quizloop state restore {guild}{what} --state '{dir}'",
            previous = previous.display(),
            dir = dir.unwrap_or(Path::new("")).display(),
        )
    }

    /// The server id in the file's name.
    fn guild(&self) -> Option<GuildId> {
        let stem = self.file.file_stem()?.to_str()?;
        let stem = stem
            .strip_suffix(snapshot::QUESTIONS_SUFFIX)
            .unwrap_or(stem);
        stem.parse().ok()
    }

    /// Returns file, line, message and advice in one line.
    pub fn one_line(&self, fix: &str) -> String {
        format!("{}: {}. {fix}", self.location(), self.message)
    }

    fn location(&self) -> String {
        let file = self.file.display();
        match self.position {
            Some((line, column)) => format!("{file}:{line}:{column}"),
            None => file.to_string(),
        }
    }
}

impl fmt::Display for InvalidSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.location(), self.message)?;
        write!(f, "  {}", self.fix())
    }
}

struct SnapshotList<'a>(&'a [InvalidSnapshot]);

impl fmt::Display for SnapshotList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the state can't be read; nothing was changed.")?;
        for snapshot in self.0 {
            writeln!(f, "{snapshot}")?;
        }
        Ok(())
    }
}

pub(super) struct OpenedFolder {
    pub guilds: Vec<Guild>,
    pub lock: FolderLock,
}

pub(super) fn open(dir: &Path, disk: &dyn Disk) -> Result<OpenedFolder, OpenError> {
    let folder = |error| OpenError::Folder {
        dir: dir.to_owned(),
        error,
    };
    create_private_dir(dir).map_err(folder)?;
    create_private_dir(&dir.join(GUILDS_DIR)).map_err(folder)?;
    let mut lock = FolderLock::acquire(dir)?;
    let files = list(dir).map_err(folder)?;
    let guilds = read_all(&files.guilds)?;
    // Temporary files that a crash left behind. Holding the lock, no other process writes them now.
    for leftover in files.leftovers {
        disk.remove(&leftover).map_err(folder)?;
    }
    for leftover in deleted::leftovers(dir).map_err(folder)? {
        disk.remove(&leftover).map_err(folder)?;
    }
    // The bot must be able to start on a full disk.
    if let Err(error) = deleted::adopt_backups(disk, dir) {
        tracing::warn!(%error, "replaced snapshots could not be moved to the deleted data");
    }
    lock.keep_file();
    Ok(OpenedFolder { guilds, lock })
}

/// Reads all guilds of a folder. Changes nothing and takes no lock.
pub(super) fn read(dir: &Path) -> Result<Vec<Guild>, OpenError> {
    let files = list(dir).map_err(|error| OpenError::Folder {
        dir: dir.to_owned(),
        error,
    })?;
    read_all(&files.guilds)
}

/// The lock on a state folder. The operating system releases it when the file is closed.
#[derive(Debug)]
pub(super) struct FolderLock {
    file: File,
    /// The lock file, if this process created it. It is removed again if opening fails, so that a
    /// failure changes nothing on disk.
    created: Option<PathBuf>,
}

impl FolderLock {
    pub(super) fn acquire(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join(LOCK);
        let folder = |error| OpenError::Folder {
            dir: dir.to_owned(),
            error,
        };
        let mut options = OpenOptions::new();
        super::disk::set_private_mode(&mut options);
        options.read(true).write(true).create(true).truncate(false);
        loop {
            let created = (!path.exists()).then(|| path.clone());
            let file = options.open(&path).map_err(folder)?;
            let file = lock(dir, file)?;
            // A process that created the lock file and failed removes it. If that happened after
            // this process opened the file, another process can lock a new file.
            if is_at(&file, &path).map_err(folder)? {
                return Ok(Self { file, created });
            }
        }
    }

    /// Locks a folder that has a lock file, without changing anything in it. A folder that has none
    /// is not in use.
    pub(super) fn acquire_existing(dir: &Path) -> Result<Option<Self>, OpenError> {
        let folder = |error| OpenError::Folder {
            dir: dir.to_owned(),
            error,
        };
        let file = match File::open(dir.join(LOCK)) {
            Ok(file) => lock(dir, file)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(folder(error)),
        };
        Ok(Some(Self {
            file,
            created: None,
        }))
    }

    /// Writes the process id, and keeps the lock file after this process.
    fn keep_file(&mut self) {
        self.created = None;
        self.write_pid();
    }

    /// Writes the id of this process into the lock file, for the error message of other processes.
    pub(super) fn write_pid(&mut self) {
        let written = self
            .file
            .set_len(0)
            .and_then(|()| writeln!(self.file, "{}", std::process::id()));
        // The lock works without the id, and the bot must be able to start on a full disk.
        if let Err(error) = written {
            tracing::warn!(%error, "lock file could not be written");
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        if let Some(created) = self.created.take() {
            // A lock file that stays behind does no harm.
            let _ = fs::remove_file(created);
        }
    }
}

/// Locks an open lock file of a folder.
fn lock(dir: &Path, mut file: File) -> Result<File, OpenError> {
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(error)) => Err(OpenError::Folder {
            dir: dir.to_owned(),
            error,
        }),
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            // The owner only improves the error message.
            let _ = file.read_to_string(&mut owner);
            let owner = owner.trim();
            Err(OpenError::Locked {
                dir: dir.to_owned(),
                owner: if owner.is_empty() {
                    "(unknown)".into()
                } else {
                    owner.into()
                },
            })
        }
    }
}

/// Whether an open file is still the one at that path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let open = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (open.dev(), open.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Windows does not remove a file that a process has open.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

/// The files of a state folder.
pub(super) struct FolderListing {
    /// Snapshots with the server id in their name. Includes snapshots that are missing although
    /// their last good generation exists.
    pub guilds: Vec<(PathBuf, Result<GuildId, SnapshotError>)>,
    leftovers: Vec<PathBuf>,
}

pub(super) fn list(dir: &Path) -> io::Result<FolderListing> {
    let mut files = FolderListing {
        guilds: Vec::new(),
        leftovers: Vec::new(),
    };
    let mut previous = Vec::new();
    for entry in fs::read_dir(dir.join(GUILDS_DIR))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if snapshot::is_questions_path(&path) {
            // Read with their snapshot, which must exist as well.
            let stem = name.split('.').next().unwrap_or_default();
            previous.push((path.with_file_name(format!("{stem}.json")), stem.to_owned()));
        } else if let Some(stem) = name.strip_suffix(&format!(".{PREVIOUS_EXTENSION}")) {
            previous.push((path.with_file_name(format!("{stem}.json")), stem.to_owned()));
        } else if let Some(stem) = name.strip_suffix(".json") {
            let id = stem.parse().map_err(|_| SnapshotError {
                position: None,
                message: "the name is not that of a snapshot, which is a server's id and .json"
                    .into(),
            });
            files.guilds.push((path, id));
        } else if path.extension().is_some_and(|ending| ending == "new") && path.is_file() {
            files.leftovers.push(path);
        }
    }
    // A last good generation, or questions, without a snapshot mean that somebody deleted the
    // snapshot.
    for (current, stem) in previous {
        if files.guilds.iter().all(|(path, _)| *path != current) {
            let missing = SnapshotError {
                position: None,
                message: format!("the snapshot of server {stem} is missing"),
            };
            files.guilds.push((current, Err(missing)));
        }
    }
    files.guilds.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(files)
}

fn read_all(files: &[(PathBuf, Result<GuildId, SnapshotError>)]) -> Result<Vec<Guild>, OpenError> {
    let files_per_thread = files.len().div_ceil(READER_THREADS).max(1);
    let results: Vec<_> = std::thread::scope(|scope| {
        let readers: Vec<_> = files
            .chunks(files_per_thread)
            .map(|files| {
                scope.spawn(|| {
                    files
                        .iter()
                        .map(|(path, id)| read_listed(path, id))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        // A panic of a reader must fail the start: otherwise its guilds would be missing silently.
        readers
            .into_iter()
            .flat_map(|reader| reader.join().expect("reading never panics"))
            .collect()
    });
    let (mut guilds, mut invalid) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(guild) => guilds.push(guild),
            Err(error) => invalid.push(error),
        }
    }
    if invalid.is_empty() {
        Ok(guilds)
    } else {
        Err(OpenError::Unreadable(invalid))
    }
}

fn read_listed(path: &Path, id: &Result<GuildId, SnapshotError>) -> Result<Guild, InvalidSnapshot> {
    match id {
        Ok(id) => read_guild(path, *id),
        Err(error) => Err(InvalidSnapshot::new(path, None, error.clone())),
    }
}

/// Reads a guild: its snapshot, and its own questions beside it.
pub(super) fn read_guild(path: &Path, id: GuildId) -> Result<Guild, InvalidSnapshot> {
    let invalid = |file: &Path, error| InvalidSnapshot::new(file, Some(id), error);
    let mut guild = read_snapshot(path, id).map_err(|error| invalid(path, error))?;
    let file = snapshot::questions_path(path);
    let questions = read_questions(&file, id);
    let set = |questions| {
        guild
            .set_server_questions(questions)
            .map_err(snapshot::invalid)
    };
    questions
        .and_then(set)
        .map_err(|error| invalid(&file, error))?;
    Ok(guild)
}

/// Reads a server's own questions, if it has any.
pub(super) fn read_questions(
    path: &Path,
    id: GuildId,
) -> Result<Option<ServerQuestions>, SnapshotError> {
    if path.exists() {
        return snapshot::decode_questions(&read_file(path)?, id).map(Some);
    }
    if snapshot::previous_path(path).exists() {
        return Err(snapshot::invalid("the file is missing"));
    }
    Ok(None)
}

/// Reads the snapshot of a guild without its own questions.
pub(super) fn read_snapshot(path: &Path, id: GuildId) -> Result<Guild, SnapshotError> {
    snapshot::decode(&read_file(path)?, id)
}

/// Reads a regular file. Reading a pipe could block for an unlimited time.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, SnapshotError> {
    let unreadable = |error| SnapshotError::unreadable(&error);
    let kind = fs::metadata(path).map_err(unreadable)?.file_type();
    if !kind.is_file() {
        let what = if kind.is_dir() {
            "a folder"
        } else {
            "a special file"
        };
        return Err(snapshot::invalid(format!("it is {what}, not a snapshot")));
    }
    fs::read(path).map_err(unreadable)
}

fn last_good(current: &Path, id: Option<GuildId>) -> Option<(PathBuf, Option<Timestamp>)> {
    let path = snapshot::previous_path(current);
    let stem = current.file_stem()?.to_string_lossy().into_owned();
    let id = id.or_else(|| stem.parse().ok())?;
    if snapshot::is_questions_path(current) {
        read_questions(&path, id).ok()??;
    } else {
        read_snapshot(&path, id).ok()?;
    }
    let written = fs::metadata(&path).and_then(|data| data.modified()).ok();
    Some((
        path,
        written.and_then(|time| Timestamp::try_from(time).ok()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Process A creates the lock file, B opens it, A fails and removes it, C creates another one.
    #[cfg(unix)]
    #[test]
    fn a_lock_file_that_was_replaced_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(LOCK);
        let a = FolderLock::acquire(dir.path()).unwrap();
        let b = File::open(&path).unwrap();
        assert!(is_at(&b, &path).unwrap());
        drop(a);
        assert!(!path.exists());
        assert!(!is_at(&b, &path).unwrap());
        let _c = FolderLock::acquire(dir.path()).unwrap();
        // B can lock its file, but sees that it is not the folder's.
        let b = lock(dir.path(), b).unwrap();
        assert!(!is_at(&b, &path).unwrap());
    }
}
