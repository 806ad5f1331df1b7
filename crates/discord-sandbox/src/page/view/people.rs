//! The members, and the status of the bot.

use serde::Serialize;

use super::PageViewer;
use crate::model::Discord;
use crate::permission::MANAGE_GUILD;

/// Number of avatar colours.
const HUES: u64 = 6;

/// A user as it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct UserItem {
    id: String,
    name: String,
    /// The letter of the avatar.
    letter: String,
    /// The avatar's colour, from 0.
    hue: u64,
    bot: bool,
    /// Whether the user may manage the selected guild.
    admin: bool,
    /// Whether the user is the viewer.
    me: bool,
}

/// The bot's status.
#[derive(Debug, Serialize)]
pub struct BotStatus {
    name: String,
    connected: bool,
    /// Whether the page can start and stop the bot.
    ours: bool,
}

/// Returns the requested user, or the one who is shown by default.
pub fn selected_user(discord: &Discord, requested: Option<u64>) -> u64 {
    let is_person = |id: &u64| discord.users.get(id).is_some_and(|user| !user.bot);
    requested
        .filter(is_person)
        .unwrap_or_else(|| discord.default_person())
}

/// Returns a user with their name and permissions in a channel.
pub fn user_item(viewer: &PageViewer<'_>, user: u64, channel: Option<u64>) -> UserItem {
    let discord = viewer.discord;
    let guild = channel.and_then(|channel| discord.guild_of(channel));
    let name = discord.display_name(guild, user);
    let permissions = channel
        .and_then(|channel| discord.channels.get(&channel))
        .filter(|channel| channel.guild.is_some())
        .map_or(0, |channel| discord.permissions(channel, user));
    UserItem {
        id: user.to_string(),
        letter: name.chars().next().map(String::from).unwrap_or_default(),
        name,
        hue: user % HUES,
        bot: discord.users.get(&user).is_some_and(|one| one.bot),
        admin: permissions & MANAGE_GUILD != 0,
        me: user == viewer.user,
    }
}

/// Returns the human members of all guilds. Each of them can be the viewer.
pub fn people(viewer: &PageViewer<'_>, channel: Option<u64>) -> Vec<UserItem> {
    let members = viewer
        .discord
        .guilds
        .values()
        .flat_map(|guild| guild.members.keys());
    let mut ids: Vec<u64> = members.copied().collect();
    ids.sort_unstable();
    ids.dedup();
    ids.retain(|id| viewer.discord.users.get(id).is_some_and(|one| !one.bot));
    ids.into_iter()
        .map(|id| user_item(viewer, id, channel))
        .collect()
}

/// Returns the bot's status.
pub fn bot(discord: &Discord, ours: bool) -> BotStatus {
    BotStatus {
        name: discord.app.name.clone(),
        connected: discord.gateway.is_connected(),
        ours,
    }
}
