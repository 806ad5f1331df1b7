//! Erasing: what members ask for, and, once a day, those who were not seen for a long time.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::context::BotContext;
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;
use crate::store::{GuildView, SaveError};

/// Remembers up to which day that was done.
#[derive(Debug, Default)]
pub struct ExpiryJob {
    last_run: Option<Date>,
}

impl ExpiryJob {
    /// Does what there is to do on a new day.
    pub fn run_if_new_day(&mut self, ctx: &Arc<BotContext>, now: Timestamp) {
        let today = utc_date(now);
        if self.last_run < Some(today) {
            expire_inactive_members(ctx, today);
            self.last_run = Some(today);
        }
    }
}

/// The day on which members are looked at; a few hours make no difference in thirteen months.
pub fn utc_date(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

fn expire_inactive_members(ctx: &Arc<BotContext>, today: Date) {
    // Those that were let go have a moment at which they are looked at for this.
    let mut due = Vec::new();
    ctx.store.for_each(|guild, known| {
        if matches!(known, GuildView::Loaded(state) if !state.inactive_members(today).is_empty()) {
            due.push(guild);
        }
    });
    for guild in due {
        let ctx = Arc::clone(ctx);
        tokio::spawn(async move { expire_inactive_members_of(&ctx, guild, today).await });
    }
}

/// Forgets the members of a guild who were not seen for long.
pub async fn expire_inactive_members_of(ctx: &BotContext, guild: GuildId, today: Date) {
    let Ok(_pin) = ctx.store.load(guild).await else {
        return;
    };
    let unseen = |state: &Guild| !state.inactive_members(today).is_empty();
    if ctx.store.read(guild, unseen) == Some(true) {
        let count = erase_durably(ctx, guild, |state| state.delete_inactive_members(today)).await;
        let count = count.unwrap_or(0);
        tracing::info!(%guild, count, "members were not seen for long and are forgotten");
    }
}

/// Takes something out of a guild, on disk as well: the last good generation has it still, so another one is
/// saved over that.
///
/// # Errors
///
/// The disk does not take it. It is out of memory all the same, and saving is tried again.
pub async fn erase_durably<R>(
    ctx: &BotContext,
    guild: GuildId,
    change: impl FnOnce(&mut Guild) -> R,
) -> Result<R, SaveError> {
    let (result, commit) = ctx.store.upsert(guild, change);
    commit.wait().await?;
    if let Some(((), commit)) = ctx.store.update(guild, |_| ()) {
        commit.wait().await?;
    }
    Ok(result)
}
