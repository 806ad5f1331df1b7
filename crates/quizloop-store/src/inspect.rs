//! Reading snapshots while a bot may be running. Takes no lock and changes nothing: renames are
//! atomic, so each file that is read is complete.

use std::io;
use std::path::Path;

use super::deleted::{self, DeletedGuild};
use super::open::{InvalidSnapshot, read_guild};
use super::snapshot::{GUILDS_DIR, path};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

/// Returns the ids of the guilds in a state folder.
///
/// # Errors
///
/// The folder can't be read.
pub fn guild_ids(dir: &Path) -> io::Result<Vec<GuildId>> {
    let mut guilds = Vec::new();
    for entry in std::fs::read_dir(dir.join(GUILDS_DIR))? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        guilds.extend(
            name.strip_suffix(".json")
                .and_then(|stem| stem.parse::<GuildId>().ok()),
        );
    }
    guilds.sort_unstable();
    Ok(guilds)
}

/// Reads the deleted data that can be restored, ordered by server and time.
///
/// # Errors
///
/// The folder can't be read.
pub fn deleted(dir: &Path) -> io::Result<Vec<DeletedGuild>> {
    // Without it this is no state folder.
    std::fs::read_dir(dir.join(GUILDS_DIR))?;
    let copies = deleted::list(dir)?.into_iter();
    let read = |copy: deleted::CopyFile| DeletedGuild {
        guild: copy.guild,
        deleted_at: copy.deleted_at,
        data: copy.read(),
    };
    Ok(copies.map(read).collect())
}

/// Reads one guild of a state folder, with its own questions.
///
/// # Errors
///
/// The snapshot or the questions can't be read.
pub fn guild(dir: &Path, id: GuildId) -> Result<Guild, InvalidSnapshot> {
    let path = path(dir, id);
    read_guild(&path, id)
}
