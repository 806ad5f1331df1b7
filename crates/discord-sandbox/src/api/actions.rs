//! Actions: what members do, the clock, and the bot's process.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use jiff::{SignedDuration, Span, Timestamp, ZonedDateTime};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::rest::upload::{FILE_MAX, form_parts};
use super::super::{Sandbox, SandboxState};
use super::process::ProcessAction;
use super::{HttpError, Id, json_response};

pub type ApiResult = Result<Json<Value>, HttpError>;

#[derive(Debug, Deserialize)]
pub struct PostMessage {
    channel: Id,
    #[serde(rename = "as")]
    user: Id,
    content: String,
    reply_to: Option<Id>,
}

pub async fn post(
    State(shared): State<Arc<SandboxState>>,
    Json(post): Json<PostMessage>,
) -> ApiResult {
    let sandbox = Sandbox::from_state(&shared);
    let mut draft = sandbox.compose(post.channel.0, post.user.0, &post.content);
    if let Some(to) = post.reply_to {
        draft = draft.reply_to(to.0);
    }
    let message = draft
        .send()
        .map_err(|error| HttpError::bad_request(&error))?;
    json_response(&json!({ "message": message }))
}

/// Maximum size of an upload's request in bytes: the file and the other parts of the form.
const UPLOAD_MAX: usize = FILE_MAX + 64 * 1024;

/// Stores a file of a member for an option of a command.
pub async fn upload(State(shared): State<Arc<SandboxState>>, request: Request) -> ApiResult {
    let content_type = request.headers().get(CONTENT_TYPE).cloned();
    let content_type = content_type.as_ref().and_then(|value| value.to_str().ok());
    let body = to_bytes(request.into_body(), UPLOAD_MAX).await;
    let body = body.map_err(|_| HttpError::bad_request(&"the file is larger than 10 MiB"))?;
    let parts = form_parts(content_type.unwrap_or_default(), body).await;
    let parts = parts.unwrap_or_default();
    let part = |name: &str| parts.iter().find(|part| part.name == name);
    let (Some(user), Some(file)) = (part("as"), part("file")) else {
        return Err(HttpError::bad_request(
            &"send a form with the parts \"as\" and \"file\", such as: curl -F as=USER -F file=@table.csv",
        ));
    };
    let user = std::str::from_utf8(&user.bytes).ok();
    let user = user.and_then(|user| user.parse().ok());
    let user = user.ok_or_else(|| HttpError::bad_request(&"\"as\" is not an id"))?;
    let attachment = Sandbox::from_state(&shared)
        .upload(user, &file.file_name, file.bytes.clone())
        .map_err(|error| HttpError::bad_request(&error))?;
    json_response(&json!({ "attachment": attachment }))
}

#[derive(Debug, Deserialize)]
pub struct RunCommand {
    channel: Id,
    #[serde(rename = "as")]
    user: Id,
    command: String,
    #[serde(default)]
    options: Map<String, Value>,
}

pub async fn command(
    State(shared): State<Arc<SandboxState>>,
    Json(run): Json<RunCommand>,
) -> ApiResult {
    let options = pairs(&run.options);
    let sandbox = Sandbox::from_state(&shared);
    json_response(
        &sandbox
            .command(run.channel.0, run.user.0, &run.command, &options)
            .await,
    )
}

fn pairs(options: &Map<String, Value>) -> Vec<(&str, Value)> {
    options
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect()
}

#[derive(Debug, Deserialize)]
pub struct RunMessageCommand {
    message: Id,
    #[serde(rename = "as")]
    user: Id,
    command: String,
}

pub async fn message_command(
    State(shared): State<Arc<SandboxState>>,
    Json(run): Json<RunMessageCommand>,
) -> ApiResult {
    let sandbox = Sandbox::from_state(&shared);
    let outcome = sandbox.message_command(run.message.0, run.user.0, &run.command);
    json_response(&outcome.await)
}

#[derive(Debug, Deserialize)]
pub struct AutocompleteRequest {
    #[serde(flatten)]
    run: RunCommand,
    option: String,
    typed: String,
}

pub async fn autocomplete(
    State(shared): State<Arc<SandboxState>>,
    Json(request): Json<AutocompleteRequest>,
) -> ApiResult {
    let AutocompleteRequest { run, option, typed } = request;
    let mut options = pairs(&run.options);
    options.push((&option, Value::from(typed)));
    let sandbox = Sandbox::from_state(&shared);
    let choices = sandbox
        .autocomplete(run.channel.0, run.user.0, &run.command, &options)
        .await;
    json_response(&choices.map_err(|error| HttpError::bad_request(&error))?)
}

#[derive(Debug, Deserialize)]
pub struct PressComponent {
    message: Id,
    #[serde(rename = "as")]
    user: Id,
    button: String,
    #[serde(default)]
    values: Vec<String>,
}

pub async fn press(
    State(shared): State<Arc<SandboxState>>,
    Json(press): Json<PressComponent>,
) -> ApiResult {
    let values: Vec<&str> = press.values.iter().map(String::as_str).collect();
    let sandbox = Sandbox::from_state(&shared);
    json_response(
        &sandbox
            .press(press.message.0, press.user.0, &press.button, &values)
            .await,
    )
}

/// Where to move the clock.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockTarget {
    /// Forward by a duration, such as "1h" or "1d".
    Advance(String),
    /// To a time, with or without a time zone in brackets.
    To(String),
    /// To the bot's next event, by its name in the page's extension, or to 30 minutes before the next "clock change".
    Next(String),
}

/// How long before a clock change the clock stops, so that a few clicks show its effect.
const CLOCK_CHANGE_LEAD: SignedDuration = SignedDuration::from_mins(30);

pub async fn clock(
    State(shared): State<Arc<SandboxState>>,
    Json(to): Json<ClockTarget>,
) -> ApiResult {
    let now = shared.clock.now();
    let time = match &to {
        ClockTarget::Advance(by) => add_span(now, by)?,
        ClockTarget::To(moment) => parse_time(moment)?,
        ClockTarget::Next(what) => next_target(&shared, now, what)?,
    };
    if time < now {
        return Err(HttpError::bad_request(
            &"the clock can only move forward: choose a later time",
        ));
    }
    let by = Duration::try_from(time.duration_since(now)).unwrap_or_default();
    let moved = shared.clock.advance(by).await;
    moved.map_err(|error| HttpError::with_status(StatusCode::GATEWAY_TIMEOUT, &error))?;
    json_response(&json!({ "now_ms": shared.clock.now_ms() }))
}

fn next_target(shared: &SandboxState, now: Timestamp, what: &str) -> Result<Timestamp, HttpError> {
    let calendar = shared.calendar();
    let event = shared.page.event.as_deref();
    match what {
        _ if Some(what) == event => calendar
            .next_event(now)
            .ok_or_else(|| HttpError::bad_request(&format!("no {what} is scheduled"))),
        "clock change" => {
            let before = |change: Timestamp| change.checked_sub(CLOCK_CHANGE_LEAD).ok();
            let change = calendar.next_clock_change(now).and_then(before);
            // Already within that half hour: go to the clock change after it.
            let change = match change.filter(|time| *time <= now) {
                Some(_) => calendar
                    .next_clock_change(now)
                    .and_then(|this| calendar.next_clock_change(this))
                    .and_then(before),
                None => change,
            };
            change.ok_or_else(|| HttpError::bad_request(&"this time zone has no clock changes"))
        }
        _ => {
            let event = event.map(|event| format!("\"{event}\" or "));
            Err(HttpError::bad_request(&format!(
                "\"next\" must be {}\"clock change\"",
                event.unwrap_or_default()
            )))
        }
    }
}

/// Runs one of the bot's demos.
pub async fn demo(
    State(shared): State<Arc<SandboxState>>,
    Path(id): Path<String>,
    Json(_): Json<Value>,
) -> ApiResult {
    let demo = shared
        .page
        .demo(&id)
        .ok_or_else(|| HttpError::not_found(&format!("there is no demo \"{id}\"")))?;
    let summary = demo.run(Sandbox::from_state(&shared)).await;
    let summary = summary.map_err(|error| HttpError::bad_request(&error))?;
    json_response(&json!({ "summary": summary }))
}

fn add_span(now: Timestamp, by: &str) -> Result<Timestamp, HttpError> {
    let span: Span = by.parse().map_err(|_| {
        HttpError::bad_request(&"\"advance\" must be a duration such as \"1h\", \"90m\" or \"1d\"")
    })?;
    let days = SignedDuration::from_hours(
        24 * i64::from(span.get_days()) + 24 * 7 * i64::from(span.get_weeks()),
    );
    let rest = span.days(0).weeks(0);
    now.checked_add(days)
        .and_then(|time| time.checked_add(rest))
        .map_err(|error| HttpError::bad_request(&error))
}

fn parse_time(text: &str) -> Result<Timestamp, HttpError> {
    let zoned = text
        .parse::<ZonedDateTime>()
        .map(|moment| moment.timestamp());
    zoned.or_else(|_| text.parse()).map_err(|_| {
        HttpError::bad_request(
            &"\"to\" must be a time such as \"2026-03-27T09:00[Europe/Berlin]\" or \"2026-03-27T08:00:00Z\"",
        )
    })
}

#[derive(Debug, Deserialize)]
pub struct ProcessRequest {
    action: ProcessAction,
}

pub async fn bot(
    State(shared): State<Arc<SandboxState>>,
    Json(request): Json<ProcessRequest>,
) -> ApiResult {
    let not_managed = || {
        HttpError::with_status(
            StatusCode::NOT_FOUND,
            &"this sandbox does not run the bot: start or stop the bot where you started it",
        )
    };
    let done = shared
        .process_commands
        .send(request.action)
        .ok_or_else(not_managed)?;
    done.await
        .map_err(|_| not_managed())?
        .map_err(|error| HttpError::bad_request(&error))?;
    json_response(&json!({}))
}
