//! Initial content of a sandbox: the application's bot and a sample guild with three members.

use super::model::{Channel, Discord, Guild, Member, Role, User, kind};
use super::permission;

/// Ids of the sample guild.
pub mod ids {
    /// The application and its bot user.
    pub const APP: u64 = 1_130_000_000_000_000_001;
    /// The guild "Async Guild".
    pub const GUILD: u64 = 1_110_000_000_000_000_001;
    /// The channel #asyncio.
    pub const ASYNCIO: u64 = 1_120_000_000_000_000_001;
    /// The channel #general.
    pub const GENERAL: u64 = 1_120_000_000_000_000_002;
    /// The bot's role.
    pub const BOT_ROLE: u64 = 1_140_000_000_000_000_001;
    /// The mentionable role "team", which Lin has.
    pub const TEAM_ROLE: u64 = 1_140_000_000_000_000_002;
    /// Ada, the owner of the guild.
    pub const ADA: u64 = 1_150_000_000_000_000_001;
    /// Lin, a member with the role "team".
    pub const LIN: u64 = 1_150_000_000_000_000_002;
    /// Sam, a member without roles.
    pub const SAM: u64 = 1_150_000_000_000_000_003;
}

/// Permissions of the bot's role.
const BOT_PERMISSIONS: u64 = permission::VIEW_CHANNEL
    | permission::SEND_MESSAGES
    | permission::SEND_MESSAGES_IN_THREADS
    | permission::CREATE_PUBLIC_THREADS
    | permission::EMBED_LINKS
    | permission::READ_MESSAGE_HISTORY
    | permission::ADD_REACTIONS;

/// Permissions of `@everyone` in a new guild, limited to those that the sandbox checks.
pub const EVERYONE: u64 = permission::VIEW_CHANNEL
    | permission::SEND_MESSAGES
    | permission::SEND_MESSAGES_IN_THREADS
    | permission::CREATE_PUBLIC_THREADS
    | permission::EMBED_LINKS
    | permission::ATTACH_FILES
    | permission::READ_MESSAGE_HISTORY
    | permission::ADD_REACTIONS
    | permission::USE_APPLICATION_COMMANDS;

/// Inserts the sample guild, its members and its channels into an empty model.
pub fn insert_sample_guild(discord: &mut Discord) {
    for (id, name) in [(ids::ADA, "Ada"), (ids::LIN, "Lin"), (ids::SAM, "Sam")] {
        discord.users.insert(id, User::human(id, name));
    }
    let mut guild = empty_guild(discord, ids::GUILD, "Async Guild", ids::ADA);
    guild.system_channel = Some(ids::GENERAL);
    guild
        .roles
        .insert(ids::BOT_ROLE, bot_role(ids::BOT_ROLE, &discord.app.name));
    let team = Role {
        mentionable: true,
        ..role(ids::TEAM_ROLE, "team", 0, 1)
    };
    guild.roles.insert(ids::TEAM_ROLE, team);
    let joined_ms = discord.clock.now_ms();
    let mut join = |user, roles| {
        guild.members.insert(
            user,
            Member {
                user,
                nick: None,
                roles,
                joined_ms,
            },
        );
    };
    join(ids::LIN, vec![ids::TEAM_ROLE]);
    join(ids::SAM, Vec::new());
    join(discord.app.id, vec![ids::BOT_ROLE]);
    discord.guilds.insert(guild.id, guild);
    for (position, (id, name)) in [(ids::GENERAL, "general"), (ids::ASYNCIO, "asyncio")]
        .into_iter()
        .enumerate()
    {
        let mut channel = Channel::new(id, ids::GUILD, kind::TEXT, name);
        channel.position = position as u64;
        discord.channels.insert(id, channel);
    }
}

/// Returns a guild without channels, with the role `@everyone` and `owner` as its only member.
pub fn empty_guild(discord: &Discord, id: u64, name: &str, owner: u64) -> Guild {
    let owner_member = Member {
        user: owner,
        nick: None,
        roles: Vec::new(),
        joined_ms: discord.clock.now_ms(),
    };
    Guild {
        id,
        name: name.to_owned(),
        owner,
        system_channel: None,
        roles: [(id, role(id, "@everyone", EVERYONE, 0))].into(),
        members: [(owner, owner_member)].into(),
        unavailable: false,
        locale: "en-US".to_owned(),
    }
}

/// Returns the managed role that Discord creates when a bot is invited.
pub fn bot_role(id: u64, name: &str) -> Role {
    Role {
        managed: true,
        ..role(id, name, BOT_PERMISSIONS, 2)
    }
}

/// Returns a role that is neither managed nor mentionable.
pub fn role(id: u64, name: &str, permissions: u64, position: u64) -> Role {
    Role {
        id,
        name: name.to_owned(),
        permissions,
        position,
        color: 0,
        managed: false,
        mentionable: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bot_permissions_match_invitation_plus_reactions() {
        assert_eq!(BOT_PERMISSIONS, 0x48_0001_4C00 | 1 << 6);
    }
}
