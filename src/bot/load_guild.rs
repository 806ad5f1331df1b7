//! Loads guilds for background jobs, because idle guilds are evicted from memory.

use std::time::Duration;

use super::context::BotContext;
use quizloop_core::id::GuildId;
use quizloop_store::{LoadError, LoadedGuild};

/// Delays between attempts while a guild can't be read; the last one is repeated.
const RETRY_DELAYS_SECS: [u64; 5] = [1, 2, 5, 10, 15];

/// Loads a guild, and retries while it can't be read: a background job can wait, and must not be
/// lost. Returns `None` if another process owns the guild now, or if its stored data is invalid.
pub async fn with_retry(ctx: &BotContext, guild: GuildId) -> Option<LoadedGuild> {
    let mut delays = RETRY_DELAYS_SECS.into_iter();
    let mut delay = 0;
    loop {
        match ctx.store.load(guild).await {
            Ok(guild) => return Some(guild),
            Err(LoadError::Unavailable) => return None,
            Err(LoadError::Io(error)) => {
                delay = delays.next().unwrap_or(delay);
                tracing::warn!(%guild, %error, retry_in_secs = delay, "guild could not be loaded");
                tokio::time::sleep(Duration::from_secs(delay)).await;
            }
        }
    }
}
