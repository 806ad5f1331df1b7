//! Creates the guilds of a seed in the sandbox, and the config of the bot.

use std::collections::BTreeMap;

use super::{ChannelRef, GuildSeed, Seed};
use discord_sandbox::Sandbox;
use discord_sandbox::model::kind;
use discord_sandbox::permission::CREATE_PRIVATE_THREADS;

/// The key of mock interviews in a team.
const PAIRS: &str = "pairs";

/// Ids by name: of guilds, and of channels (by guild and channel name).
#[derive(Debug, Default)]
struct Ids {
    guilds: BTreeMap<String, u64>,
    channels: BTreeMap<(String, String), u64>,
}

impl Seed {
    /// Creates the guilds, and returns the bot's config with the teams. Where a team has mock
    /// interviews, the bot may create private threads, which its invite link does not ask for.
    pub fn apply(&self, sandbox: &Sandbox) -> String {
        let mut ids = Ids::default();
        let mut users = BTreeMap::new();
        for guild in &self.guilds {
            apply_guild(sandbox, guild, &mut users, &mut ids);
        }
        let teams = self.teams.iter().filter_map(|team| {
            let (guild, channel) = match &team.channel {
                ChannelRef::Ids(guild, channel) => (*guild, *channel),
                ChannelRef::Names(guild, channel) => (
                    *ids.guilds.get(guild)?,
                    *ids.channels.get(&(guild.clone(), channel.clone()))?,
                ),
            };
            if team.keys.contains_key(PAIRS) {
                sandbox.set_bot_permission(guild, CREATE_PRIVATE_THREADS, true);
            }
            let mut keys = team.keys.clone();
            keys.insert("guild".to_owned(), guild.to_string().into());
            keys.insert("channel".to_owned(), channel.to_string().into());
            Some(toml::Value::Table(keys))
        });
        let teams = toml::Value::Array(teams.collect());
        toml::Table::from_iter([("team".to_owned(), teams)]).to_string()
    }
}

fn apply_guild(
    sandbox: &Sandbox,
    guild_seed: &GuildSeed,
    users: &mut BTreeMap<String, u64>,
    ids: &mut Ids,
) {
    let mut user_id = |name: &String| {
        let user = users.entry(name.clone());
        *user.or_insert_with(|| sandbox.add_user(name))
    };
    let owner = user_id(&guild_seed.owner);
    let guild = sandbox.add_guild(&guild_seed.name, owner);
    let admins = guild_seed.admins.iter().map(|name| (name, true));
    let members = guild_seed.members.iter().map(|name| (name, false));
    for (name, is_admin) in admins.chain(members) {
        sandbox.join_guild(guild, user_id(name), is_admin);
    }
    for name in &guild_seed.channels {
        let channel = sandbox.add_channel(guild, kind::TEXT, name);
        ids.channels
            .insert((guild_seed.name.clone(), name.clone()), channel);
    }
    ids.guilds.insert(guild_seed.name.clone(), guild);
    sandbox.add_bot(guild);
}
