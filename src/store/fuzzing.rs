//! What trials need of the snapshots. See `crate::trials`.

use super::snapshot;
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;

/// Reads a snapshot; says what is wrong with it.
///
/// # Errors
///
/// It can't be read.
pub fn decode(bytes: &[u8], id: GuildId) -> Result<Guild, String> {
    snapshot::decode(bytes, id).map_err(|broken| broken.message)
}

/// Writes a snapshot.
///
/// # Panics
///
/// It can't be written.
pub fn encode(guild: &Guild) -> Vec<u8> {
    snapshot::encode(guild).expect("a guild always has a form in JSON")
}
