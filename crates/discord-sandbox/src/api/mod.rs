//! The control API under `/sandbox/`: user actions, the clock, faults and the log, as JSON. The
//! page uses it, and it works with curl; `GET /sandbox` describes it.
//!
//! Ids are strings, because JavaScript numbers can't hold all their digits.

mod actions;
mod admin;
mod extract;
mod faults;
mod messages;
mod process;
mod queries;
mod security_headers;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde::Serialize;
use serde_json::{Value, json};

use super::SandboxState;

pub(crate) use extract::QueryOf;
pub(super) use process::ProcessCommands;
pub use process::{ProcessAction, ProcessCommand, ProcessError};

/// The response to `GET /sandbox`, with placeholders for the bot under test.
const HELP: &str = include_str!("help.txt");

/// First number that JavaScript may round (`Number.MAX_SAFE_INTEGER` is 2^53 - 1).
const UNSAFE_NUMBER: u64 = 1 << 53;

/// Routes of the page and the control API.
pub(crate) fn router() -> Router<Arc<SandboxState>> {
    Router::new()
        .route("/sandbox", get(help))
        .route("/sandbox/", get(help))
        .route("/sandbox/state", get(queries::state))
        .route("/sandbox/messages", get(queries::messages))
        .route("/sandbox/transcript", get(queries::transcript))
        .route("/sandbox/log", get(queries::log))
        .route("/sandbox/events", get(queries::events))
        .route("/sandbox/post", post(actions::post))
        .route("/sandbox/upload", post(actions::upload))
        .route("/sandbox/command", post(actions::command))
        .route("/sandbox/message-command", post(actions::message_command))
        .route("/sandbox/autocomplete", post(actions::autocomplete))
        .route("/sandbox/press", post(actions::press))
        .route("/sandbox/edit", post(messages::edit))
        .route("/sandbox/delete", post(messages::delete))
        .route("/sandbox/react", post(messages::react))
        .route("/sandbox/form", post(messages::form))
        .route("/sandbox/dismiss", post(messages::dismiss))
        .route("/sandbox/restart-client", post(messages::restart_client))
        .route("/sandbox/clock", post(actions::clock))
        .route("/sandbox/demo/{id}", post(actions::demo))
        .route("/sandbox/fault", post(faults::add_fault))
        .route("/sandbox/unfault", post(faults::remove_fault))
        .route("/sandbox/gateway", post(faults::gateway))
        .route("/sandbox/permission", post(faults::permission))
        .route("/sandbox/user", post(admin::user))
        .route("/sandbox/guild", post(admin::guild))
        .route("/sandbox/channel", post(admin::channel))
        .route("/sandbox/bot", post(actions::bot))
        .merge(super::page::router())
        .layer(map_response(security_headers::add))
}

/// Returns the help, with the bot's name, event and demos.
async fn help(State(shared): State<Arc<SandboxState>>) -> String {
    let name = shared.read(|discord| discord.app.name.clone());
    let next = shared.page.event.as_ref();
    let next = next.map(|event| format!("{{\"next\": \"{event}\"}} or "));
    let demos = shared.page.demos.iter().map(|demo| {
        let indent = " ".repeat(25);
        format!("{indent}{}: {}\n", demo.id(), demo.description())
    });
    let demos: Vec<String> = demos.collect();
    HELP.replace("$NAME", &name)
        .replace("$NEXT", &next.unwrap_or_default())
        .replace("$DEMOS", &demos.concat())
}

/// An error response: its status, and the message in the `error` field.
#[derive(Debug)]
pub(crate) struct HttpError(StatusCode, String);

impl HttpError {
    fn bad_request(message: &dyn std::fmt::Display) -> Self {
        Self(StatusCode::BAD_REQUEST, message.to_string())
    }

    /// 403: the sender may not do this.
    pub(crate) fn forbidden(message: &dyn std::fmt::Display) -> Self {
        Self::with_status(StatusCode::FORBIDDEN, message)
    }

    /// 404: the requested thing does not exist.
    pub(crate) fn not_found(message: &dyn std::fmt::Display) -> Self {
        Self::with_status(StatusCode::NOT_FOUND, message)
    }

    /// 405: the path has no such method.
    pub(crate) fn wrong_method() -> Self {
        let message = "this path takes another method; GET /sandbox lists them";
        Self::with_status(StatusCode::METHOD_NOT_ALLOWED, &message)
    }

    /// 500: an error in the sandbox itself.
    pub(crate) fn internal(message: &dyn std::fmt::Display) -> Self {
        Self::with_status(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    fn with_status(status: StatusCode, message: &dyn std::fmt::Display) -> Self {
        Self(status, message.to_string())
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

/// An id as a string.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Id(u64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse()
            .map(Self)
            .map_err(|_| serde::de::Error::custom(format!("\"{text}\" is not an id")))
    }
}

/// Serialises a response, with ids as strings.
fn json_response(value: &impl Serialize) -> Result<Json<Value>, HttpError> {
    let mut value = serde_json::to_value(value).map_err(|error| HttpError::bad_request(&error))?;
    stringify_ids(&mut value);
    Ok(Json(value))
}

fn stringify_ids(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(id) = number.as_u64().filter(|number| *number >= UNSAFE_NUMBER) {
                *value = Value::String(id.to_string());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(stringify_ids),
        Value::Object(fields) => fields.values_mut().for_each(stringify_ids),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_become_text() {
        let mut value =
            json!({ "id": 1_110_000_000_000_000_001_u64, "list": [5, 1_774_598_400_000_u64] });
        stringify_ids(&mut value);
        assert_eq!(
            value,
            json!({ "id": "1110000000000000001", "list": [5, 1_774_598_400_000_u64] })
        );
    }
}
