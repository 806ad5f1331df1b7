//! Sends the first response to an interaction without serenity's rate limiter.
//!
//! Most requests of the bot are such responses. Each has a rate-limit bucket of its own and none
//! counts towards the bot's global limit (Discord docs, interactions/receiving-and-responding,
//! "Endpoints"). Serenity's limiter would never delay one and would only keep an entry for each.
//! The requests need no bot token (the same page), because the interaction's token is in the path.
//! Error responses are parsed by serenity, as for all other requests.

use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, Method, Request, Response, StatusCode, Url};
use serde::Serialize;
use serenity::all::{ErrorResponse, HttpError};
use serenity::{Error, constants};

/// Discord's address, unless the configuration names a proxy or a sandbox.
const DISCORD_URL: &str = "https://discord.com";

/// Initial size of the buffer for a body, in bytes: a model answer has about 3,000.
const BODY_CAPACITY: usize = 4096;

/// Pauses before a response is sent again. Discord accepts it within three seconds; the first
/// attempt is made within half of that, when the bot answers or defers.
const RETRY_PAUSES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(300),
    Duration::from_millis(400),
];

/// How long after the first attempt a response is sent again.
const RETRY_TIME: Duration = Duration::from_millis(1_200);

/// "Interaction has already been acknowledged" (Discord docs, topics/opcodes-and-status-codes,
/// "JSON").
const ALREADY_ACKNOWLEDGED: isize = 40_060;

/// Sends a response to an interaction, again while there is time if Discord fails.
///
/// # Errors
///
/// The error of the last attempt.
pub async fn send_with_retries<F>(mut send: impl FnMut() -> F) -> Result<(), Error>
where
    F: Future<Output = Result<(), Error>>,
{
    let started = Instant::now();
    let mut pauses = RETRY_PAUSES.into_iter();
    loop {
        let Err(error) = send().await else {
            return Ok(());
        };
        let is_first = pauses.len() == RETRY_PAUSES.len();
        if !is_first && is_already_acknowledged(&error) {
            // The attempt before arrived, although Discord reported a failure.
            return Ok(());
        }
        let is_in_time = started.elapsed() < RETRY_TIME;
        match pauses.next() {
            Some(pause) if is_in_time && is_server_failure(&error) => {
                tokio::time::sleep(pause).await;
            }
            _ => return Err(error),
        }
    }
}

/// Whether Discord or the network failed, rather than the response itself.
fn is_server_failure(error: &Error) -> bool {
    match error {
        Error::Http(HttpError::UnsuccessfulRequest(response)) => {
            response.status_code.is_server_error()
        }
        Error::Http(HttpError::Request(_)) => true,
        _ => false,
    }
}

fn is_already_acknowledged(error: &Error) -> bool {
    matches!(
        error,
        Error::Http(HttpError::UnsuccessfulRequest(response))
            if response.error.code == ALREADY_ACKNOWLEDGED
    )
}

/// Client for interaction responses.
pub struct InteractionClient {
    client: Client,
    /// The start of all request URLs.
    base: Url,
    /// Whether to wait and retry after a 429; a proxy does that for its clients.
    wait_on_429: bool,
}

impl InteractionClient {
    /// Creates a client that shares the connections of `client` and talks to Discord or to
    /// `api_url`.
    ///
    /// Returns `None` if `api_url` is not a URL.
    pub fn new(client: Client, api_url: Option<&str>) -> Option<Self> {
        Some(Self {
            client,
            base: Url::parse(api_url.unwrap_or(DISCORD_URL)).ok()?,
            wait_on_429: api_url.is_none(),
        })
    }

    /// Sends the first response to an interaction.
    ///
    /// # Errors
    ///
    /// The same errors as if serenity had sent the request.
    pub async fn send(&self, id: u64, token: &str, answer: &impl Serialize) -> Result<(), Error> {
        loop {
            let request = self.request(id, token, answer)?;
            let response = self.client.execute(request).await?;
            if response.status().is_success() {
                return Ok(());
            }
            match self.retry_after(&response) {
                Some(pause) => tokio::time::sleep(pause).await,
                // Boxed: this future is rare and large, and would make the future of every response
                // larger.
                None => return Err(Box::pin(response_error(response)).await),
            }
        }
    }

    fn request(
        &self,
        id: u64,
        token: &str,
        answer: &impl Serialize,
    ) -> serde_json::Result<Request> {
        let mut body = Vec::with_capacity(BODY_CAPACITY);
        serde_json::to_writer(&mut body, answer)?;
        let mut url = self.base.clone();
        let prefix = url.path().trim_end_matches('/');
        let path = format!("{prefix}/api/v10/interactions/{id}/{token}/callback");
        url.set_path(&path);
        let mut request = Request::new(Method::POST, url);
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static(constants::USER_AGENT));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.into());
        Ok(request)
    }

    /// Returns how long to wait before the request is sent again; `None` if it must not be.
    fn retry_after(&self, response: &Response) -> Option<Duration> {
        if !self.wait_on_429 || response.status() != StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
        // With an invalid value the response is handled like any other error.
        Duration::try_from_secs_f64(seconds.parse().ok()?).ok()
    }
}

async fn response_error(response: Response) -> Error {
    let error = ErrorResponse::from_response(response, Method::POST).await;
    Error::Http(HttpError::UnsuccessfulRequest(error))
}
