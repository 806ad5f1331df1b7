//! `/help`.

use super::help_lines;
use super::slash_command::{
    Access, Action, CommandHandler, CommandKind, Help, SlashCommand, Visibility,
};
use crate::bot::render;
use crate::bot::render::message::Message;

pub static COMMAND: SlashCommand = SlashCommand {
    name: "help",
    description: "How Quizloop works, and its commands",
    access: Access::Everyone,
    kind: CommandKind::Single(Action {
        options: Vec::new,
        autocomplete: &[],
        visibility: Visibility::Ephemeral,
        help: Help::Unlisted,
        handler: CommandHandler::Sync(|_, interaction, _| Ok(message(interaction.is_admin))),
    }),
};

/// Returns the commands and rules for members, and the commands for admins in addition.
pub fn message(is_admin: bool) -> Message {
    let admins = is_admin.then(|| help_lines(Access::Admins));
    render::help::help(help_lines(Access::Everyone), admins)
}
