//! Reminds members of the open round, and reports reminders that could not be delivered.
//!
//! Both are recorded before they are sent. If the process dies in between, the message is lost but
//! never sent twice: a duplicate reminder is worse than a missing one.

use tracing::Instrument as _;

use crate::bot::context::BotContext;
use crate::bot::discord::rest_limiter::Priority;
use crate::bot::gateway::event::Interaction;
use crate::bot::render;
use quizloop_core::id::{TeamKey, UserId};
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedTeam;

/// Sends a reminder if it is still due.
pub async fn send(ctx: &BotContext, team: &LoadedTeam, user: UserId) {
    let TeamKey { guild, channel } = team.key();
    let span = tracing::error_span!("reminder", %guild, %channel, member = %user);
    send_if_due(ctx, team, user).instrument(span).await;
}

async fn send_if_due(ctx: &BotContext, team: &LoadedTeam, user: UserId) {
    let Some(now) = ctx.trusted_now() else {
        return;
    };
    let is_due = |team: &quizloop_core::team::Team| {
        team.reminders_today(now)
            .any(|due| due.user == user && due.at <= now)
    };
    if team.read(is_due) != Some(true) {
        return;
    }
    let (round, commit) = team.update(|team| team.begin_reminder(user, now).cloned());
    let Some(round) = round.flatten() else {
        return;
    };
    if commit.wait().await.is_err() {
        tracing::warn!("reminder skipped: the state could not be saved");
        return;
    }
    failpoint::hit("remind.noted");
    let question = ctx.question_of_round(team.guild().id(), &round);
    let message = render::remind::reminder(team.guild().id(), team.channel(), &round, question);
    let result = ctx.rest.send_dm(user, &message, Priority::Background).await;
    failpoint::hit("remind.sent");
    match result {
        Ok(()) => {}
        Err(error) if error.is_dm_blocked() => disable_after_dm_failure(team, user).await,
        Err(error) => tracing::warn!(%error, "reminder could not be sent"),
    }
}

/// Disables the reminders of a member who blocks direct messages. The member is notified after
/// their next command.
async fn disable_after_dm_failure(team: &LoadedTeam, user: UserId) {
    let (_, commit) = team.update(|team| team.record_dm_failure(user));
    // If the save fails, the next reminder fails as well and this is repeated.
    let _ = commit.wait().await;
    tracing::info!("reminders disabled: the member blocks direct messages");
}

/// Notifies a member, after a response, that their reminders were disabled. Does so once.
pub async fn report_dm_failures(ctx: &BotContext, interaction: &Interaction) {
    let Some(guild) = interaction.guild else {
        return;
    };
    // The interaction has loaded the guild. If it was evicted since, the next interaction notifies
    // the member.
    let Some(guild) = ctx.store.loaded(guild) else {
        return;
    };
    let unreported = guild.read(|state| {
        let teams = state.teams().values();
        let with_failure = teams.filter(|team| team.has_unreported_dm_failure(interaction.user));
        with_failure.map(|team| team.channel).collect::<Vec<_>>()
    });
    for channel in unreported.unwrap_or_default() {
        report_dm_failure(ctx, interaction, &guild.team(channel)).await;
    }
}

async fn report_dm_failure(ctx: &BotContext, interaction: &Interaction, team: &LoadedTeam) {
    let now = ctx.clock.now();
    let (unreported, commit) =
        team.update(|team| team.acknowledge_dm_failure(interaction.user, now));
    if unreported != Some(true) || commit.wait().await.is_err() {
        return;
    }
    let message = render::remind::dm_failed(team.channel()).ephemeral();
    if let Err(error) = ctx.rest.create_followup(&interaction.token, &message).await {
        let TeamKey { guild, channel } = team.key();
        let member = interaction.user;
        tracing::warn!(%guild, %channel, %member, %error, "notice of disabled reminders failed");
    }
}
