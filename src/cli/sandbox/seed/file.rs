//! The text of a seed file → a seed, or what is wrong with it, with line and fix.

use super::{GuildPlan, Seed, Spot, TeamPlan};
use crate::config::read_schedule;
use crate::findings::walk::{self, Field, Table, Walk};
use crate::findings::{self, Finding, Source, did_you_mean};

const TOP_KEYS: [&str; 2] = ["guild", "team"];
const GUILD_KEYS: [&str; 5] = ["name", "owner", "admins", "members", "channels"];
/// Those of the config, with names where the config has ids. A role would be an id as well.
const TEAM_KEYS: [&str; 9] = [
    "guild", "channel", "at", "timezone", "days", "reveal", "catch_up", "holidays", "report",
];

/// Reads a seed.
pub fn parse(source: &Source) -> (Option<Seed>, Vec<Finding>) {
    let mut walk = Walk::new(source);
    let seed = seed(&mut walk);
    let mut wrong = walk.into_findings();
    findings::sort(&mut wrong);
    (seed, wrong)
}

fn seed(walk: &mut Walk<'_>) -> Option<Seed> {
    let document = walk.document()?;
    let top = walk.table(document.get_ref(), 0..0, "the seed", &TOP_KEYS);
    let mut guilds = Vec::new();
    if let Some(list) = walk.required(&top, "guild", walk::array) {
        for found in walk.items("guild", list.value, walk::table) {
            let table = walk.table(found.value, found.span, "[[guild]]", &GUILD_KEYS);
            guilds.extend(guild(walk, &table));
        }
    }
    // The bot's config gets the same keys again: the text is sound, or the walk has noted it.
    let text = toml::from_str::<toml::Table>(walk.source().text()).unwrap_or_default();
    let mut teams = Vec::new();
    if let Some(list) = walk.optional(&top, "team", walk::array) {
        for (number, found) in walk
            .items("team", list.value, walk::table)
            .into_iter()
            .enumerate()
        {
            let table = walk.table(found.value, found.span, "[[team]]", &TEAM_KEYS);
            let keys = text
                .get("team")
                .and_then(|teams| teams.get(number)?.as_table());
            let keys = keys.cloned().unwrap_or_default();
            teams.extend(team(walk, &table, &guilds, keys));
        }
    }
    Some(Seed { guilds, teams })
}

fn guild(walk: &mut Walk<'_>, table: &Table<'_>) -> Option<GuildPlan> {
    let name = walk.required(table, "name", walk::text);
    let owner = walk.required(table, "owner", walk::text);
    let mut names = |key: &str| {
        let list = walk.optional(table, key, walk::array);
        let items = list.map(|list| walk.items(key, list.value, walk::text));
        items.unwrap_or_default()
    };
    let (admins, members) = (names("admins"), names("members"));
    let channels = names("channels");
    for twin in twins(&channels) {
        let message = format!("the channel \"{}\" is here twice", twin.value);
        walk.error(&twin.span, message, "give one of them another name");
    }
    let names_of = |fields: Vec<Field<&str>>| -> Vec<String> {
        fields.into_iter().map(|one| one.value.to_owned()).collect()
    };
    let mut channels = names_of(channels);
    if channels.is_empty() {
        channels.push("general".to_owned());
    }
    Some(GuildPlan {
        name: name?.value.to_owned(),
        owner: owner?.value.to_owned(),
        admins: names_of(admins),
        members: names_of(members),
        channels,
    })
}

fn twins<'f, 'd>(fields: &'f [Field<&'d str>]) -> impl Iterator<Item = &'f Field<&'d str>> {
    let is_twin = |number: usize| {
        fields[..number]
            .iter()
            .any(|before| before.value == fields[number].value)
    };
    (0..fields.len())
        .filter(move |number| is_twin(*number))
        .map(|number| &fields[number])
}

fn team(
    walk: &mut Walk<'_>,
    table: &Table<'_>,
    guilds: &[GuildPlan],
    keys: toml::Table,
) -> Option<TeamPlan> {
    let guild = walk.required(table, "guild", walk::text);
    let channel = walk.required(table, "channel", walk::text);
    let schedule = read_schedule(walk, table);
    let reveal = walk.optional(table, "reveal", walk::text);
    if let Some(reveal) = reveal.filter(|reveal| !["after-reply", "open"].contains(&reveal.value)) {
        let message = format!("unknown reveal rule \"{}\"", reveal.value);
        walk.error(
            &reveal.span,
            message,
            did_you_mean(reveal.value, &["after-reply", "open"]),
        );
    }
    let _ = walk.optional(table, "report", walk::flag);
    let (guild, channel) = (guild?, channel?);
    let names: Vec<&str> = guilds.iter().map(|one| one.name.as_str()).collect();
    let Some(place) = guilds.iter().find(|one| one.name == guild.value) else {
        let message = format!("there is no [[guild]] \"{}\"", guild.value);
        walk.error(&guild.span, message, did_you_mean(guild.value, &names));
        return None;
    };
    let channels: Vec<&str> = place.channels.iter().map(String::as_str).collect();
    if !channels.contains(&channel.value) {
        let message = format!("{} has no channel \"{}\"", place.name, channel.value);
        walk.error(
            &channel.span,
            message,
            did_you_mean(channel.value, &channels),
        );
        return None;
    }
    Some(TeamPlan {
        spot: Spot::Names(guild.value.to_owned(), channel.value.to_owned()),
        schedule: schedule?,
        keys,
    })
}
