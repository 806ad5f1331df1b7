//! `/remind`: a direct message on days on which the member has not answered the question, or on
//! which reviews are due.

use serde_json::{Value, json};

use super::settings::parse_time;
use super::slash_command::{
    Access, Action, CommandHandler, CommandKind, Help, SlashCommand, Subcommand, SubcommandGroup,
    Visibility, channel_option,
};
use super::{CommandResult, resolve_team};
use crate::bot::context::{BotContext, team_for_channel};
use crate::bot::gateway::event::Interaction;
use crate::bot::render::remind as render;
use crate::bot::render::user_error::UserError;
use quizloop_core::review_reminders::MIN_REVIEWS_DUE;
use quizloop_core::team::Team;
use quizloop_core::team_settings::TIME_OF_DAY_MAX;
use quizloop_store::{LoadedGuild, LoadedTeam};

pub static COMMAND: SlashCommand = SlashCommand {
    name: "remind",
    description: "Get a direct message on days you haven't answered, or on which reviews are due",
    access: Access::Everyone,
    kind: CommandKind::Groups {
        subcommands: ROUNDS,
        groups: &[SubcommandGroup {
            name: "reviews",
            description: "Reminders of due reviews",
            subcommands: REVIEWS,
        }],
    },
};

/// Reminders of the open round.
const ROUNDS: &[Subcommand] = &[
    Subcommand {
        name: "on",
        description: "Remind me at this time on days I haven't answered",
        action: Action {
            options: || vec![time_option(), channel_option()],
            autocomplete: &[],
            visibility: Visibility::Ephemeral,
            help: Help::Line(|| {
                "`/remind on time:17:00` sends you a direct message on days you haven't answered by then.".into()
            }),
            handler: CommandHandler::Async(|ctx, interaction, guild| {
                Box::pin(on(ctx, interaction, guild))
            }),
        },
    },
    Subcommand {
        name: "off",
        description: "Turn reminders off",
        action: Action {
            options: || vec![channel_option()],
            autocomplete: &[],
            visibility: Visibility::Ephemeral,
            help: Help::Unlisted,
            handler: CommandHandler::Async(|ctx, interaction, guild| {
                Box::pin(off(ctx, interaction, guild))
            }),
        },
    },
    Subcommand {
        name: "status",
        description: "Show my reminders",
        action: Action {
            options: || vec![channel_option()],
            autocomplete: &[],
            visibility: Visibility::Ephemeral,
            help: Help::Unlisted,
            handler: CommandHandler::Sync(status),
        },
    },
];

/// Reminders of due reviews.
const REVIEWS: &[Subcommand] = &[
    Subcommand {
        name: "on",
        description: "Remind me at this time on days with several due reviews",
        action: Action {
            options: || vec![time_option()],
            autocomplete: &[],
            visibility: Visibility::Ephemeral,
            help: Help::Line(|| {
                format!(
                    "`/remind reviews on time:08:00` sends you a direct message on days with at least {MIN_REVIEWS_DUE} reviews due."
                )
            }),
            handler: CommandHandler::Async(|ctx, interaction, guild| {
                Box::pin(reviews_on(ctx, interaction, guild))
            }),
        },
    },
    Subcommand {
        name: "off",
        description: "Turn the reminder of due reviews off",
        action: Action {
            options: Vec::new,
            autocomplete: &[],
            visibility: Visibility::Ephemeral,
            help: Help::Unlisted,
            handler: CommandHandler::Async(|ctx, interaction, guild| {
                Box::pin(reviews_off(ctx, interaction, guild))
            }),
        },
    },
];

fn time_option() -> Value {
    json!({
        "type": 3, "name": "time", "description": "Time in the team's time zone, such as 17:00 or 5pm", "required": true, "max_length": TIME_OF_DAY_MAX,
    })
}

async fn on(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    let now = interaction.created_at();
    change_reminder(ctx, team, |team| enable(team, interaction, now)).await
}

async fn off(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    let now = interaction.created_at();
    change_reminder(ctx, team, |team| {
        let was_enabled = team.disable_reminder(interaction.user, now);
        Ok(render::disabled(team.channel, was_enabled))
    })
    .await
}

fn status(_: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    let now = interaction.created_at();
    let status = |team: &Team| {
        let state = team.reminder_state(interaction.user, now);
        render::status(team.channel, state, &team.settings.schedule)
    };
    let message = team.read(status).ok_or(UserError::TeamNotFound)?;
    let reviews = guild.read(|state| {
        let reminder = state.review_reminder(interaction.user)?;
        let place = state.practice_place(reminder.channel);
        Some(render::with_review_reminder(
            message.clone(),
            reminder.reminder.at?,
            &place.zone,
        ))
    });
    Ok(reviews.flatten().unwrap_or(message))
}

async fn reviews_on(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
) -> CommandResult {
    let at = parse_time(interaction.text("time").unwrap_or_default())?;
    let (user, now) = (interaction.user, interaction.created_at());
    let (place, commit) = guild.upsert(|state| {
        let team = team_for_channel(state, interaction.channel);
        let channel = team.map_or(interaction.channel, |team| team.channel);
        let place = state.practice_place(channel);
        state.set_review_reminder(user, place.channel, at, now);
        place
    });
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    ctx.wake_scheduler.notify_one();
    Ok(render::reviews_enabled(at, &place.zone))
}

async fn reviews_off(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
) -> CommandResult {
    let (user, now) = (interaction.user, interaction.created_at());
    let disabled = guild.update(|state| state.disable_review_reminder(user, now));
    let Some((was_enabled, commit)) = disabled else {
        return Ok(render::reviews_disabled(false));
    };
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    ctx.wake_scheduler.notify_one();
    Ok(render::reviews_disabled(was_enabled))
}

/// Changes the member's reminder. The change is durable before it is confirmed.
async fn change_reminder(
    ctx: &BotContext,
    team: &LoadedTeam,
    change: impl FnOnce(&mut Team) -> CommandResult,
) -> CommandResult {
    let (result, commit) = team.update(change);
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    ctx.wake_scheduler.notify_one();
    result.ok_or(UserError::TeamNotFound)?
}

fn enable(team: &mut Team, interaction: &Interaction, now: jiff::Timestamp) -> CommandResult {
    let at = parse_time(interaction.text("time").unwrap_or_default())?;
    if !team.can_remind_at(at) {
        return Err(UserError::InvalidOption(render::too_early(
            at,
            &team.settings.schedule,
        )));
    }
    team.set_reminder(interaction.user, at, now);
    Ok(render::enabled(team.channel, at, &team.settings.schedule))
}
