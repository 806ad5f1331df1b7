//! Names beside ids. Saved data has ids only, so a command asks Discord for the names, if it was
//! asked to.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use clap::Args;
use serde::Serialize;

use super::discord::{Requests, api_config};
use super::exit::{CliError, Exit};
use crate::bot::{ApiError, DiscordClient};
use crate::config::Config;
use quizloop_core::id::{ChannelId, GuildId, UserId};

/// The option of all commands that list ids of Discord.
#[derive(Debug, Clone, Copy, Args)]
pub struct NameArgs {
    /// Ask Discord for the names beside ids, which needs the token
    #[arg(long)]
    names: bool,
}

/// A name; it is not shown if it is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Name(Option<String>);

impl Name {
    /// Whether the name is unknown, for `skip_serializing_if`.
    pub const fn is_unknown(&self) -> bool {
        self.0.is_none()
    }
}

/// Prints a name after an id.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => write!(f, " ({name})"),
            None => Ok(()),
        }
    }
}

/// Looks names up at Discord, each at most once.
pub struct Names {
    /// `None` if no names are wanted.
    discord: Option<(Requests, DiscordClient)>,
    users: RefCell<BTreeMap<UserId, Name>>,
}

impl Names {
    /// Fails if names are wanted and there is no token.
    pub fn new(config: &Config, args: NameArgs) -> Result<Self, CliError> {
        let discord = if args.names {
            let client = DiscordClient::new(&api_config(config)?);
            Some((Requests::new()?, client))
        } else {
            None
        };
        Ok(Self {
            discord,
            users: RefCell::default(),
        })
    }

    /// Whether names are asked for.
    pub const fn are_wanted(&self) -> bool {
        self.discord.is_some()
    }

    /// Returns the name of a server. It is unknown if the bot is not in the server.
    pub fn guild(&self, guild: GuildId) -> Result<Name, CliError> {
        self.fetch(|client| client.guild_name(guild))
    }

    /// Returns the name of a channel. It is unknown if the bot can't see the channel.
    pub fn channel(&self, channel: ChannelId) -> Result<Name, CliError> {
        let name = self.fetch(|client| client.channel_name(channel))?;
        Ok(Name(name.0.map(|name| format!("#{name}"))))
    }

    /// Returns the name of a user.
    pub fn user(&self, user: UserId) -> Result<Name, CliError> {
        if let Some(name) = self.users.borrow().get(&user) {
            return Ok(name.clone());
        }
        let name = self.fetch(|client| client.user_name(user))?;
        self.users.borrow_mut().insert(user, name.clone());
        Ok(name)
    }

    fn fetch<'a, R>(
        &'a self,
        request: impl FnOnce(&'a DiscordClient) -> R,
    ) -> Result<Name, CliError>
    where
        R: Future<Output = Result<Option<String>, ApiError>>,
    {
        let Some((requests, client)) = &self.discord else {
            return Ok(Name::default());
        };
        match requests.wait(request(client)) {
            Ok(name) => Ok(Name(name.map(|name| single_line(&name)))),
            Err(error) if error.exit == Exit::Failed => Err(CliError::new(
                Exit::Failed,
                format!("{error}. Without --names, no request to Discord is needed"),
            )),
            Err(error) => Err(error),
        }
    }
}

/// Replaces control characters with spaces, so that a text of others can't control the terminal.
pub fn single_line(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_others_cannot_control_the_terminal() {
        assert_eq!(single_line("a\n\u{1b}[2J\u{9b}b\u{7}"), "a  [2J b");
    }
}
