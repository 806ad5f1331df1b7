//! Telling an admin once that a team is in trouble.

use super::context::{BotContext, TeamKey};
use super::render;
use super::rest::ApiError;
use super::rest_limiter::Priority;
use crate::practice::team::PostingFailure;

/// Writes the trouble down where `/team status` shows it, and tells the admin who set the team up in a
/// direct message, once until it is over. Teams of the operator's file have no such admin; their
/// trouble is in the log.
pub async fn alert_admin(ctx: &BotContext, key: TeamKey, failure: &ApiError) {
    let what = render::user_error::explain(failure);
    let now = ctx.clock.now();
    let (admin, commit) = ctx.update_team(key, |team| {
        let is_new = team
            .posting_failure
            .as_ref()
            .is_none_or(|known| known.message != what);
        let since = team
            .posting_failure
            .as_ref()
            .map_or(now, |known| known.since);
        team.posting_failure = Some(PostingFailure {
            since,
            message: what.clone(),
        });
        team.set_up_by.filter(|_| is_new)
    });
    // First on disk, so that a crash can't make us say it twice.
    if commit.wait().await.is_err() {
        return;
    }
    let Some(admin) = admin.flatten() else {
        return;
    };
    let message = render::user_error::posting_failed_dm(key.channel, &what);
    if let Err(failure) = ctx.rest.send_dm(admin, &message, Priority::Urgent).await {
        tracing::info!(guild = %key.guild, %admin, %failure, "the admin could not be told");
    }
}
