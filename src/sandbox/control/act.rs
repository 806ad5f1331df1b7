//! Acting: as a member, on the time, on the bot's process.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Span, Timestamp, Zoned};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::{Sandbox, Shared};
use super::orders::Action;
use super::{Id, Wrong, answer};

pub type Answer = Result<Json<Value>, Wrong>;

#[derive(Debug, Deserialize)]
pub struct Written {
    channel: Id,
    #[serde(rename = "as")]
    user: Id,
    content: String,
    reply_to: Option<Id>,
}

pub async fn post(State(shared): State<Arc<Shared>>, Json(written): Json<Written>) -> Answer {
    let sandbox = Sandbox::within(&shared);
    let mut post = sandbox.compose(written.channel.0, written.user.0, &written.content);
    if let Some(to) = written.reply_to {
        post = post.reply_to(to.0);
    }
    let message = post.send().map_err(|error| Wrong::new(&error))?;
    answer(&json!({ "message": message }))
}

#[derive(Debug, Deserialize)]
pub struct Run {
    channel: Id,
    #[serde(rename = "as")]
    user: Id,
    command: String,
    #[serde(default)]
    options: Map<String, Value>,
}

pub async fn command(State(shared): State<Arc<Shared>>, Json(run): Json<Run>) -> Answer {
    let options = pairs(&run.options);
    let sandbox = Sandbox::within(&shared);
    answer(
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
pub struct Typing {
    #[serde(flatten)]
    run: Run,
    option: String,
    typed: String,
}

pub async fn autocomplete(State(shared): State<Arc<Shared>>, Json(typing): Json<Typing>) -> Answer {
    let Typing { run, option, typed } = typing;
    let options = pairs(&run.options);
    let place = (run.channel.0, run.user.0);
    let sandbox = Sandbox::within(&shared);
    let choices = sandbox
        .autocomplete(place, &run.command, (&option, &typed), &options)
        .await;
    answer(&choices.map_err(|error| Wrong::new(&error))?)
}

#[derive(Debug, Deserialize)]
pub struct Press {
    message: Id,
    #[serde(rename = "as")]
    user: Id,
    button: String,
    #[serde(default)]
    values: Vec<String>,
}

pub async fn press(State(shared): State<Arc<Shared>>, Json(press): Json<Press>) -> Answer {
    let values: Vec<&str> = press.values.iter().map(String::as_str).collect();
    let sandbox = Sandbox::within(&shared);
    answer(
        &sandbox
            .press(press.message.0, press.user.0, &press.button, &values)
            .await,
    )
}

/// Where the clock is to go.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Move {
    /// So much further.
    Advance(String),
    /// To a moment.
    To(String),
    /// To "question", the next one, or to half an hour before the next "clock change".
    Next(String),
}

/// How long before a change of clocks the clock is set: a few clicks show what it does.
const BEFORE_CHANGE: SignedDuration = SignedDuration::from_mins(30);

pub async fn clock(State(shared): State<Arc<Shared>>, Json(to): Json<Move>) -> Answer {
    let now = shared.clock.now();
    let time = match &to {
        Move::Advance(by) => further(now, by)?,
        Move::To(moment) => moment_of(moment)?,
        Move::Next(what) => next(&shared, now, what)?,
    };
    if time < now {
        return Err(Wrong::new(&"the clock only goes forward"));
    }
    let by = Duration::try_from(time.duration_since(now)).unwrap_or_default();
    let moved = shared.clock.advance(by).await;
    moved.map_err(|error| Wrong::at(StatusCode::GATEWAY_TIMEOUT, &error))?;
    answer(&json!({ "now_ms": shared.clock.now_ms() }))
}

fn next(shared: &Shared, now: Timestamp, what: &str) -> Result<Timestamp, Wrong> {
    let calendar = shared.calendar();
    match what {
        "question" => calendar
            .next_question(now)
            .ok_or_else(|| Wrong::new(&"nobody knows when the next question comes")),
        "clock change" => {
            let before = |change: Timestamp| change.checked_sub(BEFORE_CHANGE).ok();
            let change = calendar.next_clock_change(now).and_then(before);
            // Already within that half hour: to the one after it.
            let change = match change.filter(|time| *time <= now) {
                Some(_) => calendar
                    .next_clock_change(now)
                    .and_then(|this| calendar.next_clock_change(this))
                    .and_then(before),
                None => change,
            };
            change.ok_or_else(|| Wrong::new(&"the clocks never change in this time zone"))
        }
        _ => Err(Wrong::new(&"next is \"question\" or \"clock change\"")),
    }
}

/// Five questions, and members who reply to them each in their own way.
pub async fn week(State(shared): State<Arc<Shared>>, Json(_): Json<Value>) -> Answer {
    let week = Sandbox::within(&shared).run_week().await;
    let week = week.map_err(|error| Wrong::new(&error))?;
    let told = format!(
        "{} questions came and {} replies were written: ask for /streak and /leaderboard.",
        week.questions, week.replies
    );
    answer(&json!({ "questions": week.questions, "replies": week.replies, "told": told }))
}

fn further(now: Timestamp, by: &str) -> Result<Timestamp, Wrong> {
    let span: Span = by
        .parse()
        .map_err(|_| Wrong::new(&"advance is written like \"1h\", \"90m\" or \"1d\""))?;
    let days = SignedDuration::from_hours(
        24 * i64::from(span.get_days()) + 24 * 7 * i64::from(span.get_weeks()),
    );
    let rest = span.days(0).weeks(0);
    now.checked_add(days)
        .and_then(|time| time.checked_add(rest))
        .map_err(|error| Wrong::new(&error))
}

fn moment_of(text: &str) -> Result<Timestamp, Wrong> {
    let zoned = text.parse::<Zoned>().map(|moment| moment.timestamp());
    zoned.or_else(|_| text.parse()).map_err(|_| {
        Wrong::new(
            &"to is written like \"2026-03-27T09:00[Europe/Berlin]\" or \"2026-03-27T08:00:00Z\"",
        )
    })
}

#[derive(Debug, Deserialize)]
pub struct Ordered {
    action: Action,
}

pub async fn bot(State(shared): State<Arc<Shared>>, Json(order): Json<Ordered>) -> Answer {
    let nobody = || {
        Wrong::at(
            StatusCode::NOT_FOUND,
            &"this sandbox does not run the bot: start and end it where you started it",
        )
    };
    let done = shared.orders.give(order.action).ok_or_else(nobody)?;
    done.await
        .map_err(|_| nobody())?
        .map_err(|error| Wrong::new(&error))?;
    answer(&json!({}))
}
