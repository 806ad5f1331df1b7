//! The application that owns a state.
//!
//! A bot deletes the data of servers that it is no longer in. With another application's token that
//! would be all of them. The id of the application is therefore stored with the state, and every
//! other application is refused before anything else happens.

use std::io;
use std::path::{Path, PathBuf};

use super::disk::{Disk, RealDisk, copy_owner_if_permitted};
use super::{metadata, open};

/// The file in the state folder that holds the application's id.
const FILE: &str = "application";

/// The metadata key in which older versions stored the application's id, a colon, and a hash of its
/// commands.
const COMMANDS_KEY: &str = "commands";

/// Why an application could not claim a state.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The state belongs to another application.
    #[error(
        "this state belongs to application {owner}, but the token is that of application {application}. Use the token of application {owner}, or name another state with --state or QUIZLOOP_STATE_URL. To hand this state over to application {application} permanently: quizloop state adopt {application}"
    )]
    OtherApplication {
        /// The application that owns the state.
        owner: u64,
        /// The application that the token belongs to.
        application: u64,
    },
    /// The owner can't be read or stored.
    #[error("the application that this state belongs to can't be read or stored: {0}")]
    Io(#[from] io::Error),
}

/// Binds a state folder to an application unless it is bound already. Returns the owner.
pub(super) fn bind(dir: &Path, disk: &dyn Disk, application: u64) -> io::Result<u64> {
    if let Some(owner) = stored(dir)? {
        return Ok(owner);
    }
    let owner = owner_in_commands(dir).unwrap_or(application);
    store(dir, disk, owner)?;
    Ok(owner)
}

/// Returns the application that owns a state folder, if any.
pub(super) fn owner(dir: &Path) -> io::Result<Option<u64>> {
    Ok(stored(dir)?.or_else(|| owner_in_commands(dir)))
}

/// Binds a state folder to an application, replacing the previous owner.
pub(super) fn store(dir: &Path, disk: &dyn Disk, application: u64) -> io::Result<()> {
    metadata::replace_durably(disk, dir, FILE, format!("{application}\n").as_bytes())
}

/// Returns the path of the file with the application's id.
pub(super) fn path(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

fn stored(dir: &Path) -> io::Result<Option<u64>> {
    let path = path(dir);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let invalid = || {
        let message = format!(
            "{} does not hold an application's id. Set it with: quizloop state adopt APPLICATION",
            path.display()
        );
        io::Error::new(io::ErrorKind::InvalidData, message)
    };
    text.trim().parse().map(Some).map_err(|_| invalid())
}

fn owner_in_commands(dir: &Path) -> Option<u64> {
    let value = metadata::get(dir, COMMANDS_KEY)?;
    value.split_once(':')?.0.parse().ok()
}

/// A locked state folder whose bot is stopped, to be given to another application.
pub struct Adoption<'a> {
    dir: &'a Path,
    /// The application that owns it; none if it has no owner or the owner can't be read.
    pub owner: Option<u64>,
    /// Number of servers in it.
    pub guilds: usize,
    _lock: open::FolderLock,
}

impl<'a> Adoption<'a> {
    /// Locks a state folder.
    ///
    /// # Errors
    ///
    /// The folder has no state, or a bot uses it.
    pub fn open(dir: &'a Path) -> Result<Self, open::OpenError> {
        let folder = |error| open::OpenError::Folder {
            dir: dir.to_owned(),
            error,
        };
        let guilds = open::list(dir).map_err(folder)?.guilds.len();
        let mut lock = open::FolderLock::acquire(dir)?;
        lock.write_pid();
        Ok(Self {
            dir,
            owner: owner(dir).unwrap_or_default(),
            guilds,
            _lock: lock,
        })
    }

    /// Binds the folder to another application.
    ///
    /// # Errors
    ///
    /// The owner can't be written.
    pub fn adopt(&self, application: u64) -> io::Result<()> {
        store(self.dir, &RealDisk, application)?;
        copy_owner_if_permitted(self.dir, &path(self.dir))
    }
}
