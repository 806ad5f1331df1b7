//! Further things a member does: editing, deleting, reacting, filling in a form.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::user::FormView;
use super::super::{Sandbox, Shared};
use super::act::Answer;
use super::{Id, Wrong, answer};

#[derive(Debug, Deserialize)]
pub struct Edited {
    message: Id,
    #[serde(rename = "as")]
    user: Id,
    content: String,
}

pub async fn edit(State(shared): State<Arc<Shared>>, Json(edited): Json<Edited>) -> Answer {
    let done =
        Sandbox::within(&shared).edit_message(edited.message.0, edited.user.0, &edited.content);
    done.map_err(|error| Wrong::new(&error))?;
    answer(&json!({}))
}

#[derive(Debug, Deserialize)]
pub struct Named {
    message: Id,
    #[serde(rename = "as")]
    user: Id,
}

pub async fn delete(State(shared): State<Arc<Shared>>, Json(named): Json<Named>) -> Answer {
    let done = Sandbox::within(&shared).delete_message(named.message.0, named.user.0);
    done.map_err(|error| Wrong::new(&error))?;
    answer(&json!({}))
}

#[derive(Debug, Deserialize)]
pub struct Reacted {
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

pub async fn react(State(shared): State<Arc<Shared>>, Json(one): Json<Reacted>) -> Answer {
    let sandbox = Sandbox::within(&shared);
    let done = if one.on {
        sandbox.react(one.message.0, one.user.0, &one.emoji)
    } else {
        sandbox.unreact(one.message.0, one.user.0, &one.emoji)
    };
    done.map_err(|error| Wrong::new(&error))?;
    answer(&json!({}))
}

/// A form that is sent: the value that opening it gave, and what was written into it by custom id.
#[derive(Debug, Deserialize)]
pub struct Filled {
    #[serde(rename = "as")]
    user: Id,
    form: Opened,
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Opened {
    channel: Id,
    pressed: Option<Id>,
    title: String,
    data: Value,
}

pub async fn form(State(shared): State<Arc<Shared>>, Json(filled): Json<Filled>) -> Answer {
    let form = FormView {
        channel: filled.form.channel.0,
        pressed: filled.form.pressed.map(|id| id.0),
        title: filled.form.title,
        data: filled.form.data,
    };
    let fields = filled.fields.iter();
    let fields: Vec<(&str, &str)> = fields
        .map(|(id, text)| (id.as_str(), text.as_str()))
        .collect();
    let sandbox = Sandbox::within(&shared);
    answer(&sandbox.submit_form(filled.user.0, &form, &fields).await)
}
