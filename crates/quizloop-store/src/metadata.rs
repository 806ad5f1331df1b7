//! Small values beside the guilds, such as the hash of the registered commands. They only save
//! work.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::disk::Disk;
use super::snapshot::temporary_path;

const FILE: &str = "notes.json";

fn read_all(dir: &Path) -> BTreeMap<String, String> {
    // Invalid metadata counts as missing.
    std::fs::read(dir.join(FILE))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

pub(super) fn get(dir: &Path, name: &str) -> Option<String> {
    read_all(dir).remove(name)
}

pub(super) fn set(dir: &Path, disk: &dyn Disk, name: &str, text: &str) -> io::Result<()> {
    let mut values = read_all(dir);
    values.insert(name.to_owned(), text.to_owned());
    replace_durably(disk, dir, FILE, &serde_json::to_vec_pretty(&values)?)
}

/// Replaces a small file of the state folder in one step, and brings it to the disk.
pub(super) fn replace_durably(
    disk: &dyn Disk,
    dir: &Path,
    name: &str,
    bytes: &[u8],
) -> io::Result<()> {
    let path = dir.join(name);
    let new = temporary_path(&path);
    disk.write(&new, bytes)?;
    disk.rename(&new, &path)?;
    disk.sync_dir(dir)
}
