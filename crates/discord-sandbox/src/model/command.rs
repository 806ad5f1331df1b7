//! Application commands that the bot registered.

use std::collections::BTreeMap;

use serde_json::Value;

/// Types of commands (Discord docs, interactions/application-commands, "Application Command
/// Types").
pub mod kind {
    /// Slash command.
    pub const CHAT_INPUT: u8 = 1;
    /// Command in the menu *Apps* of a message.
    pub const MESSAGE: u8 = 3;
}

/// Registered application command.
#[derive(Debug, Clone)]
pub struct Command {
    /// Id.
    pub id: u64,
    /// Guild of the command; `None` for a global command.
    pub guild: Option<u64>,
    /// Type: 1 slash command, 2 user command, 3 message command.
    pub kind: u8,
    /// Name.
    pub name: String,
    /// Version id, which changes with each change of the command.
    pub version: u64,
    /// JSON with which the command was registered.
    pub body: Value,
}

/// All registered commands, by guild. Global commands have the key `None`.
#[derive(Debug, Clone, Default)]
pub struct Commands {
    /// Commands by guild.
    pub sets: BTreeMap<Option<u64>, Vec<Command>>,
    /// Creation times of commands by guild, in Unix milliseconds. They count towards the daily
    /// limit.
    pub created_ms: BTreeMap<Option<u64>, Vec<i64>>,
}

impl Commands {
    /// Returns the commands registered for a guild, or the global ones for `None`.
    pub fn registered_in(&self, guild: Option<u64>) -> &[Command] {
        self.sets.get(&guild).map_or(&[], Vec::as_slice)
    }

    /// Returns the commands that members of a guild can use. A guild command hides a global command
    /// with the same name and type.
    pub fn available_in(&self, guild: Option<u64>) -> impl Iterator<Item = &Command> {
        let own = guild.map_or(&[][..], |guild| self.registered_in(Some(guild)));
        let global = self.registered_in(None).iter().filter(move |one| {
            !own.iter()
                .any(|own| own.name == one.name && own.kind == one.kind)
        });
        own.iter().chain(global)
    }
}
