//! Guilds, their roles and members, and users.

use std::collections::BTreeMap;

/// A person or a bot.
#[derive(Debug, Clone)]
pub struct User {
    /// Id.
    pub id: u64,
    /// Unique name, lower case.
    pub name: String,
    /// The name that is shown.
    pub global_name: Option<String>,
    /// Whether it is a bot (a webhook's author counts as one).
    pub bot: bool,
    /// Whether they take no direct messages from bots.
    pub blocks_dms: bool,
}

impl User {
    /// A person; `shown` is the name that people see.
    pub fn human(id: u64, shown: &str) -> Self {
        Self {
            id,
            name: shown.to_lowercase().replace(' ', "_"),
            global_name: Some(shown.to_owned()),
            bot: false,
            blocks_dms: false,
        }
    }

    /// A bot.
    pub fn bot(id: u64, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            global_name: None,
            bot: true,
            blocks_dms: false,
        }
    }

    /// The name that people see.
    pub fn display_name(&self) -> &str {
        self.global_name.as_deref().unwrap_or(&self.name)
    }
}

/// A role; the one with the guild's id is `@everyone`.
#[derive(Debug, Clone)]
pub struct Role {
    /// Id.
    pub id: u64,
    /// Name.
    pub name: String,
    /// Permission bits.
    pub permissions: u64,
    /// 0 for `@everyone`.
    pub position: u64,
    /// 0xRRGGBB, 0 for none.
    pub color: u32,
    /// Whether it belongs to a bot.
    pub managed: bool,
    /// Whether everyone may ping it.
    pub mentionable: bool,
}

/// A member of a guild.
#[derive(Debug, Clone)]
pub struct Member {
    /// The user.
    pub user: u64,
    /// Name in this guild.
    pub nick: Option<String>,
    /// Roles besides `@everyone`.
    pub roles: Vec<u64>,
    /// Since when, in Unix milliseconds.
    pub joined_ms: i64,
}

/// A server.
#[derive(Debug, Clone)]
pub struct Guild {
    /// Id.
    pub id: u64,
    /// Name.
    pub name: String,
    /// Who owns it.
    pub owner: u64,
    /// Where Discord itself writes.
    pub system_channel: Option<u64>,
    /// Roles by id.
    pub roles: BTreeMap<u64, Role>,
    /// Members by user.
    pub members: BTreeMap<u64, Member>,
    /// Whether it suffers an outage.
    pub unavailable: bool,
    /// Its language, such as `en-US`.
    pub locale: String,
}

impl Guild {
    /// The name of a member as others see it.
    pub fn display_name<'a>(&'a self, user: &'a User) -> &'a str {
        let nick = self
            .members
            .get(&user.id)
            .and_then(|member| member.nick.as_deref());
        nick.unwrap_or_else(|| user.display_name())
    }
}
