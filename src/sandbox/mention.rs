//! Whom a message names, and whose device rings (Discord docs, resources/message, "Allowed Mentions
//! Object").

use std::collections::BTreeSet;

use super::model::{Channel, Discord, Guild, Mentions, Message, flag, message_kind};
use super::permission::{MENTION_EVERYONE, VIEW_CHANNEL};

/// What a message is allowed to ping.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are Discord's own switches"
)]
pub struct MentionPolicy {
    /// All users named in the text.
    pub users: bool,
    /// All roles named in the text.
    pub roles: bool,
    /// `@everyone` and `@here`.
    pub everyone: bool,
    /// Only these users.
    pub only_users: Vec<u64>,
    /// Only these roles.
    pub only_roles: Vec<u64>,
    /// Who is replied to.
    pub replied_user: bool,
}

impl MentionPolicy {
    /// Everything, as for a message without `allowed_mentions`.
    pub const fn all() -> Self {
        Self {
            users: true,
            roles: true,
            everyone: true,
            only_users: Vec::new(),
            only_roles: Vec::new(),
            replied_user: true,
        }
    }

    /// Users only, as for answers to interactions and webhooks without `allowed_mentions`.
    pub fn users() -> Self {
        Self {
            roles: false,
            everyone: false,
            ..Self::all()
        }
    }
}

/// Sets a message's mentions from its text.
pub fn resolve(discord: &Discord, message: &mut Message, allowed: &MentionPolicy) {
    let guild = discord
        .guild_of(message.channel)
        .and_then(|id| discord.guilds.get(&id));
    let channel = discord.channels.get(&message.channel);
    let may_ping_all = channel.is_some_and(|channel| {
        discord.permissions(channel, message.author) & MENTION_EVERYONE != 0
    });
    let mut mentions = Mentions {
        users: mentioned_ids(&message.content, &["<@", "<@!"]),
        roles: mentioned_ids(&message.content, &["<@&"]),
        everyone: mentions_everyone(&message.content) && allowed.everyone && may_ping_all,
    };
    mentions.users.retain(|user| {
        discord.users.contains_key(user) && (allowed.users || allowed.only_users.contains(user))
    });
    mentions.roles.retain(|role| {
        let is_there =
            guild.is_some_and(|guild| guild.roles.contains_key(role) && guild.id != *role);
        is_there && (allowed.roles || allowed.only_roles.contains(role))
    });
    let replied = message.reference.filter(|_| allowed.replied_user);
    if let Some(author) =
        replied.and_then(|to| Some(discord.message(to.channel, to.message?)?.author))
        && message.kind == message_kind::REPLY
        && !mentions.users.contains(&author)
    {
        mentions.users.push(author);
    }
    let is_silent = message.flags & flag::SUPPRESS_NOTIFICATIONS != 0;
    message.pinged = if is_silent {
        Vec::new()
    } else {
        pinged_users(
            discord,
            guild.zip(channel),
            message,
            &mentions,
            may_ping_all,
        )
    };
    message.mentions = mentions;
}

fn pinged_users(
    discord: &Discord,
    place: Option<(&Guild, &Channel)>,
    message: &Message,
    mentions: &Mentions,
    may_ping_all: bool,
) -> Vec<u64> {
    let mut pinged: BTreeSet<u64> = mentions.users.iter().copied().collect();
    if let Some((guild, channel)) = place {
        for member in guild.members.values() {
            let by_role = mentions.roles.iter().any(|role| {
                let rings = guild.roles.get(role).is_some_and(|role| role.mentionable);
                (rings || may_ping_all) && member.roles.contains(role)
            });
            if mentions.everyone || by_role {
                pinged.insert(member.user);
            }
        }
        pinged.retain(|user| discord.permissions(channel, *user) & VIEW_CHANNEL != 0);
    }
    pinged.remove(&message.author);
    pinged.retain(|user| message.is_visible_to(*user));
    pinged.into_iter().collect()
}

/// The ids in marks such as `<@1>`, each once, in order.
fn mentioned_ids(text: &str, openings: &[&str]) -> Vec<u64> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("<@") {
        let ids = openings.iter().filter_map(|opening| {
            let (id, _) = text[start..].strip_prefix(opening)?.split_once('>')?;
            id.parse().ok()
        });
        for id in ids {
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    found
}

fn mentions_everyone(text: &str) -> bool {
    text.contains("@everyone") || text.contains("@here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found() {
        let text = "<@1> <@!2> <@&3> <@1> <@x> <@4";
        assert_eq!(mentioned_ids(text, &["<@", "<@!"]), [1, 2]);
        assert_eq!(mentioned_ids(text, &["<@&"]), [3]);
    }
}
