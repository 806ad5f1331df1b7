//! Message commands, which members choose in the menu *Apps* of a message.

use serde_json::{Value, json};

use super::slash_command::{GUILD_INSTALL, IN_GUILD};
use crate::bot::context::BotContext;
use crate::bot::gateway::event::{Interaction, TargetMessage};
use crate::bot::interactions::response::Response;
use crate::bot::render::user_error::UserError;
use quizloop_store::LoadedGuild;

/// The type of a message command (Discord docs, interactions/application-commands, "Application
/// Command Types").
const MESSAGE: u8 = 3;

/// A message command. Each has a static in its file and a line in [`super::MESSAGE_COMMANDS`].
pub struct MessageCommand {
    /// The name that members see, at most 32 characters.
    pub name: &'static str,
    /// The metric label.
    pub label: &'static str,
    /// Returns the line in `/help`.
    pub help: fn() -> String,
    /// Does not wait. A slow response is deferred for the member alone.
    pub handler:
        fn(&BotContext, &Interaction, &LoadedGuild, &TargetMessage) -> Result<Response, UserError>,
}

impl MessageCommand {
    /// Returns the definition as Discord's JSON.
    pub fn definition(&self) -> Value {
        json!({
            "type": MESSAGE,
            "name": self.name,
            "contexts": [IN_GUILD],
            "integration_types": [GUILD_INSTALL],
        })
    }
}
