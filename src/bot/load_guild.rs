//! Having a guild at hand before anything is done for it: those that rest were let go.

use std::time::Duration;

use super::context::BotContext;
use crate::practice::id::GuildId;
use crate::store::{GuildPin, LoadError};

/// Pauses between two questions to a database that is away; the last one is repeated.
const RETRY_DELAYS_SECS: [u64; 5] = [1, 2, 5, 10, 15];

/// Fetches a guild, again and again while the database is away: what is done for it can wait, and must not be lost. None:
/// it is another process's now.
pub async fn with_retry(ctx: &BotContext, guild: GuildId) -> Option<GuildPin> {
    let mut pauses = RETRY_DELAYS_SECS.into_iter();
    let mut pause = 0;
    loop {
        match ctx.store.load(guild).await {
            Ok(pin) => return Some(pin),
            Err(LoadError::Unavailable) => return None,
            Err(LoadError::Database(error)) => {
                pause = pauses.next().unwrap_or(pause);
                tracing::warn!(%guild, %error, "a server can't be fetched; trying again in {pause} s");
                tokio::time::sleep(Duration::from_secs(pause)).await;
            }
        }
    }
}
