//! "Report a mistake" under a model answer, and `/team reports` for admins.

use std::collections::HashMap;

use super::{Said, admins_only};
use crate::bot::data_expiry::erase_durably;
use crate::bot::desk::Desk;
use crate::bot::event::Call;
use crate::bot::render::feedback as render;
use crate::bot::render::user_error::UserError;
use crate::bot::response::Response;
use crate::failpoint;
use crate::practice::id::GuildId;

/// The button was pressed: a form pops up. Nothing is waited for.
pub fn ask(desk: &Desk, question: &str) -> Response {
    match desk.bank.get(question) {
        Some(question) => Response::Modal(render::report_modal(question)),
        None => Response::New(UserError::QuestionNotFound(question.to_owned()).message()),
    }
}

/// The form was sent: it is on disk before the member is thanked.
pub async fn sent(
    desk: &Desk,
    call: &Call,
    question: &str,
    written: &HashMap<String, String>,
) -> Said {
    let guild = call.guild.ok_or(UserError::GuildOnly)?;
    let question = desk
        .bank
        .get(question)
        .ok_or_else(|| UserError::QuestionNotFound(question.to_owned()))?;
    let text = written.get(render::TEXT_FIELD).map_or("", String::as_str);
    let now = desk.clock.now();
    let (entered, commit) = desk.store.upsert(guild, |state| {
        state.add_report(&question.id, call.user, text, now)
    });
    failpoint::pass("report.entered");
    let number = entered.map_err(|why| UserError::InvalidOption(render::report_rejected(why)))?;
    commit.wait().await.map_err(|_| UserError::SaveFailed)?;
    failpoint::pass("report.saved");
    tracing::info!(%guild, number, question = question.id, "a mistake in a question was reported");
    Ok(render::report_saved(number).ephemeral())
}

/// The open reports.
pub fn list(desk: &Desk, call: &Call, guild: GuildId, page: usize) -> Said {
    admins_only(call)?;
    let shown = desk.store.read(guild, |state| {
        render::list(state.reports(), page, |id| desk.bank.get(id))
    });
    let shown = shown.unwrap_or_else(|| render::list(&[], page, |id| desk.bank.get(id)));
    Ok(shown.ephemeral())
}

/// An admin chose one to close: it is gone from the disk before they see the list without it.
pub async fn close(
    desk: &Desk,
    call: &Call,
    guild: GuildId,
    (page, chosen): (usize, &[String]),
) -> Said {
    admins_only(call)?;
    let numbers: Vec<u32> = chosen.iter().filter_map(|one| one.parse().ok()).collect();
    // What somebody wrote is deleted at its word: from the last good generation as well.
    let closed = erase_durably(desk, guild, |state| {
        for number in numbers {
            state.close_report(number);
        }
    });
    closed.await.map_err(|_| UserError::SaveFailed)?;
    list(desk, call, guild, page)
}
