//! Discord's REST API, as far as the bot uses it: plain values in and out, and failures sorted by what
//! is to be done about them.

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use serenity::Error;
use serenity::all::{
    Channel, ChannelType, CreateAttachment, ErrorResponse, Http, HttpBuilder, HttpError,
    MessagePagination, ReactionType, StatusCode,
};

use super::event::IncomingMessage;
use super::interaction_client::InteractionClient;
use super::render::file::File;
use super::render::message::Message;
use super::render::text::truncate;
use super::rest_limiter::{Priority, RestLimiter};
use super::translate;
use crate::config::Token;
use crate::health::HealthMonitor;
use crate::practice::id::{ChannelId, GuildId, MessageId, UserId};

/// How long one request may take. Serenity's rate limiter waits for ever, and a request whose answer is
/// lost must be tried again.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// How much of Discord's own words about a failure is kept, in characters: they are told on to admins, in messages
/// of 2,000 characters at most.
const ERROR_TEXT_MAX: usize = 300;

/// Discord's error codes for a guild that the bot is not in (Discord docs, topics/opcodes-and-status-codes, "JSON").
const UNKNOWN_GUILD: isize = 10_004;
const MISSING_ACCESS: isize = 50_001;

/// Messages a page of history has at most (Discord docs, resources/message, "Get Channel Messages").
pub const HISTORY_PAGE: u8 = 100;

/// How we reach Discord.
#[derive(Debug, Clone)]
pub struct ApiConfig {
    /// The bot's token.
    pub token: Token,
    /// A proxy or a stand-in to use instead of Discord's own address.
    pub api_url: Option<String>,
    /// How many requests a second are made at most, answers to interactions aside.
    pub requests_per_second: u16,
}

/// The same token and address for every client. Serenity ignores the proxy while its rate limiter is
/// on; whoever names a proxy has the limits held there.
pub fn http(access: &ApiConfig) -> Http {
    http_with_client(Client::new(), access)
}

fn http_with_client(client: Client, access: &ApiConfig) -> Http {
    let builder = HttpBuilder::new(access.token.secret()).client(client);
    match &access.api_url {
        Some(url) => builder.proxy(url).ratelimiter_disabled(true).build(),
        None => builder.build(),
    }
}

/// Why a request failed, by what is to be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// Discord does not take the token: nothing will work (401).
    #[error("Discord refused the token")]
    Unauthorized,
    /// The bot may not do that: trying again soon is pointless (403).
    #[error("Discord refused: {message} (code {code})")]
    Forbidden {
        /// Discord's error code (Discord docs, topics/opcodes-and-status-codes, "JSON").
        code: isize,
        /// Discord's words.
        message: String,
    },
    /// The thing is gone (404).
    #[error("Discord knows nothing of it: {message} (code {code})")]
    NotFound {
        /// Discord's error code.
        code: isize,
        /// Discord's words.
        message: String,
    },
    /// Discord does not like the request itself (other 4xx).
    #[error("Discord did not take the request: {message} (status {status}, code {code})")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// Discord's error code.
        code: isize,
        /// Discord's words.
        message: String,
    },
    /// Discord is busy, broken or out of reach: worth another try, and the request may have worked.
    #[error("Discord could not be reached: {0}")]
    Transient(String),
}

impl ApiError {
    /// Discord's error code, if it sent one.
    pub const fn code(&self) -> Option<isize> {
        match self {
            Self::Forbidden { code, .. }
            | Self::NotFound { code, .. }
            | Self::Rejected { code, .. } => Some(*code),
            Self::Unauthorized | Self::Transient(_) => None,
        }
    }

    /// A word for counting.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unauthorized => "token",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound { .. } => "unknown",
            Self::Rejected { .. } => "rejected",
            Self::Transient(_) => "unreachable",
        }
    }

    /// Whether a person does not let the bot write to them (Discord docs, topics/opcodes-and-status-codes, "JSON":
    /// "Cannot send messages to this user", once by their settings and once for want of a server in common).
    pub const fn is_dm_blocked(&self) -> bool {
        matches!(self.code(), Some(50_007 | 50_278))
    }

    /// Whether another try may work without anybody changing anything.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_))
    }

    fn from_error(error: &Error) -> Self {
        match error {
            Error::Http(HttpError::UnsuccessfulRequest(response)) => Self::from_response(response),
            other => Self::Transient(other.to_string()),
        }
    }

    fn from_response(response: &ErrorResponse) -> Self {
        let (status, code) = (response.status_code, response.error.code);
        let message = truncate(&response.error.message, ERROR_TEXT_MAX);
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden { code, message },
            StatusCode::NOT_FOUND => Self::NotFound { code, message },
            StatusCode::TOO_MANY_REQUESTS => Self::Transient("too many requests (429)".into()),
            status if status.is_client_error() => Self::Rejected {
                status: status.as_u16(),
                code,
                message,
            },
            status => Self::Transient(format!("it answered with {status}")),
        }
    }
}

/// Discord's gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayInfo {
    /// Its address.
    pub url: String,
    /// How many sessions may still be started today, if Discord said so.
    pub sessions_left: Option<u64>,
    /// How many shards Discord recommends.
    pub shards: u32,
    /// How many sessions may begin side by side (Discord docs, events/gateway, "Session Start Limit Object").
    pub max_concurrency: u32,
}

/// A channel as far as the bot cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKind {
    /// A text or announcement channel, in which rounds can be posted.
    Text,
    /// Anything else.
    Other,
}

/// A channel with what decides about permissions in it.
#[derive(Debug, Clone)]
pub struct ChannelInfo {
    /// Its guild.
    pub guild: GuildId,
    /// Whether rounds can be posted there.
    pub kind: ChannelKind,
    /// Permission overwrites.
    pub overwrites: Vec<serenity::all::PermissionOverwrite>,
}

/// The REST API with our token.
pub struct DiscordClient {
    http: Http,
    // None if there is no way to Discord at all; serenity then says why.
    interactions: Option<InteractionClient>,
    limiter: RestLimiter,
    vitals: Option<Arc<HealthMonitor>>,
}

impl DiscordClient {
    /// A client of its own: connections belong to the runtime they are made on.
    pub fn new(access: &ApiConfig) -> Self {
        let client = Client::new();
        Self {
            interactions: InteractionClient::new(client.clone(), access.api_url.as_deref()),
            http: http_with_client(client, access),
            limiter: RestLimiter::new(access.requests_per_second),
            vitals: None,
        }
    }

    /// Failures are reported there.
    #[must_use]
    pub fn with_health(mut self, vitals: Arc<HealthMonitor>) -> Self {
        self.vitals = Some(vitals);
        self
    }

    /// A request that must not take for ever. Serenity's futures are large, and moving one from call to call makes
    /// each of those as large again; on the heap they swell nothing that waits for them.
    fn with_timeout<T>(
        &self,
        request: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, ApiError>> {
        self.with_timeout_inline(Box::pin(request))
    }

    /// A small one of those.
    async fn with_timeout_inline<T>(
        &self,
        request: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, ApiError> {
        let failure = match tokio::time::timeout(REQUEST_TIMEOUT, request).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => ApiError::from_error(&error),
            Err(_) => ApiError::Transient("no answer in 15 seconds".into()),
        };
        if let Some(vitals) = &self.vitals {
            vitals.rest_request_failed(failure.kind());
        }
        Err(failure)
    }

    /// A request for which somebody waits.
    pub(super) fn urgent<T>(
        &self,
        request: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, ApiError>> {
        self.rate_limited(Priority::Urgent, request)
    }

    /// A request for which nobody waits.
    fn background<T>(
        &self,
        request: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, ApiError>> {
        self.rate_limited(Priority::Background, request)
    }

    /// A request that Discord counts.
    fn rate_limited<T>(
        &self,
        priority: Priority,
        request: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, ApiError>> {
        self.limiter.run(priority, self.with_timeout(request))
    }

    /// Serenity's client, for the rooms of the bot that need more than what is here.
    pub(super) const fn http(&self) -> &Http {
        &self.http
    }

    /// Who we are: the application's id and its name.
    ///
    /// # Errors
    ///
    /// The token is refused, or Discord is out of reach.
    pub async fn application(&self) -> Result<(u64, String), ApiError> {
        let info = self
            .urgent(self.http.get_current_application_info())
            .await?;
        self.http.set_application_id(info.id);
        Ok((info.id.get(), info.name))
    }

    /// The bot's own user, which has another id than the application where that is from before 2016.
    ///
    /// # Errors
    ///
    /// As [`Rest::application`].
    pub async fn current_user(&self) -> Result<UserId, ApiError> {
        let user = self.urgent(self.http.get_current_user()).await?;
        Ok(UserId::new(user.id.get()))
    }

    /// Where the gateway is, and how many sessions may still be started today.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn gateway(&self) -> Result<GatewayInfo, ApiError> {
        let url = self.urgent(self.http.get_gateway()).await?.url;
        // A proxy may know nothing of the sessions; then nothing is known of them.
        let limits = match self.urgent(self.http.get_bot_gateway()).await {
            Err(ApiError::Unauthorized) => return Err(ApiError::Unauthorized),
            limits => limits.ok(),
        };
        Ok(GatewayInfo {
            url,
            shards: limits.as_ref().map_or(1, |limits| limits.shards.max(1)),
            max_concurrency: limits.as_ref().map_or(1, |limits| {
                let side_by_side = limits.session_start_limit.max_concurrency.max(1);
                u32::try_from(side_by_side).unwrap_or(u32::MAX)
            }),
            sessions_left: limits.map(|limits| limits.session_start_limit.remaining),
        })
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// As every request; after a passing failure the message may be there all the same.
    pub async fn send_message(
        &self,
        channel: ChannelId,
        message: &Message,
    ) -> Result<MessageId, ApiError> {
        let sent = self
            .urgent(
                self.http
                    .send_message(channel.get().into(), Vec::new(), message),
            )
            .await?;
        Ok(MessageId::new(sent.id.get()))
    }

    /// Puts a message in the place of one of ours.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn edit_message(
        &self,
        channel: ChannelId,
        id: MessageId,
        message: &Message,
    ) -> Result<(), ApiError> {
        let (channel, id) = (channel.get().into(), id.get().into());
        self.background(self.http.edit_message(channel, id, message, Vec::new()))
            .await?;
        Ok(())
    }

    /// Starts the thread of a message. That it is there already is no failure.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn start_thread(
        &self,
        channel: ChannelId,
        message: MessageId,
        name: &str,
        archive_minutes: u16,
    ) -> Result<(), ApiError> {
        /// "A thread has already been created for this message" (Discord docs,
        /// topics/opcodes-and-status-codes, "JSON").
        const THREAD_ALREADY_CREATED: isize = 160_004;
        let body = json!({ "name": name, "auto_archive_duration": archive_minutes });
        let (channel, message) = (channel.get().into(), message.get().into());
        let started = self
            .http
            .create_thread_from_message(channel, message, &body, None);
        match self.urgent(started).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.code() == Some(THREAD_ALREADY_CREATED) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Marks a message with an emoji.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn react(
        &self,
        channel: ChannelId,
        id: MessageId,
        emoji: &str,
    ) -> Result<(), ApiError> {
        let emoji = ReactionType::Unicode(emoji.to_owned());
        let (channel, id) = (channel.get().into(), id.get().into());
        self.background(self.http.create_reaction(channel, id, &emoji))
            .await
    }

    /// One page of a channel's or thread's messages after `after`, the oldest first.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn history(
        &self,
        guild: GuildId,
        channel: ChannelId,
        after: MessageId,
        priority: Priority,
    ) -> Result<Vec<HistoryMessage>, ApiError> {
        let target = Some(MessagePagination::After(after.get().max(1).into()));
        let request = self
            .http
            .get_messages(channel.get().into(), target, Some(HISTORY_PAGE));
        let page = self.rate_limited(priority, request).await?;
        let mut messages: Vec<_> = page
            .iter()
            .map(|one| HistoryMessage::from_message(one, guild))
            .collect();
        messages.sort_by_key(|message| message.event.message);
        Ok(messages)
    }

    /// A channel of a guild.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn channel(&self, channel: ChannelId) -> Result<Option<ChannelInfo>, ApiError> {
        let channel = self
            .urgent(self.http.get_channel(channel.get().into()))
            .await?;
        let Channel::Guild(channel) = channel else {
            return Ok(None);
        };
        let kind = match channel.kind {
            ChannelType::Text | ChannelType::News => ChannelKind::Text,
            _ => ChannelKind::Other,
        };
        Ok(Some(ChannelInfo {
            guild: GuildId::new(channel.guild_id.get()),
            kind,
            overwrites: channel.permission_overwrites,
        }))
    }

    /// Whether the bot still is in a guild.
    ///
    /// # Errors
    ///
    /// As every request, except for Discord's own answers that the bot is not there. A 403 or 404 with another code is a
    /// failure: a proxy or a firewall answers with those as well.
    pub async fn is_in_guild(&self, guild: GuildId) -> Result<bool, ApiError> {
        match self.urgent(self.http.get_guild(guild.get().into())).await {
            Ok(_) => Ok(true),
            Err(failure) if matches!(failure.code(), Some(UNKNOWN_GUILD | MISSING_ACCESS)) => {
                Ok(false)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Tells a person something in a direct message.
    ///
    /// # Errors
    ///
    /// As every request; people may refuse direct messages, see [`Failure::is_closed_door`].
    pub async fn send_dm(
        &self,
        user: UserId,
        message: &Message,
        priority: Priority,
    ) -> Result<(), ApiError> {
        let body = json!({ "recipient_id": user });
        let dm_channel = self.http.create_private_channel(&body);
        let dm_channel = self.rate_limited(priority, dm_channel).await?;
        let sending = self.http.send_message(dm_channel.id, Vec::new(), message);
        self.rate_limited(priority, sending).await?;
        Ok(())
    }

    /// Says something more to who asked, after the answer.
    ///
    /// # Errors
    ///
    /// As every request; the token lives for 15 minutes.
    pub async fn create_followup(&self, token: &str, message: &Message) -> Result<(), ApiError> {
        let request = self
            .http
            .create_followup_message(token, message, Vec::new());
        self.with_timeout(request).await?;
        Ok(())
    }

    /// Registers all global commands at once.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn register_commands(&self, commands: &Value) -> Result<(), ApiError> {
        self.urgent(self.http.create_global_commands(commands))
            .await?;
        Ok(())
    }

    /// Gives the first answer to an interaction.
    ///
    /// # Errors
    ///
    /// As every request; after three seconds Discord does not know the interaction any more.
    pub async fn respond(
        &self,
        id: u64,
        token: &str,
        body: &impl serde::Serialize,
        file: Option<&File>,
    ) -> Result<(), ApiError> {
        match (&self.interactions, file) {
            (Some(callbacks), None) => {
                let request = callbacks.send(id, token, body);
                self.with_timeout_inline(request).await
            }
            (_, file) => {
                let request = self.http.create_interaction_response(
                    id.into(),
                    token,
                    body,
                    attachments(file),
                );
                self.with_timeout(request).await
            }
        }
    }

    /// Fills in an answer that was announced.
    ///
    /// # Errors
    ///
    /// As every request.
    pub async fn edit_original_response(
        &self,
        token: &str,
        message: &impl serde::Serialize,
        file: Option<&File>,
    ) -> Result<(), ApiError> {
        let request =
            self.http
                .edit_original_interaction_response(token, message, attachments(file));
        self.with_timeout(request).await?;
        Ok(())
    }

    /// Forgets rate limits that have passed: serenity's limiter keeps an entry for every interaction and
    /// thread it has ever seen, about 200 bytes each.
    pub async fn clear_rate_limits(&self) {
        if let Some(limiter) = &self.http.ratelimiter {
            limiter.routes().write().await.clear();
        }
    }
}

/// A file beside a body; the body describes it.
fn attachments(file: Option<&File>) -> Vec<CreateAttachment> {
    let upload = |file: &File| CreateAttachment::bytes(file.bytes(), file.name());
    file.map(upload).into_iter().collect()
}

/// A message of the history.
#[derive(Debug, Clone)]
pub struct HistoryMessage {
    /// What it is as a reply.
    pub event: IncomingMessage,
    /// The footers of its embeds; those of others come empty.
    pub footers: Vec<String>,
    /// Whether the bot has marked it with an emoji.
    pub has_own_reaction: bool,
}

impl HistoryMessage {
    fn from_message(message: &serenity::all::Message, guild: GuildId) -> Self {
        let footer = |embed: &serenity::all::Embed| Some(embed.footer.as_ref()?.text.clone());
        Self {
            event: translate::message_create(message, guild),
            footers: message.embeds.iter().filter_map(footer).collect(),
            has_own_reaction: message.reactions.iter().any(|reaction| reaction.me),
        }
    }
}
