//! `/team`: manages a team.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::answer::{find_question, question_choices};
use super::confirm_settings::{self, ChangedChoice};
use super::settings::{self, any_given, apply_options, check_pairs, check_programme};
use super::slash_command::{
    Access, Action, Autocomplete, CommandHandler, CommandKind, Help, SlashCommand, Subcommand,
    Visibility, channel_option,
};
use super::{
    CommandResult, question_reports, remove, require_admin, resolve_team, suggest, team_questions,
    team_rounds,
};
use crate::bot::context::BotContext;
use crate::bot::discord::permissions;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::settings_draft::SettingsCommand;
use crate::bot::question_pool::{question_pool, update_with_pool};
use crate::bot::render::team::{self as render, SummaryReason};
use crate::bot::render::user_error::UserError;
use crate::bot::scheduler::delivery::DeliveryKind;
use quizloop_bank::Question;
use quizloop_core::posting::OrderPostError;
use quizloop_core::question_pool::QuestionPool;
use quizloop_core::team::Team;
use quizloop_failpoint as failpoint;
use quizloop_store::{LoadedGuild, LoadedTeam};

pub static COMMAND: SlashCommand = SlashCommand {
    name: "team",
    description: "Manage a team",
    access: Access::Admins,
    kind: CommandKind::Groups {
        groups: &[team_questions::GROUP],
        subcommands: &[
            Subcommand {
                name: "status",
                description: "Next questions, latest question and missing permissions",
                action: Action {
                    options: || vec![channel_option()],
                    autocomplete: &[],
                    visibility: Visibility::Ephemeral,
                    help: Help::Line(|| {
                        "`/team status` shows the next questions and any missing permissions."
                            .into()
                    }),
                    handler: CommandHandler::Async(|ctx, interaction, guild| {
                        Box::pin(status(ctx, interaction, guild))
                    }),
                },
            },
            Subcommand {
                name: "choose",
                description: "Choose the next question, or clear the choice",
                action: Action {
                    options: || {
                        vec![
                            question_option("The next question (default: clear the choice)"),
                            channel_option(),
                        ]
                    },
                    autocomplete: &[("question", Autocomplete::InGuild(question_choices))],
                    visibility: Visibility::Ephemeral,
                    help: Help::NameOnly,
                    handler: CommandHandler::Async(|ctx, interaction, guild| {
                        Box::pin(choose(ctx, interaction, guild))
                    }),
                },
            },
            Subcommand {
                name: "post",
                description: "Post today's question now",
                action: Action {
                    options: || {
                        vec![
                            question_option("The question to post (default: the next one)"),
                            channel_option(),
                        ]
                    },
                    autocomplete: &[("question", Autocomplete::InGuild(question_choices))],
                    visibility: Visibility::Ephemeral,
                    help: Help::NameOnly,
                    handler: CommandHandler::Async(|ctx, interaction, guild| {
                        Box::pin(post(ctx, interaction, guild))
                    }),
                },
            },
            Subcommand {
                name: "pause",
                description: "Pause questions; streaks are safe",
                action: Action {
                    options: pause_options,
                    autocomplete: &[],
                    visibility: Visibility::Ephemeral,
                    help: Help::NameOnly,
                    handler: CommandHandler::Async(|ctx, interaction, guild| {
                        Box::pin(pause(ctx, interaction, guild))
                    }),
                },
            },
            Subcommand {
                name: "resume",
                description: "End a pause or undo a skip",
                action: Action {
                    options: || vec![channel_option()],
                    autocomplete: &[],
                    visibility: Visibility::Ephemeral,
                    help: Help::NameOnly,
                    handler: CommandHandler::Async(|ctx, interaction, guild| {
                        Box::pin(resume(ctx, interaction, guild))
                    }),
                },
            },
            Subcommand {
                name: "skip",
                description: "Skip the next question",
                action: Action {
                    options: || vec![channel_option()],
                    autocomplete: &[],
                    visibility: Visibility::Ephemeral,
                    help: Help::NameOnly,
                    handler: CommandHandler::Async(|ctx, interaction, guild| {
                        Box::pin(skip(ctx, interaction, guild))
                    }),
                },
            },
            team_rounds::VOID,
            team_rounds::CREDIT,
            team_rounds::RESTORE,
            Subcommand {
                name: "settings",
                description: "Show or change settings",
                action: Action {
                    options: settings_options,
                    autocomplete: settings::AUTOCOMPLETE,
                    visibility: Visibility::Ephemeral,
                    help: Help::NameOnly,
                    handler: CommandHandler::Async(|ctx, interaction, guild| {
                        Box::pin(change_settings(ctx, interaction, guild))
                    }),
                },
            },
            Subcommand {
                name: "reports",
                description: "Mistakes that members reported in questions",
                action: Action {
                    options: Vec::new,
                    autocomplete: &[],
                    visibility: Visibility::Ephemeral,
                    help: Help::Line(|| {
                        "`/team reports` lists the mistakes in questions that members reported."
                            .into()
                    }),
                    handler: CommandHandler::Sync(|ctx, interaction, guild| {
                        question_reports::list(ctx, interaction, guild, 0)
                    }),
                },
            },
            Subcommand {
                name: "remove",
                description: "Remove the team and all its data",
                action: Action {
                    options: || vec![channel_option()],
                    autocomplete: &[],
                    visibility: Visibility::Ephemeral,
                    help: Help::NameOnly,
                    handler: CommandHandler::Sync(remove_team),
                },
            },
        ],
    },
};

fn question_option(description: &str) -> Value {
    json!({ "type": 3, "name": "question", "description": description, "autocomplete": true })
}

fn pause_options() -> Vec<Value> {
    let until = json!({ "type": 3, "name": "until", "description": "First day with a question again, such as 2026-12-28" });
    vec![until, channel_option()]
}

fn settings_options() -> Vec<Value> {
    let mut options = settings::all_definitions();
    options.push(channel_option());
    options
}

async fn post(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    post_now(ctx, interaction, &resolve_team(interaction, guild)?).await
}

async fn pause(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    let now = interaction.created_at();
    let until = pause_end(interaction, team)?;
    apply_admin_action(ctx, team, |team| {
        team.pause(until);
        Ok(render::paused(team, now))
    })
    .await
}

async fn resume(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    let now = interaction.created_at();
    apply_admin_action(ctx, team, |team| {
        team.resume(now);
        Ok(render::resumed(team, now))
    })
    .await
}

async fn skip(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    let now = interaction.created_at();
    apply_admin_action(ctx, team, |team| {
        let nothing = || {
            UserError::InvalidOption("There is no question to skip in the next two years.".into())
        };
        let day = team.skip_next(now).ok_or_else(nothing)?;
        Ok(render::skipped(
            day,
            &team.next_post_times(now, render::POSTS_AHEAD),
        ))
    })
    .await
}

fn remove_team(_ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    remove::ask_confirmation(&resolve_team(interaction, guild)?)
}

/// Begins today's round now, regardless of the schedule. The scheduler posts it.
pub async fn post_now(
    ctx: &BotContext,
    interaction: &Interaction,
    team: &LoadedTeam,
) -> CommandResult {
    require_admin(interaction)?;
    // With a wrong clock the round would count for another day, and block the questions until then.
    if !ctx.clocks_agree() {
        return Err(UserError::WrongClock);
    }
    let (now, guild) = (interaction.created_at(), team.guild().id());
    let questions = ctx.questions(guild);
    let question = interaction.text("question");
    let question = question.map(|text| find_question(ctx, guild, text));
    let question = question.transpose()?;
    let pool = question_pool(&questions);
    if let Some(question) = &question {
        check_enabled(question, &pool)?;
    }
    let key = DeliveryKind::Question.of(team.key());
    let (ordered, commit) = update_with_pool(team, pool, |team, pool| {
        let ordered = ctx.with_rng(|rng| match &question {
            Some(question) => team.order_post_of(&question.id, now, &pool, rng),
            None => team.order_post(now, pool, rng),
        })?;
        if let Some(delivery) = team.pending_post().filter(|_| ordered.is_new) {
            ctx.deliveries.begin(key, &delivery);
        }
        Ok(ordered)
    });
    let ordered = ordered.ok_or(UserError::TeamNotFound)?;
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    ctx.deliveries.retry_team(team.key());
    ctx.wake_scheduler.notify_one();
    Ok(match ordered {
        Ok(ordered) => render::post_started(ordered.number),
        Err(refused) => render::post_refused(refused),
    })
}

/// Chooses the team's next question, or clears the choice.
async fn choose(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    let now = interaction.created_at();
    let Some(text) = interaction.text("question") else {
        return apply_admin_action(ctx, team, |team| {
            Ok(render::choice_cleared(team.chosen.take().is_some()))
        })
        .await;
    };
    let question = find_question(ctx, guild.id(), text)?;
    let questions = ctx.questions(guild.id());
    check_enabled(&question, &question_pool(&questions))?;
    let elsewhere = guild.read(|state| state.questions_elsewhere(team.channel()));
    if elsewhere.is_some_and(|open| open.contains(&question.id)) {
        return Ok(render::post_refused(OrderPostError::OpenElsewhere));
    }
    apply_admin_action(ctx, team, |team| {
        team.chosen = Some(question.id.clone());
        Ok(render::chosen(team, &question, now))
    })
    .await
}

fn check_enabled(question: &Question, pool: &QuestionPool<'_>) -> Result<(), UserError> {
    let disabled = || {
        let text = "That question is disabled in this server. Choose another one.";
        UserError::InvalidOption(text.into())
    };
    pool.find(&question.id).map(drop).ok_or_else(disabled)
}

async fn status(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let team = resolve_team(interaction, guild)?;
    show_status(ctx, interaction, guild, &team).await
}

/// Shows the status of a team, with the buttons for what admins do most.
pub async fn show_status(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    team: &LoadedTeam,
) -> CommandResult {
    let access = permissions::check(ctx, team)
        .await
        .map_err(|failure| failure.to_string());
    let questions = ctx.questions(guild.id());
    let chosen = team.read(|team| team.chosen.clone()).flatten();
    let status = render::TeamStatus {
        guild: guild.id(),
        now: interaction.created_at(),
        access: access.as_ref().map_err(String::as_str),
        pool: &question_pool(&questions),
        chosen: chosen.and_then(|id| questions.get(&id)),
        suggestions: suggest::open_count(guild),
    };
    team.read(|team| render::status(team, &status))
        .ok_or(UserError::TeamNotFound)
}

async fn change_settings(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
) -> CommandResult {
    let team = &resolve_team(interaction, guild)?;
    if !any_given(interaction) {
        let (now, access) = (
            interaction.created_at(),
            render::PermissionReport::default(),
        );
        let questions = ctx.questions(guild.id());
        let pool = question_pool(&questions);
        let summary =
            |team: &Team| render::team_summary(team, now, &access, SummaryReason::Asked, &pool);
        return team.read(summary).ok_or(UserError::TeamNotFound);
    }
    let current = team.read(|team| (team.managed, team.settings.clone()));
    let (managed, before) = current.ok_or(UserError::TeamNotFound)?;
    if managed {
        return Err(UserError::ManagedByConfig);
    }
    let after = apply_options(before.clone(), interaction)?;
    if after.programme == before.programme {
        return save_settings(ctx, interaction, team).await;
    }
    let questions = ctx.questions(guild.id());
    let pool = &question_pool(&questions);
    check_programme(&before.programme, &after.programme, pool)?;
    let choice = ChangedChoice {
        command: SettingsCommand::TeamSettings,
        team,
        before: Some(&before),
        after: &after,
        pool,
    };
    Ok(confirm_settings::ask(ctx, interaction, &choice))
}

/// Changes the settings of a team. The change is durable before it is confirmed.
pub async fn save_settings(
    ctx: &BotContext,
    interaction: &Interaction,
    team: &LoadedTeam,
) -> CommandResult {
    let now = interaction.created_at();
    let access = render::PermissionReport::default();
    let questions = ctx.questions(team.guild().id());
    let pool = question_pool(&questions);
    let summary = |team: &Team, reason| render::team_summary(team, now, &access, reason, &pool);
    let before = team.read(|team| team.settings.clone()).unwrap_or_default();
    // Errors of options are reported below, with those of the team.
    if let Ok(after) = apply_options(before.clone(), interaction) {
        check_pairs(ctx, team.key(), &before, &after).await?;
    }
    let changed = apply_admin_action(ctx, team, |team| {
        if team.managed {
            return Err(UserError::ManagedByConfig);
        }
        let settings = apply_options(team.settings.clone(), interaction)?;
        check_programme(&team.settings.programme, &settings.programme, &pool)?;
        team.settings = settings;
        Ok(summary(team, SummaryReason::Changed))
    })
    .await?;
    ctx.health.team_has_question(team.key());
    // A question that is due may have lacked the setting that was changed.
    ctx.deliveries.retry_team(team.key());
    ctx.wake_scheduler.notify_one();
    Ok(changed)
}

/// Changes a team. The change is durable before its message is returned.
pub async fn apply_admin_action(
    ctx: &BotContext,
    team: &LoadedTeam,
    change: impl FnOnce(&mut Team) -> CommandResult,
) -> CommandResult {
    let (result, commit) = team.update(change);
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

fn pause_end(interaction: &Interaction, team: &LoadedTeam) -> Result<Option<Date>, UserError> {
    let Some(text) = interaction.text("until") else {
        return Ok(None);
    };
    let bad = |text: &str| UserError::InvalidOption(text.to_owned());
    let day: Date = text
        .trim()
        .parse()
        .map_err(|_| bad("until: write the day like 2026-12-28, or leave it out."))?;
    let now = interaction.created_at();
    let today = team.read(|team| team.settings.schedule.zone.date(now));
    if today.is_some_and(|today| day <= today) {
        return Err(bad(
            "until: that day is not in the future. Give the first day with a question again.",
        ));
    }
    Ok(Some(day))
}
