//! One guild as a file: JSON that people can read, with the number of its format.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::practice::guild::{Guild, SNAPSHOT_FORMAT};
use crate::practice::id::GuildId;

/// The folder of the snapshots in the state folder.
pub const GUILDS_DIR: &str = "guilds";

/// The ending of a snapshot's last good generation.
pub const PREVIOUS_EXTENSION: &str = "prev.json";

/// The last ending of a snapshot that was replaced, before its number.
const BACKUP_EXTENSION: &str = "replaced-";

/// A step from one format to the next.
pub type Migration = fn(&mut Value) -> Result<(), String>;

/// The steps from older formats: the first one leads from 0 to 1. Format 1 is the first there ever
/// was, so that step does not exist.
const MIGRATIONS: [Option<Migration>; SNAPSHOT_FORMAT as usize] = [None, Some(migrate_1_to_2)];

/// From 1 to 2: what is kept of people was added, and nothing else changed.
#[expect(clippy::unnecessary_wraps, reason = "other steps can fail")]
fn migrate_1_to_2(_: &mut Value) -> Result<(), String> {
    Ok(())
}

/// Where a guild's snapshot lies.
pub fn path(dir: &Path, guild: GuildId) -> PathBuf {
    dir.join(GUILDS_DIR).join(format!("{guild}.json"))
}

/// Where its last good generation lies.
pub fn previous_path(current: &Path) -> PathBuf {
    current.with_extension(PREVIOUS_EXTENSION)
}

/// A name for a file in the making, beside the one it will replace.
pub fn temporary_path(of: &Path) -> PathBuf {
    of.with_extension("new")
}

/// Where a snapshot is kept that was replaced by going back: the first, the second … of its kind. The bot
/// never reads it.
pub fn backup_path(current: &Path, number: u32) -> PathBuf {
    current.with_extension(format!("json.{BACKUP_EXTENSION}{number}"))
}

/// Whether a file is one of those.
pub fn is_backup(current: &Path, other: &Path) -> bool {
    let (Some(current), Some(other)) = (current.file_name(), other.file_name()) else {
        return false;
    };
    let rest = other
        .to_str()
        .zip(current.to_str())
        .and_then(|(other, current)| other.strip_prefix(current));
    rest.is_some_and(|rest| rest.starts_with(&format!(".{BACKUP_EXTENSION}")))
}

/// The file's bytes.
pub fn encode(guild: &Guild) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(guild)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What is wrong with a snapshot, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotError {
    /// Line and column from 1, where there is a place.
    pub position: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
}

impl SnapshotError {
    pub(super) fn unreadable(error: &std::io::Error) -> Self {
        invalid(format!("it can't be read: {error}"))
    }
}

impl From<serde_json::Error> for SnapshotError {
    fn from(error: serde_json::Error) -> Self {
        let place = (error.line() > 0).then(|| (error.line(), error.column()));
        let text = error.to_string();
        // The place is told by the file's name.
        let what = text.split(" at line ").next().unwrap_or(&text).to_owned();
        Self {
            position: place,
            message: what,
        }
    }
}

fn invalid(what: impl Into<String>) -> SnapshotError {
    SnapshotError {
        position: None,
        message: what.into(),
    }
}

/// Reads a snapshot of that guild, of this format or an older one.
pub fn decode(bytes: &[u8], id: GuildId) -> Result<Guild, SnapshotError> {
    decode_with(bytes, id, &MIGRATIONS)
}

pub(super) fn decode_with(
    bytes: &[u8],
    id: GuildId,
    migrations: &[Option<Migration>],
) -> Result<Guild, SnapshotError> {
    /// Only the number of the format.
    #[derive(Deserialize)]
    struct FormatHeader {
        format: u32,
    }
    if bytes.iter().all(|byte| *byte == 0) {
        return Err(invalid(if bytes.is_empty() {
            "the file is empty"
        } else {
            "the file holds only zeros"
        }));
    }
    let head: FormatHeader = serde_json::from_slice(bytes)?;
    let guild: Guild = match head.format {
        SNAPSHOT_FORMAT => serde_json::from_slice(bytes)?,
        older if older < SNAPSHOT_FORMAT => {
            migrate(serde_json::from_slice(bytes)?, older, migrations)?
        }
        newer => return Err(too_new(newer)),
    };
    validate(guild, id)
}

/// Makes a guild of a snapshot that came from somewhere else than a file.
pub(super) fn from_value(value: Value, id: GuildId) -> Result<Guild, SnapshotError> {
    let format = value["format"]
        .as_u64()
        .and_then(|format| u32::try_from(format).ok());
    let guild = match format {
        Some(SNAPSHOT_FORMAT) => serde_json::from_value(value)?,
        Some(older) if older < SNAPSHOT_FORMAT => migrate(value, older, &MIGRATIONS)?,
        Some(newer) => return Err(too_new(newer)),
        None => return Err(invalid("it has no format")),
    };
    validate(guild, id)
}

fn too_new(format: u32) -> SnapshotError {
    invalid(format!(
        "it was written by a newer Quizloop (format {format}; this one knows up to {SNAPSHOT_FORMAT}): use that version again"
    ))
}

fn validate(guild: Guild, id: GuildId) -> Result<Guild, SnapshotError> {
    if guild.id() != id {
        return Err(invalid(format!(
            "it is of server {}, but its name says {id}",
            guild.id()
        )));
    }
    guild.check().map_err(invalid)?;
    Ok(guild)
}

fn migrate(
    mut value: Value,
    from: u32,
    migrations: &[Option<Migration>],
) -> Result<Guild, SnapshotError> {
    for (format, step) in (0..).zip(migrations).skip(from as usize) {
        let step = step.ok_or_else(|| invalid(format!("there never was a format {format}")))?;
        step(&mut value).map_err(invalid)?;
        value["format"] = Value::from(format + 1);
    }
    Ok(serde_json::from_value(value)?)
}
