//! Alerts an admin once when a team's question can't be posted.

use crate::bot::context::BotContext;
use crate::bot::discord::rest_limiter::Priority;
use crate::bot::render::user_error::{self, PostingProblem};
use quizloop_core::team::PostingFailure;
use quizloop_core::text::remove_control_characters;
use quizloop_store::LoadedTeam;

/// Records the failure for `/team status` and sends a direct message to the admin who set the team
/// up, once until the failure is resolved. Teams from the config file have no such admin; the log
/// reports their failures.
pub async fn alert_admin(ctx: &BotContext, team: &LoadedTeam, problem: PostingProblem<'_>) {
    // It may quote Discord or a proxy.
    let text = remove_control_characters(&user_error::explain(problem));
    let now = ctx.clock.now();
    let (admin, commit) = team.update(|team| {
        let is_new = team
            .posting_failure
            .as_ref()
            .is_none_or(|known| known.message != text);
        let since = team
            .posting_failure
            .as_ref()
            .map_or(now, |known| known.since);
        team.posting_failure = Some(PostingFailure {
            since,
            message: text.clone(),
        });
        team.set_up_by.filter(|_| is_new)
    });
    // Saved before the message is sent, so that a crash can't cause a second message.
    if commit.wait().await.is_err() {
        return;
    }
    let Some(admin) = admin.flatten() else {
        return;
    };
    let message = user_error::posting_failed_dm(team.channel(), problem);
    if let Err(error) = ctx.rest.send_dm(admin, &message, Priority::Urgent).await {
        tracing::info!(%admin, %error, "admin could not be alerted");
    }
}
