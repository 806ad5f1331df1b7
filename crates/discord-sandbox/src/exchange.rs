//! What passes between a bot and the sandbox, for checks against a description of Discord's API.

use std::fmt;

use serde_json::Value;

use super::log::LoggedRequest;

/// A request and its response.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// `GET`, `POST` …
    pub method: &'a str,
    /// The path with its query, starting with `/api/v10`.
    pub path: &'a str,
    /// The request body; null if there was none.
    pub body: &'a Value,
    /// The status; 0 if the connection was closed before a response.
    pub status: u16,
    /// The response body; null if there was none.
    pub answer: &'a Value,
    /// Whether a fault replaced the response, which therefore says nothing about the sandbox.
    pub is_injected: bool,
}

/// A check of requests, responses and gateway events. The page shows what it finds.
pub trait ExchangeCheck: fmt::Debug + Send + Sync {
    /// Returns the violations in an exchange, one line each.
    fn violations(&self, exchange: Exchange<'_>) -> Vec<String>;

    /// Returns the violations in the data of a gateway event, one line each; `None` if the event
    /// can't be checked.
    fn event_violations(&self, name: &str, data: &Value) -> Option<Vec<String>>;
}

impl<'a> From<&'a LoggedRequest> for Exchange<'a> {
    fn from(logged: &'a LoggedRequest) -> Self {
        Self {
            method: &logged.method,
            path: &logged.path,
            body: &logged.body,
            status: logged.status,
            answer: &logged.answer,
            is_injected: logged.fault.is_some(),
        }
    }
}
