//! The log: requests of the bot and frames of the gateway, with what Discord's description says against
//! them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::sandbox::SandboxState;
use crate::sandbox::log::{LogEntry, LoggedEvent, LoggedRequest};
use crate::sandbox::openapi::{Description, Exchange};

/// Lines that are shown.
const MAX_LINES: usize = 60;
/// Characters of a path.
const PATH_MAX: usize = 70;

/// A line of the log.
#[derive(Debug, Serialize)]
pub struct LogLine {
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
    verdict: Conformance,
}

/// What Discord's description says.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", content = "complaints", rename_all = "snake_case")]
enum Conformance {
    /// Nothing against it.
    #[serde(rename = "right")]
    Conforms,
    /// These things.
    #[serde(rename = "wrong")]
    Violations(Vec<String>),
    /// It does not speak of such things, or is not at hand.
    #[serde(rename = "silent")]
    NotDescribed,
}

/// A line in full.
#[derive(Debug, Serialize)]
pub struct LogDetails {
    line: LogLine,
    /// What was sent, as indented JSON; empty if nothing was.
    sent: String,
    /// What was answered.
    answer: String,
    described: bool,
}

/// The newest lines, the newest first.
pub async fn lines(shared: &Arc<SandboxState>) -> Vec<LogLine> {
    let newest: Vec<LogEntry> = shared.read(|discord| {
        discord
            .log
            .entries()
            .rev()
            .take(MAX_LINES)
            .cloned()
            .collect()
    });
    check_entries(shared, newest, line).await
}

/// One line in full.
pub async fn line_in_full(shared: &Arc<SandboxState>, seq: u64) -> Option<LogDetails> {
    let entry =
        shared.read(|discord| discord.log.entries().find(|one| one.seq() == seq).cloned())?;
    let described = shared.description.is_some();
    let full = check_entries(shared, vec![entry], move |entry, description, zone| {
        let (sent, answer) = match entry {
            LogEntry::Request(one) => (pretty(&one.body), pretty(&one.answer)),
            LogEntry::Event(one) => (pretty(&one.data), String::new()),
        };
        LogDetails {
            line: line(entry, description, zone),
            sent,
            answer,
            described,
        }
    });
    full.await.pop()
}

/// Compiling a schema takes its time in a build for development: it is done aside.
async fn check_entries<T: Send + 'static>(
    shared: &Arc<SandboxState>,
    entries: Vec<LogEntry>,
    check: impl Fn(&LogEntry, Option<&Description>, &jiff::tz::TimeZone) -> T + Send + 'static,
) -> Vec<T> {
    let description = shared.description.clone();
    let zone = shared.calendar().zone;
    let check = tokio::task::spawn_blocking(move || {
        let one = |entry: &LogEntry| check(entry, description.as_deref(), &zone);
        entries.iter().map(one).collect()
    });
    check.await.unwrap_or_default()
}

fn pretty(json: &Value) -> String {
    if json.is_null() {
        return String::new();
    }
    serde_json::to_string_pretty(json).unwrap_or_default()
}

fn line(entry: &LogEntry, description: Option<&Description>, zone: &jiff::tz::TimeZone) -> LogLine {
    match entry {
        LogEntry::Request(one) => request(one, description, zone),
        LogEntry::Event(one) => event(one, description, zone),
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
) -> LogLine {
    let path = one.path.strip_prefix("/api/v10").unwrap_or(&one.path);
    let path: String = path.chars().take(PATH_MAX).collect();
    LogLine {
        seq: one.seq,
        time: time(one.at_ms, zone),
        kind: "request",
        what: format!("{} {path}", one.method),
        status: one.status,
        fault: one.fault,
        verdict: conformance(description.map(|all| all.violations(Exchange::from(one)))),
    }
}

fn event(
    one: &LoggedEvent,
    description: Option<&Description>,
    zone: &jiff::tz::TimeZone,
) -> LogLine {
    let complaints = description.and_then(|all| all.event_violations(&one.name, &one.data));
    LogLine {
        seq: one.seq,
        time: time(one.at_ms, zone),
        kind: if one.from_bot { "sent" } else { "event" },
        what: one.name.clone(),
        status: 0,
        fault: None,
        verdict: conformance(complaints),
    }
}

fn conformance(complaints: Option<Vec<String>>) -> Conformance {
    match complaints {
        None => Conformance::NotDescribed,
        Some(none) if none.is_empty() => Conformance::Conforms,
        Some(some) => Conformance::Violations(some),
    }
}
