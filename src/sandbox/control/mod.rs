//! The control API under `/sandbox/`: everything a user can do, and the time, as JSON. The page uses it,
//! and so can curl; `GET /sandbox/` lists it.
//!
//! Ids are strings, because JavaScript's numbers lose their last digits.

mod act;
mod admin;
mod chat;
mod guard;
mod look;
mod orders;
mod trouble;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde::Serialize;
use serde_json::{Value, json};

use super::Shared;

pub(super) use orders::Orders;
pub use orders::{Action, Order};

/// What `GET /sandbox/` says.
const HELP: &str = include_str!("help.txt");

/// Numbers from here on have no exact place in JavaScript (`Number.MAX_SAFE_INTEGER` is 2^53 - 1).
const UNSAFE_NUMBER: u64 = 1 << 53;

/// The page and the control API.
pub fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .route("/sandbox", get(|| async { HELP }))
        .route("/sandbox/", get(|| async { HELP }))
        .route("/sandbox/state", get(look::state))
        .route("/sandbox/messages", get(look::messages))
        .route("/sandbox/transcript", get(look::transcript))
        .route("/sandbox/log", get(look::log))
        .route("/sandbox/events", get(look::events))
        .route("/sandbox/post", post(act::post))
        .route("/sandbox/command", post(act::command))
        .route("/sandbox/autocomplete", post(act::autocomplete))
        .route("/sandbox/press", post(act::press))
        .route("/sandbox/edit", post(chat::edit))
        .route("/sandbox/delete", post(chat::delete))
        .route("/sandbox/react", post(chat::react))
        .route("/sandbox/form", post(chat::form))
        .route("/sandbox/clock", post(act::clock))
        .route("/sandbox/week", post(act::week))
        .route("/sandbox/fault", post(trouble::fault))
        .route("/sandbox/unfault", post(trouble::unfault))
        .route("/sandbox/gateway", post(trouble::gateway))
        .route("/sandbox/permission", post(trouble::permission))
        .route("/sandbox/user", post(admin::user))
        .route("/sandbox/guild", post(admin::guild))
        .route("/sandbox/channel", post(admin::channel))
        .route("/sandbox/bot", post(act::bot))
        .merge(super::page::router())
        .layer(from_fn_with_state(Arc::clone(shared), guard::guard))
}

/// A request that can't be fulfilled.
#[derive(Debug)]
pub struct Wrong(StatusCode, String);

impl Wrong {
    fn new(what: &dyn std::fmt::Display) -> Self {
        Self(StatusCode::BAD_REQUEST, what.to_string())
    }

    /// What is asked for is not there.
    pub fn missing(what: &dyn std::fmt::Display) -> Self {
        Self::at(StatusCode::NOT_FOUND, what)
    }

    /// The sandbox itself is wrong.
    pub fn broken(what: &dyn std::fmt::Display) -> Self {
        Self::at(StatusCode::INTERNAL_SERVER_ERROR, what)
    }

    fn at(status: StatusCode, what: &dyn std::fmt::Display) -> Self {
        Self(status, what.to_string())
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

/// An id as a string.
#[derive(Debug, Clone, Copy)]
pub struct Id(u64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse()
            .map(Self)
            .map_err(|_| serde::de::Error::custom(format!("\"{text}\" is no id")))
    }
}

/// An answer, with ids as strings.
fn answer(value: &impl Serialize) -> Result<Json<Value>, Wrong> {
    let mut value = serde_json::to_value(value).map_err(|error| Wrong::new(&error))?;
    ids_as_text(&mut value);
    Ok(Json(value))
}

fn ids_as_text(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(id) = number.as_u64().filter(|number| *number >= UNSAFE_NUMBER) {
                *value = Value::String(id.to_string());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(ids_as_text),
        Value::Object(fields) => fields.values_mut().for_each(ids_as_text),
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
        ids_as_text(&mut value);
        assert_eq!(
            value,
            json!({ "id": "1110000000000000001", "list": [5, 1_774_598_400_000_u64] })
        );
    }
}
