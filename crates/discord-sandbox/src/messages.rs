//! Creation and deletion of messages and threads, with their ids, counters and gateway events.
//!
//! REST handlers and simulated users share these functions, so that both have the same effects.

use super::model::{
    Channel, Discord, Mentions, Message, MessageKey, MessageReference, ThreadState, flag, kind,
    message_kind,
};

/// Default auto-archive duration of a thread, in minutes (one day).
const AUTO_ARCHIVE_MINUTES: u64 = 1440;

/// What a request says about a thread that is started without a message.
#[derive(Debug, Clone, Copy)]
pub struct NewThread<'a> {
    /// Channel type of the thread.
    pub kind: u8,
    pub name: &'a str,
    /// Minutes without a message after which it is archived; one day by default.
    pub archive_minutes: Option<u64>,
    /// Whether members of a private thread may add others.
    pub invitable: bool,
}

impl Discord {
    /// Creates a message and returns its id.
    ///
    /// Sets the id and the time, updates the channel's counters, unarchives an archived thread (as
    /// Discord does) and sends `MESSAGE_CREATE`. The caller checks permissions. An ephemeral
    /// message changes no counter and sends no event.
    pub(crate) fn create_message(&mut self, mut message: Message) -> u64 {
        let id = self.next_id();
        message.id = id;
        message.written_ms = self.clock.now_ms();
        let channel = message.channel;
        let is_public = message.ephemeral_for.is_none();
        let counts = message.kind != message_kind::THREAD_STARTER;
        self.messages
            .entry(channel)
            .or_default()
            .insert(id, message);
        if is_public {
            self.record_message(channel, id, counts);
        }
        self.announce_message(channel, id);
        id
    }

    fn record_message(&mut self, channel: u64, message: u64, counts: bool) {
        let now_ms = self.clock.now_ms();
        let Some(target) = self.channels.get_mut(&channel) else {
            return;
        };
        target.last_message = Some(message);
        let Some(thread) = &mut target.thread else {
            return;
        };
        if counts {
            thread.message_count += 1;
            thread.total_sent += 1;
        }
        if thread.archived {
            thread.archived = false;
            thread.archive_changed_ms = now_ms;
            self.announce_channel(channel, false);
        }
    }

    /// Starts a thread on a message, and creates the messages that Discord itself adds.
    ///
    /// `from` is the message in the parent channel. The thread gets its id. `archive` is the
    /// auto-archive duration in minutes; the default is one day. Does nothing if the channel does
    /// not exist.
    pub fn start_thread(&mut self, from: MessageKey, owner: u64, name: &str, archive: Option<u64>) {
        let MessageKey {
            channel: parent,
            message: id,
        } = from;
        let Some(channel) = self.channels.get(&parent) else {
            return;
        };
        let kind = match channel.kind {
            kind::ANNOUNCEMENT => kind::ANNOUNCEMENT_THREAD,
            _ => kind::PUBLIC_THREAD,
        };
        let mut thread = Channel::new(id, channel.guild.unwrap_or_default(), kind, name);
        let is_newest = channel.last_message == Some(id);
        thread.parent = Some(parent);
        thread.thread = Some(ThreadState {
            archived: false,
            locked: false,
            auto_archive_minutes: archive.unwrap_or(AUTO_ARCHIVE_MINUTES),
            created_ms: self.clock.now_ms(),
            archive_changed_ms: self.clock.now_ms(),
            invitable: None,
            owner,
            members: [owner].into(),
            message_count: 0,
            total_sent: 0,
        });
        self.channels.insert(id, thread);
        if let Some(starter) = self.message_mut(parent, id) {
            starter.flags |= flag::HAS_THREAD;
        }
        self.announce_thread(id);
        self.announce_edit(parent, id);
        self.create_message(Message {
            channel: id,
            author: self
                .message(parent, id)
                .map_or(owner, |starter| starter.author),
            kind: message_kind::THREAD_STARTER,
            reference: Some(MessageReference {
                channel: parent,
                message: Some(id),
            }),
            ..Message::default()
        });
        if !is_newest {
            self.post_thread_created_message(parent, id, owner, name);
        }
    }

    /// Starts a thread without a message; returns its id. Discord posts a system message about it
    /// only if it is public.
    pub fn start_thread_without_message(
        &mut self,
        parent: u64,
        owner: u64,
        options: NewThread<'_>,
    ) -> u64 {
        let guild = self.guild_of(parent).unwrap_or_default();
        let id = self.next_id();
        let mut thread = Channel::new(id, guild, options.kind, options.name);
        thread.parent = Some(parent);
        thread.thread = Some(ThreadState {
            archived: false,
            locked: false,
            auto_archive_minutes: options.archive_minutes.unwrap_or(AUTO_ARCHIVE_MINUTES),
            created_ms: self.clock.now_ms(),
            archive_changed_ms: self.clock.now_ms(),
            invitable: thread.is_private().then_some(options.invitable),
            owner,
            members: [owner].into(),
            message_count: 0,
            total_sent: 0,
        });
        let is_private = thread.is_private();
        self.channels.insert(id, thread);
        self.announce_thread(id);
        if !is_private {
            self.post_thread_created_message(parent, id, owner, options.name);
        }
        id
    }

    /// Adds a user to a thread, with the system message "added … to the thread". Does nothing if the
    /// user is in it.
    pub(crate) fn add_thread_member(&mut self, thread: u64, by: u64, user: u64) {
        let state = self.channels.get_mut(&thread);
        let Some(state) = state.and_then(|one| one.thread.as_mut()) else {
            return;
        };
        if !state.members.insert(user) {
            return;
        }
        self.announce_thread_members(thread, &[user], &[]);
        self.create_message(Message {
            channel: thread,
            author: by,
            kind: message_kind::RECIPIENT_ADD,
            mentions: Mentions {
                users: vec![user],
                ..Mentions::default()
            },
            ..Message::default()
        });
    }

    /// Removes a user from a thread. Does nothing if the user is not in it.
    pub(crate) fn remove_thread_member(&mut self, thread: u64, user: u64) {
        let state = self.channels.get_mut(&thread);
        let state = state.and_then(|one| one.thread.as_mut());
        if state.is_some_and(|state| state.members.remove(&user)) {
            self.announce_thread_members(thread, &[], &[user]);
        }
    }

    /// Posts the system message "started a thread". Discord does so only if the thread's message is
    /// not the newest one in the channel.
    fn post_thread_created_message(&mut self, parent: u64, thread: u64, owner: u64, name: &str) {
        self.create_message(Message {
            channel: parent,
            author: owner,
            kind: message_kind::THREAD_CREATED,
            content: name.to_owned(),
            reference: Some(MessageReference {
                channel: thread,
                message: None,
            }),
            ..Message::default()
        });
    }

    /// Returns the id of the direct-message channel of two users. Creates the channel if needed.
    pub(crate) fn dm_channel(&mut self, one: u64, other: u64) -> u64 {
        let found = self.channels.values().find(|channel| {
            channel.kind == kind::DM
                && channel.recipients.contains(&one)
                && channel.recipients.contains(&other)
        });
        if let Some(channel) = found {
            return channel.id;
        }
        let id = self.next_id();
        self.channels.insert(id, Channel::dm(id, [one, other]));
        id
    }

    /// Deletes a message and sends `MESSAGE_DELETE`. Returns `false` if there is no such message.
    pub(crate) fn delete_message(&mut self, channel: u64, message: u64) -> bool {
        let Some(deleted) = self
            .messages
            .get_mut(&channel)
            .and_then(|all| all.remove(&message))
        else {
            return false;
        };
        if deleted.ephemeral_for.is_none() {
            if deleted.kind != message_kind::THREAD_STARTER
                && let Some(target) = self.channels.get_mut(&channel)
                && let Some(thread) = &mut target.thread
            {
                thread.message_count = thread.message_count.saturating_sub(1);
            }
            self.announce_deletion(channel, message);
        }
        true
    }

    /// Returns the name shown in a guild: the nickname, the display name or the user name. `None`
    /// as the guild means a direct message.
    pub(crate) fn display_name(&self, guild: Option<u64>, user: u64) -> String {
        let Some(user) = self.users.get(&user) else {
            return "Deleted User".to_owned();
        };
        let guild = guild.and_then(|guild| self.guilds.get(&guild));
        guild
            .map_or_else(|| user.display_name(), |guild| guild.display_name(user))
            .to_owned()
    }
}
