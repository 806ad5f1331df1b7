//! Every request and every frame of the gateway, in order. The token is never in it: headers are not
//! logged.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

/// Lines that are kept unless something else is asked for.
pub const MAX_ENTRIES: usize = 20_000;

/// One request with its answer.
#[derive(Debug, Clone, Default, Serialize)]
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
    /// The HTTP status; 0 while there is no answer, or if there never was one.
    pub status: u16,
    /// The answer's JSON; null if it has none.
    pub answer: Value,
    /// Whether it counts towards Discord's ban for invalid requests: 401, 403, 429 but not `shared`
    /// (Discord docs, topics/rate-limits, "Invalid Request Limit").
    pub invalid: bool,
    /// What went wrong on purpose.
    pub fault: Option<&'static str>,
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
pub enum LogEntry {
    /// A REST request.
    Request(LoggedRequest),
    /// A frame of the gateway.
    Event(LoggedEvent),
}

impl LogEntry {
    /// The line's number.
    pub const fn seq(&self) -> u64 {
        match self {
            Self::Request(one) => one.seq,
            Self::Event(one) => one.seq,
        }
    }
}

/// The log: the newest lines.
#[derive(Debug)]
pub struct TrafficLog {
    entries: VecDeque<LogEntry>,
    capacity: usize,
    last_seq: u64,
}

impl TrafficLog {
    /// A log that keeps this many lines.
    pub const fn new(capacity: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            capacity,
            last_seq: 0,
        }
    }

    /// All lines that are kept, the oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.entries.iter()
    }

    /// All requests that are kept, the oldest first.
    pub fn requests(&self) -> impl DoubleEndedIterator<Item = &LoggedRequest> {
        self.entries.iter().filter_map(|entry| match entry {
            LogEntry::Request(request) => Some(request),
            LogEntry::Event(_) => None,
        })
    }

    /// Adds a request; the number it gets.
    pub fn push_request(&mut self, mut request: LoggedRequest) -> u64 {
        request.seq = self.next_seq();
        self.push(LogEntry::Request(request));
        self.last_seq
    }

    /// Changes a request, if it is still kept.
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

    /// Adds a frame.
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
    fn the_oldest_lines_go_and_the_others_can_be_changed() {
        let mut log = TrafficLog::new(2);
        let seqs: Vec<u64> = (0..3)
            .map(|_| log.push_request(LoggedRequest::default()))
            .collect();
        for seq in seqs {
            log.update_request(seq, |one| one.status = 200);
        }
        let kept: Vec<_> = log.requests().map(|one| (one.seq, one.status)).collect();
        assert_eq!(kept, [(2, 200), (3, 200)]);
    }
}
