//! Commands that the bot registered.

use std::collections::BTreeMap;

use serde_json::Value;

/// One registered command.
#[derive(Debug, Clone)]
pub struct Command {
    /// Id.
    pub id: u64,
    /// Of one guild only.
    pub guild: Option<u64>,
    /// 1 slash command, 2 user, 3 message.
    pub kind: u8,
    /// Name.
    pub name: String,
    /// Changes with each change of the command.
    pub version: u64,
    /// As it was registered.
    pub body: Value,
}

/// All registered commands: global ones under `None`.
#[derive(Debug, Clone, Default)]
pub struct Commands {
    /// By guild.
    pub sets: BTreeMap<Option<u64>, Vec<Command>>,
    /// When commands were made, by guild, in Unix milliseconds.
    pub created_ms: BTreeMap<Option<u64>, Vec<i64>>,
}

impl Commands {
    /// The commands of one scope.
    pub fn registered_in(&self, guild: Option<u64>) -> &[Command] {
        self.sets.get(&guild).map_or(&[], Vec::as_slice)
    }

    /// What is offered in a guild: its own commands before the global ones.
    pub fn available_in(&self, guild: Option<u64>) -> impl Iterator<Item = &Command> {
        let own = guild.map_or(&[][..], |guild| self.registered_in(Some(guild)));
        let global = self.registered_in(None).iter().filter(move |one| {
            !own.iter()
                .any(|own| own.name == one.name && own.kind == one.kind)
        });
        own.iter().chain(global)
    }
}
