//! Reminding members of the open round, and telling who can't be reminded.
//!
//! Both are written down before they are said: what nobody heard because the bot died in between is lost, and
//! nobody hears anything twice. A reminder too many is worse than one too few.

use super::context::{BotContext, TeamKey};
use super::event::Interaction;
use super::render;
use super::rest_limiter::Priority;
use crate::failpoint;
use crate::practice::id::UserId;

/// Reminds a member, if it still is due when their turn has come.
pub async fn send(ctx: &BotContext, key: TeamKey, user: UserId) {
    let now = ctx.clock.now();
    let is_due = |team: &crate::practice::team::Team| {
        team.reminders_today(now)
            .any(|due| due.user == user && due.at <= now)
    };
    if ctx.read_team(key, is_due) != Some(true) {
        return;
    }
    let (round, commit) = ctx.update_team(key, |team| team.begin_reminder(user, now).cloned());
    let Some(round) = round.flatten() else {
        return;
    };
    if commit.wait().await.is_err() {
        tracing::warn!(guild = %key.guild, channel = %key.channel, "a reminder was left out: the state could not be saved");
        return;
    }
    failpoint::hit("remind.noted");
    let question = ctx.question_of_round(&round);
    let message = render::remind::reminder(key.guild, key.channel, &round, question);
    let sent = ctx.rest.send_dm(user, &message, Priority::Background).await;
    failpoint::hit("remind.sent");
    match sent {
        Ok(()) => {}
        Err(failure) if failure.is_dm_blocked() => disable_after_dm_failure(ctx, key, user).await,
        Err(failure) => {
            tracing::warn!(guild = %key.guild, channel = %key.channel, member = %user, %failure, "a reminder could not be sent");
        }
    }
}

/// The member does not take direct messages: no more of them, which they are told when they next ask for something.
async fn disable_after_dm_failure(ctx: &BotContext, key: TeamKey, user: UserId) {
    let (_, commit) = ctx.update_team(key, |team| team.record_dm_failure(user));
    // If the disk fails now, the next reminder is refused as well.
    let _ = commit.wait().await;
    tracing::info!(guild = %key.guild, channel = %key.channel, member = %user, "reminders are off: Discord does not let us write to the member");
}

/// Tells who just got an answer that their reminders are off, if they don't know it yet.
pub async fn report_dm_failures(ctx: &BotContext, interaction: &Interaction) {
    let Some(guild) = interaction.guild else {
        return;
    };
    // It was there for the answer. If it is not any more, they are told next time.
    let Some(_pin) = ctx.store.try_pin(guild) else {
        return;
    };
    let unreported = ctx.store.read(guild, |state| {
        let teams = state.teams().values();
        let with_failure = teams.filter(|team| team.has_unreported_dm_failure(interaction.user));
        with_failure.map(|team| team.channel).collect::<Vec<_>>()
    });
    for channel in unreported.unwrap_or_default() {
        report_dm_failure(ctx, interaction, TeamKey { guild, channel }).await;
    }
}

async fn report_dm_failure(ctx: &BotContext, interaction: &Interaction, key: TeamKey) {
    let now = ctx.clock.now();
    let (unreported, commit) = ctx.update_team(key, |team| {
        team.acknowledge_dm_failure(interaction.user, now)
    });
    if unreported != Some(true) || commit.wait().await.is_err() {
        return;
    }
    let message = render::remind::dm_failed(key.channel).ephemeral();
    if let Err(failure) = ctx.rest.create_followup(&interaction.token, &message).await {
        tracing::warn!(guild = %key.guild, member = %interaction.user, %failure, "a member could not be told that reminders are off");
    }
}
