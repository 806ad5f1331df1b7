//! Gateway events for changes of the model. Events of a channel are sent only if the bot can view
//! it.

use serde_json::{Value, json};

use super::{GatewayEvent, intent};
use crate::model::{Discord, Message, MessageKey};
use crate::payloads::message::MessageViewer;
use crate::payloads::{self, id, maybe_id};
use crate::permission::VIEW_CHANNEL;

impl Discord {
    /// Returns the bot as a viewer, with or without the right to read the content of other users.
    pub(crate) const fn bot_viewer(&self, can_read_content: bool) -> MessageViewer {
        MessageViewer {
            user: self.app.id,
            can_read_content,
        }
    }

    /// Sends `MESSAGE_CREATE`, unless the message is ephemeral.
    pub(crate) fn announce_message(&mut self, channel: u64, message: u64) {
        self.announce(channel, message, "MESSAGE_CREATE");
    }

    /// Sends `MESSAGE_UPDATE`, unless the message is ephemeral.
    pub(crate) fn announce_edit(&mut self, channel: u64, message: u64) {
        self.announce(channel, message, "MESSAGE_UPDATE");
    }

    fn announce(&mut self, channel: u64, message: u64, name: &'static str) {
        let Some(one) = self.message(channel, message).filter(|one| is_public(one)) else {
            return;
        };
        let json = |content| payloads::message::event_message(self, one, self.bot_viewer(content));
        let event = GatewayEvent {
            name,
            intents: self.message_intent(channel),
            data: json(true),
            data_without_content: Some(json(false)),
        };
        self.dispatch_to_channel(channel, &event);
    }

    /// Sends `MESSAGE_DELETE`.
    pub(crate) fn announce_deletion(&mut self, channel: u64, message: u64) {
        let guild = self.guild_of(channel);
        let mut data = json!({ "id": id(message), "channel_id": id(channel) });
        if guild.is_some() {
            data["guild_id"] = maybe_id(guild);
        }
        let intents = self.message_intent(channel);
        self.dispatch_to_channel(channel, &GatewayEvent::new("MESSAGE_DELETE", intents, data));
    }

    /// Sends `THREAD_CREATE` for a new thread.
    pub(crate) fn announce_thread(&mut self, thread: u64) {
        let Some(mut data) = self.channel_json(thread) else {
            return;
        };
        data["newly_created"] = json!(true);
        self.dispatch_to_channel(
            thread,
            &GatewayEvent::new("THREAD_CREATE", intent::GUILDS, data),
        );
    }

    /// Sends `THREAD_MEMBERS_UPDATE`. A bot receives it for others only with the intent
    /// `GUILD_MEMBERS`.
    pub(crate) fn announce_thread_members(&mut self, thread: u64, added: &[u64], removed: &[u64]) {
        let Some(one) = self.channels.get(&thread) else {
            return;
        };
        let count = one.thread.as_ref().map_or(0, |state| state.members.len());
        let added: Vec<Value> = added
            .iter()
            .map(|user| payloads::channel::thread_member(one, *user))
            .collect();
        let data = json!({
            "id": id(thread),
            "guild_id": maybe_id(one.guild),
            "member_count": count,
            "added_members": added,
            "removed_member_ids": removed.iter().map(|user| id(*user)).collect::<Value>(),
        });
        let event = GatewayEvent::new("THREAD_MEMBERS_UPDATE", intent::GUILD_MEMBERS, data);
        self.dispatch_to_channel(thread, &event);
    }

    /// Sends `CHANNEL_CREATE` or `CHANNEL_UPDATE`, or `THREAD_UPDATE` for a thread.
    pub fn announce_channel(&mut self, channel: u64, is_new: bool) {
        let Some(one) = self.channels.get(&channel) else {
            return;
        };
        let name = match (one.is_thread(), is_new) {
            (true, _) => "THREAD_UPDATE",
            (false, true) => "CHANNEL_CREATE",
            (false, false) => "CHANNEL_UPDATE",
        };
        if let Some(data) = self.channel_json(channel) {
            self.dispatch_to_channel(channel, &GatewayEvent::new(name, intent::GUILDS, data));
        }
    }

    /// Sends `MESSAGE_REACTION_ADD` or `MESSAGE_REACTION_REMOVE`.
    pub(crate) fn announce_reaction(
        &mut self,
        key: MessageKey,
        user: u64,
        emoji: &str,
        added: bool,
    ) {
        let MessageKey { channel, message } = key;
        let guild = self.guild_of(channel);
        let mut data = json!({
            "user_id": id(user),
            "channel_id": id(channel),
            "message_id": id(message),
            "emoji": payloads::message::emoji(emoji),
            "burst": false,
            "type": 0,
        });
        if let Some(guild) = guild {
            data["guild_id"] = id(guild);
        }
        if added && let Some(one) = self.message(channel, message) {
            data["message_author_id"] = id(one.author);
            if let Some(member) = self.member_json(guild, user) {
                data["member"] = member;
            }
        }
        let intents = match guild {
            Some(_) => intent::GUILD_MESSAGE_REACTIONS,
            None => intent::DIRECT_MESSAGE_REACTIONS,
        };
        let name = if added {
            "MESSAGE_REACTION_ADD"
        } else {
            "MESSAGE_REACTION_REMOVE"
        };
        self.dispatch_to_channel(channel, &GatewayEvent::new(name, intents, data));
    }

    /// Returns the guild of a channel, or `None` for a direct message or an unknown channel.
    pub fn guild_of(&self, channel: u64) -> Option<u64> {
        self.channels.get(&channel)?.guild
    }

    /// Returns a member of a guild, with their user, as JSON.
    pub(crate) fn member_json(&self, guild: Option<u64>, user: u64) -> Option<Value> {
        let member = self.guilds.get(&guild?)?.members.get(&user)?;
        Some(payloads::guild::member(member, self.users.get(&user)?))
    }

    /// Returns a channel or thread as JSON, as the bot receives it.
    pub(crate) fn channel_json(&self, channel: u64) -> Option<Value> {
        let one = self.channels.get(&channel)?;
        Some(payloads::channel::any_channel(self, one, self.app.id))
    }

    /// Sends an event if the bot can view the channel and the guild is available.
    pub(crate) fn dispatch_to_channel(&mut self, channel: u64, event: &GatewayEvent) {
        let Some(one) = self.channels.get(&channel) else {
            return;
        };
        let is_available = one.guild.is_none_or(|guild| {
            self.guilds
                .get(&guild)
                .is_some_and(|guild| !guild.unavailable)
        });
        if is_available && self.permissions(one, self.app.id) & VIEW_CHANNEL != 0 {
            let guild = one.guild;
            self.dispatch(guild, event);
        }
    }

    fn message_intent(&self, channel: u64) -> u64 {
        match self.guild_of(channel) {
            Some(_) => intent::GUILD_MESSAGES,
            None => intent::DIRECT_MESSAGES,
        }
    }
}

/// Returns whether a message is public. Ephemeral messages are not sent over the gateway.
const fn is_public(message: &Message) -> bool {
    message.ephemeral_for.is_none()
}
