//! What Discord sends, with no more in it than serenity wants to see.

use quizloop::practice::id::{ChannelId, MessageId};
use serde_json::{Value, json};

/// The bot's application and account.
pub const APPLICATION: u64 = 1_100_000_000_000_000_001;
/// A token that begins with that id, as Discord's do.
pub const TOKEN: &str = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.load.stand-in";
/// Servers.
pub const GUILDS: u64 = 100;
/// Members of each: so many that nobody asks too fast (see the bot's `flood`).
pub const MEMBERS: u64 = 400;

const GUILD: u64 = 1_110_000_000_000_000_000;
const CHANNEL: u64 = 1_120_000_000_000_000_000;
const MEMBER: u64 = 1_150_000_000_000_000_000;
const SINCE: &str = "2026-01-01T00:00:00.000000+00:00";

/// A member in a server.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    guild: u64,
    member: u64,
}

impl Sender {
    /// The one whose turn it is: one of each server, then the next of each.
    pub const fn nth(number: u64) -> Self {
        Self {
            guild: number % GUILDS,
            member: number / GUILDS % MEMBERS,
        }
    }

    /// The channel of the member's team.
    pub const fn channel(self) -> ChannelId {
        ChannelId::new(channel(self.guild))
    }

    const fn user_id(self) -> u64 {
        MEMBER + self.guild * MEMBERS + self.member
    }

    fn user(self) -> Value {
        user(self.user_id(), &format!("member-{}", self.member), false)
    }
}

/// A server's id.
pub const fn guild(number: u64) -> u64 {
    GUILD + number
}

/// Its channel's id.
pub const fn channel(number: u64) -> u64 {
    CHANNEL + number
}

/// The server of a channel.
pub const fn guild_of(channel: u64) -> u64 {
    GUILD + channel.saturating_sub(CHANNEL)
}

fn id(id: u64) -> String {
    id.to_string()
}

fn user(user: u64, name: &str, bot: bool) -> Value {
    json!({ "id": id(user), "username": name, "global_name": name, "discriminator": "0", "avatar": null, "bot": bot, "public_flags": 0 })
}

/// The bot's own user.
pub fn me() -> Value {
    let mut me = user(APPLICATION, "bot", true);
    // Of oneself Discord tells a little more.
    me["mfa_enabled"] = json!(false);
    me["verified"] = json!(true);
    me
}

fn member() -> Value {
    json!({ "nick": null, "roles": [], "joined_at": SINCE, "deaf": false, "mute": false, "flags": 0, "permissions": "2147483648" })
}

/// The application.
pub fn application() -> Value {
    json!({
        "id": id(APPLICATION), "name": "Bot", "icon": null, "description": "", "bot_public": true,
        "bot_require_code_grant": false, "verify_key": "0", "flags": 0, "redirect_uris": [], "team": null,
        "owner": user(MEMBER, "owner", false),
    })
}

/// A session's beginning.
pub fn ready(gateway: &str) -> Value {
    let mut own = me();
    own["mfa_enabled"] = json!(false);
    own["verified"] = json!(true);
    let guilds = (0..GUILDS).map(|number| json!({ "id": id(guild(number)), "unavailable": true }));
    json!({
        "v": 10, "user": own, "guilds": guilds.collect::<Value>(), "session_id": "load",
        "resume_gateway_url": gateway, "application": { "id": id(APPLICATION), "flags": 0 },
        "private_channels": [],
    })
}

/// A server with its one channel.
pub fn guild_create(number: u64) -> Value {
    let guild = guild(number);
    let everyone = json!({
        "id": id(guild), "name": "@everyone", "permissions": "2248473465835073", "position": 0, "color": 0,
        "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
        "hoist": false, "managed": false, "mentionable": false, "flags": 0,
    });
    let mut whole = json!({
        "id": id(guild), "name": format!("Guild {number}"), "icon": null, "features": [], "owner_id": id(MEMBER),
        "afk_channel_id": null, "afk_timeout": 300, "system_channel_id": null, "system_channel_flags": 0,
        "verification_level": 1, "roles": [everyone], "default_message_notifications": 0, "mfa_level": 0,
        "explicit_content_filter": 0, "premium_tier": 0, "premium_subscription_count": 0, "preferred_locale": "en-US",
        "premium_progress_bar_enabled": false, "nsfw": false, "nsfw_level": 0, "emojis": [], "stickers": [],
    });
    // What only this event has.
    let here = json!({
        "joined_at": SINCE, "large": false, "unavailable": false, "member_count": MEMBERS, "voice_states": [],
        "members": [], "presences": [], "threads": [], "channels": [channel_object(channel(number))],
        "stage_instances": [], "guild_scheduled_events": [],
    });
    if let (Value::Object(whole), Value::Object(here)) = (&mut whole, here) {
        whole.extend(here);
    }
    whole
}

/// A text channel.
pub fn channel_object(channel: u64) -> Value {
    json!({
        "id": id(channel), "type": 0, "flags": 0, "guild_id": id(guild_of(channel)), "name": "team", "position": 0,
        "topic": null, "parent_id": null, "nsfw": false, "rate_limit_per_user": 0, "last_message_id": null,
        "permission_overwrites": [],
    })
}

/// The thread of a message.
pub fn thread(channel: u64, message: u64) -> Value {
    json!({
        "id": id(message), "type": 11, "flags": 0, "guild_id": id(guild_of(channel)), "name": "thread",
        "parent_id": id(channel), "owner_id": id(APPLICATION), "last_message_id": null, "rate_limit_per_user": 0,
        "message_count": 0, "member_count": 1,
        "thread_metadata": { "archived": false, "archive_timestamp": SINCE, "auto_archive_duration": 1440, "locked": false },
    })
}

/// A message of the bot.
pub fn own_message(channel: u64, message: u64) -> Value {
    message_object(channel, message, &me())
}

fn message_object(channel: u64, message: u64, author: &Value) -> Value {
    json!({
        "id": id(message), "channel_id": id(channel), "type": 0, "author": author, "content": "", "embeds": [],
        "components": [], "attachments": [], "timestamp": SINCE, "edited_timestamp": null, "flags": 0, "mentions": [],
        "mention_roles": [], "mention_everyone": false, "pinned": false, "tts": false,
    })
}

/// A member's message in the thread of `question`.
pub fn reply(who: Sender, question: MessageId, message: u64) -> Value {
    let mut reply = message_object(question.get(), message, &who.user());
    reply["guild_id"] = json!(id(guild(who.guild)));
    reply["member"] = member();
    reply
}

/// A member's slash command.
pub fn command(who: Sender, name: &str, number: u64) -> Value {
    let mut asking = member();
    asking["user"] = who.user();
    json!({
        "id": id(number), "application_id": id(APPLICATION), "type": 2, "token": format!("token-{number}"), "version": 1,
        "data": { "id": "1180000000000000001", "name": name, "type": 1 },
        "channel_id": id(who.channel().get()), "guild_id": id(guild(who.guild)), "member": asking, "locale": "en-US",
        "guild_locale": "en-US", "entitlements": [], "attachment_size_limit": 10_485_760, "context": 0,
        "authorizing_integration_owners": { "0": id(guild(who.guild)) }, "app_permissions": "2248473465835073",
    })
}
