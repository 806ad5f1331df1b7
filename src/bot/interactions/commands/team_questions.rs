//! `/team questions`: the server's own questions, the disabled ones, and members' suggestions.

use serde_json::{Value, json};

use super::answer::{choices_among, confirmation};
use super::quiz::topic_choices;
use super::slash_command::{
    Action, Autocomplete, CommandHandler, Help, Subcommand, SubcommandGroup, Visibility,
};
use super::{
    CommandResult, question_by_id, question_forms, require_admin, suggest, team_questions_import,
};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::custom_id::QuestionListFilter;
use crate::bot::interactions::question_form::FormPurpose;
use crate::bot::interactions::response::AutocompleteChoice;
use crate::bot::render::daily::LevelDisplay;
use crate::bot::render::server_questions::{self as render, ListedQuestion};
use crate::bot::render::user_error::UserError;
use quizloop_bank::{Question, QuestionRef};
use quizloop_core::guild::Guild;
use quizloop_core::id::GuildId;
use quizloop_core::server_questions::{ServerQuestionError, is_server_id};
use quizloop_core::team::Team;
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedGuild;

pub const GROUP: SubcommandGroup = SubcommandGroup {
    name: "questions",
    description: "This server's own questions",
    subcommands: &[
        Subcommand {
            name: "add",
            description: "Write a question",
            action: Action {
                options: question_forms::options,
                autocomplete: &[("topic", Autocomplete::InGuild(topic_choices))],
                visibility: Visibility::Ephemeral,
                help: Help::Line(|| {
                    "`/team questions add` saves a question of your own, and `/team questions list` shows them and what members suggest. `edit`, `show`, `disable`, `enable` and `remove` are there, too.".into()
                }),
                handler: CommandHandler::Modal(|_, interaction| {
                    Box::pin(async { question_forms::open(interaction, FormPurpose::Add) })
                }),
            },
        },
        Subcommand {
            name: "edit",
            description: "Change a question of this server",
            action: Action {
                options: edit_options,
                autocomplete: &[
                    ("question", Autocomplete::InGuild(own_choices)),
                    ("topic", Autocomplete::InGuild(topic_choices)),
                ],
                visibility: Visibility::Ephemeral,
                help: Help::Unlisted,
                handler: CommandHandler::Modal(|ctx, interaction| {
                    Box::pin(question_forms::open_edit(ctx, interaction))
                }),
            },
        },
        team_questions_import::SUBCOMMAND,
        Subcommand {
            name: "list",
            description: "Lists of questions, and suggestions of members",
            action: Action {
                options: list_options,
                autocomplete: &[],
                visibility: Visibility::Ephemeral,
                help: Help::Unlisted,
                handler: CommandHandler::Sync(run_list),
            },
        },
        Subcommand {
            name: "show",
            description: "Show a question in full",
            action: on_question(
                &[("question", Autocomplete::InGuild(all_choices))],
                CommandHandler::Sync(show),
            ),
        },
        Subcommand {
            name: "disable",
            description: "Take a question out of the draw, also a built-in one",
            action: on_question(
                &[("question", Autocomplete::InGuild(enabled_choices))],
                CommandHandler::Async(|ctx, interaction, guild| {
                    Box::pin(set_enabled(ctx, interaction, guild, false))
                }),
            ),
        },
        Subcommand {
            name: "enable",
            description: "Put a disabled question back",
            action: on_question(
                &[("question", Autocomplete::InGuild(disabled_choices))],
                CommandHandler::Async(|ctx, interaction, guild| {
                    Box::pin(set_enabled(ctx, interaction, guild, true))
                }),
            ),
        },
        Subcommand {
            name: "remove",
            description: "Delete a question of this server",
            action: on_question(
                &[("question", Autocomplete::InGuild(own_choices))],
                CommandHandler::Sync(ask_before_removal),
            ),
        },
    ],
};

/// An action with the one option that names a question.
const fn on_question(
    autocomplete: &'static [(&'static str, Autocomplete)],
    handler: CommandHandler,
) -> Action {
    Action {
        options: || vec![question_option()],
        autocomplete,
        visibility: Visibility::Ephemeral,
        help: Help::Unlisted,
        handler,
    }
}

fn question_option() -> Value {
    json!({ "type": 3, "name": "question", "description": "Type some of its words or its number", "required": true, "autocomplete": true })
}

fn edit_options() -> Vec<Value> {
    let mut options = vec![question_option()];
    options.extend(question_forms::edit_options());
    options
}

fn list_options() -> Vec<Value> {
    let filter = json!({ "type": 3, "name": "filter", "description": "Which ones (default: this server's own)", "choices": [
        { "name": "own: of this server", "value": "own" },
        { "name": "shared: for all servers", "value": "shared" },
        { "name": "disabled", "value": "disabled" },
        { "name": "suggestions of members", "value": "suggestions" },
    ] });
    vec![filter]
}

fn all_choices(ctx: &BotContext, guild: GuildId, typed: &str) -> Vec<AutocompleteChoice> {
    choices_among(ctx, guild, typed, |_, _| true)
}

fn own_choices(ctx: &BotContext, guild: GuildId, typed: &str) -> Vec<AutocompleteChoice> {
    choices_among(ctx, guild, typed, |_, one| is_server_id(&one.id))
}

fn enabled_choices(ctx: &BotContext, guild: GuildId, typed: &str) -> Vec<AutocompleteChoice> {
    choices_among(ctx, guild, typed, |questions, one| {
        questions.is_enabled(&one.id)
    })
}

fn disabled_choices(ctx: &BotContext, guild: GuildId, typed: &str) -> Vec<AutocompleteChoice> {
    choices_among(ctx, guild, typed, |questions, one| {
        !questions.is_enabled(&one.id)
    })
}

fn run_list(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let filter = interaction.text("filter").unwrap_or("own");
    let filter = QuestionListFilter::parse(filter);
    let unknown = || UserError::InvalidOption("filter: pick one from the list.".into());
    list(ctx, interaction, guild, filter.ok_or_else(unknown)?, 0)
}

/// Shows a page of a list.
pub fn list(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    filter: QuestionListFilter,
    page: usize,
) -> CommandResult {
    require_admin(interaction)?;
    if filter == QuestionListFilter::Suggestions {
        return Ok(suggest::list(guild, page).ephemeral());
    }
    let questions = ctx.questions(guild.id());
    let listed: Vec<ListedQuestion<'_>> = questions
        .all()
        .map(|question| ListedQuestion {
            question,
            is_enabled: questions.is_enabled(&question.id),
            level: level_display(guild, question),
        })
        .filter(|one| match filter {
            QuestionListFilter::Own => is_server_id(&one.question.id),
            QuestionListFilter::Disabled => !one.is_enabled,
            QuestionListFilter::Shared | QuestionListFilter::Suggestions => {
                !is_server_id(&one.question.id)
            }
        })
        .collect();
    let waiting = suggest::open_count(guild);
    Ok(render::list(filter, &listed, page, waiting).ephemeral())
}

fn show(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let question = &*find(ctx, interaction, guild.id())?;
    // It shows the answer, which may be open in a team in which the admin practises.
    if let Some(confirm) = confirmation(interaction, guild, question) {
        return Ok(confirm);
    }
    let author = |state: &Guild| state.server_questions()?.get(&question.id)?.author;
    let listed = ListedQuestion {
        question,
        is_enabled: ctx.questions(guild.id()).is_enabled(&question.id),
        // While a team hides them, admins see them no sooner than members: they may practise, too.
        level: level_display(guild, question),
    };
    Ok(render::show(listed, guild.read(author).flatten()).ephemeral())
}

/// Returns the question that the option `question` names, also a disabled one: by its id, or else
/// the best match for a text typed without choosing a suggestion.
fn find(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
) -> Result<QuestionRef, UserError> {
    let text = interaction.text("question").unwrap_or_default();
    let questions = ctx.questions(guild);
    let best = || questions.find(&questions.search_all(text, 1).first()?.id);
    let found = questions.find(text.trim()).or_else(best);
    found.ok_or_else(|| UserError::QuestionNotFound(text.to_owned()))
}

/// Returns the server's own question that the option `question` names.
pub fn find_own(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
) -> Result<QuestionRef, UserError> {
    let question = find(ctx, interaction, guild.id())?;
    if !is_server_id(&question.id) {
        return Err(UserError::InvalidOption(render::not_own(&question)));
    }
    Ok(question)
}

/// Returns whether the level and the topic of a question are shown, which they are not while a team
/// that hides them asks it.
fn level_display(guild: &LoadedGuild, question: &Question) -> LevelDisplay {
    let hides_level = guild.read_or_empty(|state| state.hides_level(&question.id));
    LevelDisplay::hidden_if(hides_level)
}

async fn set_enabled(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    is_enabled: bool,
) -> CommandResult {
    let question = &*find(ctx, interaction, guild.id())?;
    let (changed, commit) =
        guild.upsert(|state| state.set_question_enabled(&question.id, is_enabled));
    failpoint::hit("question.changed");
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::hit("question.saved");
    changed.map_err(refused)?;
    // With one more question, a team that had none may be due.
    ctx.wake_scheduler.notify_one();
    let level = level_display(guild, question);
    Ok(render::enabled(question, level, is_enabled))
}

fn refused(error: ServerQuestionError) -> UserError {
    UserError::InvalidOption(render::error(error))
}

fn ask_before_removal(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
) -> CommandResult {
    let question = find_own(ctx, interaction, guild)?;
    check_not_in_use(guild, &question)?;
    Ok(render::confirm_removal(&question).ephemeral())
}

fn check_not_in_use(guild: &LoadedGuild, question: &Question) -> Result<(), UserError> {
    if !guild.read_or_empty(|state| state.is_question_in_use(&question.id)) {
        return Ok(());
    }
    let channel = guild.read_or_empty(|state| {
        let asks = |team: &&Team| {
            let newest = team.rounds().last();
            newest.is_some_and(|round| round.question == question.id)
        };
        let mut teams = state.teams().values().map(Box::as_ref);
        teams.find(asks).map(|team| team.channel)
    });
    Err(UserError::InvalidOption(render::in_use(question, channel)))
}

/// Removes a question after the confirmation.
pub async fn on_removal_confirmed(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    id: &str,
) -> CommandResult {
    require_admin(interaction)?;
    let question = question_by_id(ctx, guild.id(), id)?;
    check_not_in_use(guild, &question)?;
    let (removed, commit) = guild.upsert(|state| state.remove_question(id));
    failpoint::hit("question.changed");
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::hit("question.saved");
    let removed = removed.map_err(refused)?;
    Ok(render::removed(removed.number).ephemeral())
}
