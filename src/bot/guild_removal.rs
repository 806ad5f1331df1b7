//! Deletes the data of guilds from which the bot was removed, once Discord confirms it.

use std::sync::Arc;

use super::context::BotContext;
use quizloop_core::id::GuildId;
use quizloop_store::deleted::restorable_until;

/// Returns whether an error is a likelier cause for missing guilds than that many removals.
///
/// The limit is more than one guild, and more than a tenth of the guilds whose data is stored.
pub const fn is_implausible(missing: usize, stored: usize) -> bool {
    missing > 1 && missing * 10 > stored
}

/// Deletes the data of a guild from which the bot was removed. A copy stays, which the operator can
/// restore for a while.
async fn delete_guild(ctx: Arc<BotContext>, guild: GuildId) {
    // With a wrong time of the deletion, the copy would expire too early or too late.
    let now = ctx.discord_now();
    ctx.asked_today.remove_guild(guild);
    ctx.health.guild_removed(guild);
    match ctx.store.delete(guild, now).await {
        Ok(()) => tracing::info!(
            %guild,
            until = %restorable_until(now),
            "bot removed from server; data deleted, can be restored with: quizloop state restore \
             {guild} --deleted"
        ),
        // The next start loads the data, and its first session leads here again.
        Err(error) => tracing::error!(%guild, %error, "server data could not be deleted"),
    }
}

/// Deletes the data of those guilds from which the bot was removed.
///
/// A guild that a session does not name, or that an event reports as deleted, may also be missing
/// because of an outage of Discord. Data is deleted only if Discord answers explicitly that the bot
/// is not in the guild.
pub async fn delete_if_removed(ctx: Arc<BotContext>, guilds: Vec<GuildId>) {
    for guild in guilds {
        match ctx.rest.is_in_guild(guild).await {
            Ok(false) => delete_guild(Arc::clone(&ctx), guild).await,
            Ok(true) => {}
            Err(error) => tracing::warn!(%guild, %error, "server membership could not be checked"),
        }
    }
}
