//! Telling admins once that the state can't be saved.
//!
//! Nothing can be written down then, so who was told is known in memory only: a restart during an outage may
//! tell again. The log tells the operator (see `store`); this is for those who set teams up and wonder why
//! replies get no ✅.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::context::BotContext;
use super::render;
use super::rest_limiter::Priority;
use crate::practice::id::{GuildId, UserId};
use crate::store::GuildView;

/// Between two messages: Discord takes bots that open many direct messages at once for spammers.
const ALERT_INTERVAL: Duration = Duration::from_secs(1);

/// A disk that fails and works by turns is one trouble: an outage that begins sooner after the last message
/// brings no further one.
const ALERT_COOLDOWN: SignedDuration = SignedDuration::from_hours(1);

/// Tells whoever set up teams in guilds that can't be saved, for ever.
pub async fn run(ctx: Arc<BotContext>) {
    let mut failing = ctx.store.failing();
    let mut history = AlertHistory::default();
    loop {
        let guilds = failing.borrow_and_update().clone();
        history.set_failing(!guilds.is_empty());
        let admin = admins(&ctx, &guilds)
            .into_iter()
            .find(|admin| history.is_due(*admin, ctx.clock.now()));
        if let Some(admin) = admin {
            history.record(admin, ctx.clock.now());
            send_alert(&ctx, admin).await;
            // Whether it still is so is looked at before each message.
            tokio::time::sleep(ALERT_INTERVAL).await;
        } else if failing.changed().await.is_err() {
            // The store is closed: the process is ending.
            return std::future::pending().await;
        }
    }
}

/// Who set up teams in these guilds.
fn admins(ctx: &BotContext, guilds: &BTreeSet<GuildId>) -> BTreeSet<UserId> {
    let of_guild = |guild: &GuildId| {
        ctx.store.view(*guild, |view| match view {
            GuildView::Loaded(state) => {
                let admins = state.teams().values().filter_map(|team| team.set_up_by);
                admins.collect::<Vec<_>>()
            }
            // What was let go is saved by now.
            GuildView::Summary(_) => Vec::new(),
        })
    };
    guilds.iter().filter_map(of_guild).flatten().collect()
}

async fn send_alert(ctx: &BotContext, admin: UserId) {
    let sent = ctx
        .rest
        .send_dm(
            admin,
            &render::user_error::saving_failed_dm(),
            Priority::Urgent,
        )
        .await;
    if let Err(failure) = sent {
        tracing::info!(%admin, %failure, "the admin could not be told that nothing can be saved");
    }
}

/// Who heard of which outage, and when.
#[derive(Debug, Default)]
struct AlertHistory {
    /// Counts the outages.
    outage: u64,
    failing: bool,
    last_alerts: HashMap<UserId, (u64, Timestamp)>,
}

impl AlertHistory {
    /// There is an outage, or none.
    fn set_failing(&mut self, failing: bool) {
        if failing && !self.failing {
            self.outage += 1;
        }
        self.failing = failing;
    }

    fn is_due(&self, admin: UserId, now: Timestamp) -> bool {
        self.last_alerts.get(&admin).is_none_or(|(outage, at)| {
            *outage != self.outage && now.duration_since(*at) >= ALERT_COOLDOWN
        })
    }

    fn record(&mut self, admin: UserId, now: Timestamp) {
        self.last_alerts.insert(admin, (self.outage, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_an_outage_and_not_again_within_the_hour() {
        let nine: Timestamp = "2026-03-27T09:00:00Z".parse().unwrap();
        let (ada, lin) = (UserId::new(1), UserId::new(2));
        let at = |minutes| nine + SignedDuration::from_mins(minutes);
        let mut history = AlertHistory::default();
        history.set_failing(true);
        assert!(history.is_due(ada, nine));
        history.record(ada, nine);
        history.set_failing(true);
        assert!(
            !history.is_due(ada, at(600)),
            "the same outage, however long"
        );
        assert!(history.is_due(lin, at(600)), "somebody else");
        history.set_failing(false);
        history.set_failing(true);
        assert!(!history.is_due(ada, at(59)), "it fails and works by turns");
        assert!(history.is_due(ada, at(60)), "another outage");
    }
}
