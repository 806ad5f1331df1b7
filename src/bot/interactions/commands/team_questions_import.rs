//! `/team questions import`: adds questions from a file, after a second press.

use std::sync::Arc;

use serde_json::{Value, json};

use super::slash_command::{Action, CommandHandler, Help, Subcommand, Visibility};
use super::{CommandResult, require_admin};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::interactions::drafts::{DraftId, DraftKey};
use crate::bot::interactions::question_import::{
    ImportCounts, ImportDraft, ImportMode, ImportPlan, UnsavedImport,
};
use crate::bot::render::message::Message;
use crate::bot::render::question_check;
use crate::bot::render::question_import as render;
use crate::bot::render::user_error::UserError;
use crate::bot::server_bank::content_of;
use quizloop_bank::import_export::{
    ColumnMapping, ImportedFile, ImportedQuestion, ReadOptions, read_any,
};
use quizloop_core::server_questions::QuestionContent;
use quizloop_failpoint as failpoint;
use quizloop_store::LoadedGuild;

pub const SUBCOMMAND: Subcommand = Subcommand {
    name: "import",
    description: "Add questions from a file",
    action: Action {
        options,
        autocomplete: &[],
        visibility: Visibility::Ephemeral,
        help: Help::Line(|| {
            "`/team questions import` adds questions from a file: CSV, TOML, JSON, Markdown, or one a line."
                .into()
        }),
        handler: CommandHandler::Async(|ctx, interaction, guild| {
            Box::pin(run(ctx, interaction, guild))
        }),
    },
};

fn options() -> Vec<Value> {
    let file = json!({
        "type": 11, "name": "file", "required": true,
        "description": "CSV, TOML, JSON, Markdown, or one question a line; at most 1 MiB",
    });
    let columns = json!({
        "type": 3, "name": "columns",
        "description": "What the file's columns are, such as: question=Frage, answer=Antwort",
    });
    vec![file, columns]
}

/// Reads the file and asks how to import it. Nothing is changed yet.
async fn run(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    let file = interaction.attachment("file");
    let file = file.ok_or(UserError::UnknownCommand)?;
    let columns = columns(interaction.text("columns").unwrap_or_default())?;
    let downloaded = ctx.rest.download(file).await;
    let bytes = downloaded.map_err(|error| {
        tracing::warn!(%error, "file could not be downloaded");
        UserError::InvalidOption(render::download_failed(&file.name, &error))
    })?;
    let name = file.name.clone();
    let read = tokio::task::spawn_blocking(move || read(&name, &bytes, &columns)).await;
    // Only a panic of the reader; it is logged.
    let read = read.map_err(|_| UserError::InvalidOption(render::unreadable(&file.name)))?;
    Ok(ask(ctx, interaction, guild, &file.name, &read))
}

/// Parses `question=Frage, answer=Antwort`.
fn columns(text: &str) -> Result<Vec<ColumnMapping>, UserError> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let parsed: Result<Vec<ColumnMapping>, _> = parts.map(str::parse).collect();
    parsed.map_err(|error| UserError::InvalidOption(format!("columns: {error}")))
}

fn read(name: &str, bytes: &[u8], columns: &[ColumnMapping]) -> ImportedFile {
    let options = ReadOptions {
        columns,
        rule: &question_check::check,
        ..ReadOptions::default()
    };
    read_any(name, bytes, &options)
}

/// Keeps the questions for the second press, and shows what was found.
fn ask(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    name: &str,
    read: &ImportedFile,
) -> Message {
    let questions: Vec<QuestionContent> = read.questions.iter().map(content).collect();
    let (counts, plans) = guild.read_or_empty(|state| {
        let own = state.server_questions();
        let plans =
            ImportMode::NAMES.map(|(_, mode)| (mode, ImportPlan::new(&questions, own, mode)));
        (ImportCounts::of(&questions, own), plans)
    });
    let key = DraftKey {
        id: DraftId(ctx.with_rng(rand::RngExt::random)),
        guild: guild.id(),
        user: interaction.user,
    };
    let can_be_imported = plans.iter().any(|(_, plan)| plan.exceeds.is_none());
    if can_be_imported && !questions.is_empty() {
        let draft = ImportDraft {
            file: name.to_owned(),
            questions,
            unsaved: None,
        };
        let size = draft.size();
        ctx.imports.put(key, ctx.uptime(), draft, size);
    }
    render::found(&render::FoundQuestions {
        file: name,
        counts,
        plans: &plans,
        mistakes: &read.mistakes,
        warnings: &read.warnings,
        header: read.header.as_deref(),
        ignored_columns: &read.ignored_columns,
        draft: key.id,
    })
}

/// Returns the content to store. The key finds the question again when the file is imported again.
fn content(imported: &ImportedQuestion) -> QuestionContent {
    content_of(&imported.question, Some(imported.key.clone()))
}

/// Imports the questions of a kept file. They are durable before the confirmation.
pub async fn on_button(
    ctx: &BotContext,
    interaction: &Interaction,
    guild: &LoadedGuild,
    id: DraftId,
    mode: ImportMode,
) -> CommandResult {
    require_admin(interaction)?;
    let key = DraftKey {
        id,
        guild: guild.id(),
        user: interaction.user,
    };
    // Taken, so that a second press while this one is saved imports nothing twice.
    let draft = ctx.imports.take(key, ctx.uptime());
    let draft: Arc<ImportDraft> =
        draft.ok_or_else(|| UserError::InvalidOption(render::draft_gone()))?;
    let (user, now) = (interaction.user, interaction.created_at());
    let (result, commit) = guild.upsert(|state| {
        let unsaved = draft.unsaved.as_ref();
        if let Some(applied) = unsaved.filter(|one| one.is_applied(state.server_questions())) {
            return Ok(applied.clone());
        }
        // The server's questions may have changed since the file was read.
        let mut plan = ImportPlan::new(&draft.questions, state.server_questions(), mode);
        let changes = std::mem::take(&mut plan.changes);
        let added = ctx.with_rng(|rng| state.import_questions(changes, user, now, rng))?;
        Ok(UnsavedImport { plan, added })
    });
    failpoint::hit("import.changed");
    if commit.wait().await.is_err() {
        keep_again(ctx, key, &draft, result.ok());
        return Err(UserError::SaveFailed);
    }
    failpoint::hit("import.saved");
    let UnsavedImport { plan, added } = result.map_err(|error| {
        keep_again(ctx, key, &draft, None);
        UserError::InvalidOption(render::refused(error))
    })?;
    ctx.wake_scheduler.notify_one();
    tracing::info!(
        added = plan.added,
        updated = plan.updated,
        "questions imported"
    );
    let numbers = added.first().zip(added.last());
    let numbers = numbers.map(|(first, last)| (first.number, last.number));
    Ok(render::imported(&draft.file, &plan, numbers))
}

/// Keeps a file that is not imported for another press. `unsaved` is what could not be saved.
fn keep_again(
    ctx: &BotContext,
    key: DraftKey,
    draft: &ImportDraft,
    unsaved: Option<UnsavedImport>,
) {
    let draft = ImportDraft {
        unsaved,
        ..draft.clone()
    };
    let size = draft.size();
    ctx.imports.put(key, ctx.uptime(), draft, size);
}
