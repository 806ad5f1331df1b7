//! Deletes data durably: on request of a member, and once a day for members who are inactive.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::bot::context::BotContext;
use quizloop_core::guild::Guild;
use quizloop_store::{GuildView, LoadedGuild, SaveError};

/// The daily expiry of inactive members' data.
#[derive(Debug, Default)]
pub struct ExpiryJob {
    last_run: Option<Date>,
}

impl ExpiryJob {
    /// Starts the expiry if it has not run today.
    pub fn run_if_new_day(&mut self, ctx: &Arc<BotContext>, now: Timestamp) {
        let today = utc_date(now);
        if self.last_run < Some(today) {
            expire_inactive_members(ctx, today);
            self.last_run = Some(today);
        }
    }
}

/// Returns the UTC date. A few hours don't matter for an expiry after thirteen months.
pub fn utc_date(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

fn expire_inactive_members(ctx: &Arc<BotContext>, today: Date) {
    // The summaries of evicted guilds include the expiry in their due time.
    let mut due = Vec::new();
    ctx.store.for_each(|guild, view| {
        if matches!(view, GuildView::Loaded(state) if !state.inactive_members(today).is_empty()) {
            due.push(guild);
        }
    });
    for guild in due {
        let ctx = Arc::clone(ctx);
        tokio::spawn(async move {
            if let Ok(guild) = ctx.store.load(guild).await {
                expire_inactive_members_of(&guild, today).await;
            }
        });
    }
}

/// Deletes the data of a guild's inactive members.
pub async fn expire_inactive_members_of(guild: &LoadedGuild, today: Date) {
    let has_inactive = |state: &Guild| !state.inactive_members(today).is_empty();
    if guild.read(has_inactive) == Some(true) {
        let count = erase_durably(guild, |state| state.delete_inactive_members(today)).await;
        let count = count.unwrap_or(0);
        tracing::info!(guild = %guild.id(), count, "data of inactive members deleted");
    }
}

/// Applies a deletion to a guild and saves it twice. The previous generation of the snapshot still
/// contains the deleted data, and the second save overwrites it.
///
/// # Errors
///
/// Fails if a save fails. The data is then deleted in memory only, and the store retries the save.
pub async fn erase_durably<R>(
    guild: &LoadedGuild,
    change: impl FnOnce(&mut Guild) -> R,
) -> Result<R, SaveError> {
    let (result, commit) = guild.upsert(change);
    commit.wait().await?;
    if let Some(((), commit)) = guild.update(|_| ()) {
        commit.wait().await?;
    }
    Ok(result)
}
