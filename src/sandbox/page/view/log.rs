//! The log: requests of the bot and frames of the gateway, with what Discord's description says against
//! them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::sandbox::Shared;
use crate::sandbox::log::{Entry, LoggedEvent, LoggedRequest};
use crate::sandbox::openapi::{Description, Exchange};

/// Lines that are shown.
const SHOWN: usize = 60;
/// Characters of a path.
const PATH_MAX: usize = 70;

/// A line of the log.
#[derive(Debug, Serialize)]
pub struct Line {
    seq: u64,
    /// `09:00:00`.
    time: String,
    /// "request", "sent" (by the bot over the gateway) or "event".
    kind: &'static str,
    /// The method and path, or the event's name.
    what: String,
    /// The HTTP status; 0 while there is none.
    status: u16,
    /// What was done to it on purpose.
    fault: Option<&'static str>,
    verdict: Verdict,
}

/// What Discord's description says.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", content = "complaints", rename_all = "snake_case")]
enum Verdict {
    /// Nothing against it.
    Right,
    /// These things.
    Wrong(Vec<String>),
    /// It does not speak of such things, or is not at hand.
    Silent,
}

/// A line in full.
#[derive(Debug, Serialize)]
pub struct Full {
    line: Line,
    /// What was sent, as indented JSON; empty if nothing was.
    sent: String,
    /// What was answered.
    answer: String,
    described: bool,
}

/// The newest lines, the newest first.
pub async fn lines(shared: &Arc<Shared>) -> Vec<Line> {
    let newest: Vec<Entry> =
        shared.read(|discord| discord.log.entries().rev().take(SHOWN).cloned().collect());
    judged(shared, newest, line).await
}

/// One line in full.
pub async fn line_in_full(shared: &Arc<Shared>, seq: u64) -> Option<Full> {
    let entry =
        shared.read(|discord| discord.log.entries().find(|one| one.seq() == seq).cloned())?;
    let described = shared.description.is_some();
    let full = judged(shared, vec![entry], move |entry, description, zone| {
        let (sent, answer) = match entry {
            Entry::Request(one) => (pretty(&one.body), pretty(&one.answer)),
            Entry::Event(one) => (pretty(&one.data), String::new()),
        };
        Full {
            line: line(entry, description, zone),
            sent,
            answer,
            described,
        }
    });
    full.await.pop()
}

/// Compiling a schema takes its time in a build for development: it is done aside.
async fn judged<T: Send + 'static>(
    shared: &Arc<Shared>,
    entries: Vec<Entry>,
    judge: impl Fn(&Entry, Option<&Description>, &jiff::tz::TimeZone) -> T + Send + 'static,
) -> Vec<T> {
    let description = shared.description.clone();
    let zone = shared.calendar().zone;
    let judged = tokio::task::spawn_blocking(move || {
        let one = |entry: &Entry| judge(entry, description.as_deref(), &zone);
        entries.iter().map(one).collect()
    });
    judged.await.unwrap_or_default()
}

fn pretty(json: &Value) -> String {
    if json.is_null() {
        return String::new();
    }
    serde_json::to_string_pretty(json).unwrap_or_default()
}

fn line(entry: &Entry, description: Option<&Description>, zone: &jiff::tz::TimeZone) -> Line {
    match entry {
        Entry::Request(one) => request(one, description, zone),
        Entry::Event(one) => event(one, description, zone),
    }
}

fn time(ms: i64, zone: &jiff::tz::TimeZone) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

fn request(
    one: &LoggedRequest,
    description: Option<&Description>,
    zone: &jiff::tz::TimeZone,
) -> Line {
    let path = one.path.strip_prefix("/api/v10").unwrap_or(&one.path);
    let path: String = path.chars().take(PATH_MAX).collect();
    Line {
        seq: one.seq,
        time: time(one.at_ms, zone),
        kind: "request",
        what: format!("{} {path}", one.method),
        status: one.status,
        fault: one.fault,
        verdict: verdict(description.map(|all| all.complaints(Exchange::from(one)))),
    }
}

fn event(one: &LoggedEvent, description: Option<&Description>, zone: &jiff::tz::TimeZone) -> Line {
    let complaints = description.and_then(|all| all.event_complaints(&one.name, &one.data));
    Line {
        seq: one.seq,
        time: time(one.at_ms, zone),
        kind: if one.from_bot { "sent" } else { "event" },
        what: one.name.clone(),
        status: 0,
        fault: None,
        verdict: verdict(complaints),
    }
}

fn verdict(complaints: Option<Vec<String>>) -> Verdict {
    match complaints {
        None => Verdict::Silent,
        Some(none) if none.is_empty() => Verdict::Right,
        Some(some) => Verdict::Wrong(some),
    }
}
