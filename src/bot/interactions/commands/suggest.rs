//! `/suggest`: questions that members suggest, and the admins' decisions.

use super::quiz::topic_choices;
use super::slash_command::{
    Access, Action, Autocomplete, CommandHandler, CommandKind, Help, SlashCommand, Visibility,
};
use super::{CommandResult, question_forms, require_admin};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::custom_id::SuggestionDecision;
use crate::bot::interactions::question_form::FormPurpose;
use crate::bot::render::message::Message;
use crate::bot::render::server_questions as render;
use crate::bot::render::user_error::UserError;
use crate::bot::server_bank::question_of_content;
use quizloop_core::guild::Guild;
use quizloop_core::server_questions::{ServerQuestionError, ServerQuestions, Suggestion};
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedGuild;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "suggest",
    description: "Suggest a question for this server",
    access: Access::Everyone,
    kind: CommandKind::Single(Action {
        options: question_forms::options,
        autocomplete: &[("topic", Autocomplete::InGuild(topic_choices))],
        visibility: Visibility::Ephemeral,
        help: Help::Line(|| {
            "`/suggest` sends the admins a question that you'd like to be asked here.".into()
        }),
        handler: CommandHandler::Modal(|_, interaction| {
            Box::pin(async { question_forms::open(interaction, FormPurpose::Suggest) })
        }),
    }),
};

/// Returns the number of open suggestions.
pub fn open_count(guild: &LoadedGuild) -> usize {
    guild.read_or_empty(|state| open_suggestions(state).len())
}

fn open_suggestions(state: &Guild) -> &[Suggestion] {
    let own = state.server_questions();
    own.map(ServerQuestions::suggestions).unwrap_or_default()
}

/// Shows a page of the open suggestions.
pub fn list(guild: &LoadedGuild, page: usize) -> Message {
    guild.read_or_empty(|state| render::suggestions(open_suggestions(state), page))
}

/// Shows the suggestion that an admin chose from the menu.
pub fn show(interaction: &Interaction, guild: &LoadedGuild, values: &[String]) -> CommandResult {
    require_admin(interaction)?;
    let number = values.first().and_then(|value| value.parse().ok());
    let number = number.ok_or(UserError::StaleComponent)?;
    let shown = guild.read(|state| {
        let own = state.server_questions()?;
        if let Some(decision) = own.decision(number) {
            return Some(render::decided(decision, false));
        }
        let open = own.suggestion(number)?;
        let question = question_of_content("", 0, &open.content);
        Some(render::suggestion(open, &question))
    });
    let message = shown.flatten().ok_or_else(gone)?;
    Ok(message.ephemeral())
}

fn gone() -> UserError {
    UserError::InvalidOption(render::suggestion_not_found())
}

/// Approves or rejects a suggestion. The first decision counts, and is durable before any admin
/// sees it.
pub async fn decide(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    number: u32,
    decision: SuggestionDecision,
) -> CommandResult {
    require_admin(interaction)?;
    let (admin, at) = (interaction.user, interaction.created_at());
    let (decided, commit) = guild.upsert(|state| match decision {
        SuggestionDecision::Approve => {
            let approved = ctx.with_rng(|rng| state.approve_suggestion(number, admin, at, rng));
            approved.map(drop)
        }
        SuggestionDecision::Reject => state.reject_suggestion(number, admin, at),
    });
    failpoint::hit("suggestion.decided");
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::hit("suggestion.saved");
    let is_new = match decided {
        Ok(()) => true,
        Err(ServerQuestionError::AlreadyDecided { .. }) => false,
        Err(ServerQuestionError::NotFound) => return Err(gone()),
        Err(error) => return Err(UserError::InvalidOption(render::error(error))),
    };
    ctx.wake_scheduler.notify_one();
    let decision = |state: &Guild| state.server_questions()?.decision(number).cloned();
    let decision = guild.read(decision).flatten().ok_or_else(gone)?;
    Ok(render::decided(&decision, is_new).ephemeral())
}

/// Notifies a member, after a response, of the decisions on their suggestions. Does so once.
pub async fn report_decisions(ctx: &BotContext, interaction: &Interaction) {
    // The interaction has loaded the guild. If it was evicted since, the next one notifies the member.
    let guild = interaction.guild.and_then(|guild| ctx.store.loaded(guild));
    let Some(guild) = guild else {
        return;
    };
    let user = interaction.user;
    if guild.read(|state| state.has_suggestion_notice(user)) != Some(true) {
        return;
    }
    let Some((notices, commit)) = guild.update(|state| state.take_suggestion_notices(user)) else {
        return;
    };
    if notices.is_empty() || commit.wait().await.is_err() {
        return;
    }
    let message = render::decision_notice(&notices).ephemeral();
    if let Err(error) = ctx.rest.create_followup(&interaction.token, &message).await {
        tracing::warn!(guild = %guild.id(), member = %user, %error, "notice of a decision failed");
    }
}
