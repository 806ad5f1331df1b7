//! Edits, deletes, reacts and submits modals as a member.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::client::ModalView;
use super::super::{Sandbox, SandboxState};
use super::actions::ApiResult;
use super::extract::BodyOf;
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
    BodyOf(edit): BodyOf<EditMessage>,
) -> ApiResult {
    let done =
        Sandbox::from_state(&shared).edit_message(edit.message.0, edit.user.0, &edit.content);
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
    BodyOf(delete): BodyOf<DeleteMessage>,
) -> ApiResult {
    let done = Sandbox::from_state(&shared).delete_message(delete.message.0, delete.user.0);
    done.map_err(|error| HttpError::bad_request(&error))?;
    json_response(&json!({}))
}

#[derive(Debug, Deserialize)]
pub struct ReactRequest {
    message: Id,
    #[serde(rename = "as")]
    user: Id,
    emoji: String,
    /// Whether to add the reaction or to remove it.
    #[serde(default = "yes")]
    on: bool,
}

const fn yes() -> bool {
    true
}

pub async fn react(
    State(shared): State<Arc<SandboxState>>,
    BodyOf(request): BodyOf<ReactRequest>,
) -> ApiResult {
    let sandbox = Sandbox::from_state(&shared);
    let done = if request.on {
        sandbox.react(request.message.0, request.user.0, &request.emoji)
    } else {
        sandbox.unreact(request.message.0, request.user.0, &request.emoji)
    };
    done.map_err(|error| HttpError::bad_request(&error))?;
    json_response(&json!({}))
}

#[derive(Debug, Deserialize)]
pub struct DismissMessage {
    message: Id,
    #[serde(rename = "as")]
    user: Id,
}

pub async fn dismiss(
    State(shared): State<Arc<SandboxState>>,
    BodyOf(dismiss): BodyOf<DismissMessage>,
) -> ApiResult {
    let sandbox = Sandbox::from_state(&shared);
    let done = sandbox.dismiss(dismiss.message.0, dismiss.user.0);
    done.map_err(|error| HttpError::bad_request(&error))?;
    json_response(&json!({}))
}

#[derive(Debug, Deserialize)]
pub struct RestartClient {
    #[serde(rename = "as")]
    user: Id,
}

pub async fn restart_client(
    State(shared): State<Arc<SandboxState>>,
    BodyOf(restart): BodyOf<RestartClient>,
) -> ApiResult {
    Sandbox::from_state(&shared).restart_client(restart.user.0);
    json_response(&json!({}))
}

/// A submitted modal: the value of the outcome that opened it, and the entered texts by custom id.
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
    BodyOf(submission): BodyOf<SubmitModal>,
) -> ApiResult {
    let form = ModalView {
        channel: submission.form.channel.0,
        source_message: submission.form.source_message.map(|id| id.0),
        title: submission.form.title,
        data: submission.form.data,
    };
    let fields = submission.fields.iter();
    let fields: Vec<(&str, &str)> = fields
        .map(|(id, text)| (id.as_str(), text.as_str()))
        .collect();
    let sandbox = Sandbox::from_state(&shared);
    json_response(
        &sandbox
            .submit_modal(submission.user.0, &form, &fields)
            .await,
    )
}
