//! First answers to interactions, on the shortest way to Discord.
//!
//! Most of what the bot sends is one of these. Each has a bucket of its own and none counts for the bot's global limit
//! (Discord docs, interactions/receiving-and-responding, "Endpoints"), so serenity's limiter has nothing to hold back
//! here and would only keep an entry for each. They need no token of the bot's (the same page): the interaction's own is
//! in the path. What Discord says against one is read by serenity, as for every request.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, Method, Request, Response, StatusCode, Url};
use serde::Serialize;
use serenity::all::{ErrorResponse, HttpError};
use serenity::{Error, constants};

/// Where Discord is, unless somebody names a proxy or a stand-in.
const DISCORD_URL: &str = "https://discord.com";

/// Bytes that are set aside for a body: a model answer has about 3,000.
const BODY_CAPACITY: usize = 4096;

/// The way to the callbacks.
pub struct InteractionClient {
    client: Client,
    /// What their URLs begin with.
    base: Url,
    /// Whether a limit is waited for here; who stands behind a proxy leaves that to it.
    wait_on_429: bool,
}

impl InteractionClient {
    /// With the connections of that client, to Discord or to what stands at `api_url`; none if that is no URL.
    pub fn new(client: Client, api_url: Option<&str>) -> Option<Self> {
        Some(Self {
            client,
            base: Url::parse(api_url.unwrap_or(DISCORD_URL)).ok()?,
            wait_on_429: api_url.is_none(),
        })
    }

    /// Answers an interaction.
    ///
    /// # Errors
    ///
    /// Serenity's, as if it had sent the answer.
    pub async fn send(&self, id: u64, token: &str, answer: &impl Serialize) -> Result<(), Error> {
        loop {
            let request = self.request(id, token, answer)?;
            let response = self.client.execute(request).await?;
            if response.status().is_success() {
                return Ok(());
            }
            match self.retry_after(&response) {
                Some(pause) => tokio::time::sleep(pause).await,
                // Seldom, and large: not to be carried along by every answer.
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
        let before = url.path().trim_end_matches('/');
        let path = format!("{before}/api/v10/interactions/{id}/{token}/callback");
        url.set_path(&path);
        let mut request = Request::new(Method::POST, url);
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static(constants::USER_AGENT));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.into());
        Ok(request)
    }

    /// How long Discord wants to be left alone, where that is waited for.
    fn retry_after(&self, response: &Response) -> Option<Duration> {
        if !self.wait_on_429 || response.status() != StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
        // What is no time, or none that fits, is a failure like any other.
        Duration::try_from_secs_f64(seconds.parse().ok()?).ok()
    }
}

async fn response_error(response: Response) -> Error {
    let error = ErrorResponse::from_response(response, Method::POST).await;
    Error::Http(HttpError::UnsuccessfulRequest(error))
}
