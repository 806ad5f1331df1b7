//! Erasing: what members ask for, and, once a day, those who were not seen for a long time.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::desk::Desk;
use crate::practice::guild::Guild;
use crate::practice::id::GuildId;
use crate::store::NotSaved;

/// Remembers up to which day that was done.
#[derive(Debug, Default)]
pub struct Tidy {
    done: Option<Date>,
}

impl Tidy {
    /// Does what there is to do on a new day.
    pub fn look(&mut self, desk: &Arc<Desk>, now: Timestamp) {
        let today = now.to_zoned(TimeZone::UTC).date();
        if self.done < Some(today) {
            forget_unseen(desk, today);
            self.done = Some(today);
        }
    }
}

fn forget_unseen(desk: &Arc<Desk>, today: Date) {
    for guild in desk.store.guilds() {
        let unseen = desk
            .store
            .read(guild, |state| !state.unseen(today).is_empty());
        if unseen == Some(true) {
            let desk = Arc::clone(desk);
            tokio::spawn(async move {
                let count = erase(&desk, guild, |state| state.forget_unseen(today)).await;
                let count = count.unwrap_or(0);
                tracing::info!(%guild, count, "members were not seen for long and are forgotten");
            });
        }
    }
}

/// Takes something out of a guild, on disk as well: the last good generation has it still, so another one is
/// saved over that.
///
/// # Errors
///
/// The disk does not take it. It is out of memory all the same, and saving is tried again.
pub async fn erase<R>(
    desk: &Desk,
    guild: GuildId,
    change: impl FnOnce(&mut Guild) -> R,
) -> Result<R, NotSaved> {
    let (result, ticket) = desk.store.change(guild, change);
    ticket.attempt().await?;
    if let Some(((), ticket)) = desk.store.change_kept(guild, |_| ()) {
        ticket.attempt().await?;
    }
    Ok(result)
}
