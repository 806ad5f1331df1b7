//! Names of servers, channels and users, for people who read ids on the command line. Quizloop stores
//! no names.

use serde_json::Value;
use serenity::all::{LightMethod, Request, Route};

use super::rest::{ApiError, DiscordClient};
use quizloop_core::id::{ChannelId, GuildId, UserId};

impl DiscordClient {
    /// Fetches a server's name; `None` if the bot is not in the server.
    pub async fn guild_name(&self, guild: GuildId) -> Result<Option<String>, ApiError> {
        let guild_id = guild.get().into();
        self.name(Route::Guild { guild_id }, &["name"]).await
    }

    /// Fetches a channel's name; `None` if the bot can't see the channel.
    pub async fn channel_name(&self, channel: ChannelId) -> Result<Option<String>, ApiError> {
        let channel_id = channel.get().into();
        self.name(Route::Channel { channel_id }, &["name"]).await
    }

    /// Fetches a user's name as other users see it; `None` if the account is deleted.
    pub async fn user_name(&self, user: UserId) -> Result<Option<String>, ApiError> {
        let user_id = user.get().into();
        let keys = ["global_name", "username"];
        self.name(Route::User { user_id }, &keys).await
    }

    /// Fetches an object and returns the first of the keys that it has.
    async fn name(&self, route: Route<'_>, keys: &[&str]) -> Result<Option<String>, ApiError> {
        let request = Request::new(route, LightMethod::Get);
        match self.urgent(self.http().fire::<Value>(request)).await {
            Ok(object) => Ok(keys
                .iter()
                .find_map(|key| object[*key].as_str())
                .map(str::to_owned)),
            Err(ApiError::Forbidden { .. } | ApiError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
