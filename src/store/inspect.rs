//! Looking at snapshots while another process runs. Renames are atomic, so a file read is a whole one;
//! no lock is taken and nothing is changed.

use std::io;
use std::path::Path;

use super::open::{InvalidSnapshot, read_snapshot};
use super::snapshot::{GUILDS_DIR, path};
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;

/// The guilds of a state folder.
///
/// # Errors
///
/// The folder can't be read.
pub fn guild_ids(dir: &Path) -> io::Result<Vec<GuildId>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir.join(GUILDS_DIR))? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        found.extend(
            name.strip_suffix(".json")
                .and_then(|stem| stem.parse::<GuildId>().ok()),
        );
    }
    found.sort_unstable();
    Ok(found)
}

/// One guild of a state folder.
///
/// # Errors
///
/// The snapshot can't be read.
pub fn guild(dir: &Path, id: GuildId) -> Result<Guild, InvalidSnapshot> {
    let path = path(dir, id);
    read_snapshot(&path, id).map_err(|error| InvalidSnapshot::new(&path, Some(id), error))
}
