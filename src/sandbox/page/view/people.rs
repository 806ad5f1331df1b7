//! Who is there, and whether the bot is.

use serde::Serialize;

use super::PageViewer;
use crate::sandbox::ids;
use crate::sandbox::model::Discord;
use crate::sandbox::permission::MANAGE_GUILD;

/// Colours that a name's picture can have.
const HUES: u64 = 6;

/// Somebody.
#[derive(Debug, Clone, Serialize)]
pub struct UserItem {
    id: String,
    name: String,
    /// The letter in the picture.
    letter: String,
    /// The picture's colour, from 0.
    hue: u64,
    bot: bool,
    /// Whether they may manage the guild that is looked at.
    admin: bool,
    /// Whether it is who looks.
    me: bool,
}

/// The bot.
#[derive(Debug, Serialize)]
pub struct BotStatus {
    name: String,
    connected: bool,
    /// Whether it can be started and ended from here.
    ours: bool,
}

/// Who looks: the one who is asked for, else Ada, else anybody.
pub fn selected_user(discord: &Discord, wanted: Option<u64>) -> u64 {
    let is_person = |id: &u64| discord.users.get(id).is_some_and(|user| !user.bot);
    let anybody = || discord.users.keys().copied().find(is_person);
    wanted
        .filter(is_person)
        .or_else(|| Some(ids::ADA).filter(is_person))
        .or_else(anybody)
        .unwrap_or_default()
}

/// One person as they are called in a channel.
pub fn user_item(viewer: &PageViewer<'_>, user: u64, channel: Option<u64>) -> UserItem {
    let discord = viewer.discord;
    let guild = channel.and_then(|channel| discord.guild_of(channel));
    let name = discord.display_name(guild, user);
    let may = channel
        .and_then(|channel| discord.channels.get(&channel))
        .filter(|channel| channel.guild.is_some())
        .map_or(0, |channel| discord.permissions(channel, user));
    UserItem {
        id: user.to_string(),
        letter: name.chars().next().map(String::from).unwrap_or_default(),
        name,
        hue: user % HUES,
        bot: discord.users.get(&user).is_some_and(|one| one.bot),
        admin: may & MANAGE_GUILD != 0,
        me: user == viewer.user,
    }
}

/// All people of all guilds: in any of them one may look around.
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

/// The bot.
pub fn bot(discord: &Discord, ours: bool) -> BotStatus {
    BotStatus {
        name: discord.app.name.clone(),
        connected: discord.gateway.is_connected(),
        ours,
    }
}
