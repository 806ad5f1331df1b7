//! The log: the bot's requests and the gateway's frames, each checked against Discord's API
//! description.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::SandboxState;
use crate::exchange::{Exchange, ExchangeCheck};
use crate::log::{LogEntry, LoggedEvent, LoggedRequest};

/// Maximum lines shown.
const MAX_LINES: usize = 60;
/// Maximum length of a path, in characters.
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
    /// The HTTP status; 0 without a response.
    status: u16,
    /// The fault that was injected.
    fault: Option<&'static str>,
    verdict: Conformance,
}

/// The result of the check against Discord's API description.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", content = "complaints", rename_all = "snake_case")]
enum Conformance {
    /// Matches the description.
    #[serde(rename = "right")]
    Conforms,
    /// Violates the description.
    #[serde(rename = "wrong")]
    Violations(Vec<String>),
    /// Not covered by the description, or the description is not loaded.
    #[serde(rename = "silent")]
    NotDescribed,
}

/// A line of the log with its bodies.
#[derive(Debug, Serialize)]
pub struct LogDetails {
    line: LogLine,
    /// The request body or event data as indented JSON; empty if there is none.
    sent: String,
    /// The response body.
    answer: String,
    described: bool,
}

/// Returns the newest lines, newest first.
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

/// Returns one line in full.
pub async fn line_in_full(shared: &Arc<SandboxState>, seq: u64) -> Option<LogDetails> {
    let entry =
        shared.read(|discord| discord.log.entries().find(|one| one.seq() == seq).cloned())?;
    let described = shared.check.is_some();
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

/// Checks entries on a blocking thread, because compiling schemas is slow in development builds.
async fn check_entries<T: Send + 'static>(
    shared: &Arc<SandboxState>,
    entries: Vec<LogEntry>,
    check: impl Fn(&LogEntry, Option<&dyn ExchangeCheck>, &jiff::tz::TimeZone) -> T + Send + 'static,
) -> Vec<T> {
    let described_by = shared.check.clone();
    let zone = shared.calendar().zone;
    let check = tokio::task::spawn_blocking(move || {
        let one = |entry: &LogEntry| check(entry, described_by.as_deref(), &zone);
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

fn line(
    entry: &LogEntry,
    description: Option<&dyn ExchangeCheck>,
    zone: &jiff::tz::TimeZone,
) -> LogLine {
    match entry {
        LogEntry::Request(one) => request(one, description, zone),
        LogEntry::Event(one) => event(one, description, zone),
    }
}

fn time(ms: i64, zone: &jiff::tz::TimeZone) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned_datetime(zone.clone())
        .strftime("%H:%M:%S")
        .to_string()
}

fn request(
    one: &LoggedRequest,
    description: Option<&dyn ExchangeCheck>,
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
    description: Option<&dyn ExchangeCheck>,
    zone: &jiff::tz::TimeZone,
) -> LogLine {
    let violations = description.and_then(|all| all.event_violations(&one.name, &one.data));
    LogLine {
        seq: one.seq,
        time: time(one.at_ms, zone),
        kind: if one.from_bot { "sent" } else { "event" },
        what: one.name.clone(),
        status: 0,
        fault: None,
        verdict: conformance(violations),
    }
}

fn conformance(violations: Option<Vec<String>>) -> Conformance {
    match violations {
        None => Conformance::NotDescribed,
        Some(all) if all.is_empty() => Conformance::Conforms,
        Some(all) => Conformance::Violations(all),
    }
}
