//! Alerts admins once per outage that the state can't be saved.
//!
//! Nothing can be saved during an outage, so the history of alerts is in memory only. A restart
//! during an outage may alert an admin again. The operator finds outages in the log (see `store`);
//! these alerts are for admins who wonder why replies get no ✅.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::bot::context::BotContext;
use crate::bot::discord::rest_limiter::Priority;
use crate::bot::render;
use quizloop_core::id::{GuildId, UserId};
use quizloop_store::GuildView;

/// Minimum time between two messages. Discord treats a bot that opens many direct messages at once
/// as a spammer.
const ALERT_INTERVAL: Duration = Duration::from_secs(1);

/// Minimum time between two messages to one admin, so that a disk that fails intermittently causes
/// one message only.
const ALERT_COOLDOWN: SignedDuration = SignedDuration::from_hours(1);

/// Alerts the admins of guilds that can't be saved; never returns.
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
            // The loop checks before each message whether the outage continues.
            tokio::time::sleep(ALERT_INTERVAL).await;
        } else if failing.changed().await.is_err() {
            // The store is closed: the process is shutting down.
            return std::future::pending().await;
        }
    }
}

/// Returns the admins who set up teams in these guilds.
fn admins(ctx: &BotContext, guilds: &BTreeSet<GuildId>) -> BTreeSet<UserId> {
    let of_guild = |guild: &GuildId| {
        ctx.store.view(*guild, |view| match view {
            GuildView::Loaded(state) => {
                let admins = state.teams().values().filter_map(|team| team.set_up_by);
                admins.collect::<Vec<_>>()
            }
            // Only saved guilds are evicted.
            GuildView::Summary(_) => Vec::new(),
        })
    };
    guilds.iter().filter_map(of_guild).flatten().collect()
}

async fn send_alert(ctx: &BotContext, admin: UserId) {
    let result = ctx
        .rest
        .send_dm(
            admin,
            &render::user_error::saving_failed_dm(),
            Priority::Urgent,
        )
        .await;
    if let Err(error) = result {
        tracing::info!(%admin, %error, "save alert could not be sent");
    }
}

/// The last alert of each admin: number of the outage, and time.
#[derive(Debug, Default)]
struct AlertHistory {
    /// Number of outages so far.
    outage: u64,
    failing: bool,
    last_alerts: HashMap<UserId, (u64, Timestamp)>,
}

impl AlertHistory {
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
    fn alerts_once_per_outage_and_at_most_once_an_hour() {
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
        assert!(history.is_due(lin, at(600)), "another admin");
        history.set_failing(false);
        history.set_failing(true);
        assert!(!history.is_due(ada, at(59)), "an intermittent failure");
        assert!(history.is_due(ada, at(60)), "another outage");
    }
}
