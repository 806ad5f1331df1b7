//! Compressed snapshots of evicted guilds.

use std::sync::Arc;

use super::snapshot;
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;

/// Compression level as in zlib. Higher levels take several times as long and save a few per cent.
const COMPRESSION_LEVEL: u8 = 6;

/// A guild's JSON, deflated.
pub(super) type CompressedGuild = Arc<[u8]>;

/// Compresses a guild, and checks that decompression gives the same guild. `None` if it does not;
/// the guild must then stay loaded.
pub(super) fn compress(guild: &Guild) -> Option<CompressedGuild> {
    let json = serde_json::to_vec(guild).ok()?;
    let bytes = miniz_oxide::deflate::compress_to_vec(&json, COMPRESSION_LEVEL);
    let is_same = decompress(&bytes, guild.id()).is_some_and(|copy| copy == *guild);
    is_same.then(|| bytes.into())
}

/// Decompresses a guild. `None`, with a log message, if the bytes are invalid.
pub(super) fn decompress(bytes: &[u8], guild: GuildId) -> Option<Guild> {
    let json = miniz_oxide::inflate::decompress_to_vec(bytes).ok()?;
    match snapshot::decode(&json, guild) {
        Ok(guild) => Some(guild),
        Err(error) => {
            tracing::error!(%guild, reason = error.message, "compressed guild can't be read");
            None
        }
    }
}
