//! Settings of a team that wait for an admin's confirmation.

use std::collections::HashMap;

use super::drafts::DraftLimits;
use crate::bot::gateway::event::OptionValue;
use quizloop_core::id::ChannelId;

/// The options of a command are mostly a few words each, and Discord accepts at most 6,000
/// characters in one, so 1 MiB holds at least 40 of the largest changes.
pub const SETTINGS_DRAFT_LIMITS: DraftLimits = DraftLimits {
    per_guild: 20,
    per_member: 3,
    bytes: 1 << 20,
};

/// The command whose options wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsCommand {
    /// `/setup`, which creates the team if there is none.
    Setup,
    /// `/team settings`.
    TeamSettings,
}

/// The options of a command that wait. They, and not the settings that they would give, are kept:
/// another admin may change other settings meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsDraft {
    pub command: SettingsCommand,
    /// The team's channel.
    pub channel: ChannelId,
    /// By name.
    pub options: HashMap<String, OptionValue>,
}

impl SettingsDraft {
    /// Returns the size of all texts in bytes.
    pub fn size(&self) -> usize {
        let text = |value: &OptionValue| match value {
            OptionValue::Text(text) => text.len(),
            _ => 0,
        };
        let options = self.options.iter();
        options.map(|(name, value)| name.len() + text(value)).sum()
    }
}
