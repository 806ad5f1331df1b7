//! `/team`: manages a team.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::settings::{MANAGE_GUILD, any_given, apply_options, option_definitions};
use super::{CommandResult, question_reports, remove, require_admin, resolve_team};
use crate::bot::context::{BotContext, TeamKey};
use crate::bot::event::Interaction;
use crate::bot::permissions;
use crate::bot::render::message::Message;
use crate::bot::render::team as render;
use crate::bot::render::user_error::UserError;
use quizloop_core::id::GuildId;
use quizloop_core::ledger::Actor;
use quizloop_core::retention::Retention;
use quizloop_core::team::Team;
use quizloop_failpoint as failpoint;

pub fn definition() -> Value {
    let round = json!({ "type": 4, "name": "round", "description": "The round's number, shown below its question", "required": true, "min_value": 1 });
    let member =
        json!({ "type": 6, "name": "member", "description": "The member", "required": true });
    let until = json!({ "type": 3, "name": "until", "description": "First day with a question again, such as 2026-12-28" });
    let mut settings = option_definitions(false);
    settings.extend([
        json!({ "type": 3, "name": "catch_up", "description": "How late to post if the bot was offline, such as 3h or 90m" }),
        json!({ "type": 3, "name": "holidays", "description": "All days without a question, such as 2026-12-24, 2026-12-25, or none" }),
        json!({ "type": 5, "name": "no_role", "description": "Stop mentioning a role" }),
        json!({ "type": 5, "name": "report", "description": "Post a weekly report after the week's last question" }),
        json!({
            "type": 4, "name": "retention", "min_value": Retention::MIN, "max_value": Retention::MAX,
            "description": "How often /quiz repeats, in percent: 90 is normal, higher means more often",
        }),
    ]);
    json!({
        "name": "team",
        "description": "Manage a team",
        "contexts": [0],
        "default_member_permissions": MANAGE_GUILD,
        "options": [
            subcommand("status", "Next questions, latest question and missing permissions", vec![]),
            subcommand("post", "Post today's question now", vec![]),
            subcommand("pause", "Pause questions; streaks are safe", vec![until]),
            subcommand("resume", "End a pause or undo a skip", vec![]),
            subcommand("skip", "Skip the next question", vec![]),
            subcommand("void", "Cancel a question, so that it counts for nobody", vec![round.clone()]),
            subcommand("credit", "Count a question as answered for a member", vec![member, round]),
            subcommand("settings", "Show or change settings", settings),
            json!({ "type": 1, "name": "reports", "description": "Mistakes that members reported in questions" }),
            subcommand("remove", "Remove the team and all its data", vec![]),
        ],
    })
}

/// Returns the definition of a subcommand with a `channel` option for admins in another channel.
fn subcommand(name: &str, description: &str, mut options: Vec<Value>) -> Value {
    options.push(json!({
        "type": 7, "name": "channel", "description": "The team's channel (default: this one)", "channel_types": [0, 5],
    }));
    json!({ "type": 1, "name": name, "description": description, "options": options })
}

/// Runs a subcommand.
pub async fn run(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
    name: &str,
) -> CommandResult {
    require_admin(interaction)?;
    if name == "team reports" {
        // Reports belong to the guild, so no team is needed.
        return question_reports::list(ctx, interaction, guild, 0);
    }
    let key = resolve_team(ctx, interaction, guild)?;
    let now = ctx.clock.now();
    let by = Actor {
        user: Some(interaction.user),
        at: now,
    };
    let result = match name {
        "team status" => status(ctx, key).await,
        "team post" => post_now(ctx, interaction, key).await,
        "team pause" => {
            let until = pause_end(ctx, key, interaction.text("until"))?;
            apply_admin_action(ctx, key, |team| {
                team.pause(until);
                Ok(render::paused(team, now))
            })
            .await
        }
        "team resume" => {
            apply_admin_action(ctx, key, |team| {
                team.resume(now);
                Ok(render::resumed(team, now))
            })
            .await
        }
        "team skip" => apply_admin_action(ctx, key, |team| skip(team, now)).await,
        "team void" => {
            let number = interaction.number("round").unwrap_or(0);
            apply_admin_action(ctx, key, |team| {
                team.void(number, by).map_err(admin_action_error)?;
                Ok(render::voided(number))
            })
            .await
        }
        "team credit" => {
            let number = interaction.number("round").unwrap_or(0);
            let member = interaction.user("member").ok_or_else(unknown_command)?;
            apply_admin_action(ctx, key, |team| {
                team.credit(number, member, by)
                    .map_err(admin_action_error)?;
                Ok(render::credited(member, number))
            })
            .await
        }
        "team settings" => settings(ctx, interaction, key).await,
        "team remove" => remove::ask_confirmation(ctx, key),
        _ => Err(unknown_command()),
    };
    result.map(Message::ephemeral)
}

fn unknown_command() -> UserError {
    UserError::InvalidOption(
        "This command no longer exists. Type `/team` to see the current ones.".into(),
    )
}

/// Begins today's round now, regardless of the schedule. The scheduler posts it.
pub async fn post_now(ctx: &BotContext, interaction: &Interaction, key: TeamKey) -> CommandResult {
    require_admin(interaction)?;
    let now = ctx.clock.now();
    let ids = ctx.bank.ids();
    let (number, commit) = ctx.update_team(key, |team| {
        let day = team.settings.schedule.zone.date(now);
        ctx.with_rng(|rng| {
            team.begin_round(day, now, &ids, rng)
                .map(|round| round.number)
        })
    });
    let number = number.ok_or(UserError::TeamNotFound)?;
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    ctx.post_backoff.remove(&key);
    ctx.wake_scheduler.notify_one();
    Ok(number.map_or_else(render::already_posted_today, render::post_started))
}

async fn status(ctx: &BotContext, key: TeamKey) -> CommandResult {
    let access = permissions::check(ctx, key)
        .await
        .map_err(|failure| failure.to_string());
    let status = render::TeamStatus {
        guild: key.guild,
        now: ctx.clock.now(),
        access: access.as_ref().map_err(String::as_str),
        bank_size: ctx.bank.len(),
    };
    ctx.read_team(key, |team| render::status(team, &status))
        .ok_or(UserError::TeamNotFound)
}

async fn settings(ctx: &BotContext, interaction: &Interaction, key: TeamKey) -> CommandResult {
    let now = ctx.clock.now();
    if !any_given(interaction) {
        let message = ctx.read_team(key, |team| {
            render::team_summary(team, now, &render::PermissionReport::default(), true)
        });
        return message.ok_or(UserError::TeamNotFound);
    }
    apply_admin_action(ctx, key, |team| {
        if team.managed {
            return Err(UserError::ManagedByConfig);
        }
        team.settings = apply_options(team.settings.clone(), interaction)?;
        Ok(render::team_summary(
            team,
            now,
            &render::PermissionReport::default(),
            true,
        ))
    })
    .await
}

/// Changes a team. The change is durable before its message is returned.
async fn apply_admin_action(
    ctx: &BotContext,
    key: TeamKey,
    change: impl FnOnce(&mut Team) -> CommandResult,
) -> CommandResult {
    let (result, commit) = ctx.update_team(key, change);
    let result = result.ok_or(UserError::TeamNotFound)?;
    failpoint::hit("order.changed");
    // An error waits, too. Example: "this round has credit already" may be about a credit that is
    // not durable yet, and must not be shown if the save fails.
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::hit("order.saved");
    let message = result?;
    ctx.wake_scheduler.notify_one();
    Ok(message)
}

fn skip(team: &mut Team, now: jiff::Timestamp) -> CommandResult {
    let nothing =
        || UserError::InvalidOption("There is no question to skip in the next two years.".into());
    let day = team.skip_next(now).ok_or_else(nothing)?;
    Ok(render::skipped(
        day,
        &team.next_post_times(now, render::POSTS_AHEAD),
    ))
}

fn admin_action_error(refused: quizloop_core::admin_actions::AdminActionError) -> UserError {
    UserError::InvalidOption(format!("That can't be done: {refused}."))
}

fn pause_end(
    ctx: &BotContext,
    key: TeamKey,
    until: Option<&str>,
) -> Result<Option<Date>, UserError> {
    let Some(text) = until else {
        return Ok(None);
    };
    let bad = |text: &str| UserError::InvalidOption(text.to_owned());
    let day: Date = text
        .trim()
        .parse()
        .map_err(|_| bad("until: write the day like 2026-12-28, or leave it out."))?;
    let now = ctx.clock.now();
    let today = ctx.read_team(key, |team| team.settings.schedule.zone.date(now));
    if today.is_some_and(|today| day <= today) {
        return Err(bad(
            "until: that day is not in the future. Give the first day with a question again.",
        ));
    }
    Ok(Some(day))
}
