//! A guild made small: its snapshot, compressed.

use std::sync::Arc;

use super::snapshot;
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;

/// Of miniz's levels, which are zlib's: more takes several times as long and saves a few bytes in a hundred.
const COMPRESSION_LEVEL: u8 = 6;

/// A guild's bytes.
pub(super) type CompressedGuild = Arc<[u8]>;

/// Makes a guild small, and tries whether it can be made large again. None: it has to stay as it is.
pub(super) fn compress(guild: &Guild) -> Option<CompressedGuild> {
    let json = serde_json::to_vec(guild).ok()?;
    let bytes = miniz_oxide::deflate::compress_to_vec(&json, COMPRESSION_LEVEL);
    let same = decompress(&bytes, guild.id()).is_some_and(|again| again == *guild);
    same.then(|| bytes.into())
}

/// The guild again. None: those are not a guild's bytes.
pub(super) fn decompress(bytes: &[u8], guild: GuildId) -> Option<Guild> {
    let json = miniz_oxide::inflate::decompress_to_vec(bytes).ok()?;
    match snapshot::decode(&json, guild) {
        Ok(guild) => Some(guild),
        Err(broken) => {
            tracing::error!(%guild, what = broken.message, "a server that was made small can't be read");
            None
        }
    }
}
