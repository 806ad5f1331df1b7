//! `/team`: what admins do with a team.

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
use crate::failpoint;
use crate::practice::id::GuildId;
use crate::practice::ledger::Actor;
use crate::practice::retention::Retention;
use crate::practice::team::Team;

/// The command in Discord's form.
pub fn definition() -> Value {
    let round = json!({ "type": 4, "name": "round", "description": "The number of the round", "required": true, "min_value": 1 });
    let member =
        json!({ "type": 6, "name": "member", "description": "The member", "required": true });
    let until = json!({ "type": 3, "name": "until", "description": "The first day with a question again, such as 2026-12-28" });
    let mut settings = option_definitions(false);
    settings.extend([
        json!({ "type": 3, "name": "catch_up", "description": "How late a question may come if I was away, such as 3h or 90m" }),
        json!({ "type": 3, "name": "holidays", "description": "All days without a question, such as 2026-12-24, 2026-12-25, or none" }),
        json!({ "type": 5, "name": "no_role", "description": "Mention no role any more" }),
        json!({ "type": 5, "name": "report", "description": "Whether a report on the week comes after its last question" }),
        json!({
            "type": 4, "name": "retention", "min_value": Retention::MIN, "max_value": Retention::MAX,
            "description": "How much of /quiz to remember, in percent; the higher, the sooner questions come back",
        }),
    ]);
    json!({
        "name": "team",
        "description": "Manage a team",
        "contexts": [0],
        "default_member_permissions": MANAGE_GUILD,
        "options": [
            subcommand("status", "The next posts, the newest round, and whether a permission is missing", vec![]),
            subcommand("post", "Post today's question now", vec![]),
            subcommand("pause", "No questions for a while; streaks are safe", vec![until]),
            subcommand("resume", "End a pause, or a skip", vec![]),
            subcommand("skip", "Leave out the next question", vec![]),
            subcommand("void", "Make a round count for nobody", vec![round.clone()]),
            subcommand("credit", "Count a round for a member as answered", vec![member, round]),
            subcommand("settings", "Show or change the settings", settings),
            json!({ "type": 1, "name": "reports", "description": "Mistakes in questions that members reported" }),
            subcommand("remove", "Remove the team with all that is kept of it", vec![]),
        ],
    })
}

/// A subcommand; each takes a channel, for admins who are elsewhere.
fn subcommand(name: &str, description: &str, mut options: Vec<Value>) -> Value {
    options.push(json!({
        "type": 7, "name": "channel", "description": "The team's channel, if it is not this one", "channel_types": [0, 5],
    }));
    json!({ "type": 1, "name": name, "description": description, "options": options })
}

/// Carries out a subcommand.
pub async fn run(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
    name: &str,
) -> CommandResult {
    require_admin(interaction)?;
    if name == "team reports" {
        // They are the server's, whatever teams there are.
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
        "I don't know this command any more. Type `/team` again to see what there is.".into(),
    )
}

/// Makes today's round at once, whatever the schedule says; the scheduler posts it.
pub async fn post_now(ctx: &BotContext, interaction: &Interaction, key: TeamKey) -> CommandResult {
    require_admin(interaction)?;
    let now = ctx.clock.now();
    let ids = ctx.bank.ids();
    let (made, commit) = ctx.update_team(key, |team| {
        let day = team.settings.schedule.zone.date(now);
        ctx.with_rng(|rng| {
            team.begin_round(day, now, &ids, rng)
                .map(|round| round.number)
        })
    });
    let made = made.ok_or(UserError::TeamNotFound)?;
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    ctx.post_backoff.remove(&key);
    ctx.wake_scheduler.notify_one();
    Ok(made.map_or_else(render::already_posted_today, render::post_started))
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

/// Changes a team; what is said is on disk first.
async fn apply_admin_action(
    ctx: &BotContext,
    key: TeamKey,
    change: impl FnOnce(&mut Team) -> CommandResult,
) -> CommandResult {
    let (result, commit) = ctx.update_team(key, change);
    let result = result.ok_or(UserError::TeamNotFound)?;
    failpoint::hit("order.changed");
    // A refusal waits as well: "has it already" may be about something that is not on disk yet.
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::hit("order.saved");
    let message = result?;
    ctx.wake_scheduler.notify_one();
    Ok(message)
}

fn skip(team: &mut Team, now: jiff::Timestamp) -> CommandResult {
    let nothing = || {
        UserError::InvalidOption(
            "There is no question to skip: the schedule has none within two years.".into(),
        )
    };
    let day = team.skip_next(now).ok_or_else(nothing)?;
    Ok(render::skipped(
        day,
        &team.next_post_times(now, render::POSTS_AHEAD),
    ))
}

fn admin_action_error(refused: crate::practice::admin_actions::AdminActionError) -> UserError {
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
            "until: that day is not in the future. Name the first day with a question again.",
        ));
    }
    Ok(Some(day))
}
