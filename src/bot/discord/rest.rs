//! Client of the parts of Discord's REST API that the bot uses. Requests take and return plain
//! values, and errors are classified by how to handle them.

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::Client;
use reqwest::header::{DATE, HeaderMap};
use serde_json::{Value, json};
use serenity::Error;
use serenity::all::{
    Channel, ChannelType, CommandType, CreateAttachment, CurrentUser, ErrorResponse, Http,
    HttpBuilder, HttpError, LightMethod, ReactionType, Request, Route, StatusCode,
};

use super::download::{DownloadError, Downloader};
use super::interaction_client::{InteractionClient, send_with_retries};
use super::message_json::{self, MessageJsonError};
use super::rest_limiter::{Priority, RestLimiter};
use crate::bot::gateway::event::{AttachedFile, IncomingMessage};
use crate::bot::render::command_links::CommandIds;
use crate::bot::render::file::File;
use crate::bot::render::message::Message;
use crate::bot::render::text::truncate;
use crate::health::HealthMonitor;
use crate::token::Token;
use quizloop_core::id::{ChannelId, GuildId, MessageId, UserId};

/// How long a request may take. Serenity's rate limiter waits without a limit, and a request whose
/// response is lost must be retried.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Maximum length of Discord's error text, in characters. Admins receive it in messages of at most
/// 2,000 characters.
const ERROR_TEXT_MAX: usize = 300;

/// Discord's error codes for a guild that the bot is not in (Discord docs,
/// topics/opcodes-and-status-codes, "JSON").
const UNKNOWN_GUILD: isize = 10_004;
const MISSING_ACCESS: isize = 50_001;

/// Maximum number of messages in a page of history (Discord docs, resources/message, "Get Channel
/// Messages").
pub const HISTORY_PAGE: u8 = 100;

/// How to reach Discord.
#[derive(Debug, Clone)]
pub struct ApiConfig {
    /// The bot's token.
    pub token: Token,
    /// Address of a proxy or a simulated Discord; `None` for Discord.
    pub api_url: Option<String>,
    /// Maximum number of requests a second, not counting responses to interactions.
    pub requests_per_second: u16,
}

/// Creates serenity's HTTP client. Serenity ignores the proxy while its rate limiter is on, so a
/// configured proxy has to apply the rate limits itself.
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

/// Why a request failed, classified by how to handle it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// Discord refused the token, so no request will work (401).
    #[error("Discord refused the token")]
    Unauthorized,
    /// The bot lacks a permission, so an immediate retry is pointless (403). Codes are in Discord
    /// docs, topics/opcodes-and-status-codes, "JSON".
    #[error("Discord denied permission: {message} (code {code})")]
    Forbidden { code: isize, message: String },
    /// The object does not exist, or no longer (404).
    #[error("Discord could not find it: {message} (code {code})")]
    NotFound { code: isize, message: String },
    /// The request itself is invalid (other 4xx).
    #[error("Discord rejected the request: {message} (status {status}, code {code})")]
    Rejected {
        status: u16,
        code: isize,
        message: String,
    },
    /// Discord is overloaded, broken or unreachable. A retry may work, and the request may have
    /// succeeded.
    #[error("the request to Discord failed: {0}")]
    Transient(String),
}

impl ApiError {
    /// Returns Discord's error code, if it sent one.
    pub const fn code(&self) -> Option<isize> {
        match self {
            Self::Forbidden { code, .. }
            | Self::NotFound { code, .. }
            | Self::Rejected { code, .. } => Some(*code),
            Self::Unauthorized | Self::Transient(_) => None,
        }
    }

    /// Returns the label in metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unauthorized => "token",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound { .. } => "unknown",
            Self::Rejected { .. } => "rejected",
            Self::Transient(_) => "unreachable",
        }
    }

    /// Whether the recipient can't receive direct messages from the bot, because of their settings
    /// or because they share no server with it (Discord docs, topics/opcodes-and-status-codes,
    /// "JSON": "Cannot send messages to this user").
    pub const fn is_dm_blocked(&self) -> bool {
        matches!(self.code(), Some(50_007 | 50_278))
    }

    /// Whether a retry may succeed without any change by an admin or the operator.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Transient(_))
    }

    fn from_error(error: &Error) -> Self {
        match error {
            Error::Http(HttpError::UnsuccessfulRequest(response)) => Self::from_response(response),
            // Discord was reached, and the request may have succeeded.
            Error::Json(_) => Self::Transient(format!("its response could not be read ({error})")),
            Error::Http(HttpError::Request(cause)) if cause.is_decode() => {
                Self::Transient(format!("its response could not be read ({cause})"))
            }
            Error::Http(HttpError::Request(cause)) => {
                Self::Transient(root_cause(cause).to_string())
            }
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
            status => Self::Transient(format!("status {status}")),
        }
    }
}

/// Returns the innermost cause of an error. The outer ones of HTTP clients only say that a request
/// failed.
pub fn root_cause<'e>(error: &'e (dyn std::error::Error + 'static)) -> &'e dyn std::error::Error {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}

/// Address and limits of Discord's gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayInfo {
    pub url: String,
    /// Number of sessions that may still be started today; `None` if unknown.
    pub sessions_left: Option<u64>,
    /// Recommended number of shards.
    pub shards: u32,
    /// Number of sessions that may be started concurrently (Discord docs, events/gateway, "Session
    /// Start Limit Object").
    pub max_concurrency: u32,
}

/// Kinds of channels that the bot distinguishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKind {
    /// A text or announcement channel, in which rounds can be posted.
    Text,
    /// Any other kind.
    Other,
}

/// A channel with the data for permission checks.
#[derive(Debug, Clone)]
pub struct ChannelInfo {
    pub guild: GuildId,
    pub kind: ChannelKind,
    /// Whether it is a thread in which only members who may manage threads can write.
    pub is_locked: bool,
    pub overwrites: Vec<serenity::all::PermissionOverwrite>,
}

/// An interaction that has no response yet.
#[derive(Debug, Clone, Copy)]
pub struct Unanswered<'a> {
    pub id: u64,
    /// Authorises the response.
    pub token: &'a str,
    /// How long Discord still accepts a response.
    pub time_left: Duration,
}

/// Client of Discord's REST API.
pub struct DiscordClient {
    http: Http,
    // `None` if this client could not be created; serenity's client then reports the cause.
    interactions: Option<InteractionClient>,
    downloads: Downloader,
    limiter: RestLimiter,
    health: Option<Arc<HealthMonitor>>,
    /// [`REQUEST_TIMEOUT`], except in tests that wait for it.
    timeout: Duration,
    /// Unknown until the commands are registered.
    command_ids: OnceLock<CommandIds>,
}

impl DiscordClient {
    /// Creates a client with its own connections, which belong to the current runtime.
    pub fn new(access: &ApiConfig) -> Self {
        let client = Client::new();
        Self {
            interactions: InteractionClient::new(client.clone(), access.api_url.as_deref()),
            http: http_with_client(client, access),
            downloads: Downloader::new(access.api_url.as_deref()),
            limiter: RestLimiter::new(access.requests_per_second),
            health: None,
            timeout: REQUEST_TIMEOUT,
            command_ids: OnceLock::new(),
        }
    }

    /// Reports failed requests to the health monitor.
    #[must_use]
    pub fn with_health(mut self, health: Arc<HealthMonitor>) -> Self {
        self.health = Some(health);
        self
    }

    /// Runs a request with a timeout. Boxes it, because serenity's futures are large: each caller
    /// that awaits one would grow by its size.
    fn with_timeout<T>(
        &self,
        request: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, ApiError>> {
        self.with_timeout_inline(self.timeout, Box::pin(request))
    }

    /// Runs a request with a timeout, without boxing. For small futures.
    async fn with_timeout_inline<T>(
        &self,
        timeout: Duration,
        request: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, ApiError> {
        let error = match tokio::time::timeout(timeout, request).await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(error)) => ApiError::from_error(&error),
            Err(_) => {
                let seconds = timeout.as_secs_f64().ceil();
                ApiError::Transient(format!("no answer in {seconds} seconds"))
            }
        };
        if let Some(health) = &self.health {
            health.rest_request_failed(error.kind());
        }
        Err(error)
    }

    /// Runs a request with urgent priority: a member or an admin waits for it.
    pub(super) fn urgent<T>(
        &self,
        request: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, ApiError>> {
        self.rate_limited(Priority::Urgent, request)
    }

    /// Runs a request with background priority.
    pub(super) fn background<T>(
        &self,
        request: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, ApiError>> {
        self.rate_limited(Priority::Background, request)
    }

    /// Runs a request that counts towards Discord's global rate limit.
    fn rate_limited<T>(
        &self,
        priority: Priority,
        request: impl Future<Output = Result<T, Error>>,
    ) -> impl Future<Output = Result<T, ApiError>> {
        self.limiter.run(priority, self.with_timeout(request))
    }

    /// Returns serenity's client, for requests that have no method here.
    pub(super) const fn http(&self) -> &Http {
        &self.http
    }

    /// Fetches the id and the name of the bot's application.
    pub async fn application(&self) -> Result<(u64, String), ApiError> {
        let info = self
            .urgent(self.http.get_current_application_info())
            .await?;
        self.http.set_application_id(info.id);
        Ok((info.id.get(), info.name))
    }

    /// Fetches the bot's user id, and Discord's time: that of the response's `Date` header.
    ///
    /// The id differs from the application's id if that was created before 2016.
    pub async fn current_user(&self) -> Result<(UserId, Option<Timestamp>), ApiError> {
        let request = async {
            let request = Request::new(Route::UserMe, LightMethod::Get);
            let response = self.http.request(request).await?;
            let date = date(response.headers());
            Ok((response.json::<CurrentUser>().await?, date))
        };
        let (user, date) = self.urgent(request).await?;
        Ok((UserId::new(user.id.get()), date))
    }

    /// Fetches the gateway's address and limits.
    pub async fn gateway(&self) -> Result<GatewayInfo, ApiError> {
        let url = self.urgent(self.http.get_gateway()).await?.url;
        // A proxy may not support this request. The limits are then unknown.
        let limits = match self.urgent(self.http.get_bot_gateway()).await {
            Err(ApiError::Unauthorized) => return Err(ApiError::Unauthorized),
            limits => limits.ok(),
        };
        Ok(GatewayInfo {
            url,
            shards: limits.as_ref().map_or(1, |limits| limits.shards.max(1)),
            max_concurrency: limits.as_ref().map_or(1, |limits| {
                let max_concurrency = limits.session_start_limit.max_concurrency.max(1);
                u32::try_from(max_concurrency).unwrap_or(u32::MAX)
            }),
            sessions_left: limits.map(|limits| limits.session_start_limit.remaining),
        })
    }

    /// Sends a message. After [`ApiError::Transient`] the message may exist nevertheless.
    pub async fn send_message(
        &self,
        channel: ChannelId,
        message: &Message,
    ) -> Result<MessageId, ApiError> {
        self.send_message_with(Priority::Urgent, channel, message)
            .await
    }

    /// Like [`DiscordClient::send_message`], with another priority.
    pub async fn send_message_with(
        &self,
        priority: Priority,
        channel: ChannelId,
        message: &Message,
    ) -> Result<MessageId, ApiError> {
        let message = self.link_commands(message);
        let request = self
            .http
            .send_message(channel.get().into(), Vec::new(), message.as_ref());
        let message = self.rate_limited(priority, request).await?;
        Ok(MessageId::new(message.id.get()))
    }

    /// Replaces the content of one of the bot's messages.
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

    /// Starts the thread of a message. Succeeds if the thread exists already.
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
        let request = self
            .http
            .create_thread_from_message(channel, message, &body, None);
        match self.urgent(request).await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some(THREAD_ALREADY_CREATED) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Adds a reaction to a message.
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

    /// Fetches one page of the messages after `after` in a channel or thread, oldest first.
    pub async fn history(
        &self,
        guild: GuildId,
        channel: ChannelId,
        after: MessageId,
        priority: Priority,
    ) -> Result<Vec<HistoryMessage>, ApiError> {
        self.message_page(guild, channel, Some(after), priority)
            .await
    }

    /// Fetches the newest messages in a channel or thread, at most `HISTORY_PAGE`, oldest first.
    pub async fn newest_messages(
        &self,
        guild: GuildId,
        channel: ChannelId,
        priority: Priority,
    ) -> Result<Vec<HistoryMessage>, ApiError> {
        self.message_page(guild, channel, None, priority).await
    }

    async fn message_page(
        &self,
        guild: GuildId,
        channel: ChannelId,
        after: Option<MessageId>,
        priority: Priority,
    ) -> Result<Vec<HistoryMessage>, ApiError> {
        let route = Route::ChannelMessages {
            channel_id: channel.get().into(),
        };
        let limit = ("limit", HISTORY_PAGE.to_string());
        let after = after.map(|after| ("after", after.to_string()));
        let params = [limit].into_iter().chain(after).collect();
        let request = Request::new(route, LightMethod::Get).params(Some(params));
        let page: Vec<Value> = self.rate_limited(priority, self.http.fire(request)).await?;
        let mut messages = Vec::with_capacity(page.len());
        for message in &page {
            messages.push(self.history_message(message, guild, channel)?);
        }
        messages.sort_by_key(|message| message.event.message);
        Ok(messages)
    }

    /// Reads a message of a page. One that can't be read is no reply, and must not hide the others
    /// of its page.
    fn history_message(
        &self,
        message: &Value,
        guild: GuildId,
        channel: ChannelId,
    ) -> Result<HistoryMessage, ApiError> {
        match message_json::parse(message, guild, channel) {
            Ok(message) => Ok(message),
            // Without its place in the history, the page can't be continued behind it.
            Err(error @ MessageJsonError::NoId) => Err(ApiError::Transient(error.to_string())),
            Err(error @ MessageJsonError::NoField { message, .. }) => {
                if let Some(health) = &self.health {
                    health.message_unreadable();
                }
                tracing::warn!(%guild, %channel, %error, "message could not be read");
                Ok(HistoryMessage::unreadable(guild, channel, message))
            }
        }
    }

    /// Fetches a channel; `None` if it belongs to no guild.
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
            is_locked: channel.thread_metadata.is_some_and(|thread| thread.locked),
            overwrites: channel.permission_overwrites,
        }))
    }

    /// Returns whether the bot is in a guild.
    ///
    /// # Errors
    ///
    /// Fails on a 403 or 404 without one of Discord's own error codes: a proxy or a firewall sends
    /// those as well, so they don't prove that the bot was removed.
    pub async fn is_in_guild(&self, guild: GuildId) -> Result<bool, ApiError> {
        match self.urgent(self.http.get_guild(guild.get().into())).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.code(), Some(UNKNOWN_GUILD | MISSING_ACCESS)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends a direct message.
    ///
    /// # Errors
    ///
    /// Members may block direct messages, see [`ApiError::is_dm_blocked`].
    pub async fn send_dm(
        &self,
        user: UserId,
        message: &Message,
        priority: Priority,
    ) -> Result<(), ApiError> {
        let body = json!({ "recipient_id": user });
        let dm_channel = self.http.create_private_channel(&body);
        let dm_channel = self.rate_limited(priority, dm_channel).await?;
        let request = self.http.send_message(dm_channel.id, Vec::new(), message);
        self.rate_limited(priority, request).await?;
        Ok(())
    }

    /// Sends a follow-up message to an interaction. The token is valid for 15 minutes.
    pub async fn create_followup(&self, token: &str, message: &Message) -> Result<(), ApiError> {
        let message = self.link_commands(message);
        let request = self
            .http
            .create_followup_message(token, message.as_ref(), Vec::new());
        self.with_timeout(request).await?;
        Ok(())
    }

    /// Replaces all global commands and returns their ids.
    pub async fn register_commands(&self, commands: &Value) -> Result<CommandIds, ApiError> {
        let request = self.http.create_global_commands(commands);
        let registered = self.urgent(request).await?;
        // Only slash commands can be mentioned.
        let slash = registered
            .into_iter()
            .filter(|one| one.kind == CommandType::ChatInput);
        let ids = slash.map(|one| (one.name, one.id.get()));
        Ok(ids.collect())
    }

    /// Sets the ids of the registered commands; further calls change nothing.
    pub fn set_command_ids(&self, ids: CommandIds) {
        let _ = self.command_ids.set(ids);
    }

    /// Returns the message with links to the commands, if their ids are known.
    pub fn link_commands<'m>(&self, message: &'m Message) -> Cow<'m, Message> {
        match self.command_ids.get() {
            Some(ids) => ids.link(message),
            None => Cow::Borrowed(message),
        }
    }

    /// Sends the first response to an interaction, for as long as Discord accepts it.
    pub async fn respond(
        &self,
        interaction: Unanswered<'_>,
        body: &impl serde::Serialize,
        file: Option<&File>,
    ) -> Result<(), ApiError> {
        let Unanswered {
            id,
            token,
            time_left,
        } = interaction;
        match (&self.interactions, file) {
            (Some(interactions), None) => {
                let request = send_with_retries(|| interactions.send(id, token, body));
                self.with_timeout_inline(time_left, request).await
            }
            (_, file) => {
                let send = || {
                    let files = attachments(file);
                    self.http
                        .create_interaction_response(id.into(), token, body, files)
                };
                let request = Box::pin(send_with_retries(send));
                self.with_timeout_inline(time_left, request).await
            }
        }
    }

    /// Edits a deferred response.
    pub async fn edit_original_response(
        &self,
        token: &str,
        message: &impl serde::Serialize,
        file: Option<&File>,
    ) -> Result<(), ApiError> {
        let edit = || async {
            let files = attachments(file);
            let edit = self
                .http
                .edit_original_interaction_response(token, message, files);
            edit.await.map(drop)
        };
        self.with_timeout(send_with_retries(edit)).await
    }

    /// Downloads a file that a member chose for an option of a command.
    pub async fn download(&self, file: &AttachedFile) -> Result<Vec<u8>, DownloadError> {
        self.downloads.download(file).await
    }

    /// Clears serenity's rate limits. Its limiter keeps an entry of about 200 bytes for every
    /// interaction and thread that it has ever seen.
    pub async fn clear_rate_limits(&self) {
        if let Some(limiter) = &self.http.ratelimiter {
            limiter.routes().write().await.clear();
        }
    }
}

/// Returns the time of the `Date` header, which has a resolution of a second.
fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let date = headers.get(DATE)?.to_str().ok()?;
    rfc2822::DateTimeParser::new().parse_timestamp(date).ok()
}

/// Converts a file to serenity's attachments. The body describes it.
fn attachments(file: Option<&File>) -> Vec<CreateAttachment> {
    file.map(|file| CreateAttachment::bytes(file.bytes(), file.name()))
        .into_iter()
        .collect()
}

/// A message from a channel's history.
#[derive(Debug, Clone)]
pub struct HistoryMessage {
    /// The message in the form of a gateway event.
    pub event: IncomingMessage,
    /// Footers of its embeds. Discord hides them in messages of other authors.
    pub footers: Vec<String>,
    /// Custom ids of its buttons, which Discord hides as well.
    pub custom_ids: Vec<String>,
    /// Whether the bot has added a reaction.
    pub has_own_reaction: bool,
}

impl HistoryMessage {
    /// Returns the entry of a message of which only the id could be read: it keeps the length and
    /// the end of its page right.
    const fn unreadable(guild: GuildId, channel: ChannelId, message: MessageId) -> Self {
        Self {
            event: IncomingMessage {
                guild,
                channel,
                message,
                author: UserId::new(0),
                may_be_reply: false,
                reply_to: None,
            },
            footers: Vec::new(),
            custom_ids: Vec::new(),
            has_own_reaction: false,
        }
    }
}
