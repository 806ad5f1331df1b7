//! Permissions of members in guilds and channels (Discord docs, topics/permissions, "Permission
//! Hierarchy" and "Permission Overwrites").

use serde_json::Value;

use super::model::{Channel, Guild};

/// Set of permission bits (Discord docs, topics/permissions, "Bitwise Permission Flags").
pub type Permissions = u64;

/// Grants every permission and bypasses channel overwrites.
pub const ADMINISTRATOR: Permissions = 1 << 3;
/// Allows editing channels.
pub const MANAGE_CHANNELS: Permissions = 1 << 4;
/// Allows editing the guild.
pub const MANAGE_GUILD: Permissions = 1 << 5;
/// Allows adding a new emoji to a message. Joining an existing reaction does not need it.
pub const ADD_REACTIONS: Permissions = 1 << 6;
/// Allows viewing a channel.
pub const VIEW_CHANNEL: Permissions = 1 << 10;
/// Allows sending messages in a channel (not in threads).
pub const SEND_MESSAGES: Permissions = 1 << 11;
/// Allows deleting messages of other users.
pub const MANAGE_MESSAGES: Permissions = 1 << 13;
/// Allows messages with embeds.
pub const EMBED_LINKS: Permissions = 1 << 14;
/// Allows messages with attachments.
pub const ATTACH_FILES: Permissions = 1 << 15;
/// Allows reading earlier messages.
pub const READ_MESSAGE_HISTORY: Permissions = 1 << 16;
/// Allows mentioning `@everyone`, `@here` and all roles.
pub const MENTION_EVERYONE: Permissions = 1 << 17;
/// Allows using application commands.
pub const USE_APPLICATION_COMMANDS: Permissions = 1 << 31;
/// Allows archiving, locking and renaming threads of other users.
pub const MANAGE_THREADS: Permissions = 1 << 34;
/// Allows starting public threads.
pub const CREATE_PUBLIC_THREADS: Permissions = 1 << 35;
/// Allows sending messages in threads.
pub const SEND_MESSAGES_IN_THREADS: Permissions = 1 << 38;

/// Reads a set of permission bits from JSON. Discord sends strings, and accepts integers as well.
pub fn parse_bits(value: &Value) -> Option<Permissions> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    }
}

/// Every permission.
pub const ALL: Permissions = (1 << 53) - 1;

/// Permissions that the page lists, with the names that Discord's client shows.
pub const BY_NAME: [(&str, Permissions); 8] = [
    ("View Channel", VIEW_CHANNEL),
    ("Send Messages", SEND_MESSAGES),
    ("Embed Links", EMBED_LINKS),
    ("Attach Files", ATTACH_FILES),
    ("Read Message History", READ_MESSAGE_HISTORY),
    ("Create Public Threads", CREATE_PUBLIC_THREADS),
    ("Send Messages in Threads", SEND_MESSAGES_IN_THREADS),
    ("Add Reactions", ADD_REACTIONS),
];

/// Returns the guild-wide permissions of a user. Owners and administrators have [`ALL`]; a user who
/// is not a member has none.
pub(crate) fn in_guild(guild: &Guild, user: u64) -> Permissions {
    if guild.owner == user {
        return ALL;
    }
    let Some(member) = guild.members.get(&user) else {
        return 0;
    };
    let role_ids = std::iter::once(&guild.id).chain(&member.roles);
    let granted = role_ids
        .filter_map(|role| guild.roles.get(role))
        .fold(0, |sum, role| sum | role.permissions);
    if granted & ADMINISTRATOR == 0 {
        granted
    } else {
        ALL
    }
}

/// Returns the permissions of a user in a channel. For a thread, pass its parent channel.
///
/// Overwrites apply in Discord's order: `@everyone`, then all roles together, then the member.
pub(crate) fn in_channel(guild: &Guild, channel: &Channel, user: u64) -> Permissions {
    let base = in_guild(guild, user);
    if base == ALL {
        return ALL;
    }
    let Some(member) = guild.members.get(&user) else {
        return 0;
    };
    let overwrite = |id: u64| channel.overwrites.iter().filter(move |one| one.id == id);
    let mut granted = base;
    for one in overwrite(guild.id) {
        granted = granted & !one.deny | one.allow;
    }
    let of_roles = || member.roles.iter().copied().flat_map(overwrite);
    let denied = of_roles().fold(0, |sum, one| sum | one.deny);
    let allowed = of_roles().fold(0, |sum, one| sum | one.allow);
    granted = granted & !denied | allowed;
    for one in overwrite(user) {
        granted = granted & !one.deny | one.allow;
    }
    implied(granted)
}

/// Applies implicit permissions: without "View Channel" a user has no permission in the channel.
const fn implied(granted: Permissions) -> Permissions {
    if granted & VIEW_CHANNEL == 0 {
        return 0;
    }
    granted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Member, Overwrite, Role, kind};

    const EVERYONE: u64 = 1;
    const ROLE: u64 = 2;
    const OTHER: u64 = 3;
    const OWNER: u64 = 10;
    const LIN: u64 = 11;
    const STRANGER: u64 = 12;

    /// Returns a guild in which `@everyone` may view and send, and Lin has two roles: `ROLE` with
    /// the permissions `granted` and `OTHER` without any.
    fn guild(granted: Permissions) -> Guild {
        let role = |id, permissions| Role {
            id,
            name: String::new(),
            permissions,
            position: 0,
            color: 0,
            managed: false,
            mentionable: false,
        };
        let member = |user, roles| Member {
            user,
            nick: None,
            roles,
            joined_ms: 0,
        };
        let roles = [
            role(EVERYONE, VIEW_CHANNEL | SEND_MESSAGES),
            role(ROLE, granted),
            role(OTHER, 0),
        ];
        let members = [member(OWNER, vec![]), member(LIN, vec![ROLE, OTHER])];
        Guild {
            id: EVERYONE,
            name: String::new(),
            owner: OWNER,
            system_channel: None,
            roles: roles.map(|role| (role.id, role)).into(),
            members: members.map(|member| (member.user, member)).into(),
            unavailable: false,
            locale: String::new(),
        }
    }

    /// Returns a channel with overwrites: id of the role or member, allowed bits, denied bits.
    fn channel(overwrites: &[(u64, Permissions, Permissions)]) -> Channel {
        let overwrite = |(id, allow, deny): &(u64, Permissions, Permissions)| Overwrite {
            id: *id,
            is_member: *id == LIN,
            allow: *allow,
            deny: *deny,
        };
        Channel {
            overwrites: overwrites.iter().map(overwrite).collect(),
            ..Channel::new(5, EVERYONE, kind::TEXT, "x")
        }
    }

    fn for_lin(
        granted: Permissions,
        overwrites: &[(u64, Permissions, Permissions)],
    ) -> Permissions {
        in_channel(&guild(granted), &channel(overwrites), LIN)
    }

    #[test]
    fn roles_add_up() {
        assert_eq!(
            for_lin(EMBED_LINKS, &[]),
            VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS
        );
        assert_eq!(in_guild(&guild(0), STRANGER), 0);
    }

    #[test]
    fn owners_and_administrators_have_all_permissions() {
        let closed = [(EVERYONE, 0, ALL), (LIN, 0, ALL)];
        assert_eq!(for_lin(ADMINISTRATOR, &closed), ALL);
        assert_eq!(in_channel(&guild(0), &channel(&closed), OWNER), ALL);
        assert_eq!(for_lin(0, &closed), 0);
    }

    #[test]
    fn more_specific_overwrite_wins() {
        let both = VIEW_CHANNEL | SEND_MESSAGES;
        let view = VIEW_CHANNEL;
        assert_eq!(for_lin(0, &[(EVERYONE, 0, SEND_MESSAGES)]), view);
        assert_eq!(
            for_lin(0, &[(EVERYONE, 0, SEND_MESSAGES), (ROLE, SEND_MESSAGES, 0)]),
            both
        );
        // Of several roles, one that allows is enough.
        assert_eq!(
            for_lin(0, &[(ROLE, 0, SEND_MESSAGES), (OTHER, SEND_MESSAGES, 0)]),
            both
        );
        assert_eq!(
            for_lin(0, &[(ROLE, SEND_MESSAGES, 0), (LIN, 0, SEND_MESSAGES)]),
            view
        );
    }

    #[test]
    fn no_permissions_without_view_channel() {
        assert_eq!(for_lin(0, &[(ROLE, 0, VIEW_CHANNEL)]), 0);
    }
}
