//! `/remind`: a direct message on days on which the member has not answered the question.

use serde_json::{Value, json};

use super::settings::parse_time;
use super::{CommandResult, resolve_team};
use crate::bot::context::BotContext;
use crate::bot::event::Interaction;
use crate::bot::render::remind as render;
use crate::bot::render::user_error::UserError;
use quizloop_core::id::GuildId;
use quizloop_core::team::Team;

pub fn definition() -> Value {
    let channel = json!({
        "type": 7, "name": "channel", "description": "The team's channel (default: this one)", "channel_types": [0, 5],
    });
    let at = json!({
        "type": 3, "name": "time", "description": "Time in the team's time zone, such as 17:00", "required": true, "max_length": 5,
    });
    let sub = |name: &str, description: &str, options: Vec<&Value>| json!({ "type": 1, "name": name, "description": description, "options": options });
    json!({
        "name": "remind",
        "description": "Get a direct message on days you haven't answered",
        "contexts": [0],
        "options": [
            sub("on", "Remind me at this time on days I haven't answered", vec![&at, &channel]),
            sub("off", "Turn reminders off", vec![&channel]),
            sub("status", "Show my reminder", vec![&channel]),
        ],
    })
}

/// Runs a subcommand. A change is durable before it is confirmed.
pub async fn run(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
    name: &str,
) -> CommandResult {
    let key = resolve_team(ctx, interaction, guild)?;
    let (now, user) = (ctx.clock.now(), interaction.user);
    if name == "remind status" {
        let status = |team: &Team| {
            let at = team.reminder(user).and_then(|reminder| reminder.at);
            render::status(key.channel, at, &team.settings.schedule)
        };
        return Ok(ctx
            .read_team(key, status)
            .ok_or(UserError::TeamNotFound)?
            .ephemeral());
    }
    let change = |team: &mut Team| {
        if name == "remind off" {
            let was_enabled = team.disable_reminder(user, now);
            return Ok(render::disabled(key.channel, was_enabled));
        }
        enable(team, interaction, now)
    };
    let (result, commit) = ctx.update_team(key, change);
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    ctx.wake_scheduler.notify_one();
    Ok(result.ok_or(UserError::TeamNotFound)??.ephemeral())
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
