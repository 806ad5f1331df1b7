//! Access to snapshots for the fuzz targets.

use super::snapshot::{self, SnapshotError};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

/// Decodes a snapshot.
///
/// # Errors
///
/// The snapshot is invalid.
pub fn decode(bytes: &[u8], id: GuildId) -> Result<Guild, SnapshotError> {
    snapshot::decode(bytes, id)
}

/// Encodes a snapshot.
///
/// # Panics
///
/// The guild can't be serialised.
pub fn encode(guild: &Guild) -> Vec<u8> {
    snapshot::encode(guild).expect("a guild can be serialised")
}
