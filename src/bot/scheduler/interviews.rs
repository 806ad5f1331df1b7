//! Drops interviews a day after their end, durably.

use crate::bot::context::BotContext;
use quizloop_store::LoadedGuild;

pub async fn drop_expired(ctx: &BotContext, guild: &LoadedGuild) {
    // The clock may have been wrong when the job was found.
    let Some(now) = ctx.trusted_now() else {
        return;
    };
    let dropped = guild.update(|state| state.drop_expired_interviews(now));
    let Some((count, commit)) = dropped else {
        return;
    };
    match commit.wait().await {
        Ok(()) => tracing::debug!(guild = %guild.id(), count, "interviews dropped"),
        // The store tries the save again.
        Err(error) => tracing::warn!(%error, "dropped interviews could not be saved"),
    }
}
