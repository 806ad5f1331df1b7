//! The buttons of `/team status`, and the menus with a team's settings.
//!
//! A button may be pressed long after its message was sent. It does only what its label says about the
//! team as it is now: one that skips a question names the day, and the others change nothing if the
//! team is in that state already.

use jiff::civil::Date;

use super::team::{apply_admin_action, post_now, save_settings, show_status};
use super::{CommandResult, or_user_error, require_admin, update_message};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::{Interaction, OptionValue};
use crate::bot::interactions::custom_id::{PanelAction, PanelSetting};
use crate::bot::interactions::response::Response;
use crate::bot::render::message::Message;
use crate::bot::render::team as render;
use crate::bot::render::team_panel;
use crate::bot::render::user_error::UserError;
use quizloop_core::id::ChannelId;
use quizloop_core::programme::LEVELS;
use quizloop_core::team::Team;
use quizloop_core::team_settings::{self, SettingKind};
use quizloop_store::{LoadedGuild, LoadedTeam};

/// Handles a button of `/team status`.
pub async fn on_button(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    channel: ChannelId,
    action: PanelAction,
) -> Response {
    let team = guild.team(channel);
    if action == PanelAction::Settings {
        let menus = require_admin(interaction).and_then(|()| menus(&team, ""));
        return or_user_error(menus.map(|menus| Response::New(menus.ephemeral())));
    }
    update_message(act(ctx, interaction, guild, &team, action).await)
}

/// Carries the action out and shows the status after it, with what was done above it.
async fn act(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    team: &LoadedTeam,
    action: PanelAction,
) -> CommandResult {
    require_admin(interaction)?;
    let now = interaction.created_at();
    let done = match action {
        PanelAction::Refresh | PanelAction::Settings => Message::default(),
        PanelAction::Pause => {
            apply_admin_action(ctx, team, |team| {
                if team.pause.is_some() {
                    return Ok(Message::default());
                }
                team.pause(None);
                Ok(render::paused(team, now))
            })
            .await?
        }
        PanelAction::Resume => {
            apply_admin_action(ctx, team, |team| {
                if team.pause.is_none() && team.skip.is_none() {
                    return Ok(Message::default());
                }
                team.resume(now);
                Ok(render::resumed(team, now))
            })
            .await?
        }
        PanelAction::Skip(day) => {
            apply_admin_action(ctx, team, |team| Ok(skip(team, day, now))).await?
        }
        PanelAction::Post => post_now(ctx, interaction, team).await?,
    };
    let mut status = show_status(ctx, interaction, guild, team).await?;
    // Without a text, that of an earlier press would stay.
    status.content = Some(done.content.unwrap_or_default());
    Ok(status)
}

/// Skips the question of a day, if it is the next one.
fn skip(team: &mut Team, day: Date, now: jiff::Timestamp) -> Message {
    if team.next_day(now) != Some(day) {
        return team_panel::not_skipped(day);
    }
    team.skip_next(now);
    render::skipped(day, &team.next_post_times(now, render::POSTS_AHEAD))
}

/// A menu with the values of a setting.
#[derive(Debug, Clone, Copy)]
pub struct SettingMenu {
    pub channel: ChannelId,
    pub setting: PanelSetting,
}

/// Changes the setting of a menu, as the option of `/team settings` would.
pub async fn on_choice(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    menu: SettingMenu,
    values: &[String],
) -> Response {
    update_message(change(ctx, interaction, guild, menu, values).await)
}

async fn change(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    menu: SettingMenu,
    values: &[String],
) -> CommandResult {
    require_admin(interaction)?;
    let team = guild.team(menu.channel);
    let setting = team_settings::find(menu.setting.key()).ok_or(UserError::StaleComponent)?;
    // All levels are the same as no choice of levels.
    let is_all = menu.setting == PanelSetting::Levels && values.len() == LEVELS.len();
    let text = if is_all {
        "all".to_owned()
    } else {
        values.join(", ")
    };
    let value = match setting.kind {
        SettingKind::Flag(_) => OptionValue::Flag(text == team_panel::ON),
        _ => OptionValue::Text(text),
    };
    let options = [
        (setting.option.name.to_owned(), value),
        ("channel".to_owned(), OptionValue::Channel(menu.channel)),
    ];
    let as_command = Interaction {
        options: options.into(),
        ..interaction.clone()
    };
    // Saved at once: a menu shows what was chosen, and another choice is as near as this one.
    save_settings(ctx, &as_command, &team).await?;
    menus(&team, &team_panel::saved(menu.setting))
}

fn menus(team: &LoadedTeam, notice: &str) -> CommandResult {
    let menus = |team: &Team| {
        if team.managed {
            return Err(UserError::ManagedByConfig);
        }
        Ok(team_panel::menus(team, notice))
    };
    team.read(menus).ok_or(UserError::TeamNotFound)?
}
