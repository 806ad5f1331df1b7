//! `/hint`: how to go about the question of this channel or thread.

use super::answer::resolve_question;
use super::slash_command::{
    Access, Action, CommandHandler, CommandKind, Help, SlashCommand, Visibility,
};
use super::{CommandResult, question_by_id};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::Interaction;
use crate::bot::render::reveal;
use quizloop_store::LoadedGuild;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "hint",
    description: "Show a hint for this channel's question",
    access: Access::Everyone,
    kind: CommandKind::Single(Action {
        options: Vec::new,
        autocomplete: &[],
        visibility: Visibility::Ephemeral,
        help: Help::In("answer"),
        handler: CommandHandler::Sync(run),
    }),
};

/// Shows the hint for the round of the channel or thread.
pub fn run(ctx: &BotContext, interaction: &Interaction, guild: &LoadedGuild) -> CommandResult {
    on_button(ctx, guild, &resolve_question(interaction, guild)?)
}

/// Shows the hint for a question.
pub fn on_button(ctx: &BotContext, guild: &LoadedGuild, question: &str) -> CommandResult {
    let question = &*question_by_id(ctx, guild.id(), question)?;
    Ok(reveal::hint(question).ephemeral())
}
