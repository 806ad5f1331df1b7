//! Opening a state folder: the lock, all snapshots, and what to say if one can't be read.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::disk::{Disk, create_private_dir};
use super::snapshot::{self, GUILDS_DIR, PREVIOUS_EXTENSION, SnapshotError};
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;

/// How many threads read snapshots side by side.
const READER_THREADS: usize = 4;

/// Why a state folder can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder can't be made or read.
    #[error(
        "the state folder {dir} can't be used: {error}. Name another one with --state or [state] dir, or mend its permissions"
    )]
    Folder {
        /// The folder.
        dir: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Another process has it.
    #[error(
        "the state folder {dir} is in use by process {owner}. Two bots on one state would post twice: stop that one, or name another folder with --state"
    )]
    Locked {
        /// The folder.
        dir: PathBuf,
        /// The process, as far as it is known.
        owner: String,
    },
    /// Snapshots can't be read.
    #[error("{}", SnapshotList(.0))]
    Unreadable(Vec<InvalidSnapshot>),
}

/// A snapshot that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSnapshot {
    /// The file.
    pub file: PathBuf,
    /// Line and column from 1, where there is a place.
    pub position: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
    /// The last good generation with the time it was written, if it can be read.
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

    /// What to do about it.
    pub fn fix(&self) -> String {
        let Some(guild) = self.guild() else {
            return "Move it out of the folder: only snapshots belong there.".into();
        };
        let Some((previous, written)) = &self.previous else {
            return "There is no earlier generation. Mend the file, or restore it from a backup."
                .into();
        };
        let written = written.map_or(String::new(), |time| format!(", written {time:.0}"));
        let dir = self.file.parent().and_then(Path::parent);
        format!(
            "The last good generation is {previous}{written}. Mend the file, or go back to that one: quizloop state restore {guild} --state '{dir}'",
            previous = previous.display(),
            dir = dir.unwrap_or(Path::new("")).display(),
        )
    }

    /// The server that the file's name tells.
    fn guild(&self) -> Option<GuildId> {
        self.file.file_stem()?.to_str()?.parse().ok()
    }

    /// File, line and what is wrong, with what to do, in one line.
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
        for bad in self.0 {
            writeln!(f, "{bad}")?;
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
    let (guilds, bad) = read_all(&files.guilds);
    if !bad.is_empty() {
        return Err(OpenError::Unreadable(bad));
    }
    // What a crash left half written is of no use; the lock says that nobody else writes it now.
    for leftover in files.leftovers {
        disk.remove(&leftover).map_err(folder)?;
    }
    lock.keep_file();
    Ok(OpenedFolder { guilds, lock })
}

/// The lock on a folder; the operating system takes it away when the file is closed.
#[derive(Debug)]
pub(super) struct FolderLock {
    file: File,
    /// A lock file that we made is taken away again if opening fails: nothing on disk is changed then.
    created: Option<PathBuf>,
}

impl FolderLock {
    pub(super) fn acquire(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join("lock");
        let folder = |error| OpenError::Folder {
            dir: dir.to_owned(),
            error,
        };
        let created = (!path.exists()).then(|| path.clone());
        let mut options = OpenOptions::new();
        super::disk::set_private_mode(&mut options);
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(folder)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file, created }),
            Err(TryLockError::Error(error)) => Err(folder(error)),
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                // Who it is only makes the message better.
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

    /// Writes down who has the folder.
    fn keep_file(&mut self) {
        self.created = None;
        self.write_pid();
    }

    /// Writes down who has the folder for a moment; a lock file that was made for it goes again.
    pub(super) fn write_pid(&mut self) {
        // The lock holds without it, and a full disk must not keep the bot from starting: it goes on in memory.
        let signed = self
            .file
            .set_len(0)
            .and_then(|()| writeln!(self.file, "{}", std::process::id()));
        if let Err(error) = signed {
            tracing::warn!(%error, "the lock file could not be written; is the disk full?");
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        if let Some(created) = self.created.take() {
            // An empty lock file left behind would do no harm.
            let _ = fs::remove_file(created);
        }
    }
}

/// The files of a state folder.
pub(super) struct FolderListing {
    /// Snapshots with the server that their name tells; also those that are missing beside their last
    /// good generation.
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
        if let Some(stem) = name.strip_suffix(&format!(".{PREVIOUS_EXTENSION}")) {
            previous.push((path.with_file_name(format!("{stem}.json")), stem.to_owned()));
        } else if let Some(stem) = name.strip_suffix(".json") {
            let id = stem.parse().map_err(|_| SnapshotError {
                position: None,
                message: "the name is not that of a snapshot, which is a server's id and .json"
                    .into(),
            });
            files.guilds.push((path, id));
        } else if path.extension().is_some_and(|ending| ending == "new") {
            files.leftovers.push(path);
        }
    }
    // A last good generation without its snapshot: somebody deleted the snapshot.
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

fn read_all(
    files: &[(PathBuf, Result<GuildId, SnapshotError>)],
) -> (Vec<Guild>, Vec<InvalidSnapshot>) {
    let share = files.len().div_ceil(READER_THREADS).max(1);
    let results: Vec<_> = std::thread::scope(|scope| {
        let readers: Vec<_> = files
            .chunks(share)
            .map(|files| scope.spawn(|| files.iter().map(read_listed).collect::<Vec<_>>()))
            .collect();
        // A reader that panicked takes the start with it: its guilds must not be missing in silence.
        readers
            .into_iter()
            .flat_map(|reader| reader.join().expect("reading never panics"))
            .collect()
    });
    let (mut guilds, mut bad) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(guild) => guilds.push(guild),
            Err(error) => bad.push(error),
        }
    }
    (guilds, bad)
}

fn read_listed(
    (path, id): &(PathBuf, Result<GuildId, SnapshotError>),
) -> Result<Guild, InvalidSnapshot> {
    id.clone()
        .and_then(|id| read_snapshot(path, id))
        .map_err(|error| InvalidSnapshot::new(path, id.as_ref().ok().copied(), error))
}

/// Reads one snapshot.
pub(super) fn read_snapshot(path: &Path, id: GuildId) -> Result<Guild, SnapshotError> {
    let bytes = fs::read(path).map_err(|error| SnapshotError::unreadable(&error))?;
    snapshot::decode(&bytes, id)
}

fn last_good(current: &Path, id: Option<GuildId>) -> Option<(PathBuf, Option<Timestamp>)> {
    let path = snapshot::previous_path(current);
    let stem = current.file_stem()?.to_string_lossy().into_owned();
    let id = id.or_else(|| stem.parse().ok())?;
    read_snapshot(&path, id).ok()?;
    let written = fs::metadata(&path).and_then(|data| data.modified()).ok();
    Some((
        path,
        written.and_then(|time| Timestamp::try_from(time).ok()),
    ))
}
