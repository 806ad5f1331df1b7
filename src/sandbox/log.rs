//! Every request and every event, in order. The token is never in it: headers are not logged.

use serde::Serialize;
use serde_json::Value;

/// One request with its answer.
#[derive(Debug, Clone, Serialize)]
pub struct LoggedRequest {
    /// Counts requests and events together.
    pub seq: u64,
    /// The sandbox's time, in Unix milliseconds.
    pub at_ms: i64,
    /// `GET`, `POST` …
    pub method: String,
    /// Path with query.
    pub path: String,
    /// The route's name, or "unknown".
    pub route: String,
    /// The body as JSON; null if there was none.
    pub body: Value,
    /// The HTTP status; 0 if the connection was cut before an answer.
    pub status: u16,
    /// The answer's JSON; null if it has none.
    pub answer: Value,
    /// Whether it counts towards Discord's ban for invalid requests (401, 403, 429 but not shared).
    pub invalid: bool,
}

/// One frame of the gateway.
#[derive(Debug, Clone, Serialize)]
pub struct LoggedEvent {
    /// Counts requests and events together.
    pub seq: u64,
    /// The sandbox's time, in Unix milliseconds.
    pub at_ms: i64,
    /// Whether the bot sent it.
    pub from_bot: bool,
    /// The event's name, or what the frame was.
    pub name: String,
    /// Its data; a token is left out.
    pub data: Value,
}

/// A line of the log.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Entry {
    /// A REST request.
    Request(LoggedRequest),
    /// A frame of the gateway.
    Event(LoggedEvent),
}

/// The log.
#[derive(Debug, Default)]
pub struct Log {
    entries: Vec<Entry>,
}

impl Log {
    /// All lines, the oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// All requests.
    pub fn requests(&self) -> impl Iterator<Item = &LoggedRequest> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Request(request) => Some(request),
            Entry::Event(_) => None,
        })
    }

    /// Adds a request; its number is given here.
    pub fn request(&mut self, mut request: LoggedRequest) {
        request.seq = self.next_seq();
        self.entries.push(Entry::Request(request));
    }

    /// Adds a frame.
    pub fn event(&mut self, at_ms: i64, from_bot: bool, name: &str, data: Value) {
        let seq = self.next_seq();
        self.entries.push(Entry::Event(LoggedEvent {
            seq,
            at_ms,
            from_bot,
            name: name.to_owned(),
            data,
        }));
    }

    fn next_seq(&self) -> u64 {
        self.entries.len() as u64 + 1
    }
}
