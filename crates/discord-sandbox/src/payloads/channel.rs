//! JSON of channels, threads and direct-message channels.

use serde_json::{Value, json};

use super::user::user;
use super::{id, maybe_id, time};
use crate::model::{Channel, Discord, Overwrite};

/// Maximum of `member_count`: Discord stops counting the members of a thread at 50 (Discord docs,
/// resources/channel, "Channel Object").
const MEMBER_COUNT_MAX: usize = 50;

/// Returns the object of a channel of any type, as `viewer` sees it.
pub fn any_channel(discord: &Discord, one: &Channel, viewer: u64) -> Value {
    if one.is_thread() {
        thread(one, Some(viewer))
    } else if one.guild.is_none() {
        dm_channel(discord, one, viewer)
    } else {
        channel(one)
    }
}

/// Returns the object of a guild channel that is not a thread.
pub fn channel(channel: &Channel) -> Value {
    json!({
        "id": id(channel.id),
        "type": channel.kind,
        "flags": 0,
        "guild_id": maybe_id(channel.guild),
        "name": channel.name,
        "position": channel.position,
        "topic": channel.topic,
        "parent_id": null,
        "nsfw": false,
        "rate_limit_per_user": 0,
        "last_message_id": maybe_id(channel.last_message),
        "permission_overwrites": channel.overwrites.iter().map(overwrite).collect::<Value>(),
    })
}

fn overwrite(one: &Overwrite) -> Value {
    json!({
        "id": id(one.id),
        "type": u8::from(one.is_member),
        "allow": one.allow.to_string(),
        "deny": one.deny.to_string(),
    })
}

/// Returns the object of a thread, with the membership of `viewer` if they joined.
pub fn thread(channel: &Channel, viewer: Option<u64>) -> Value {
    let Some(state) = &channel.thread else {
        return self::channel(channel);
    };
    let mut json = json!({
        "id": id(channel.id),
        "type": channel.kind,
        "flags": 0,
        "guild_id": maybe_id(channel.guild),
        "name": channel.name,
        "parent_id": maybe_id(channel.parent),
        "owner_id": id(state.owner),
        "last_message_id": maybe_id(channel.last_message),
        "rate_limit_per_user": 0,
        "message_count": state.message_count,
        "total_message_sent": state.total_sent,
        "member_count": state.members.len().min(MEMBER_COUNT_MAX),
        "thread_metadata": {
            "archived": state.archived,
            "archive_timestamp": time(state.archive_changed_ms),
            "auto_archive_duration": state.auto_archive_minutes,
            "locked": state.locked,
            "create_timestamp": time(state.created_ms),
        },
    });
    if let Some(invitable) = state.invitable {
        json["thread_metadata"]["invitable"] = invitable.into();
    }
    if let Some(viewer) = viewer.filter(|viewer| state.members.contains(viewer)) {
        json["member"] = thread_member(channel, viewer);
    }
    json
}

/// Returns the thread-member object of a user.
pub fn thread_member(channel: &Channel, user: u64) -> Value {
    json!({
        "id": id(channel.id),
        "user_id": id(user),
        "join_timestamp": time(channel.thread.as_ref().map_or(0, |thread| thread.created_ms)),
        "flags": 1,
    })
}

/// Returns the data of `THREAD_DELETE`.
pub fn deleted_thread(channel: &Channel) -> Value {
    json!({
        "id": id(channel.id),
        "guild_id": maybe_id(channel.guild),
        "parent_id": maybe_id(channel.parent),
        "type": channel.kind,
    })
}

/// Returns the channel object of an interaction, with the permissions of the user who caused it.
pub fn interaction_channel(discord: &Discord, one: &Channel, user: u64) -> Value {
    let mut json = any_channel(discord, one, discord.app.id);
    json["permissions"] = json!(discord.permissions(one, user).to_string());
    json
}

fn dm_channel(discord: &Discord, channel: &Channel, viewer: u64) -> Value {
    let others = channel.recipients.iter().filter(|one| **one != viewer);
    json!({
        "id": id(channel.id),
        "type": channel.kind,
        "flags": 0,
        "last_message_id": maybe_id(channel.last_message),
        "recipients": others
            .filter_map(|one| discord.users.get(one))
            .map(user)
            .collect::<Value>(),
    })
}
