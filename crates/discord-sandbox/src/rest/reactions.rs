//! Endpoints for the bot's own reactions (Discord docs, resources/message, "Create Reaction").

use super::channels::{channel_with_permissions, visible_channel};
use super::error_response;
use super::{HandlerResult, no_content};
use crate::model::{Discord, MessageKey, Reaction};
use crate::permission::{ADD_REACTIONS, READ_MESSAGE_HISTORY};

/// Maximum number of different emoji on a message (Discord's error code 30010, "Maximum number of
/// reactions reached").
const EMOJI_MAX: usize = 20;

pub fn add(discord: &mut Discord, channel: u64, message: u64, emoji: &str) -> HandlerResult {
    let one = channel_with_permissions(discord, channel, READ_MESSAGE_HISTORY)?;
    if one.is_archived() {
        return Err(error_response::archived_thread());
    }
    let target = discord
        .message(channel, message)
        .filter(|one| one.ephemeral_for.is_none());
    let target = target.ok_or_else(error_response::unknown_message)?;
    if !is_emoji(emoji) {
        return Err(error_response::unknown_emoji());
    }
    if !target.reactions.iter().any(|one| one.emoji == emoji) {
        channel_with_permissions(discord, channel, ADD_REACTIONS)?;
        if target.reactions.len() >= EMOJI_MAX {
            return Err(error_response::too_many_reactions());
        }
    }
    let me = discord.app.id;
    discord.react(MessageKey { channel, message }, me, emoji);
    no_content()
}

pub fn remove(discord: &mut Discord, channel: u64, message: u64, emoji: &str) -> HandlerResult {
    visible_channel(discord, channel)?;
    discord
        .message(channel, message)
        .ok_or_else(error_response::unknown_message)?;
    let me = discord.app.id;
    discord.unreact(MessageKey { channel, message }, me, emoji);
    no_content()
}

/// Returns whether the text is accepted as an emoji: short non-ASCII text, or `name:id`.
fn is_emoji(emoji: &str) -> bool {
    match emoji.rsplit_once(':') {
        Some((_, id)) => id.parse::<u64>().is_ok(),
        None => !emoji.is_empty() && !emoji.is_ascii() && emoji.chars().count() <= 10,
    }
}

impl Discord {
    /// Adds the reaction of a user to a message, and sends `MESSAGE_REACTION_ADD`. Does nothing if
    /// the user has already reacted with this emoji.
    pub(crate) fn react(&mut self, key: MessageKey, user: u64, emoji: &str) {
        let Some(one) = self.message_mut(key.channel, key.message) else {
            return;
        };
        let index = one.reactions.iter().position(|one| one.emoji == emoji);
        let index = index.unwrap_or_else(|| {
            one.reactions.push(Reaction {
                emoji: emoji.to_owned(),
                users: Vec::new(),
            });
            one.reactions.len() - 1
        });
        let users = &mut one.reactions[index].users;
        if !users.contains(&user) {
            users.push(user);
            self.announce_reaction(key, user, emoji, true);
        }
    }

    /// Removes the reaction of a user from a message, and sends `MESSAGE_REACTION_REMOVE`. Does
    /// nothing if there is no such reaction.
    pub(crate) fn unreact(&mut self, key: MessageKey, user: u64, emoji: &str) {
        let Some(one) = self.message_mut(key.channel, key.message) else {
            return;
        };
        let Some(reaction) = one.reactions.iter_mut().find(|one| one.emoji == emoji) else {
            return;
        };
        let existed = reaction.users.contains(&user);
        reaction.users.retain(|one| *one != user);
        one.reactions.retain(|one| !one.users.is_empty());
        if existed {
            self.announce_reaction(key, user, emoji, false);
        }
    }
}
