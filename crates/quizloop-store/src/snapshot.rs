//! The snapshot format: one guild as readable JSON with a format number. A server's own questions are
//! in a second file of the same form beside it, which only a change of them writes.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use quizloop_core::guild::{Guild, SNAPSHOT_FORMAT};
use quizloop_core::id::GuildId;
use quizloop_core::server_questions::{SERVER_QUESTIONS_FORMAT, ServerQuestions};

/// The folder with the snapshots, in the state folder.
pub(crate) const GUILDS_DIR: &str = "guilds";

/// Extension of a snapshot's last good generation.
pub(crate) const PREVIOUS_EXTENSION: &str = "prev.json";

/// The end of the name of a file with a server's own questions, before the extension.
pub(crate) const QUESTIONS_SUFFIX: &str = ".questions";

/// The end of the name, before a number, of a file that `state restore` of earlier versions kept.
const BACKUP_SUFFIX: &str = ".json.replaced-";

/// Converts a snapshot from one format to the next.
pub(crate) type Migration = fn(&mut Value) -> Result<(), SnapshotError>;

/// The migrations from older formats, by the number of the old format. There is none from format 0,
/// because format 1 was the first.
const MIGRATIONS: [Option<Migration>; SNAPSHOT_FORMAT as usize] = [None, Some(migrate_1_to_2)];

/// Migrates format 1 to 2, which only adds the optional data of members.
#[expect(clippy::unnecessary_wraps, reason = "other migrations can fail")]
fn migrate_1_to_2(_: &mut Value) -> Result<(), SnapshotError> {
    Ok(())
}

/// Returns the path of a guild's snapshot.
pub(crate) fn path(dir: &Path, guild: GuildId) -> PathBuf {
    dir.join(GUILDS_DIR).join(format!("{guild}.json"))
}

/// Returns the path of a snapshot's last good generation.
pub(crate) fn previous_path(current: &Path) -> PathBuf {
    current.with_extension(PREVIOUS_EXTENSION)
}

/// Returns the path of a server's own questions, which belong to the snapshot at `current`.
pub(crate) fn questions_path(current: &Path) -> PathBuf {
    current.with_extension("questions.json")
}

/// Whether a path is that of a server's own questions, or of their last good generation.
pub(crate) fn is_questions_path(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let stem = name.and_then(|name| {
        let previous = name.strip_suffix(&format!(".{PREVIOUS_EXTENSION}"));
        previous.or_else(|| name.strip_suffix(".json"))
    });
    stem.is_some_and(|stem| stem.ends_with(QUESTIONS_SUFFIX))
}

/// Returns the path to which a file is written before it replaces another one.
pub(crate) fn temporary_path(of: &Path) -> PathBuf {
    of.with_extension("new")
}

/// Returns the guild of a file that `state restore` of earlier versions kept.
pub(crate) fn backup_of(path: &Path) -> Option<GuildId> {
    let name = path.file_name()?.to_str()?;
    name.split_once(BACKUP_SUFFIX)?.0.parse().ok()
}

/// Encodes a guild as the contents of a snapshot file.
pub(crate) fn encode(guild: &Guild) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(guild)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Encodes a server's own questions as the contents of their file.
pub(crate) fn encode_questions(questions: &ServerQuestions) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(questions)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Decodes and checks a server's own questions.
pub(crate) fn decode_questions(
    bytes: &[u8],
    id: GuildId,
) -> Result<ServerQuestions, SnapshotError> {
    let format = read_format(bytes)?;
    if format > SERVER_QUESTIONS_FORMAT {
        return Err(newer_format(format, SERVER_QUESTIONS_FORMAT));
    }
    let questions: ServerQuestions = serde_json::from_slice(bytes)?;
    questions.check(id).map_err(invalid)?;
    Ok(questions)
}

/// Why a snapshot is invalid, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SnapshotError {
    /// Line and column from 1, if known.
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
        let position = (error.line() > 0).then(|| (error.line(), error.column()));
        let message = if error.is_eof() {
            "the file ends too early".to_owned()
        } else {
            let text = error.to_string();
            // The position is printed with the file's name.
            text.split(" at line ").next().unwrap_or(&text).to_owned()
        };
        Self { position, message }
    }
}

pub(super) fn invalid(message: impl fmt::Display) -> SnapshotError {
    SnapshotError {
        position: None,
        message: message.to_string(),
    }
}

/// Decodes and checks a guild's snapshot in the current or an older format.
pub(crate) fn decode(bytes: &[u8], id: GuildId) -> Result<Guild, SnapshotError> {
    decode_with(bytes, id, &MIGRATIONS)
}

pub(super) fn decode_with(
    bytes: &[u8],
    id: GuildId,
    migrations: &[Option<Migration>],
) -> Result<Guild, SnapshotError> {
    let guild: Guild = match read_format(bytes)? {
        SNAPSHOT_FORMAT => serde_json::from_slice(bytes)?,
        older if older < SNAPSHOT_FORMAT => {
            migrate(serde_json::from_slice(bytes)?, older, migrations)?
        }
        newer => return Err(newer_format(newer, SNAPSHOT_FORMAT)),
    };
    validate(guild, id)
}

/// Returns the number of a file's format.
fn read_format(bytes: &[u8]) -> Result<u32, SnapshotError> {
    /// The only field that is read before the format is known.
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
    let header: FormatHeader = serde_json::from_slice(bytes)?;
    Ok(header.format)
}

fn newer_format(format: u32, newest: u32) -> SnapshotError {
    invalid(format!(
        "it was written by a newer Quizloop (format {format}; this version reads formats up to {newest}): use that newer version"
    ))
}

fn validate(guild: Guild, id: GuildId) -> Result<Guild, SnapshotError> {
    if guild.id() != id {
        return Err(invalid(format!(
            "it belongs to server {}, but its name says {id}",
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
        let step = step.ok_or_else(|| invalid(format!("format {format} does not exist")))?;
        step(&mut value)?;
        value["format"] = Value::from(format + 1);
    }
    Ok(serde_json::from_value(value)?)
}
