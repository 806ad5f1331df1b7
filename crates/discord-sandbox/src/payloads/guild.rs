//! JSON of guilds, roles, members and the application.

use serde_json::{Value, json};

use super::channel::{channel, thread};
use super::user::user;
use super::{id, ids, maybe_id, time};
use crate::gateway::GuildDetail;
use crate::model::{App, Channel, Discord, Guild, Member, Role, User};
use crate::permission::VIEW_CHANNEL;

/// Returns the application object, as in `GET /applications/@me`.
pub fn application(app: &App, owner: &User, guilds: usize) -> Value {
    let mut application = json!({
        "id": id(app.id),
        "name": app.name,
        "icon": null,
        "description": app.profile.description,
        "type": null,
        "bot_public": true,
        "bot_require_code_grant": false,
        "verify_key": "0".repeat(64),
        "flags": app.flags(),
        "flags_new": app.flags().to_string(),
        "redirect_uris": [],
        "interactions_endpoint_url": null,
        "role_connections_verification_url": null,
        "owner": user(owner),
        "approximate_guild_count": guilds,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": null,
        "eligible_oauth2_scopes": [],
        "tags": app.profile.tags,
        "integration_types_config": app.profile.integration_types,
    });
    if let Some(params) = &app.profile.install_params {
        application["install_params"] = params.clone();
    }
    application
}

/// Returns a role object.
pub fn role(role: &Role) -> Value {
    json!({
        "id": id(role.id),
        "name": role.name,
        "permissions": role.permissions.to_string(),
        "position": role.position,
        "color": role.color,
        "colors": {
            "primary_color": role.color,
            "secondary_color": null,
            "tertiary_color": null,
        },
        "hoist": false,
        "managed": role.managed,
        "mentionable": role.mentionable,
        "icon": null,
        "unicode_emoji": null,
        "flags": 0,
    })
}

/// Returns a member object without the user, as in messages.
pub fn partial_member(member: &Member) -> Value {
    json!({
        "nick": member.nick,
        "roles": ids(&member.roles),
        "joined_at": time(member.joined_ms),
        "premium_since": null,
        "avatar": null,
        "banner": null,
        "communication_disabled_until": null,
        "deaf": false,
        "mute": false,
        "pending": false,
        "flags": 0,
    })
}

/// Returns a member object with the user.
pub fn member(member: &Member, user: &User) -> Value {
    let mut json = partial_member(member);
    json["user"] = super::user::user(user);
    json
}

/// Returns a guild object, as in `GET /guilds/{id}`.
pub fn guild(guild: &Guild) -> Value {
    json!({
        "id": id(guild.id),
        "name": guild.name,
        "icon": null,
        "description": null,
        "home_header": null,
        "splash": null,
        "discovery_splash": null,
        "features": [],
        "banner": null,
        "owner_id": id(guild.owner),
        "application_id": null,
        "region": "deprecated",
        "afk_channel_id": null,
        "afk_timeout": 300,
        "system_channel_id": maybe_id(guild.system_channel),
        "system_channel_flags": 0,
        "widget_enabled": false,
        "widget_channel_id": null,
        "verification_level": 1,
        "roles": guild.roles.values().map(role).collect::<Value>(),
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": null,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": null,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": guild.locale,
        "rules_channel_id": null,
        "safety_alerts_channel_id": null,
        "public_updates_channel_id": null,
        "premium_progress_bar_enabled": false,
        "nsfw": false,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": null,
    })
}

/// Returns the data of `GUILD_CREATE`: the guild with channels, active threads and members.
///
/// The only member in it is the bot, because other members need the `GUILD_MEMBERS` intent.
/// `channels` are all channels and threads of the guild. Only threads that the bot can view are
/// included.
pub fn full_guild(discord: &Discord, one: &Guild, channels: &[&Channel]) -> Value {
    let me = one.members.get(&discord.app.id);
    let own_user = discord.users.get(&discord.app.id);
    let own_member = me.zip(own_user).map(|(me, user)| member(me, user));
    let is_visible = |one: &Channel| discord.permissions(one, discord.app.id) & VIEW_CHANNEL != 0;
    let extra = json!({
        "joined_at": time(me.map_or(0, |me| me.joined_ms)),
        "large": one.members.len() > 250,
        "unavailable": false,
        "member_count": one.members.len(),
        "voice_states": [],
        "members": own_member.into_iter().collect::<Value>(),
        "channels": channels
            .iter()
            .filter(|one| !one.is_thread())
            .map(|one| channel(one))
            .collect::<Value>(),
        "threads": channels
            .iter()
            .filter(|one| one.is_thread() && !one.is_archived() && is_visible(one))
            .map(|one| thread(one, Some(discord.app.id)))
            .collect::<Value>(),
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    });
    let mut full = merge(guild(one), extra);
    leave_out(&mut full, discord.gateway.guild_detail);
    full
}

fn leave_out(full: &mut Value, detail: GuildDetail) {
    let Some(fields) = full.as_object_mut() else {
        return;
    };
    match detail {
        GuildDetail::Complete => {}
        GuildDetail::WithoutThreads => drop(fields.remove("threads")),
        GuildDetail::WithoutLastMessages => {
            for list in ["channels", "threads"] {
                let items = fields.get_mut(list).and_then(Value::as_array_mut);
                for item in items.into_iter().flatten() {
                    item["last_message_id"] = Value::Null;
                }
            }
        }
    }
}

/// Returns the object of an unavailable guild.
pub fn unavailable_guild(guild: u64) -> Value {
    json!({ "id": id(guild), "unavailable": true })
}

/// Merges two JSON objects. The keys of `extra` replace those of `base`.
pub fn merge(mut base: Value, extra: Value) -> Value {
    if let (Value::Object(base), Value::Object(extra)) = (&mut base, extra) {
        base.extend(extra);
    }
    base
}
