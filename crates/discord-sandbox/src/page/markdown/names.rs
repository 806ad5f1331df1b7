//! Resolves ids and times to the text that a reader sees.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::{Discord, Guild};
use crate::relative_time::relative_time;

/// The context in which a text is shown.
pub struct NameResolver<'a> {
    /// The whole state.
    pub discord: &'a Discord,
    /// The guild of the channel; `None` in direct messages.
    pub guild: Option<&'a Guild>,
    /// The current time.
    pub now: Timestamp,
    /// The reader's time zone.
    pub zone: &'a TimeZone,
}

impl NameResolver<'_> {
    /// Returns a user's mention, such as `@Ada`.
    pub fn user(&self, id: u64) -> Option<String> {
        let user = self.discord.users.get(&id)?;
        let shown = self
            .guild
            .map_or_else(|| user.display_name(), |guild| guild.display_name(user));
        Some(format!("@{shown}"))
    }

    /// Returns a role's mention, such as `@team`.
    pub fn role(&self, id: u64) -> Option<String> {
        let name = &self.guild?.roles.get(&id)?.name;
        Some(format!("@{}", name.trim_start_matches('@')))
    }

    /// Returns a channel's mention, such as `#asyncio`.
    pub fn channel(&self, id: u64) -> Option<String> {
        Some(format!("#{}", self.discord.channels.get(&id)?.name))
    }

    /// Returns a command's mention, such as `/remind on`; `None` if the bot has no command with that
    /// id and first word (Discord docs, reference, "Message Formatting").
    pub fn command(&self, name: &str, id: u64) -> Option<String> {
        let guild = self.guild.map(|guild| guild.id);
        let mut commands = self.discord.commands.available_in(guild);
        let first = name.split(' ').next()?;
        let known = commands.any(|one| one.id == id && one.name == first);
        known.then(|| format!("/{name}"))
    }

    /// Returns a time stamp in the given style, and in full.
    pub fn time(&self, seconds: i64, style: &str) -> Option<(String, String)> {
        let time = Timestamp::from_second(seconds).ok()?;
        let local = time.to_zoned_datetime(self.zone.clone());
        let full = local.strftime("%A, %-d %B %Y at %H:%M %Z").to_string();
        let shown = match style {
            "t" => local.strftime("%H:%M").to_string(),
            "T" => local.strftime("%H:%M:%S").to_string(),
            "d" => local.strftime("%d/%m/%Y").to_string(),
            "D" => local.strftime("%-d %B %Y").to_string(),
            "F" => local.strftime("%A, %-d %B %Y %H:%M").to_string(),
            "R" => relative_time(seconds - self.now.as_second()),
            _ => local.strftime("%-d %B %Y %H:%M").to_string(),
        };
        Some((shown, full))
    }
}
