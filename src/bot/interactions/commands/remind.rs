//! `/remind`: a direct message on days on which the member has not answered the question.

use serde_json::{Value, json};

use super::settings::parse_time;
use super::slash_command::{
    Access, Action, CommandHandler, CommandKind, Help, SlashCommand, Subcommand, Visibility,
    channel_option,
};
use super::{CommandResult, resolve_team};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::render::remind as render;
use crate::bot::render::user_error::UserError;
use quizloop_core::team::Team;
use quizloop_store::{LoadedGuild, LoadedTeam};

pub static COMMAND: SlashCommand = SlashCommand {
    name: "remind",
    description: "Get a direct message on days you haven't answered",
    access: Access::Everyone,
    kind: CommandKind::Group(&[
        Subcommand {
            name: "on",
            description: "Remind me at this time on days I haven't answered",
            action: Action {
                options: on_options,
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
            description: "Show my reminder",
            action: Action {
                options: || vec![channel_option()],
                autocomplete: &[],
                visibility: Visibility::Ephemeral,
                help: Help::Unlisted,
                handler: CommandHandler::Sync(status),
            },
        },
    ]),
};

fn on_options() -> Vec<Value> {
    let at = json!({
        "type": 3, "name": "time", "description": "Time in the team's time zone, such as 17:00", "required": true, "max_length": 5,
    });
    vec![at, channel_option()]
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
    team.read(status).ok_or(UserError::TeamNotFound)
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
