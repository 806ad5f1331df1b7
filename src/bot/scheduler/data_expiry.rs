//! Deletes data durably, once a day: of members who are inactive, and deleted data that can't be
//! restored any more.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::bot::clock_check;
use crate::bot::context::BotContext;
use quizloop_core::guild::Guild;
use quizloop_store::deleted::RESTORABLE_FOR;
use quizloop_store::{GuildView, LoadedGuild};

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
            tokio::spawn(expire_deleted_data(Arc::clone(ctx)));
            self.last_run = Some(today);
        }
    }
}

/// Returns the UTC date. A few hours don't matter for an expiry after thirteen months.
pub fn utc_date(now: Timestamp) -> Date {
    now.to_zoned_datetime(TimeZone::UTC).date()
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
                expire_inactive_members_of(&ctx, &guild, today).await;
            }
        });
    }
}

/// Deletes deleted data for good once it can't be restored any more, and inactive members from the
/// rest. A clock that has jumped ahead is no reason to delete anything.
async fn expire_deleted_data(ctx: Arc<BotContext>) {
    match ctx.store.has_copies().await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => return tracing::warn!(%error, "deleted data can't be read"),
    }
    let time = clock_check::proven_time(&ctx).await;
    tracing::debug!(%time, "deleted data checked");
    let limit = time
        .saturating_sub(RESTORABLE_FOR)
        .unwrap_or(Timestamp::MIN);
    let today = utc_date(time);
    let delete_inactive = move |state: &mut Guild| {
        state.delete_inactive_members(today);
    };
    if let Err(error) = ctx.store.expire_copies(limit, delete_inactive).await {
        tracing::error!(%error, "deleted data could not be deleted for good");
    }
}

/// Returns whether a wrong clock is a likelier cause for that many inactive members than that they
/// are inactive.
///
/// The limit is more than one member, and more than a tenth of the members whose data is stored. A
/// team that has ended exceeds it too, so more members may be deleted, but only after a comparison
/// of the clocks.
const fn needs_confirmation(inactive: usize, stored: usize) -> bool {
    inactive > 1 && inactive * 10 > stored
}

/// Deletes the data of a guild's inactive members, unless the clock is wrong.
pub async fn expire_inactive_members_of(ctx: &BotContext, guild: &LoadedGuild, today: Date) {
    let count_both = |state: &Guild| {
        let inactive = state.inactive_members(today).len();
        (inactive, state.last_seen_by_member().len())
    };
    let (inactive, stored) = guild.read(count_both).unwrap_or_default();
    if inactive == 0 {
        return;
    }
    if needs_confirmation(inactive, stored) && !matches!(clock_check::compare(ctx).await, Ok(true))
    {
        tracing::warn!(
            guild = %guild.id(),
            inactive,
            stored,
            "many inactive members, and the clock could not be compared with Discord's; no data \
             deleted"
        );
        return;
    }
    // The clock may have been wrong when `today` was determined.
    if ctx.trusted_now().is_some_and(|now| utc_date(now) >= today) {
        let count = guild
            .erase(move |state| state.delete_inactive_members(today))
            .await;
        let count = count.unwrap_or(0);
        tracing::info!(guild = %guild.id(), count, "data of inactive members deleted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_inactive_members_need_confirmation() {
        let cases = [
            (1, 1, false),
            (2, 20, false),
            (2, 19, true),
            (11, 100, true),
        ];
        for (inactive, stored, expected) in cases {
            assert_eq!(
                needs_confirmation(inactive, stored),
                expected,
                "{inactive} of {stored}"
            );
        }
    }
}
