//! Sends, edits and deletes messages and reacts as a user.

use serde_json::{Value, json};

use super::super::Sandbox;
use super::super::mention::{self, MentionPolicy};
use super::super::model::{Discord, Message, MessageKey, MessageReference, User, message_kind};
use super::super::permission::{
    MANAGE_MESSAGES, MANAGE_THREADS, SEND_MESSAGES, SEND_MESSAGES_IN_THREADS,
};
use super::ClientError;

/// A message that is not sent yet.
#[derive(Debug, Clone)]
#[must_use = "the message is sent by `send`"]
pub struct MessageDraft<'a> {
    sandbox: &'a Sandbox,
    message: Message,
    webhook_name: Option<String>,
}

impl MessageDraft<'_> {
    /// Makes it a reply to another message of the channel.
    pub fn reply_to(mut self, message: u64) -> Self {
        self.message.kind = message_kind::REPLY;
        self.message.reference = Some(MessageReference {
            channel: self.message.channel,
            message: Some(message),
        });
        self
    }

    /// Adds a sticker.
    pub fn sticker(mut self, name: &str) -> Self {
        let sticker = json!({ "id": "749054660769218631", "name": name, "format_type": 1 });
        self.message.stickers.push(sticker);
        self
    }

    /// Adds a file.
    pub fn attachment(mut self, name: &str) -> Self {
        let url = format!("https://cdn.discordapp.com/attachments/1/2/{name}");
        self.message.attachments.push(json!({
            "id": "1160000000000000001",
            "filename": name,
            "size": 1024,
            "url": url,
            "proxy_url": url,
            "content_type": "application/octet-stream",
        }));
        self
    }

    /// Sends it by a webhook with this name instead of a member.
    pub fn by_webhook(mut self, name: &str) -> Self {
        self.webhook_name = Some(name.to_owned());
        self
    }

    /// Replaces fields of the message's JSON, also by invalid values.
    pub fn json(mut self, fields: Value) -> Self {
        self.message.json = Some(fields);
        self
    }

    /// Makes it a system message of this type (Discord docs, resources/message, "Message Types").
    pub const fn kind(mut self, kind: u8) -> Self {
        self.message.kind = kind;
        self
    }

    /// Sends the message; returns its id.
    ///
    /// # Errors
    ///
    /// The user can't send messages in the channel, or the message is empty.
    pub fn send(self) -> Result<u64, ClientError> {
        self.sandbox
            .with(|discord| send(discord, self.message, self.webhook_name))
    }
}

fn send(
    discord: &mut Discord,
    mut message: Message,
    webhook: Option<String>,
) -> Result<u64, ClientError> {
    if let Some(name) = webhook {
        let id = discord.next_id();
        discord.users.insert(id, User::bot(id, &name));
        message.author = id;
        message.webhook = Some(id);
    } else {
        check_can_write(discord, message.channel, message.author)?;
    }
    let has_content = !message.content.trim().is_empty()
        || !message.attachments.is_empty()
        || !message.stickers.is_empty();
    if !has_content && matches!(message.kind, message_kind::DEFAULT | message_kind::REPLY) {
        return Err(ClientError::new("There is nothing to send."));
    }
    mention::resolve(discord, &mut message, &MentionPolicy::all());
    if let Some(thread) = discord
        .channels
        .get_mut(&message.channel)
        .and_then(|one| one.thread.as_mut())
        && message.webhook.is_none()
    {
        thread.members.insert(message.author);
    }
    Ok(discord.create_message(message))
}

fn check_can_write(discord: &Discord, channel: u64, user: u64) -> Result<(), ClientError> {
    let Some(one) = discord.channels.get(&channel) else {
        return Err(ClientError::new("There is no such channel."));
    };
    if !one.takes_messages() {
        return Err(ClientError::new("A forum takes posts, not messages."));
    }
    let needed = if one.is_thread() {
        SEND_MESSAGES_IN_THREADS
    } else {
        SEND_MESSAGES
    };
    let own = discord.permissions(one, user);
    if own & needed == 0 {
        return Err(ClientError::new(
            "You do not have permission to send messages in this channel.",
        ));
    }
    let is_locked = one.thread.as_ref().is_some_and(|thread| thread.locked);
    if is_locked && own & MANAGE_THREADS == 0 {
        return Err(ClientError::new("This thread is locked."));
    }
    Ok(())
}

impl Sandbox {
    /// Starts a message of a user.
    pub fn compose(&self, channel: u64, user: u64, content: &str) -> MessageDraft<'_> {
        MessageDraft {
            sandbox: self,
            message: Message {
                channel,
                author: user,
                content: content.trim().to_owned(),
                ..Message::default()
            },
            webhook_name: None,
        }
    }

    /// Sends a message as a user; returns its id.
    ///
    /// # Errors
    ///
    /// The user can't send messages in the channel, or the text is empty.
    pub fn post(&self, channel: u64, user: u64, content: &str) -> Result<u64, ClientError> {
        self.compose(channel, user, content).send()
    }

    /// Edits a user's own message.
    ///
    /// # Errors
    ///
    /// The message does not exist, or another user wrote it.
    pub fn edit_message(&self, message: u64, user: u64, content: &str) -> Result<(), ClientError> {
        self.with(|discord| {
            let (channel, author) = locate(discord, message)?;
            if author != user {
                return Err(ClientError::new("You can only edit your own messages."));
            }
            let now_ms = discord.clock.now_ms();
            if let Some(one) = discord.message_mut(channel, message) {
                content.trim().clone_into(&mut one.content);
                one.edited_ms = Some(now_ms);
            }
            discord.announce_edit(channel, message);
            Ok(())
        })
    }

    /// Deletes a message of the user's own, or any message with Manage Messages.
    ///
    /// # Errors
    ///
    /// The message does not exist, or the user may not delete it.
    pub fn delete_message(&self, message: u64, user: u64) -> Result<(), ClientError> {
        self.with(|discord| {
            let (channel, author) = locate(discord, message)?;
            let own = discord
                .channels
                .get(&channel)
                .map_or(0, |one| discord.permissions(one, user));
            if author != user && own & MANAGE_MESSAGES == 0 {
                return Err(ClientError::new("You can only delete your own messages."));
            }
            discord.delete_message(channel, message);
            Ok(())
        })
    }

    /// Adds a user's reaction to a message.
    ///
    /// # Errors
    ///
    /// The message does not exist.
    pub fn react(&self, message: u64, user: u64, emoji: &str) -> Result<(), ClientError> {
        self.with(|discord| {
            let (channel, _) = locate(discord, message)?;
            discord.react(MessageKey { channel, message }, user, emoji);
            Ok(())
        })
    }

    /// Removes a user's reaction.
    ///
    /// # Errors
    ///
    /// The message does not exist.
    pub fn unreact(&self, message: u64, user: u64, emoji: &str) -> Result<(), ClientError> {
        self.with(|discord| {
            let (channel, _) = locate(discord, message)?;
            discord.unreact(MessageKey { channel, message }, user, emoji);
            Ok(())
        })
    }

    /// Returns the JSON of a message as the bot reads it over REST.
    pub fn message_json(&self, message: u64) -> Option<Value> {
        self.read(|discord| {
            let one = discord.find_message(message)?;
            let viewer = discord.bot_viewer(discord.app.has_message_content());
            Some(super::super::payloads::message::message(
                discord, one, viewer,
            ))
        })
    }
}

/// Returns the channel and author of a message.
fn locate(discord: &Discord, message: u64) -> Result<(u64, u64), ClientError> {
    let one = discord.find_message(message);
    let one = one.ok_or_else(|| ClientError::new("There is no such message."))?;
    Ok((one.channel, one.author))
}
