//! `/team void`, `/team credit` and `/team restore`: what a posted question counts for.
//!
//! An admin chooses the question from suggestions. The bot asks before it cancels a question or gives
//! credit, because members see the effect, and every answer has a button that undoes it.

use serde_json::{Value, json};

use super::slash_command::{
    Action, Autocomplete, CommandHandler, Help, Subcommand, Visibility, channel_option,
};
use super::team::apply_admin_action;
use super::{CommandResult, require_admin, resolve_team};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::custom_id::RoundChange;
use crate::bot::interactions::response::{AUTOCOMPLETE_CHOICES_MAX, AutocompleteChoice};
use crate::bot::render::message::Message;
use crate::bot::render::team_rounds::{self as render, RoundView};
use crate::bot::render::user_error::UserError;
use quizloop_bank::GuildQuestions;
use quizloop_core::admin_actions::AdminActionError;
use quizloop_core::id::MessageId;
use quizloop_core::ledger::Actor;
use quizloop_core::round::Round;
use quizloop_core::team::Team;
use quizloop_store::LoadedGuild;

pub const VOID: Subcommand = Subcommand {
    name: "void",
    description: "Cancel a question, so that it counts for nobody",
    action: Action {
        options: || vec![round_option(), channel_option()],
        autocomplete: &[("question", Autocomplete::InChannel(counting_choices))],
        visibility: Visibility::Ephemeral,
        help: Help::NameOnly,
        handler: CommandHandler::Async(|ctx, interaction, guild| {
            Box::pin(void(ctx, interaction, guild))
        }),
    },
};

pub const CREDIT: Subcommand = Subcommand {
    name: "credit",
    description: "Count a question as answered for a member",
    action: Action {
        options: || {
            let member = member_option("The member", true);
            vec![member, round_option(), channel_option()]
        },
        autocomplete: &[("question", Autocomplete::InChannel(counting_choices))],
        visibility: Visibility::Ephemeral,
        help: Help::NameOnly,
        handler: CommandHandler::Async(|ctx, interaction, guild| {
            Box::pin(credit(ctx, interaction, guild))
        }),
    },
};

pub const RESTORE: Subcommand = Subcommand {
    name: "restore",
    description: "Undo void or credit: everything counts as it did before",
    action: Action {
        options: || {
            let member = member_option("Take credit back from this member", false);
            vec![round_option(), member, channel_option()]
        },
        autocomplete: &[("question", Autocomplete::InChannel(changed_choices))],
        visibility: Visibility::Ephemeral,
        help: Help::NameOnly,
        handler: CommandHandler::Async(|ctx, interaction, guild| {
            Box::pin(restore(ctx, interaction, guild))
        }),
    },
};

fn round_option() -> Value {
    json!({
        "type": 3, "name": "question", "required": true, "autocomplete": true,
        "description": "Type its number, its date or some of its words, and pick it",
    })
}

fn member_option(description: &str, required: bool) -> Value {
    json!({ "type": 6, "name": "member", "description": description, "required": required })
}

async fn void(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    confirm(ctx, interaction, guild, |team, view| {
        let number = view.round.number;
        if view.round.voided_by.is_some() {
            return Err(AdminActionError::AlreadyVoid(number));
        }
        Ok(render::confirm_void(view, team.reply_count(number)))
    })
    .await
}

async fn credit(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let member = interaction.user("member");
    let member = member.ok_or(UserError::UnknownCommand)?;
    confirm(ctx, interaction, guild, |team, view| {
        team.can_credit(view.round.number, member)?;
        Ok(render::confirm_credit(view, member))
    })
    .await
}

/// Asks an admin to confirm a change of the round that they chose.
async fn confirm(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    ask: impl FnOnce(&Team, &RoundView<'_>) -> Result<Message, AdminActionError>,
) -> CommandResult {
    let team = resolve_team(interaction, guild)?;
    let questions = ctx.questions(guild.id());
    let asked = team.read(|team| {
        let round = chosen_round(team, interaction)?;
        let view = RoundView {
            round,
            question: questions.get(&round.question),
        };
        ask(team, &view).map_err(refused)
    });
    let asked = asked.ok_or(UserError::TeamNotFound)?;
    if asked.is_err() {
        // The reason may be credit that is not durable yet. It must not be shown if the save fails.
        let saved = guild.latest_commit().wait().await;
        saved.map_err(|_| UserError::SaveFailed)?;
    }
    asked
}

async fn restore(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
) -> CommandResult {
    let team = resolve_team(interaction, guild)?;
    let chosen = team.read(|team| chosen_round(team, interaction).map(|round| round.message));
    let message = chosen.ok_or(UserError::TeamNotFound)??;
    let message = message.ok_or(UserError::RoundNotFound)?;
    let change = match interaction.user("member") {
        Some(member) => RoundChange::TakeBackCredit(member),
        None => RoundChange::Restore,
    };
    apply(ctx, interaction, guild, change, message).await
}

/// Changes a round after the confirmation, or undoes the change.
pub async fn on_button(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    change: RoundChange,
    message: MessageId,
) -> CommandResult {
    require_admin(interaction)?;
    apply(ctx, interaction, guild, change, message).await
}

async fn apply(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    change: RoundChange,
    message: MessageId,
) -> CommandResult {
    let place = guild.read(|state| {
        let team = state.team_by_message(message)?;
        Some((team.channel, team.round_by_message(message)?.number))
    });
    // The team was removed since.
    let (channel, number) = place.flatten().ok_or(UserError::StaleComponent)?;
    let by = Actor {
        user: Some(interaction.user),
        at: interaction.created_at(),
    };
    apply_admin_action(ctx, &guild.team(channel), |team| {
        match change {
            RoundChange::Void => team.void(number, by),
            RoundChange::Restore => team.restore_round(number),
            RoundChange::Credit(member) => team.credit(number, member, by),
            RoundChange::TakeBackCredit(member) => team.take_back_credit(number, member),
        }
        .map_err(refused)?;
        Ok(render::changed(change, number, message))
    })
    .await
}

fn refused(error: AdminActionError) -> UserError {
    UserError::InvalidOption(render::refused(&error))
}

/// Returns the round that an admin chose or typed.
fn chosen_round<'t>(team: &'t Team, interaction: &Interaction) -> Result<&'t Round, UserError> {
    let typed = interaction.text("question").unwrap_or_default();
    let mut posted = team.posted_rounds().rev();
    let found = posted.find(|round| is_named(round, typed));
    found.ok_or_else(|| UserError::InvalidOption(render::round_not_found(typed)))
}

/// Whether a text names a round: `4`, `#4`, `Question 4` or `2026-11-30`.
fn is_named(round: &Round, text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let number = text.strip_prefix("question").unwrap_or(&text);
    let number = number.trim_start().trim_start_matches('#');
    number.parse() == Ok(round.number) || text.parse().ok() == Some(round.day)
}

/// Suggests the rounds that count.
fn counting_choices(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    typed: &str,
) -> Vec<AutocompleteChoice> {
    choices(ctx, interaction, guild, typed, |_, round| {
        round.voided_by.is_none()
    })
}

/// Suggests the rounds that are void, and those with credits.
fn changed_choices(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    typed: &str,
) -> Vec<AutocompleteChoice> {
    choices(ctx, interaction, guild, typed, |team, round| {
        let has_credit = || {
            let mut ledgers = team.members().map(|(_, ledger)| ledger);
            ledgers.any(|ledger| {
                let mut credited = ledger.credited_rounds();
                credited.any(|credited| credited == round.number)
            })
        };
        round.voided_by.is_some() || has_credit()
    })
}

fn choices(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    typed: &str,
    filter: impl Fn(&Team, &Round) -> bool,
) -> Vec<AutocompleteChoice> {
    let team = resolve_team(interaction, guild).ok();
    let Some(team) = team.filter(|_| interaction.is_admin) else {
        return Vec::new();
    };
    let questions = ctx.questions(guild.id());
    let found = team.read(|team| {
        let rounds = team.posted_rounds().rev();
        rounds
            .filter_map(|round| choice(round, &questions, typed))
            .filter(|(round, _)| filter(team, round))
            .map(|(_, choice)| choice)
            .take(AUTOCOMPLETE_CHOICES_MAX)
            .collect()
    });
    found.unwrap_or_default()
}

/// Returns the suggestion of a round; `None` if it does not match the typed text.
fn choice<'r>(
    round: &'r Round,
    questions: &GuildQuestions,
    typed: &str,
) -> Option<(&'r Round, AutocompleteChoice)> {
    let view = RoundView {
        round,
        question: questions.get(&round.question),
    };
    let matches = is_named(round, typed) || {
        let text = render::searchable(&view);
        let mut words = typed.split_whitespace();
        words.all(|word| text.contains(&word.to_lowercase()))
    };
    matches.then(|| {
        let choice = AutocompleteChoice {
            name: render::choice_name(&view),
            value: round.number.to_string(),
        };
        (round, choice)
    })
}
