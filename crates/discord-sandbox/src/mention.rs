//! Mentions of a message, and the users whom they notify (Discord docs, resources/message, "Allowed
//! Mentions Object").

use std::collections::BTreeSet;

use super::model::{Channel, Discord, Guild, Mentions, Message, flag, message_kind};
use super::permission::{MENTION_EVERYONE, VIEW_CHANNEL};

/// Mentions that a message may make: the parsed `allowed_mentions` object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are the fields of Discord's object"
)]
pub struct MentionPolicy {
    /// Allows all users mentioned in the text.
    pub users: bool,
    /// Allows all roles mentioned in the text.
    pub roles: bool,
    /// Allows `@everyone` and `@here`.
    pub everyone: bool,
    /// Allows these users, if `users` is `false`.
    pub only_users: Vec<u64>,
    /// Allows these roles, if `roles` is `false`.
    pub only_roles: Vec<u64>,
    /// Mentions the author of the message that is replied to.
    pub replied_user: bool,
}

impl MentionPolicy {
    /// Allows everything: Discord's default for a message without `allowed_mentions`.
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

    /// Allows users only: Discord's default for interaction responses and webhook messages.
    pub fn users() -> Self {
        Self {
            roles: false,
            everyone: false,
            ..Self::all()
        }
    }
}

/// Sets the mentions and the notified users of `message` from its text.
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
        let exists = guild.is_some_and(|guild| guild.roles.contains_key(role) && guild.id != *role);
        exists && (allowed.roles || allowed.only_roles.contains(role))
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

/// Returns the users that a message notifies, in order of their ids. A role that is not mentionable
/// notifies its members only if the author has "Mention Everyone".
fn pinged_users(
    discord: &Discord,
    location: Option<(&Guild, &Channel)>,
    message: &Message,
    mentions: &Mentions,
    may_ping_all: bool,
) -> Vec<u64> {
    let mut pinged: BTreeSet<u64> = mentions.users.iter().copied().collect();
    if let Some((guild, channel)) = location {
        for member in guild.members.values() {
            let by_role = mentions.roles.iter().any(|role| {
                let mentionable = guild.roles.get(role).is_some_and(|role| role.mentionable);
                (mentionable || may_ping_all) && member.roles.contains(role)
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

/// Returns the ids in mentions such as `<@1>`, without duplicates, in order of appearance.
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
    fn mentioned_ids_are_found_once_each() {
        let text = "<@1> <@!2> <@&3> <@1> <@x> <@4";
        assert_eq!(mentioned_ids(text, &["<@", "<@!"]), [1, 2]);
        assert_eq!(mentioned_ids(text, &["<@&"]), [3]);
    }
}
