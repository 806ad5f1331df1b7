//! Further things a member does: editing, deleting, reacting, filling in a form.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::client::ModalView;
use super::super::{Sandbox, SandboxState};
use super::actions::ApiResult;
use super::{HttpError, Id, json_response};

#[derive(Debug, Deserialize)]
pub struct EditMessage {
    message: Id,
    #[serde(rename = "as")]
    user: Id,
    content: String,
}

pub async fn edit(
    State(shared): State<Arc<SandboxState>>,
    Json(edited): Json<EditMessage>,
) -> ApiResult {
    let done =
        Sandbox::from_state(&shared).edit_message(edited.message.0, edited.user.0, &edited.content);
    done.map_err(|error| HttpError::bad_request(&error))?;
    json_response(&json!({}))
}

#[derive(Debug, Deserialize)]
pub struct DeleteMessage {
    message: Id,
    #[serde(rename = "as")]
    user: Id,
}

pub async fn delete(
    State(shared): State<Arc<SandboxState>>,
    Json(named): Json<DeleteMessage>,
) -> ApiResult {
    let done = Sandbox::from_state(&shared).delete_message(named.message.0, named.user.0);
    done.map_err(|error| HttpError::bad_request(&error))?;
    json_response(&json!({}))
}

#[derive(Debug, Deserialize)]
pub struct ReactRequest {
    message: Id,
    #[serde(rename = "as")]
    user: Id,
    emoji: String,
    /// Whether the reaction is given or taken back.
    #[serde(default = "yes")]
    on: bool,
}

const fn yes() -> bool {
    true
}

pub async fn react(
    State(shared): State<Arc<SandboxState>>,
    Json(one): Json<ReactRequest>,
) -> ApiResult {
    let sandbox = Sandbox::from_state(&shared);
    let done = if one.on {
        sandbox.react(one.message.0, one.user.0, &one.emoji)
    } else {
        sandbox.unreact(one.message.0, one.user.0, &one.emoji)
    };
    done.map_err(|error| HttpError::bad_request(&error))?;
    json_response(&json!({}))
}

/// A form that is sent: the value that opening it gave, and what was written into it by custom id.
#[derive(Debug, Deserialize)]
pub struct SubmitModal {
    #[serde(rename = "as")]
    user: Id,
    form: OpenedModal,
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct OpenedModal {
    channel: Id,
    #[serde(rename = "pressed")]
    source_message: Option<Id>,
    title: String,
    data: Value,
}

pub async fn form(
    State(shared): State<Arc<SandboxState>>,
    Json(filled): Json<SubmitModal>,
) -> ApiResult {
    let form = ModalView {
        channel: filled.form.channel.0,
        source_message: filled.form.source_message.map(|id| id.0),
        title: filled.form.title,
        data: filled.form.data,
    };
    let fields = filled.fields.iter();
    let fields: Vec<(&str, &str)> = fields
        .map(|(id, text)| (id.as_str(), text.as_str()))
        .collect();
    let sandbox = Sandbox::from_state(&shared);
    json_response(&sandbox.submit_modal(filled.user.0, &form, &fields).await)
}
