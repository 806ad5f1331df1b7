//! Guilds, their roles and members, and users.

use std::collections::BTreeMap;

/// User: a human or a bot.
#[derive(Debug, Clone)]
pub struct User {
    /// Id.
    pub id: u64,
    /// Unique user name, in lower case.
    pub name: String,
    /// Display name.
    pub global_name: Option<String>,
    /// Whether the user is a bot. The author of a webhook message counts as one.
    pub bot: bool,
    /// Whether direct messages from bots are rejected with error 50007.
    pub blocks_dms: bool,
}

impl User {
    /// Creates a human user. The user name is derived from `display_name`.
    pub fn human(id: u64, display_name: &str) -> Self {
        Self {
            id,
            name: display_name.to_lowercase().replace(' ', "_"),
            global_name: Some(display_name.to_owned()),
            bot: false,
            blocks_dms: false,
        }
    }

    /// Creates a bot user.
    pub fn bot(id: u64, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            global_name: None,
            bot: true,
            blocks_dms: false,
        }
    }

    /// Returns the display name, or the user name if there is none.
    pub fn display_name(&self) -> &str {
        self.global_name.as_deref().unwrap_or(&self.name)
    }
}

/// Role of a guild. The role with the guild's id is `@everyone`.
#[derive(Debug, Clone)]
pub struct Role {
    /// Id.
    pub id: u64,
    /// Name.
    pub name: String,
    /// Permission bits.
    pub permissions: u64,
    /// Position in the role list; 0 for `@everyone`.
    pub position: u64,
    /// Color as 0xRRGGBB; 0 for none.
    pub color: u32,
    /// Whether the role belongs to an integration, such as a bot.
    pub managed: bool,
    /// Whether every member may mention the role.
    pub mentionable: bool,
}

/// Member of a guild.
#[derive(Debug, Clone)]
pub struct Member {
    /// User id.
    pub user: u64,
    /// Nickname in this guild.
    pub nick: Option<String>,
    /// Role ids, without `@everyone`.
    pub roles: Vec<u64>,
    /// Time of joining, in Unix milliseconds.
    pub joined_ms: i64,
}

/// Guild ("server" in Discord's client).
#[derive(Debug, Clone)]
pub struct Guild {
    /// Id.
    pub id: u64,
    /// Name.
    pub name: String,
    /// User id of the owner.
    pub owner: u64,
    /// Channel for Discord's system messages.
    pub system_channel: Option<u64>,
    /// Roles by id.
    pub roles: BTreeMap<u64, Role>,
    /// Members by user id.
    pub members: BTreeMap<u64, Member>,
    /// Whether the guild is unavailable because of an outage.
    pub unavailable: bool,
    /// Preferred locale, such as `en-US`.
    pub locale: String,
}

impl Guild {
    /// Returns the name of a user in this guild: the nickname, or the display name.
    pub fn display_name<'a>(&'a self, user: &'a User) -> &'a str {
        let nick = self
            .members
            .get(&user.id)
            .and_then(|member| member.nick.as_deref());
        nick.unwrap_or_else(|| user.display_name())
    }
}
