//! "Report a mistake" under a model answer, and `/team reports` for admins.

use std::collections::HashMap;

use super::{CommandResult, require_admin};
use crate::bot::context::BotContext;
use crate::bot::data_expiry::erase_durably;
use crate::bot::event::Interaction;
use crate::bot::render::feedback as render;
use crate::bot::render::user_error::UserError;
use crate::bot::response::Response;
use crate::failpoint;
use crate::practice::id::GuildId;

/// The button was pressed: a form pops up. Nothing is waited for.
pub fn open_modal(ctx: &BotContext, question: &str) -> Response {
    match ctx.bank.get(question) {
        Some(question) => Response::Modal(render::report_modal(question)),
        None => Response::New(UserError::QuestionNotFound(question.to_owned()).message()),
    }
}

/// The form was sent: it is on disk before the member is thanked.
pub async fn on_submit(
    ctx: &BotContext,
    interaction: &Interaction,
    question: &str,
    written: &HashMap<String, String>,
) -> CommandResult {
    let guild = interaction.guild.ok_or(UserError::GuildOnly)?;
    let question = ctx
        .bank
        .get(question)
        .ok_or_else(|| UserError::QuestionNotFound(question.to_owned()))?;
    let text = written.get(render::TEXT_FIELD).map_or("", String::as_str);
    let now = ctx.clock.now();
    let (entered, commit) = ctx.store.upsert(guild, |state| {
        state.add_report(&question.id, interaction.user, text, now)
    });
    failpoint::hit("report.entered");
    let number = entered.map_err(|why| UserError::InvalidOption(render::report_rejected(why)))?;
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::hit("report.saved");
    tracing::info!(%guild, number, question = question.id, "a mistake in a question was reported");
    Ok(render::report_saved(number).ephemeral())
}

/// The open reports.
pub fn list(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
    page: usize,
) -> CommandResult {
    require_admin(interaction)?;
    let shown = ctx.store.read(guild, |state| {
        render::list(state.reports(), page, |id| ctx.bank.get(id))
    });
    let shown = shown.unwrap_or_else(|| render::list(&[], page, |id| ctx.bank.get(id)));
    Ok(shown.ephemeral())
}

/// An admin chose one to close: it is gone from the disk before they see the list without it.
pub async fn close(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: GuildId,
    (page, chosen): (usize, &[String]),
) -> CommandResult {
    require_admin(interaction)?;
    let numbers: Vec<u32> = chosen.iter().filter_map(|one| one.parse().ok()).collect();
    // What somebody wrote is deleted at its word: from the last good generation as well.
    let closed = erase_durably(ctx, guild, |state| {
        for number in numbers {
            state.close_report(number);
        }
    });
    closed.await.map_err(|_| UserError::SaveFailed)?;
    list(ctx, interaction, guild, page)
}
