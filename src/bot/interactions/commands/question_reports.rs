//! Reports of mistakes in questions, and `/team reports` for admins.

use std::collections::HashMap;

use super::{CommandResult, question_by_id, question_for_modal, require_admin};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::response::Response;
use crate::bot::render::feedback as render;
use crate::bot::render::user_error::UserError;
use quizloop_core::question_reports::QuestionReport;
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedGuild;

/// Opens the modal for a report.
pub async fn open_modal(ctx: &BotContext, interaction: &Interaction, question: &str) -> Response {
    match question_for_modal(ctx, interaction, question).await {
        Ok(question) => Response::Modal(render::report_modal(&question)),
        Err(error) => Response::New(error.message()),
    }
}

/// Stores a submitted report. It is durable before the member sees the confirmation.
pub async fn on_submit(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    question: &str,
    fields: &HashMap<String, String>,
) -> CommandResult {
    let question = &*question_by_id(ctx, guild.id(), question)?;
    let text = fields.get(render::TEXT_FIELD).map_or("", String::as_str);
    let now = interaction.created_at();
    let (result, commit) =
        guild.upsert(|state| state.add_report(&question.id, interaction.user, text, now));
    failpoint::hit("report.entered");
    let number =
        result.map_err(|error| UserError::InvalidOption(render::report_rejected(error)))?;
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::hit("report.saved");
    tracing::info!(number, question = question.id, "question report saved");
    Ok(render::report_saved(number).ephemeral())
}

/// Shows a page of the open reports.
pub fn list(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    page: usize,
) -> CommandResult {
    require_admin(interaction)?;
    let questions = ctx.questions(guild.id());
    let message = guild.read(|state| render::list(state.reports(), page, |id| questions.get(id)));
    let message = message.unwrap_or_else(|| render::list(&[], page, |id| questions.get(id)));
    Ok(message.ephemeral())
}

/// Closes the chosen reports. They are deleted from the disk before the admin sees the list without
/// them.
pub async fn close(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    page: usize,
    chosen: &[String],
) -> CommandResult {
    require_admin(interaction)?;
    let numbers: Vec<u32> = chosen
        .iter()
        .filter_map(|value| value.parse().ok())
        .collect();
    let is_chosen = |report: &&QuestionReport| numbers.contains(&report.number);
    let reports: Vec<_> =
        guild.read_or_empty(|state| state.reports().iter().filter(is_chosen).cloned().collect());
    // Reports contain text of members, so they are erased from the previous snapshot and from deleted
    // data as well. There, another report may have the same number.
    let erased = guild.erase(move |state| {
        for report in &reports {
            if state.reports().contains(report) {
                state.close_report(report.number);
            }
        }
    });
    erased.await.map_err(|_| UserError::SaveFailed)?;
    list(ctx, interaction, guild, page)
}
