//! Log of all REST requests and gateway frames, in order. It never contains the token: headers are
//! not logged, and tokens are removed from frames.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

/// Maximum number of entries kept by default.
pub const MAX_ENTRIES: usize = 20_000;

/// REST request with its response.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LoggedRequest {
    /// Number of the entry. Requests and events share one sequence.
    pub seq: u64,
    /// Time on the sandbox's clock, in Unix milliseconds.
    pub at_ms: i64,
    /// HTTP method, such as `GET`.
    pub method: String,
    /// Path with query string.
    pub path: String,
    /// Name of the route (see [`super::rest::route::Route`]), or "unknown".
    pub route: String,
    /// Request body as JSON; null if there was none.
    pub body: Value,
    /// HTTP status; 0 if there is no response (yet).
    pub status: u16,
    /// Response body as JSON; null if there was none.
    pub answer: Value,
    /// Whether the request counts towards Discord's limit of invalid requests: status 401, 403, or
    /// 429 with a scope other than `shared` (Discord docs, topics/rate-limits, "Invalid Request
    /// Limit").
    pub invalid: bool,
    /// Name of the injected fault, if any.
    pub fault: Option<&'static str>,
}

/// Gateway frame.
#[derive(Debug, Clone, Serialize)]
pub struct LoggedEvent {
    /// Number of the entry. Requests and events share one sequence.
    pub seq: u64,
    /// Time on the sandbox's clock, in Unix milliseconds.
    pub at_ms: i64,
    /// Whether the bot sent it.
    pub from_bot: bool,
    /// Name of the event, or a description of the frame, such as `(close)`.
    pub name: String,
    /// Data of the frame, without the token.
    pub data: Value,
}

/// Entry of the log.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum LogEntry {
    /// A REST request.
    Request(LoggedRequest),
    /// A gateway frame.
    Event(LoggedEvent),
}

impl LogEntry {
    /// Returns the number of the entry.
    pub const fn seq(&self) -> u64 {
        match self {
            Self::Request(request) => request.seq,
            Self::Event(event) => event.seq,
        }
    }
}

/// Bounded log. The oldest entries are dropped first.
#[derive(Debug)]
pub struct TrafficLog {
    entries: VecDeque<LogEntry>,
    capacity: usize,
    last_seq: u64,
}

impl TrafficLog {
    /// Creates a log that keeps at most `capacity` entries.
    pub const fn new(capacity: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            capacity,
            last_seq: 0,
        }
    }

    /// Returns the kept entries, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.entries.iter()
    }

    /// Returns the kept requests, oldest first.
    pub fn requests(&self) -> impl DoubleEndedIterator<Item = &LoggedRequest> {
        self.entries.iter().filter_map(|entry| match entry {
            LogEntry::Request(request) => Some(request),
            LogEntry::Event(_) => None,
        })
    }

    /// Appends a request and returns its number.
    pub fn push_request(&mut self, mut request: LoggedRequest) -> u64 {
        request.seq = self.next_seq();
        self.push(LogEntry::Request(request));
        self.last_seq
    }

    /// Changes request `seq`. Does nothing if it has been dropped.
    pub fn update_request(&mut self, seq: u64, change: impl FnOnce(&mut LoggedRequest)) {
        let first = self.entries.front().map_or(0, LogEntry::seq);
        let index = seq
            .checked_sub(first)
            .and_then(|index| usize::try_from(index).ok());
        let entry = index.and_then(|index| self.entries.get_mut(index));
        if let Some(LogEntry::Request(request)) = entry {
            change(request);
        }
    }

    /// Appends a gateway frame.
    pub fn push_event(&mut self, at_ms: i64, from_bot: bool, name: &str, data: Value) {
        let seq = self.next_seq();
        self.push(LogEntry::Event(LoggedEvent {
            seq,
            at_ms,
            from_bot,
            name: name.to_owned(),
            data,
        }));
    }

    fn push(&mut self, entry: LogEntry) {
        self.entries.push_back(entry);
        if self.entries.len() > self.capacity {
            self.entries.pop_front();
        }
    }

    fn next_seq(&mut self) -> u64 {
        self.last_seq += 1;
        self.last_seq
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_entries_are_dropped_and_kept_ones_can_be_updated() {
        let mut log = TrafficLog::new(2);
        let seqs: Vec<u64> = (0..3)
            .map(|_| log.push_request(LoggedRequest::default()))
            .collect();
        for seq in seqs {
            log.update_request(seq, |request| request.status = 200);
        }
        let kept: Vec<_> = log
            .requests()
            .map(|request| (request.seq, request.status))
            .collect();
        assert_eq!(kept, [(2, 200), (3, 200)]);
    }
}
