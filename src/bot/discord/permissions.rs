//! Checks the bot's permissions in a channel, including overwrites, and whether its role mention
//! notifies.

use serenity::all::{Channel, PartialGuild, Permissions};

use super::rest::ApiError;
use crate::bot::context::BotContext;
use crate::bot::render::team::PermissionReport;
use quizloop_core::id::TeamKey;
use quizloop_store::LoadedTeam;

/// The permissions that the bot needs, with their names in Discord's settings, in the order of use.
const REQUIRED: [(Permissions, &str); 7] = [
    (Permissions::VIEW_CHANNEL, "View Channel"),
    (Permissions::SEND_MESSAGES, "Send Messages"),
    (Permissions::EMBED_LINKS, "Embed Links"),
    (Permissions::READ_MESSAGE_HISTORY, "Read Message History"),
    (Permissions::CREATE_PUBLIC_THREADS, "Create Public Threads"),
    (
        Permissions::SEND_MESSAGES_IN_THREADS,
        "Send Messages in Threads",
    ),
    (Permissions::ADD_REACTIONS, "Add Reactions"),
];

/// Returns the required permissions as the bit set for an invite link.
pub fn required_bits() -> u64 {
    REQUIRED
        .iter()
        .fold(0, |bits, (permission, _)| bits | permission.bits())
}

/// Returns the names of the permissions in a bit set.
pub fn names(bits: u64) -> Vec<&'static str> {
    Permissions::from_bits_truncate(bits).get_permission_names()
}

/// Checks the bot's permissions in a team's channel.
pub async fn check(ctx: &BotContext, team: &LoadedTeam) -> Result<PermissionReport, ApiError> {
    let Some((guild, granted)) = granted(ctx, team.key()).await? else {
        return Ok(PermissionReport {
            missing: missing(Permissions::empty()),
            unmentionable_role: false,
        });
    };
    let role = team.read(|team| team.settings.role).flatten();
    let role = role.and_then(|role| guild.roles.get(&role.get().into()));
    Ok(PermissionReport {
        missing: missing(granted),
        unmentionable_role: role.is_some_and(|role| !role.mentionable)
            && !granted.contains(Permissions::MENTION_EVERYONE),
    })
}

/// Returns whether the bot may read the history of a team's channel. Without that permission,
/// Discord returns an empty page instead of an error.
pub async fn can_read_history(ctx: &BotContext, team: TeamKey) -> Result<bool, ApiError> {
    let granted = granted(ctx, team).await?;
    Ok(granted.is_some_and(|(_, granted)| granted.contains(Permissions::READ_MESSAGE_HISTORY)))
}

/// Returns the guild and the bot's permissions in a team's channel; `None` if the bot can't see the
/// channel.
async fn granted(
    ctx: &BotContext,
    key: TeamKey,
) -> Result<Option<(PartialGuild, Permissions)>, ApiError> {
    let Some(user_id) = ctx.user_id() else {
        return Err(ApiError::Transient("the session has not begun".into()));
    };
    let (rest, http) = (&ctx.rest, ctx.rest.http());
    // Boxed, because serenity's futures are large and would make the futures of all callers larger.
    let (guild, channel, member) = Box::pin(async {
        tokio::join!(
            rest.urgent(http.get_guild(key.guild.get().into())),
            rest.urgent(http.get_channel(key.channel.get().into())),
            rest.urgent(http.get_member(key.guild.get().into(), user_id.get().into())),
        )
    })
    .await;
    let channel = match channel {
        Ok(Channel::Guild(channel)) => channel,
        // The bot can't see the channel.
        Ok(_) | Err(ApiError::Forbidden { .. } | ApiError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let guild = guild?;
    let granted = guild.user_permissions_in(&channel, &member?);
    Ok(Some((guild, granted)))
}

fn missing(granted: Permissions) -> Vec<&'static str> {
    REQUIRED
        .iter()
        .filter(|(permission, _)| !granted.contains(*permission))
        .map(|(_, name)| *name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_permissions_are_minimal() {
        // Discord docs, topics/permissions: bits 6, 10, 11, 14, 16, 35 and 38.
        let bits = [6, 10, 11, 14, 16, 35, 38]
            .iter()
            .fold(0_u64, |bits, bit| bits | 1 << bit);
        assert_eq!(required_bits(), bits);
        assert_eq!(missing(Permissions::all()), Vec::<&str>::new());
        assert_eq!(
            missing(Permissions::all() - Permissions::CREATE_PUBLIC_THREADS),
            ["Create Public Threads"]
        );
    }
}
