//! Alerts an admin once when a team's question or wrap-up can't be posted, or its replies can't be
//! read.

use crate::bot::context::BotContext;
use crate::bot::discord::rest_limiter::Priority;
use crate::bot::render::message::Message;
use crate::bot::render::user_error::{self, PostingProblem};
use quizloop_core::id::UserId;
use quizloop_core::team::{PostingFailure, Team};
use quizloop_core::text::remove_control_characters;
use quizloop_store::{Commit, LoadedTeam};

/// Records the failure for `/team status` and sends a direct message to the admin who set the team
/// up, once until the failure is resolved. A wrap-up's failure is kept apart, because a question that
/// is posted does not resolve it. Teams from the config file have no such admin; the log
/// reports their failures.
pub async fn alert_admin(ctx: &BotContext, team: &LoadedTeam, problem: PostingProblem<'_>) {
    // It may quote Discord or a proxy.
    let text = remove_control_characters(&user_error::explain(problem));
    let now = ctx.clock.now();
    let (admin, commit) = team.update(|team| {
        let failure = match problem {
            PostingProblem::WrapUp(_) => &mut team.wrap_up_failure,
            PostingProblem::Pairs(_) => team.pair_failure_mut(),
            _ => &mut team.posting_failure,
        };
        let known = failure.as_ref();
        let is_new = known.is_none_or(|known| known.message != text);
        let since = known.map_or(now, |known| known.since);
        *failure = Some(PostingFailure {
            since,
            message: text.clone(),
        });
        team.set_up_by.filter(|_| is_new)
    });
    let message = user_error::posting_failed_dm(team.channel(), problem);
    send_once_saved(ctx, admin.flatten(), commit, &message).await;
}

/// Reports once that the bot may not read a team's history: a warning in the log, and a direct
/// message to the admin who set the team up.
pub async fn alert_unreadable_history(ctx: &BotContext, team: &LoadedTeam) {
    // A question that is not sent for the same reason is reported by its delivery.
    let is_reported = |team: &Team| {
        team.history_unreadable_since.is_some()
            || team.posting_failure.is_some()
            || team
                .rounds()
                .last()
                .is_some_and(|round| round.message.is_none())
    };
    if team.read(is_reported) != Some(false) {
        return;
    }
    tracing::warn!(
        "the bot lacks Read Message History, so replies from while it was offline do not count"
    );
    let now = ctx.clock.now();
    let (admin, commit) = team.update(|team| {
        team.history_unreadable_since = Some(now);
        team.set_up_by
    });
    let message = user_error::history_unreadable_dm(team.channel());
    send_once_saved(ctx, admin.flatten(), commit, &message).await;
}

/// Records that the history can be read, so that the next failure is reported again.
pub fn end_history_alert(team: &LoadedTeam) {
    if team.read(|team| team.history_unreadable_since.is_some()) == Some(true) {
        // Nothing is acknowledged to a member, so there is no need to wait for the save.
        let _unawaited = team.update(|team| team.history_unreadable_since = None);
    }
}

/// Sends a direct message to an admin once the commit is durable, so that a crash can't cause a
/// second one.
async fn send_once_saved(
    ctx: &BotContext,
    admin: Option<UserId>,
    commit: Commit,
    message: &Message,
) {
    if commit.wait().await.is_err() {
        return;
    }
    let Some(admin) = admin else {
        return;
    };
    if let Err(error) = ctx.rest.send_dm(admin, message, Priority::Urgent).await {
        tracing::info!(%admin, %error, "admin could not be alerted");
    }
}
