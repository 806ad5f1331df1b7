//! The parts of an entry in the table of settings.

use super::TeamSettings;
use crate::id::RoleId;
use crate::question_pool::QuestionPool;

/// A setting of a team.
pub struct TeamSetting {
    /// The key in `[[team]]`, in the config and in a seed.
    pub key: &'static str,
    /// Whether config and `/setup` require it. The others have the default of [`TeamSettings`].
    pub is_required: bool,
    pub option: SettingOption,
    pub kind: SettingKind,
    pub line: SettingLine,
}

/// An option of `/team settings`.
pub struct SettingOption {
    pub name: &'static str,
    pub description: &'static str,
    /// Whether `/setup` has the option, too.
    pub in_setup: bool,
}

/// The form of a value in a config and in a command, and the function that stores it.
pub enum SettingKind {
    /// A text.
    Text {
        set: fn(&mut TeamSettings, &str) -> Result<(), SettingError>,
        /// Maximum length of the option, in characters.
        max_length: Option<u16>,
        suggest: Option<Suggest>,
    },
    /// A list in the config, a text in a command.
    List {
        set: fn(&mut TeamSettings, &str) -> Result<(), SettingError>,
        /// Stores the items of a list and returns what is wrong with them.
        set_items: fn(&mut TeamSettings, &[&str]) -> Vec<ItemError>,
        form: ItemForm,
        suggest: Option<Suggest>,
    },
    /// One of a few values.
    Choice {
        /// The name of the values in an error.
        noun: &'static str,
        /// The values, each with the label that admins see.
        choices: &'static [(&'static str, &'static str)],
        /// Returns whether the value is one of the choices.
        set: fn(&mut TeamSettings, &str) -> bool,
    },
    /// A role: an id in the config. Seeds have no ids, so they lack the key.
    Role {
        set: fn(&mut TeamSettings, Option<RoleId>),
        /// The yes-or-no option that removes the role.
        clear: SettingOption,
    },
    /// Yes or no.
    Flag(fn(&mut TeamSettings, bool)),
    /// A share: from 0 to 1 in the config, a percentage in a command.
    Percent {
        min: u8,
        max: u8,
        /// The effect of a higher share, for an error.
        if_higher: &'static str,
        /// Takes the share, from 0 to 1. Returns whether it is in range.
        set: fn(&mut TeamSettings, f64) -> bool,
    },
}

/// The TOML type of a list's items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemForm {
    Text,
    /// A date, also as a text.
    Date,
}

/// Where `/team status` shows a setting.
pub enum SettingLine {
    /// In its own line, with a label. `None` means that there is nothing to say.
    Own(&'static str, fn(&TeamSettings) -> Option<String>),
    /// In the line of the setting with this key.
    In(&'static str),
}

/// Returns suggestions for a text that an admin has typed so far, at most the given number. The pool
/// has the server's questions.
pub type Suggest = fn(&QuestionPool<'_>, &str, usize) -> Vec<SuggestedValue>;

/// A suggestion for an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestedValue {
    /// The text that the admin sees.
    pub name: String,
    /// The value of the option.
    pub value: String,
}

/// A setting does not accept a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    /// The rejected part of the value, as it was written.
    rejected: String,
    /// The problem; `{}` stands for the rejected part.
    problem: String,
    /// How to write the value in a config.
    pub fix: String,
    /// The problem and how to fix it, for an admin; `{}` stands for the rejected part.
    reply: String,
}

/// Settings that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingConflict {
    /// The key of the setting to change.
    pub key: &'static str,
    pub error: SettingError,
}

/// An error of a list.
pub struct ItemError {
    /// The index of the item; `None` if the error is about the whole list.
    pub item: Option<usize>,
    pub error: SettingError,
    /// Whether the value is usable all the same.
    pub is_warning: bool,
}

impl SettingError {
    /// Creates an error about a part of a value. In `problem`, `{}` stands for that part. The reply
    /// to an admin is the same as the problem, unless [`SettingError::reply_with`] is called.
    pub(super) fn new(rejected: &str, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        let problem = problem.into();
        Self {
            rejected: rejected.to_owned(),
            reply: problem.clone(),
            problem,
            fix: fix.into(),
        }
    }

    /// Sets the reply to an admin. In it, `{}` stands for the rejected part.
    pub(super) fn reply_with(mut self, reply: impl Into<String>) -> Self {
        self.reply = reply.into();
        self
    }

    /// Returns the rejected part of the value.
    pub fn rejected(&self) -> &str {
        &self.rejected
    }

    /// Returns the problem as a phrase, for a config.
    pub fn problem(&self) -> String {
        self.problem.replacen("{}", &self.rejected, 1)
    }

    /// Returns the problem and its fix as sentences, for an admin. The function `quote` makes the
    /// rejected part safe to show.
    pub fn reply(&self, quote: impl Fn(&str) -> String) -> String {
        self.reply.replacen("{}", &quote(&self.rejected), 1)
    }
}

impl ItemError {
    pub(super) const fn new(item: Option<usize>, error: SettingError) -> Self {
        Self {
            item,
            error,
            is_warning: false,
        }
    }
}

impl TeamSetting {
    /// Returns the options of `/team settings` about this setting, each with its name.
    pub fn options(&self) -> impl Iterator<Item = &SettingOption> {
        let clear = match &self.kind {
            SettingKind::Role { clear, .. } => Some(clear),
            _ => None,
        };
        [&self.option].into_iter().chain(clear)
    }

    /// Returns the function that suggests values.
    pub const fn suggest(&self) -> Option<Suggest> {
        match self.kind {
            SettingKind::Text { suggest, .. } | SettingKind::List { suggest, .. } => suggest,
            SettingKind::Choice { .. }
            | SettingKind::Role { .. }
            | SettingKind::Flag(_)
            | SettingKind::Percent { .. } => None,
        }
    }
}
