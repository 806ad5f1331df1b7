//! Reminds members of the open round or of due reviews, and reports reminders that could not be
//! delivered.
//!
//! Both are recorded before they are sent. If the process dies in between, the message is lost but
//! never sent twice: a duplicate reminder is worse than a missing one.

use jiff::Timestamp;
use tracing::Instrument as _;
use tracing::field::display;

use crate::bot::context::BotContext;
use crate::bot::discord::rest_limiter::Priority;
use crate::bot::gateway::event::Interaction;
use crate::bot::render;
use crate::bot::render::message::Message;
use quizloop_core::id::{ChannelId, GuildId, UserId};
use quizloop_failpoint as failpoint;
use quizloop_store::{Commit, LoadedGuild};

/// A reminder that a member set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReminderKey {
    pub guild: GuildId,
    pub kind: ReminderKind,
    pub user: UserId,
}

/// What a member is reminded of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReminderKind {
    /// The open round of the team in that channel.
    Round(ChannelId),
    /// Due reviews.
    Reviews,
}

impl ReminderKind {
    const fn channel(self) -> Option<ChannelId> {
        match self {
            Self::Round(channel) => Some(channel),
            Self::Reviews => None,
        }
    }
}

/// Sends a reminder if it is still due.
pub async fn send(ctx: &BotContext, guild: &LoadedGuild, reminder: ReminderKey) {
    let span = tracing::error_span!(
        "reminder",
        guild = %reminder.guild,
        channel = reminder.kind.channel().map(display),
        member = %reminder.user,
    );
    send_if_due(ctx, guild, reminder).instrument(span).await;
}

async fn send_if_due(ctx: &BotContext, guild: &LoadedGuild, reminder: ReminderKey) {
    let Some(now) = ctx.trusted_now() else {
        return;
    };
    let Some((message, commit)) = begin(ctx, guild, reminder, now) else {
        return;
    };
    if commit.wait().await.is_err() {
        tracing::warn!("reminder skipped: the state could not be saved");
        return;
    }
    failpoint::hit("remind.noted");
    let message = ctx.rest.link_commands(&message);
    let result = ctx
        .rest
        .send_dm(reminder.user, &message, Priority::Background)
        .await;
    failpoint::hit("remind.sent");
    match result {
        Ok(()) => {}
        Err(error) if error.is_dm_blocked() => disable_after_dm_failure(guild, reminder).await,
        Err(error) => tracing::warn!(%error, "reminder could not be sent"),
    }
}

/// Records that a reminder goes out now, and returns its message; `None` without any change if it
/// is not due.
fn begin(
    ctx: &BotContext,
    guild: &LoadedGuild,
    reminder: ReminderKey,
    now: Timestamp,
) -> Option<(Message, Commit)> {
    match reminder.kind {
        ReminderKind::Round(channel) => begin_round(ctx, guild, channel, reminder.user, now),
        ReminderKind::Reviews => begin_reviews(ctx, guild, reminder.user, now),
    }
}

fn begin_round(
    ctx: &BotContext,
    guild: &LoadedGuild,
    channel: ChannelId,
    user: UserId,
    now: Timestamp,
) -> Option<(Message, Commit)> {
    let team = guild.team(channel);
    let is_due = |team: &quizloop_core::team::Team| {
        team.reminders_today(now)
            .any(|due| due.user == user && due.at <= now)
    };
    if team.read(is_due) != Some(true) {
        return None;
    }
    let (round, commit) = team.update(|team| team.begin_reminder(user, now).cloned());
    let round = round.flatten()?;
    let question = ctx.question_of_round(guild.id(), &round);
    let message = render::remind::reminder(guild.id(), channel, &round, question.as_deref());
    Some((message, commit))
}

fn begin_reviews(
    ctx: &BotContext,
    guild: &LoadedGuild,
    user: UserId,
    now: Timestamp,
) -> Option<(Message, Commit)> {
    let questions = ctx.questions(guild.id());
    let exists = |question: &str| questions.is_asked(question);
    guild.read(|state| state.due_review_reminder(user, now, exists))??;
    let (due, commit) = guild.update(|state| state.begin_review_reminder(user, now, exists))?;
    let message = render::remind::reviews_due(guild.id(), due?);
    Some((message, commit))
}

/// Disables a reminder of a member who blocks direct messages. The member is notified after their
/// next command.
async fn disable_after_dm_failure(guild: &LoadedGuild, reminder: ReminderKey) {
    let user = reminder.user;
    let commit = match reminder.kind {
        ReminderKind::Round(channel) => {
            let team = guild.team(channel);
            let (_, commit) = team.update(|team| team.record_dm_failure(user));
            Some(commit)
        }
        ReminderKind::Reviews => {
            let recorded = guild.update(|state| state.record_review_dm_failure(user));
            recorded.map(|((), commit)| commit)
        }
    };
    if let Some(commit) = commit {
        // If the save fails, the next reminder fails as well and this is repeated.
        let _ = commit.wait().await;
    }
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
    let user = interaction.user;
    let unreported = guild.read(|state| {
        let teams = state.teams().values();
        let with_failure = teams.filter(|team| team.has_unreported_dm_failure(user));
        let reviews = state.has_unreported_review_dm_failure(user);
        with_failure
            .map(|team| ReminderKind::Round(team.channel))
            .chain(reviews.then_some(ReminderKind::Reviews))
            .collect::<Vec<_>>()
    });
    for kind in unreported.unwrap_or_default() {
        report_dm_failure(ctx, interaction, &guild, kind).await;
    }
}

async fn report_dm_failure(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    kind: ReminderKind,
) {
    let (user, now) = (interaction.user, interaction.created_at());
    let acknowledged = match kind {
        ReminderKind::Round(channel) => {
            let team = guild.team(channel);
            let (unreported, commit) = team.update(|team| team.acknowledge_dm_failure(user, now));
            unreported.map(|unreported| (unreported, commit))
        }
        ReminderKind::Reviews => {
            guild.update(|state| state.acknowledge_review_dm_failure(user, now))
        }
    };
    let Some((true, commit)) = acknowledged else {
        return;
    };
    if commit.wait().await.is_err() {
        return;
    }
    let message = match kind {
        ReminderKind::Round(channel) => render::remind::dm_failed(channel),
        ReminderKind::Reviews => render::remind::review_dm_failed(),
    };
    let message = message.ephemeral();
    if let Err(error) = ctx.rest.create_followup(&interaction.token, &message).await {
        let channel = kind.channel().map(display);
        let (guild, member) = (guild.id(), user);
        tracing::warn!(%guild, channel, %member, %error, "notice of disabled reminders failed");
    }
}
