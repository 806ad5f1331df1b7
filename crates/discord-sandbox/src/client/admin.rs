//! Actions of admins, owners and Discord itself: members, roles, channels, threads, invitations,
//! outages.

use serde_json::json;

use super::super::Sandbox;
use super::super::gateway::{GatewayEvent, intent};
use super::super::model::{Channel, Discord, Member, Overwrite, User};
use super::super::payloads::{self, id};
use super::super::permission::MANAGE_GUILD;
use super::super::seed;

impl Discord {
    /// Removes the bot from a guild, as after leaving or being kicked.
    pub(crate) fn remove_bot(&mut self, guild: u64) {
        let me = self.app.id;
        let was_in = self
            .guilds
            .get_mut(&guild)
            .and_then(|guild| guild.members.remove(&me));
        if was_in.is_some() {
            let data = json!({ "id": id(guild) });
            self.dispatch(
                Some(guild),
                &GatewayEvent::new("GUILD_DELETE", intent::GUILDS, data),
            );
        }
    }

    /// Deletes a channel and its threads, or a thread.
    pub(crate) fn delete_channel(&mut self, channel: u64) {
        let Some(one) = self.channels.get(&channel).cloned() else {
            return;
        };
        let (name, data) = if one.is_thread() {
            ("THREAD_DELETE", payloads::channel::deleted_thread(&one))
        } else {
            ("CHANNEL_DELETE", payloads::channel::channel(&one))
        };
        self.dispatch_to_channel(channel, &GatewayEvent::new(name, intent::GUILDS, data));
        let threads: Vec<u64> = self.threads_of(channel).map(|one| one.id).collect();
        for deleted in threads.into_iter().chain([channel]) {
            self.channels.remove(&deleted);
            self.messages.remove(&deleted);
        }
    }

    /// Sends the bot a full `GUILD_CREATE`.
    pub(crate) fn announce_guild(&mut self, guild: u64) {
        let Some(one) = self.guilds.get(&guild) else {
            return;
        };
        let channels: Vec<&Channel> = self
            .channels
            .values()
            .filter(|channel| channel.guild == Some(guild))
            .collect();
        let data = payloads::guild::full_guild(self, one, &channels);
        self.dispatch_to_guild(
            Some(guild),
            &GatewayEvent::new("GUILD_CREATE", intent::GUILDS, data),
        );
    }
}

impl Sandbox {
    /// Creates a human user; returns the id.
    pub fn add_user(&self, name: &str) -> u64 {
        self.with(|discord| {
            let user = discord.next_id();
            discord.users.insert(user, User::human(user, name));
            user
        })
    }

    /// Creates another bot user; returns the id.
    pub fn add_other_bot(&self, name: &str) -> u64 {
        self.with(|discord| {
            let user = discord.next_id();
            discord.users.insert(user, User::bot(user, name));
            user
        })
    }

    /// Creates a guild without the bot; returns the id.
    pub fn add_guild(&self, name: &str, owner: u64) -> u64 {
        self.with(|discord| {
            let guild = discord.next_id();
            let one = seed::empty_guild(discord, guild, name, owner);
            discord.guilds.insert(guild, one);
            guild
        })
    }

    /// Creates a channel of a kind (see [`super::super::model::kind`]); returns the id.
    pub fn add_channel(&self, guild: u64, kind: u8, name: &str) -> u64 {
        self.with(|discord| {
            let channel = discord.next_id();
            let mut one = Channel::new(channel, guild, kind, name);
            one.position = discord.channels_of(guild).count() as u64;
            discord.channels.insert(channel, one);
            discord.announce_channel(channel, true);
            channel
        })
    }

    /// Adds a user to a guild.
    pub fn add_member(&self, guild: u64, user: u64, roles: &[u64]) {
        self.with(|discord| {
            let member = Member {
                user,
                nick: None,
                roles: roles.to_vec(),
                joined_ms: discord.clock.now_ms(),
            };
            if let Some(guild) = discord.guilds.get_mut(&guild) {
                guild.members.insert(user, member);
            }
            if let Some(mut data) = discord.member_json(Some(guild), user) {
                data["guild_id"] = id(guild);
                let event = GatewayEvent::new("GUILD_MEMBER_ADD", intent::GUILD_MEMBERS, data);
                discord.dispatch_to_guild(Some(guild), &event);
            }
        });
    }

    /// Adds a user to a guild; an admin gets a role with Manage Server.
    pub fn join_guild(&self, guild: u64, user: u64, is_admin: bool) {
        let mut roles = Vec::new();
        if is_admin {
            roles.push(self.add_role(guild, "admin", MANAGE_GUILD));
        }
        self.add_member(guild, user, &roles);
    }

    /// Grants a permission to the bot's own role, or revokes it; returns false if the bot is not in
    /// the guild.
    ///
    /// A permission of `@everyone` applies to the bot, too, so revoking removes it there as well.
    pub fn set_bot_permission(&self, guild: u64, permission: u64, allowed: bool) -> bool {
        let roles = self.read(|discord| {
            let one = discord.guilds.get(&guild)?;
            let mine = one.members.get(&discord.app.id)?;
            let own = mine.roles.first().copied();
            let role = |id: u64| one.roles.get(&id).map(|role| (id, role.permissions));
            Some([role(guild), own.and_then(role)])
        });
        let Some([everyone, own]) = roles else {
            return false;
        };
        if let Some((role, before)) = own {
            let after = if allowed {
                before | permission
            } else {
                before & !permission
            };
            self.set_role_permissions(guild, role, after);
        }
        if let Some((role, before)) = everyone.filter(|_| !allowed) {
            self.set_role_permissions(guild, role, before & !permission);
        }
        true
    }

    /// Removes a user from a guild, and with that from its threads.
    pub fn remove_member(&self, guild: u64, user: u64) {
        self.with(|discord| {
            if let Some(guild) = discord.guilds.get_mut(&guild) {
                guild.members.remove(&user);
            }
            let channels = discord.channels.values_mut();
            let channels = channels.filter(|one| one.guild == Some(guild));
            for thread in channels.filter_map(|one| one.thread.as_mut()) {
                thread.members.remove(&user);
            }
            if let Some(one) = discord.users.get(&user) {
                let data = json!({ "guild_id": id(guild), "user": payloads::user::user(one) });
                let event = GatewayEvent::new("GUILD_MEMBER_REMOVE", intent::GUILD_MEMBERS, data);
                discord.dispatch_to_guild(Some(guild), &event);
            }
        });
    }

    /// Adds the bot to a guild, with the permissions of its invite link.
    pub fn add_bot(&self, guild: u64) {
        self.with(|discord| {
            let (me, name) = (discord.app.id, discord.app.name.clone());
            let role = discord.next_id();
            let joined_ms = discord.clock.now_ms();
            if let Some(guild) = discord.guilds.get_mut(&guild) {
                guild.roles.insert(role, seed::bot_role(role, &name));
                guild.members.insert(
                    me,
                    Member {
                        user: me,
                        nick: None,
                        roles: vec![role],
                        joined_ms,
                    },
                );
            }
            discord.announce_guild(guild);
        });
    }

    /// Kicks the bot from a guild.
    pub fn remove_bot(&self, guild: u64) {
        self.with(|discord| discord.remove_bot(guild));
    }

    /// Starts or ends an outage of a guild.
    pub fn set_guild_unavailable(&self, guild: u64, unavailable: bool) {
        self.with(|discord| {
            if let Some(guild) = discord.guilds.get_mut(&guild) {
                guild.unavailable = unavailable;
            }
            if unavailable {
                let data = payloads::guild::unavailable_guild(guild);
                let event = GatewayEvent::new("GUILD_DELETE", intent::GUILDS, data);
                discord.dispatch_to_guild(Some(guild), &event);
            } else {
                discord.announce_guild(guild);
            }
        });
    }

    /// Archives or unarchives a thread.
    pub fn archive_thread(&self, thread: u64, archived: bool) {
        self.change_thread(thread, |state| state.archived = archived);
    }

    /// Locks or unlocks a thread.
    pub fn lock_thread(&self, thread: u64, locked: bool) {
        self.change_thread(thread, |state| state.locked = locked);
    }

    fn change_thread(
        &self,
        thread: u64,
        change: impl FnOnce(&mut super::super::model::ThreadState),
    ) {
        self.with(|discord| {
            let now_ms = discord.clock.now_ms();
            let one = discord.channels.get_mut(&thread);
            if let Some(state) = one.and_then(|one| one.thread.as_mut()) {
                change(state);
                state.archive_changed_ms = now_ms;
            }
            discord.announce_channel(thread, false);
        });
    }

    /// Deletes a channel and its threads, or a thread.
    pub fn delete_channel(&self, channel: u64) {
        self.with(|discord| discord.delete_channel(channel));
    }

    /// Deletes a thread.
    pub fn delete_thread(&self, thread: u64) {
        self.delete_channel(thread);
    }

    /// Changes a channel's kind.
    pub fn set_channel_type(&self, channel: u64, kind: u8) {
        self.change_channel(channel, |one| one.kind = kind);
    }

    /// Sets the permission overwrite of a role or member in a channel. An overwrite that neither
    /// allows nor denies anything is removed.
    pub fn set_overwrite(&self, channel: u64, overwrite: Overwrite) {
        self.change_channel(channel, |one| {
            one.overwrites.retain(|old| old.id != overwrite.id);
            if overwrite.allow != 0 || overwrite.deny != 0 {
                one.overwrites.push(overwrite);
            }
        });
    }

    fn change_channel(&self, channel: u64, change: impl FnOnce(&mut Channel)) {
        self.with(|discord| {
            if let Some(one) = discord.channels.get_mut(&channel) {
                change(one);
            }
            discord.announce_channel(channel, false);
        });
    }

    /// Creates a role; returns the id.
    pub fn add_role(&self, guild: u64, name: &str, permissions: u64) -> u64 {
        self.with(|discord| {
            let role = discord.next_id();
            if let Some(one) = discord.guilds.get_mut(&guild) {
                let position = one.roles.len() as u64;
                let new = seed::role(role, name, permissions, position);
                let data = json!({ "guild_id": id(guild), "role": payloads::guild::role(&new) });
                one.roles.insert(role, new);
                let event = GatewayEvent::new("GUILD_ROLE_CREATE", intent::GUILDS, data);
                discord.dispatch_to_guild(Some(guild), &event);
            }
            role
        })
    }

    /// Replaces the roles of a member.
    pub fn set_member_roles(&self, guild: u64, user: u64, roles: &[u64]) {
        self.with(|discord| {
            let member = discord
                .guilds
                .get_mut(&guild)
                .and_then(|one| one.members.get_mut(&user));
            if let Some(member) = member {
                member.roles = roles.to_vec();
            }
            if let Some(mut data) = discord.member_json(Some(guild), user) {
                data["guild_id"] = id(guild);
                let event = GatewayEvent::new("GUILD_MEMBER_UPDATE", intent::GUILD_MEMBERS, data);
                discord.dispatch_to_guild(Some(guild), &event);
            }
        });
    }

    /// Sets whether a user blocks direct messages from bots.
    pub fn set_blocks_dms(&self, user: u64, blocks_dms: bool) {
        self.with(|discord| {
            if let Some(one) = discord.users.get_mut(&user) {
                one.blocks_dms = blocks_dms;
            }
        });
    }

    /// Sets a role's permissions.
    pub fn set_role_permissions(&self, guild: u64, role: u64, permissions: u64) {
        self.with(|discord| {
            let found = discord
                .guilds
                .get_mut(&guild)
                .and_then(|one| one.roles.get_mut(&role));
            let Some(one) = found else {
                return;
            };
            one.permissions = permissions;
            let data = json!({ "guild_id": id(guild), "role": payloads::guild::role(one) });
            let event = GatewayEvent::new("GUILD_ROLE_UPDATE", intent::GUILDS, data);
            discord.dispatch_to_guild(Some(guild), &event);
        });
    }
}
