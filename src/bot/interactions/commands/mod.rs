//! The slash commands, message commands, components and modals: one file per command, with its
//! definition, its handlers and its line in `/help`.
//!
//! To add a command, write a file with a `COMMAND` and add it to `COMMANDS`. Handlers take the
//! `BotContext` and an `Interaction`. The texts come from [`crate::bot::render`].

#![deny(
    dead_code,
    reason = "a command that is missing from COMMANDS must not compile"
)]

mod answer;
mod assessment;
mod compare;
mod confirm_settings;
pub mod help;
mod hint;
mod history;
mod interview;
mod leaderboard;
mod message_command;
mod pair;
mod privacy;
mod progress;
mod question_forms;
mod question_reports;
mod quiz;
mod remind;
mod remove;
mod settings;
mod setup;
mod slash_command;
mod streak;
pub mod suggest;
mod team;
mod team_panel;
mod team_questions;
mod team_questions_import;
mod team_rounds;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Instant;

use serde_json::Value;

use super::custom_id::{ComponentId, ModalId, PanelAction, PrivacyAction};
use super::handler::DEFER_AFTER;
use super::interview::InterviewAction;
use super::quiz::QuizAction;
use super::response::Response;
use crate::bot::context::{BotContext, team_for_channel};
use crate::bot::gateway::event::{Interaction, InteractionData, TargetMessage};
use crate::bot::render::message::Message;
use crate::bot::render::user_error::UserError;
use interview::InterviewInput;
use message_command::MessageCommand;
use quizloop_bank::QuestionRef;
use quizloop_core::id::GuildId;
use quizloop_core::reveal_guard::GuardedRound;
use quizloop_store::{LoadError, LoadedGuild, LoadedTeam};
use slash_command::{
    Access, Action, CommandHandler, FocusedOption, Help, SlashCommand, Visibility,
};

/// All slash commands, in the order in which they are registered. Everything else that the bot
/// knows about a command is derived from its entry.
static COMMANDS: &[&SlashCommand] = &[
    &quiz::COMMAND,
    &interview::COMMAND,
    &answer::COMMAND,
    &hint::COMMAND,
    &streak::COMMAND,
    &leaderboard::COMMAND,
    &history::COMMAND,
    &progress::COMMAND,
    &remind::COMMAND,
    &suggest::COMMAND,
    &pair::COMMAND,
    &privacy::COMMAND,
    &help::COMMAND,
    &setup::COMMAND,
    &team::COMMAND,
];

/// All message commands, which members choose in the menu *Apps* of a message.
static MESSAGE_COMMANDS: &[&MessageCommand] = &[&compare::COMMAND];

pub use question_forms::DRAFT_LIMITS;

/// The result of a handler: a message, or an error that is shown to the member.
pub type CommandResult = Result<Message, UserError>;

/// Returns the definitions of all commands as Discord's JSON, for the bulk registration.
pub fn definitions() -> Value {
    let message_commands = MESSAGE_COMMANDS.iter().map(|command| command.definition());
    COMMANDS
        .iter()
        .map(|command| command.definition())
        .chain(message_commands)
        .collect()
}

/// Returns the command and the action with a full name, such as `quiz`, `team pause` or `remind
/// reviews on`.
fn find_action(full_name: &str) -> Option<(&'static SlashCommand, &'static Action)> {
    let (name, subcommand) = match full_name.split_once(' ') {
        Some((name, subcommand)) => (name, Some(subcommand)),
        None => (full_name, None),
    };
    let command = COMMANDS.iter().find(|command| command.name == name)?;
    Some((command, command.action(subcommand)?))
}

/// Returns whether all members in the channel see the response to a command.
pub fn answers_publicly(full_name: &str) -> bool {
    find_action(full_name).is_some_and(|(_, action)| action.visibility == Visibility::Public)
}

/// Returns the lines of `/help` about the commands that everyone or only admins may run.
fn help_lines(access: Access) -> Vec<String> {
    let (mut question_lines, mut lines, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for command in COMMANDS.iter().filter(|command| command.access == access) {
        let mut is_first_name = true;
        for (name, action) in command.actions() {
            match action.help {
                Help::QuestionLine(line) => question_lines.push(line()),
                Help::Line(line) => lines.push(line()),
                Help::NameOnly => {
                    // The name of a command is written once: "`/team post`, `pause`".
                    let short = name.split_once(' ').map_or(&*name, |(_, short)| short);
                    names.push(if is_first_name {
                        format!("`/{name}`")
                    } else {
                        format!("`{short}`")
                    });
                    is_first_name = false;
                }
                Help::In(_) | Help::Unlisted => {}
            }
        }
    }
    if access == Access::Everyone {
        question_lines.extend(MESSAGE_COMMANDS.iter().map(|command| (command.help)()));
    }
    question_lines.append(&mut lines);
    if !names.is_empty() {
        question_lines.push(format!("{} do the rest.", names.join(", ")));
    }
    question_lines
}

/// Handles an interaction and returns the response.
pub async fn respond(ctx: &BotContext, interaction: &Interaction) -> Response {
    // Boxed, because only few interactions need it, and each one in progress holds its size.
    if let Some(response) = Box::pin(respond_without_deferral(ctx, interaction)).await {
        return response;
    }
    let guild = match load_guild(ctx, interaction).await {
        Ok(guild) => guild,
        Err(error) => return Response::New(error.message()),
    };
    match &interaction.data {
        InteractionData::Command(name) => {
            or_user_error(on_command(ctx, interaction, &guild, name).await)
        }
        InteractionData::MessageCommand { name, target } => {
            or_user_error(on_message_command(ctx, interaction, &guild, name, target))
        }
        InteractionData::Component {
            custom_id, values, ..
        } => {
            let press = ComponentPress { custom_id, values };
            on_component(ctx, interaction, &guild, press).await
        }
        InteractionData::ModalSubmit {
            custom_id, values, ..
        } => {
            let submission = ModalSubmission {
                custom_id,
                fields: values,
            };
            on_modal(ctx, interaction, &guild, submission).await
        }
        InteractionData::Autocomplete { .. } => Response::Autocomplete(Vec::new()),
    }
}

/// Returns suggestions and modals, which can't be deferred: they wait for a guild only as long as
/// [`load_briefly`] does. `None` for every other interaction.
///
/// A submitted form for a question is here as well, because its text must be kept if the guild can't
/// be loaded.
async fn respond_without_deferral(ctx: &BotContext, interaction: &Interaction) -> Option<Response> {
    match &interaction.data {
        InteractionData::Autocomplete {
            command,
            option,
            typed,
        } => {
            // Without the guild the questions that all servers share are suggested.
            let loaded = load_briefly(ctx, interaction).await.ok();
            let focused = FocusedOption {
                name: option,
                typed,
            };
            let choices = find_action(command)
                .and_then(|(_, action)| action.suggest(ctx, interaction, loaded.as_ref(), focused));
            Some(Response::Autocomplete(choices.unwrap_or_default()))
        }
        InteractionData::Command(name) => {
            let (command, action) = find_action(name)?;
            let CommandHandler::Modal(open) = action.handler else {
                return None;
            };
            interaction.guild?;
            if command.access == Access::Admins
                && let Err(error) = require_admin(interaction)
            {
                return Some(Response::New(error.message()));
            }
            Some(or_user_error(open(ctx, interaction).await))
        }
        InteractionData::Component { custom_id, .. } => match ComponentId::parse(custom_id)? {
            ComponentId::Report { question } => {
                Some(question_reports::open_modal(ctx, interaction, &question).await)
            }
            ComponentId::Quiz {
                action: QuizAction::Write,
                state,
            } => Some(quiz::open_modal(ctx, interaction, &state).await),
            ComponentId::CorrectDraft { draft } => {
                Some(question_forms::correct(ctx, interaction, draft))
            }
            ComponentId::Interview {
                action: InterviewAction::Write,
                state,
            } => Some(interview::open_modal(ctx, interaction, state).await),
            _ => None,
        },
        InteractionData::ModalSubmit { .. } => {
            let submission = question_submission(interaction)?;
            Some(question_forms::on_submit(ctx, interaction, submission).await)
        }
        InteractionData::MessageCommand { .. } => None,
    }
}

/// Returns the submitted form for a question; `None` for every other interaction.
fn question_submission(interaction: &Interaction) -> Option<question_forms::Submission<'_>> {
    let InteractionData::ModalSubmit {
        custom_id, values, ..
    } = &interaction.data
    else {
        return None;
    };
    match ModalId::parse(custom_id)? {
        ModalId::Question { draft, form } => Some(question_forms::Submission {
            draft,
            form,
            fields: values,
        }),
        ModalId::Report { .. } | ModalId::Quiz(_) | ModalId::Interview(_) => None,
    }
}

/// Returns the response to an interaction that is not handled. A form for a question is kept.
pub fn refuse_unhandled(
    ctx: &BotContext,
    interaction: &Interaction,
    reason: &UserError,
) -> Response {
    match question_submission(interaction) {
        Some(form) => question_forms::refuse_unhandled(ctx, interaction, form, reason),
        None => Response::New(reason.message()),
    }
}

/// Loads the guild for a response that can't be deferred. Waits only as long as other interactions
/// wait before they are deferred.
async fn load_briefly(
    ctx: &BotContext,
    interaction: &Interaction,
) -> Result<LoadedGuild, UserError> {
    let until: Instant = interaction.received_at + DEFER_AFTER;
    let loaded = tokio::time::timeout_at(until.into(), load_guild(ctx, interaction));
    loaded.await.unwrap_or(Err(UserError::StillLoading))
}

/// Returns the question that a modal shows. Waits for the guild only if the question is not one that
/// all servers share.
async fn question_for_modal(
    ctx: &BotContext,
    interaction: &Interaction,
    id: &str,
) -> Result<QuestionRef, UserError> {
    let guild = interaction.guild.ok_or(UserError::GuildOnly)?;
    if let Ok(question) = question_by_id(ctx, guild, id) {
        return Ok(question);
    }
    let _loaded = load_briefly(ctx, interaction).await?;
    question_by_id(ctx, guild, id)
}

/// Loads the guild in which a member interacts.
async fn load_guild(ctx: &BotContext, interaction: &Interaction) -> Result<LoadedGuild, UserError> {
    let guild = interaction.guild.ok_or(UserError::GuildOnly)?;
    ctx.store.load(guild).await.map_err(|error| match error {
        // Example: a member presses a button, then the guild's shard moves to another process, and
        // only then this runs. Without data the answer would be "no team here", so the member has
        // to try again.
        LoadError::Unavailable => UserError::OwnedElsewhere,
        LoadError::Io(error) => {
            tracing::warn!(%error, "server could not be loaded");
            UserError::LoadFailed
        }
    })
}

/// Returns the metric label of an interaction, one of a fixed list.
///
/// A text that Discord or a member sends never becomes a label, because each new label is a new
/// time series.
pub fn metric_label(data: &InteractionData) -> &'static str {
    match data {
        InteractionData::Command(name) => {
            let name = name.split(' ').next().unwrap_or_default();
            let command = COMMANDS.iter().find(|command| command.name == name);
            command.map_or("other", |command| command.name)
        }
        InteractionData::MessageCommand { name, .. } => {
            find_message_command(name).map_or("other", |command| command.label)
        }
        InteractionData::Component { .. } => "button",
        InteractionData::ModalSubmit { .. } => "form",
        InteractionData::Autocomplete { .. } => "suggest",
    }
}

/// Returns the action of a component or modal for logs, without its arguments.
pub fn component_label(data: &InteractionData) -> Option<&'static str> {
    match data {
        InteractionData::Component { custom_id, .. } => {
            let component = ComponentId::parse(custom_id);
            Some(component.map_or("unknown", |component| component.action()))
        }
        InteractionData::ModalSubmit { custom_id, .. } => {
            let modal = ModalId::parse(custom_id);
            Some(modal.map_or("unknown", |modal| modal.action()))
        }
        InteractionData::Command(_)
        | InteractionData::MessageCommand { .. }
        | InteractionData::Autocomplete { .. } => None,
    }
}

/// Returns whether a component changes the message it is on.
pub fn component_updates_message(custom_id: &str) -> bool {
    let component = ComponentId::parse(custom_id);
    if let Some(ComponentId::Interview { action, .. }) = component {
        return action.updates_message();
    }
    if let Some(ComponentId::Pair { action, .. }) = component {
        return action.updates_message();
    }
    matches!(
        component,
        Some(
            ComponentId::Reveal { .. }
                | ComponentId::Page { public: false, .. }
                | ComponentId::Assess { .. }
                | ComponentId::Quiz { .. }
                | ComponentId::Privacy(
                    PrivacyAction::Hide
                        | PrivacyAction::Show
                        | PrivacyAction::Delete
                        | PrivacyAction::DeleteForGood
                )
                | ComponentId::Remove { .. }
                | ComponentId::Import { .. }
                | ComponentId::PostNow { .. }
                | ComponentId::History { .. }
                | ComponentId::Reports { .. }
                | ComponentId::CloseReport { .. }
                | ComponentId::Questions { .. }
                | ComponentId::RemoveQuestion { .. }
                | ComponentId::OpenSuggestion
                | ComponentId::DecideSuggestion { .. }
                | ComponentId::Settings { .. }
                | ComponentId::Edit { .. }
                | ComponentId::ChangeRound { .. }
                | ComponentId::Panel {
                    action: PanelAction::Refresh
                        | PanelAction::Pause
                        | PanelAction::Resume
                        | PanelAction::Skip(_)
                        | PanelAction::Post,
                    ..
                }
                | ComponentId::Setting { .. }
        )
    )
}

/// Returns whether a submitted modal changes the message whose button opened it.
pub fn modal_updates_message(custom_id: &str) -> bool {
    match ModalId::parse(custom_id) {
        Some(ModalId::Quiz(_) | ModalId::Question { .. }) => true,
        Some(ModalId::Report { .. } | ModalId::Interview(_)) | None => false,
    }
}

async fn on_command(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    name: &str,
) -> Result<Response, UserError> {
    let (command, action) = find_action(name).ok_or(UserError::UnknownCommand)?;
    if command.access == Access::Admins {
        require_admin(interaction)?;
    }
    action.run(ctx, interaction, guild).await
}

fn find_message_command(name: &str) -> Option<&'static MessageCommand> {
    let mut commands = MESSAGE_COMMANDS.iter();
    commands.find(|command| command.name == name).copied()
}

fn on_message_command(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    name: &str,
    target: &TargetMessage,
) -> Result<Response, UserError> {
    let command = find_message_command(name).ok_or(UserError::UnknownCommand)?;
    (command.handler)(ctx, interaction, guild, target)
}

/// A button that was pressed, or a menu in which options were chosen.
struct ComponentPress<'a> {
    custom_id: &'a str,
    /// The chosen options. Empty for a button.
    values: &'a [String],
}

/// A submitted modal.
struct ModalSubmission<'a> {
    custom_id: &'a str,
    /// The submitted texts, by the custom ids of their fields.
    fields: &'a HashMap<String, String>,
}

async fn on_component(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    press: ComponentPress<'_>,
) -> Response {
    let ComponentPress { custom_id, values } = press;
    let Some(component) = ComponentId::parse(custom_id) else {
        return reply(Err(UserError::StaleComponent));
    };
    match component {
        ComponentId::Hint { question } => reply(hint::on_button(ctx, guild, &question)),
        ComponentId::Answer { question } => {
            or_user_error(answer::on_button(ctx, interaction, guild, &question))
        }
        ComponentId::Streak => reply(streak::run(ctx, interaction, guild)),
        ComponentId::Reveal {
            channel,
            round,
            public,
            question,
        } => {
            let request = answer::RevealRequest {
                round: GuardedRound {
                    channel,
                    number: round,
                },
                public,
                question: &question,
            };
            or_user_error(answer::on_confirm(ctx, interaction, guild, request).await)
        }
        ComponentId::Page {
            page,
            public,
            round,
            question,
        } => {
            let turn = answer::PageTurn {
                page,
                public,
                round,
                question: &question,
            };
            or_user_error(answer::on_page_button(ctx, interaction, guild, turn))
        }
        ComponentId::Assess { action, state } => {
            let input = assessment::AssessmentInput::new(action, state, values);
            assessment::on_component(ctx, interaction, guild, input).await
        }
        ComponentId::Quiz { action, state } => {
            let input = quiz::QuizInput::new(action, &state, values);
            quiz::on_component(ctx, interaction, guild, input).await
        }
        ComponentId::Privacy(action) => privacy::on_button(ctx, interaction, guild, action).await,
        // Opened by `respond_without_deferral`.
        ComponentId::Report { .. } | ComponentId::CorrectDraft { .. } => {
            reply(Err(UserError::StaleComponent))
        }
        ComponentId::History { page, topic } => {
            history::on_page_button(ctx, interaction, guild, page, topic.as_deref())
        }
        ComponentId::StartInterview(setup) => {
            Box::pin(interview::on_start(ctx, interaction, guild, &setup)).await
        }
        ComponentId::Interview { action, state } => {
            let input = InterviewInput::new(action, state, values);
            Box::pin(interview::on_component(ctx, interaction, guild, input)).await
        }
        ComponentId::Pair { action, state } => {
            let input = pair::PairInput::new(action, state, values);
            Box::pin(pair::on_component(ctx, interaction, guild, input)).await
        }
        component @ (ComponentId::Questions { .. }
        | ComponentId::RemoveQuestion { .. }
        | ComponentId::OpenSuggestion
        | ComponentId::DecideSuggestion { .. }
        | ComponentId::Edit { .. }
        | ComponentId::Settings { .. }
        | ComponentId::Reports { .. }
        | ComponentId::CloseReport { .. }
        | ComponentId::PostNow { .. }
        | ComponentId::Import { .. }
        | ComponentId::ChangeRound { .. }
        | ComponentId::Panel { .. }
        | ComponentId::Setting { .. }
        | ComponentId::Remove { .. }) => {
            Box::pin(on_admin_component(
                ctx,
                interaction,
                guild,
                component,
                values,
            ))
            .await
        }
    }
}

/// Handles a component that only admins may use. Each handler checks that itself.
async fn on_admin_component(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    component: ComponentId,
    values: &[String],
) -> Response {
    match component {
        ComponentId::Questions { filter, page } => {
            update_message(team_questions::list(ctx, interaction, guild, filter, page))
        }
        ComponentId::RemoveQuestion { question } => {
            let removed = team_questions::on_removal_confirmed(ctx, interaction, guild, &question);
            update_message(removed.await)
        }
        ComponentId::OpenSuggestion => update_message(suggest::show(interaction, guild, values)),
        ComponentId::DecideSuggestion {
            suggestion,
            decision,
        } => update_message(suggest::decide(ctx, interaction, guild, suggestion, decision).await),
        ComponentId::Edit { action, draft } => {
            let decided = question_forms::decide(ctx, interaction, action, draft);
            update_message(Box::pin(decided).await)
        }
        ComponentId::Settings { action, draft } => {
            let saved = confirm_settings::on_button(ctx, interaction, guild, action, draft);
            update_message(Box::pin(saved).await)
        }
        ComponentId::Reports { page } => {
            update_message(question_reports::list(ctx, interaction, guild, page))
        }
        ComponentId::CloseReport { page } => {
            update_message(question_reports::close(ctx, interaction, guild, page, values).await)
        }
        ComponentId::PostNow { channel } => {
            update_message(team::post_now(ctx, interaction, &guild.team(channel)).await)
        }
        ComponentId::Import { draft, mode } => {
            let imported = team_questions_import::on_button(ctx, interaction, guild, draft, mode);
            update_message(imported.await)
        }
        ComponentId::ChangeRound { change, message } => {
            update_message(team_rounds::on_button(ctx, interaction, guild, change, message).await)
        }
        ComponentId::Panel { channel, action } => {
            team_panel::on_button(ctx, interaction, guild, channel, action).await
        }
        ComponentId::Setting { channel, setting } => {
            let menu = team_panel::SettingMenu { channel, setting };
            team_panel::on_choice(ctx, interaction, guild, menu, values).await
        }
        ComponentId::Remove { channel } => {
            update_message(remove::on_confirm(ctx, interaction, &guild.team(channel)).await)
        }
        // The caller passes no other.
        _ => reply(Err(UserError::StaleComponent)),
    }
}

async fn on_modal(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    submission: ModalSubmission<'_>,
) -> Response {
    let ModalSubmission { custom_id, fields } = submission;
    match ModalId::parse(custom_id) {
        Some(ModalId::Quiz(state)) => {
            let text = fields.get(crate::bot::render::quiz::ANSWER_FIELD);
            let written = quiz::WrittenAnswer {
                state: &state,
                text: text.map_or("", String::as_str),
            };
            quiz::on_written_answer(ctx, interaction, guild, written)
        }
        Some(ModalId::Report { question }) => {
            reply(question_reports::on_submit(ctx, interaction, guild, &question, fields).await)
        }
        Some(ModalId::Interview(state)) => {
            let text = fields.get(crate::bot::render::quiz::ANSWER_FIELD);
            let text = text.map_or("", String::as_str);
            interview::on_written_answer(ctx, interaction, guild, state, text).await
        }
        // Forms for questions are saved by `respond_without_deferral`.
        Some(ModalId::Question { .. }) | None => reply(Err(UserError::StaleComponent)),
    }
}

fn reply(result: CommandResult) -> Response {
    or_user_error(result.map(Response::New))
}

/// Returns the response; an error becomes a new message.
fn or_user_error(result: Result<Response, UserError>) -> Response {
    result.unwrap_or_else(|error| Response::New(error.message()))
}

/// Returns a response that replaces the message with the button; an error becomes a new message.
fn update_message(result: CommandResult) -> Response {
    match result {
        Ok(message) => Response::Update(message),
        Err(error) => Response::New(error.message()),
    }
}

/// Returns the guild's question with an id.
fn question_by_id(ctx: &BotContext, guild: GuildId, id: &str) -> Result<QuestionRef, UserError> {
    let found = ctx.questions(guild).find(id);
    found.ok_or_else(|| UserError::QuestionNotFound(id.to_owned()))
}

/// Returns the team that an interaction concerns: the team of the `channel` option, of the channel
/// or thread in which it was sent, or the only team of the guild, in this order.
fn resolve_team(interaction: &Interaction, guild: &LoadedGuild) -> Result<LoadedTeam, UserError> {
    let chosen = interaction.channel("channel");
    let resolved = guild.read(|state| {
        if let Some(chosen) = chosen {
            return state
                .team(chosen)
                .map(|team| team.channel)
                .ok_or(UserError::TeamNotFound);
        }
        if let Some(team) = team_for_channel(state, interaction.channel) {
            return Ok(team.channel);
        }
        match state.teams().keys().collect::<Vec<_>>().as_slice() {
            [] => Err(UserError::TeamNotFound),
            [only] => Ok(**only),
            _ => Err(UserError::AmbiguousTeam),
        }
    });
    let channel = resolved.unwrap_or(Err(UserError::TeamNotFound))?;
    Ok(guild.team(channel))
}

fn require_admin(interaction: &Interaction) -> Result<(), UserError> {
    if interaction.is_admin {
        Ok(())
    } else {
        Err(UserError::AdminsOnly)
    }
}
