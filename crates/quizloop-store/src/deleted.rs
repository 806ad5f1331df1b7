//! Copies of deleted data in a state folder: `deleted/GUILD-TIME.json` is a snapshot of what was
//! deleted at that time (UTC), with the server's own questions beside it. They can be restored until [`RESTORABLE_FOR`] has passed. The folder
//! is created with the first copy.
//!
//! A copy is durable before the data itself is deleted. A crash in between leaves both.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::disk::{Disk, copy_owner_if_permitted, create_private_dir};
use super::open::read_guild;
use super::snapshot::{self, GUILDS_DIR, SnapshotError};
use quizloop_core::data_deletion::RESTORABLE_DAYS;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

/// How long deleted data can be restored.
pub const RESTORABLE_FOR: SignedDuration = SignedDuration::from_hours(24 * RESTORABLE_DAYS);

/// The folder with the copies, in the state folder.
const DELETED_DIR: &str = "deleted";

/// The time in a copy's name. It has no colons, which Windows does not allow.
const TIME_FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// A change of deleted data, such as the deletion of a member.
pub(super) type ChangeCopy = dyn Fn(&mut Guild) + Send;

/// Data that was deleted and can be restored.
#[derive(Debug)]
pub struct DeletedGuild {
    /// The server.
    pub guild: GuildId,
    /// When it was deleted, in whole seconds.
    pub deleted_at: Timestamp,
    /// What was deleted, or why it can't be read.
    pub data: Result<Guild, SnapshotError>,
}

impl DeletedGuild {
    /// Returns the end of the time in which it can be restored.
    pub fn restorable_until(&self) -> Timestamp {
        restorable_until(self.deleted_at)
    }
}

/// Returns the end of the time in which data that was deleted then can be restored.
pub fn restorable_until(deleted_at: Timestamp) -> Timestamp {
    deleted_at
        .saturating_add(RESTORABLE_FOR)
        .unwrap_or(Timestamp::MAX)
}

/// Rounds down to the seconds in which copies are dated.
pub(super) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// A copy in the folder.
#[derive(Debug, Clone)]
pub(super) struct CopyFile {
    pub path: PathBuf,
    pub guild: GuildId,
    pub deleted_at: Timestamp,
}

impl CopyFile {
    pub(super) fn read(&self) -> Result<Guild, SnapshotError> {
        read_guild(&self.path, self.guild).map_err(|invalid| {
            let message = if invalid.file == self.path {
                invalid.message
            } else {
                format!("the server's own questions: {}", invalid.message)
            };
            SnapshotError {
                position: invalid.position,
                message,
            }
        })
    }

    /// Removes the questions first, because without their copy nothing would find them.
    fn remove(&self, disk: &dyn Disk) -> io::Result<()> {
        let questions = snapshot::questions_path(&self.path);
        if disk.exists(&questions) {
            disk.remove(&questions)?;
        }
        disk.remove(&self.path)
    }
}

/// Returns all copies of a state folder, ordered by server and time.
pub(super) fn list(dir: &Path) -> io::Result<Vec<CopyFile>> {
    let copies = files(dir)?.into_iter().filter_map(|path| {
        let stem = path.file_name()?.to_str()?.strip_suffix(".json")?;
        let (guild, time) = stem.split_once('-')?;
        let time = DateTime::strptime(TIME_FORMAT, time).ok()?;
        Some(CopyFile {
            guild: guild.parse().ok()?,
            deleted_at: time.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp(),
            path,
        })
    });
    let mut copies: Vec<_> = copies.collect();
    copies.sort_by_key(|copy| (copy.guild, copy.deleted_at));
    Ok(copies)
}

/// Returns the files that a crash left behind: temporary ones, and questions without their copy.
pub(super) fn leftovers(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = files(dir)?;
    let copies: Vec<_> = list(dir)?.into_iter().map(|copy| copy.path).collect();
    let has_copy = |path: &Path| {
        copies
            .iter()
            .any(|copy| snapshot::questions_path(copy) == path)
    };
    files.retain(|path| {
        path.extension().is_some_and(|ending| ending == "new")
            || (snapshot::is_questions_path(path) && !has_copy(path))
    });
    Ok(files)
}

fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(dir.join(DELETED_DIR)) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Keeps the present contents of a snapshot file, and of the questions beside it, as a copy, durably.
/// The files stay as well.
pub(super) fn keep_file(
    disk: &dyn Disk,
    dir: &Path,
    current: &Path,
    guild: GuildId,
    at: Timestamp,
) -> io::Result<()> {
    let copy = new_path(disk, dir, guild, at)?;
    link_or_copy(disk, current, &copy)?;
    let questions = snapshot::questions_path(current);
    if disk.exists(&questions) {
        link_or_copy(disk, &questions, &snapshot::questions_path(&copy))?;
    }
    disk.sync_dir(&dir.join(DELETED_DIR))
}

fn link_or_copy(disk: &dyn Disk, from: &Path, to: &Path) -> io::Result<()> {
    if disk.link(from, to).is_ok() {
        return Ok(());
    }
    // Some file systems have no hard links: copy instead.
    let new = snapshot::temporary_path(to);
    disk.write(&new, &fs::read(from)?)?;
    copy_owner_if_permitted(from, &new)?;
    disk.rename(&new, to)
}

/// Keeps a guild as a copy, durably.
pub(super) fn keep(disk: &dyn Disk, dir: &Path, guild: &Guild, at: Timestamp) -> io::Result<()> {
    let path = new_path(disk, dir, guild.id(), at)?;
    write(disk, &path, guild)?;
    disk.sync_dir(&dir.join(DELETED_DIR))
}

/// Returns the path of a new copy, and creates the folder if it is missing. If there is a copy of
/// that second already, the time is a second later.
fn new_path(disk: &dyn Disk, dir: &Path, guild: GuildId, at: Timestamp) -> io::Result<PathBuf> {
    let folder = dir.join(DELETED_DIR);
    if !folder.exists() {
        create_private_dir(&folder)?;
        copy_owner_if_permitted(dir, &folder)?;
        disk.sync_dir(dir)?;
    }
    let mut time = at;
    loop {
        let name = format!("{guild}-{}.json", time.strftime(TIME_FORMAT));
        let path = folder.join(name);
        if !disk.exists(&path) {
            return Ok(path);
        }
        time = time
            .checked_add(SignedDuration::from_secs(1))
            .map_err(io::Error::other)?;
    }
}

fn write(disk: &dyn Disk, path: &Path, guild: &Guild) -> io::Result<()> {
    let replace = |path: &Path, bytes: Result<Vec<u8>, serde_json::Error>| {
        let new = snapshot::temporary_path(path);
        disk.write(&new, &bytes.map_err(io::Error::other)?)?;
        disk.rename(&new, path)
    };
    replace(path, snapshot::encode(guild))?;
    let questions = snapshot::questions_path(path);
    match guild.server_questions() {
        Some(own) => replace(&questions, snapshot::encode_questions(own)),
        None if disk.exists(&questions) => disk.remove(&questions),
        None => Ok(()),
    }
}

/// Deletes a copy durably.
pub(super) fn remove(disk: &dyn Disk, dir: &Path, copy: &CopyFile) -> io::Result<()> {
    copy.remove(disk)?;
    disk.sync_dir(&dir.join(DELETED_DIR))
}

/// Changes all copies of a guild durably. Copies that can't be read are deleted.
pub(super) fn change(
    disk: &dyn Disk,
    dir: &Path,
    guild: GuildId,
    change: &ChangeCopy,
) -> io::Result<()> {
    let mut copies = list(dir)?;
    copies.retain(|copy| copy.guild == guild);
    for copy in &copies {
        match copy.read() {
            Ok(data) => change_one(disk, copy, data, change)?,
            Err(_) => copy.remove(disk)?,
        }
    }
    sync_if(disk, dir, !copies.is_empty())
}

/// Deletes the copies of data that was deleted until `limit`, and changes the others, durably.
pub(super) fn expire(
    disk: &dyn Disk,
    dir: &Path,
    limit: Timestamp,
    change: &ChangeCopy,
) -> io::Result<()> {
    let copies = list(dir)?;
    for copy in &copies {
        if copy.deleted_at <= limit {
            copy.remove(disk)?;
            tracing::info!(guild = %copy.guild, deleted_at = %copy.deleted_at, "deleted data expired");
        } else if let Ok(data) = copy.read() {
            change_one(disk, copy, data, change)?;
        }
    }
    sync_if(disk, dir, !copies.is_empty())
}

fn change_one(
    disk: &dyn Disk,
    copy: &CopyFile,
    mut data: Guild,
    change: &ChangeCopy,
) -> io::Result<()> {
    let before = data.clone();
    change(&mut data);
    if data == before {
        return Ok(());
    }
    write(disk, &copy.path, &data)
}

fn sync_if(disk: &dyn Disk, dir: &Path, changed: bool) -> io::Result<()> {
    if changed {
        disk.sync_dir(&dir.join(DELETED_DIR))?;
    }
    Ok(())
}

/// Makes the files that `state restore` of earlier versions kept beside the snapshots copies, as of
/// when they were written. Holding the lock of the folder, no other process creates one now.
pub(super) fn adopt_backups(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    let folder = dir.join(GUILDS_DIR);
    let mut adopted = false;
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let Some(guild) = snapshot::backup_of(&path).filter(|_| path.is_file()) else {
            continue;
        };
        let written = Timestamp::try_from(fs::metadata(&path)?.modified()?);
        let written = written.map_err(io::Error::other)?;
        keep_file(disk, dir, &path, guild, whole_seconds(written))?;
        disk.remove(&path)?;
        adopted = true;
    }
    if adopted {
        disk.sync_dir(&folder)?;
    }
    Ok(())
}
