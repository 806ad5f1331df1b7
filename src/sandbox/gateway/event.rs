//! Changes of the model as events. Channels that the bot can't see send none.

use serde_json::{Value, json};

use super::{GatewayEvent, intent};
use crate::sandbox::model::{Discord, Message};
use crate::sandbox::payloads::message::MessageViewer;
use crate::sandbox::payloads::{self, id, maybe_id};
use crate::sandbox::permission::VIEW_CHANNEL;

impl Discord {
    /// The viewer that the bot is, with or without the right to read what others write.
    pub const fn bot_viewer(&self, content: bool) -> MessageViewer {
        MessageViewer {
            user: self.app.id,
            can_read_content: content,
        }
    }

    /// Tells that a message was written.
    pub fn announce_message(&mut self, channel: u64, message: u64) {
        self.announce(channel, message, "MESSAGE_CREATE");
    }

    /// Tells that a message was changed.
    pub fn announce_edit(&mut self, channel: u64, message: u64) {
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

    /// Tells that a message was deleted.
    pub fn announce_deletion(&mut self, channel: u64, message: u64) {
        let guild = self.guild_of(channel);
        let mut data = json!({ "id": id(message), "channel_id": id(channel) });
        if guild.is_some() {
            data["guild_id"] = maybe_id(guild);
        }
        let intents = self.message_intent(channel);
        self.dispatch_to_channel(channel, &GatewayEvent::new("MESSAGE_DELETE", intents, data));
    }

    /// Tells that a thread was started.
    pub fn announce_thread(&mut self, thread: u64) {
        let Some(mut data) = self.channel_json(thread) else {
            return;
        };
        data["newly_created"] = json!(true);
        self.dispatch_to_channel(
            thread,
            &GatewayEvent::new("THREAD_CREATE", intent::GUILDS, data),
        );
    }

    /// Tells that a channel or thread is new or has changed.
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

    /// Tells that somebody reacted, or took it back.
    pub fn announce_reaction(&mut self, message: (u64, u64), user: u64, emoji: &str, added: bool) {
        let (channel, message) = message;
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

    /// The guild of a channel.
    pub fn guild_of(&self, channel: u64) -> Option<u64> {
        self.channels.get(&channel)?.guild
    }

    /// A member with their user.
    pub fn member_json(&self, guild: Option<u64>, user: u64) -> Option<Value> {
        let member = self.guilds.get(&guild?)?.members.get(&user)?;
        Some(payloads::guild::member(member, self.users.get(&user)?))
    }

    /// A channel as the bot gets it.
    pub fn channel_json(&self, channel: u64) -> Option<Value> {
        let one = self.channels.get(&channel)?;
        Some(payloads::channel::any_channel(self, one, self.app.id))
    }

    /// Sends an event to the bot if it can see the channel.
    pub fn dispatch_to_channel(&mut self, channel: u64, event: &GatewayEvent) {
        let Some(one) = self.channels.get(&channel) else {
            return;
        };
        let is_there = one.guild.is_none_or(|guild| {
            self.guilds
                .get(&guild)
                .is_some_and(|guild| !guild.unavailable)
        });
        if is_there && self.permissions(one, self.app.id) & VIEW_CHANNEL != 0 {
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

/// Messages for one member alone are not events.
const fn is_public(message: &Message) -> bool {
    message.ephemeral_for.is_none()
}
