//! Access to snapshots for the fuzz targets.

use super::snapshot;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

/// Decodes a snapshot.
///
/// # Errors
///
/// The snapshot is invalid; the text is the reason.
pub fn decode(bytes: &[u8], id: GuildId) -> Result<Guild, String> {
    snapshot::decode(bytes, id).map_err(|error| error.message)
}

/// Encodes a snapshot.
///
/// # Panics
///
/// The guild can't be serialised.
pub fn encode(guild: &Guild) -> Vec<u8> {
    snapshot::encode(guild).expect("a guild can be serialised")
}
