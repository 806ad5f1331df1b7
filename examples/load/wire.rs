//! JSON that Discord sends, with only the fields that serenity requires.

use quizloop_core::id::{ChannelId, MessageId};
use serde_json::{Value, json};

/// Id of the bot's application and of its user.
pub const APPLICATION: u64 = 1_100_000_000_000_000_001;
/// Token that begins with the encoded id, as Discord's tokens do.
pub const TOKEN: &str = "MTEwMDAwMDAwMDAwMDAwMDAwMQ.load.stand-in";
/// Number of guilds.
pub const GUILDS: u64 = 100;
/// Number of members in each guild. It is large enough to keep each of them below the bot's rate
/// limit (see its `user_rate_limit`).
pub const MEMBERS: u64 = 400;

const GUILD: u64 = 1_110_000_000_000_000_000;
const CHANNEL: u64 = 1_120_000_000_000_000_000;
const MEMBER: u64 = 1_150_000_000_000_000_000;
const SINCE: &str = "2026-01-01T00:00:00.000000+00:00";

/// A member of a guild.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    guild: u64,
    member: u64,
}

impl Sender {
    /// Returns the sender of a request: the first member of each guild in turn, then the second
    /// ones.
    pub const fn nth(number: u64) -> Self {
        Self {
            guild: number % GUILDS,
            member: number / GUILDS % MEMBERS,
        }
    }

    /// Returns the channel of the member's team.
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

/// Returns the id of a guild by its number.
pub const fn guild(number: u64) -> u64 {
    GUILD + number
}

/// Returns the id of the channel of a guild by its number.
pub const fn channel(number: u64) -> u64 {
    CHANNEL + number
}

/// Returns the id of the guild of a channel.
pub const fn guild_of(channel: u64) -> u64 {
    GUILD + channel.saturating_sub(CHANNEL)
}

fn id(id: u64) -> String {
    id.to_string()
}

fn user(user: u64, name: &str, bot: bool) -> Value {
    json!({
        "id": id(user), "username": name, "global_name": name, "discriminator": "0", "avatar": null,
        "bot": bot, "public_flags": 0,
    })
}

/// Returns the bot's own user.
pub fn current_user() -> Value {
    let mut user = user(APPLICATION, "bot", true);
    // Discord adds these fields for the current user only.
    user["mfa_enabled"] = json!(false);
    user["verified"] = json!(true);
    user
}

fn member() -> Value {
    json!({
        "nick": null, "roles": [], "joined_at": SINCE, "deaf": false, "mute": false, "flags": 0,
        "permissions": "2147483648",
    })
}

/// Returns the bot as a member of a guild.
pub fn current_member() -> Value {
    let mut member = member();
    member["user"] = current_user();
    member
}

/// Returns the bot's application.
pub fn application() -> Value {
    json!({
        "id": id(APPLICATION), "name": "Bot", "icon": null, "description": "", "bot_public": true,
        "bot_require_code_grant": false, "verify_key": "0", "flags": 0, "redirect_uris": [],
        "team": null,
        "owner": user(MEMBER, "owner", false),
    })
}

/// Returns the data of READY.
pub fn ready(gateway: &str) -> Value {
    let guilds = (0..GUILDS).map(|number| json!({ "id": id(guild(number)), "unavailable": true }));
    json!({
        "v": 10, "user": current_user(), "guilds": guilds.collect::<Value>(), "session_id": "load",
        "resume_gateway_url": gateway, "application": { "id": id(APPLICATION), "flags": 0 },
        "private_channels": [],
    })
}

/// Returns a guild by its id.
pub fn guild_object(guild: u64) -> Value {
    let everyone = json!({
        "id": id(guild), "name": "@everyone", "permissions": "2248473465835073", "position": 0,
        "color": 0,
        "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
        "hoist": false, "managed": false, "mentionable": false, "flags": 0,
    });
    json!({
        "id": id(guild), "name": "Guild", "icon": null, "features": [],
        "owner_id": id(MEMBER),
        "afk_channel_id": null, "afk_timeout": 300, "system_channel_id": null,
        "system_channel_flags": 0,
        "verification_level": 1, "roles": [everyone], "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0, "premium_tier": 0, "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "premium_progress_bar_enabled": false, "nsfw": false, "nsfw_level": 0, "emojis": [],
        "stickers": [],
    })
}

/// Returns the data of `GUILD_CREATE` for a guild with one channel.
pub fn guild_create(number: u64) -> Value {
    let mut event = guild_object(guild(number));
    // Fields that only this event has, and the guild object does not.
    let extra = json!({
        "joined_at": SINCE, "large": false, "unavailable": false, "member_count": MEMBERS,
        "voice_states": [],
        "members": [], "presences": [], "threads": [],
        "channels": [channel_object(channel(number))],
        "stage_instances": [], "guild_scheduled_events": [],
    });
    if let (Value::Object(event), Value::Object(extra)) = (&mut event, extra) {
        event.extend(extra);
    }
    event
}

/// Returns a text channel.
pub fn channel_object(channel: u64) -> Value {
    json!({
        "id": id(channel), "type": 0, "flags": 0, "guild_id": id(guild_of(channel)), "name": "team",
        "position": 0,
        "topic": null, "parent_id": null, "nsfw": false, "rate_limit_per_user": 0,
        "last_message_id": null,
        "permission_overwrites": [],
    })
}

/// Returns the thread of a message.
pub fn thread(channel: u64, message: u64) -> Value {
    json!({
        "id": id(message), "type": 11, "flags": 0, "guild_id": id(guild_of(channel)),
        "name": "thread",
        "parent_id": id(channel), "owner_id": id(APPLICATION), "last_message_id": null,
        "rate_limit_per_user": 0,
        "message_count": 0, "member_count": 1,
        "thread_metadata": {
            "archived": false, "archive_timestamp": SINCE, "auto_archive_duration": 1440,
            "locked": false,
        },
    })
}

/// Returns a message of the bot.
pub fn own_message(channel: u64, message: u64) -> Value {
    message_object(channel, message, &current_user())
}

fn message_object(channel: u64, message: u64, author: &Value) -> Value {
    json!({
        "id": id(message), "channel_id": id(channel), "type": 0, "author": author, "content": "",
        "embeds": [],
        "components": [], "attachments": [], "timestamp": SINCE, "edited_timestamp": null,
        "flags": 0, "mentions": [],
        "mention_roles": [], "mention_everyone": false, "pinned": false, "tts": false,
    })
}

/// Returns a member's message in the thread of `question`.
pub fn reply(sender: Sender, question: MessageId, message: u64) -> Value {
    let mut reply = message_object(question.get(), message, &sender.user());
    reply["guild_id"] = json!(id(guild(sender.guild)));
    reply["member"] = member();
    reply
}

/// Returns a member's slash command. A formatted text takes the driver far less time than a JSON
/// value, and with it less time from the bots.
pub fn command(sender: Sender, name: &str, number: u64) -> String {
    let (channel, guild) = (sender.channel(), guild(sender.guild));
    let (user, member) = (sender.user_id(), sender.member);
    format!(
        r#"{{"id":"{number}","application_id":"{APPLICATION}","type":2,"token":"token-{number}","version":1,"data":{{"id":"1180000000000000001","name":"{name}","type":1}},"channel_id":"{channel}","guild_id":"{guild}","member":{{"nick":null,"roles":[],"joined_at":"{SINCE}","deaf":false,"mute":false,"flags":0,"permissions":"2147483648","user":{{"id":"{user}","username":"member-{member}","global_name":"member-{member}","discriminator":"0","avatar":null,"bot":false,"public_flags":0}}}},"locale":"en-US","guild_locale":"en-US","entitlements":[],"attachment_size_limit":10485760,"context":0,"authorizing_integration_owners":{{"0":"{guild}"}},"app_permissions":"2248473465835073"}}"#
    )
}
