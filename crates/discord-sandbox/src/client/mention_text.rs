//! Mentions and time stamps as readable text (Discord docs, reference, "Message Formatting").

use jiff::Timestamp;

use super::super::model::Discord;
use super::super::relative_time::relative_time;

/// Replaces mentions with names and time stamps with times in UTC. Unknown ids stay as they are.
pub fn render_mentions(discord: &Discord, channel: u64, text: &str) -> String {
    let mut rendered = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        rendered.push_str(&rest[..open]);
        rest = &rest[open..];
        let mention = rest.find('>').and_then(|close| {
            let name = name(discord, channel, &rest[1..close])?;
            Some((name, &rest[close + 1..]))
        });
        if let Some((name, after)) = mention {
            rendered.push_str(&name);
            rest = after;
        } else {
            rendered.push('<');
            rest = &rest[1..];
        }
    }
    rendered + rest
}

/// Resolves the text between the angle brackets.
fn name(discord: &Discord, channel: u64, inside: &str) -> Option<String> {
    let guild = discord.guild_of(channel);
    let guild = guild.and_then(|guild| discord.guilds.get(&guild));
    if let Some(role) = inside.strip_prefix("@&") {
        let role = guild?.roles.get(&role.parse().ok()?)?;
        return Some(format!("@{}", role.name));
    }
    if let Some(user) = inside.strip_prefix('@') {
        let user = discord.users.get(&user.parse().ok()?)?;
        let shown = guild.map_or_else(|| user.display_name(), |guild| guild.display_name(user));
        return Some(format!("@{shown}"));
    }
    if let Some(channel) = inside.strip_prefix('#') {
        let channel = discord.channels.get(&channel.parse().ok()?)?;
        return Some(format!("#{}", channel.name));
    }
    if let Some(command) = inside.strip_prefix('/') {
        let (name, id) = command.rsplit_once(':')?;
        id.parse::<u64>().ok()?;
        return Some(format!("/{name}"));
    }
    let time = inside.strip_prefix("t:")?;
    let (seconds, style) = time.split_once(':').unwrap_or((time, "f"));
    let time = Timestamp::from_second(seconds.parse().ok()?).ok()?;
    Some(match style {
        "R" => relative_time(time.as_second() - discord.clock.now().as_second()),
        "d" | "D" => time.strftime("%a %F").to_string(),
        _ => time.strftime("%a %F %H:%M UTC").to_string(),
    })
}
