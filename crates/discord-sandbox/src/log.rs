//! Log of all REST requests and gateway frames, in order. It never contains the token: headers are
//! not logged, and tokens are removed from frames. It keeps no body of a request that was refused
//! because its sender has no valid token.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

/// Maximum number of entries kept by default.
const MAX_ENTRIES: usize = 20_000;
/// Maximum memory of all kept entries by default, in bytes. The sandbox is a process on a
/// developer's machine or in CI, beside a browser and the bot.
const MAX_BYTES: usize = 64 * 1024 * 1024;

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
    /// Name of the route (see [`faults`](crate::faults#routes)), or "unknown".
    pub route: String,
    /// Request body as JSON; null if there was none.
    pub body: Value,
    /// Whether it carried the bot's token.
    pub has_token: bool,
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
    /// Returns about how much memory the entry takes, in bytes.
    fn size(&self) -> usize {
        let parts = match self {
            Self::Request(one) => one.path.len() + value_size(&one.body) + value_size(&one.answer),
            Self::Event(one) => one.name.len() + value_size(&one.data),
        };
        size_of::<Self>() + parts
    }

    /// Returns the number of the entry.
    pub const fn seq(&self) -> u64 {
        match self {
            Self::Request(request) => request.seq,
            Self::Event(event) => event.seq,
        }
    }
}

/// Returns about how much memory a value takes, in bytes. It can be many times the length of the
/// JSON text: each number of an array takes as much as a whole value.
fn value_size(value: &Value) -> usize {
    let content = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(value_size).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| size_of::<String>() + key.len() + value_size(value))
            .sum(),
    };
    size_of::<Value>() + content
}

/// Log that is bounded in entries and in bytes. The oldest entries are dropped first.
#[derive(Debug)]
pub struct TrafficLog {
    /// Entries with their sizes in bytes.
    entries: VecDeque<(LogEntry, usize)>,
    /// Total size of the entries, in bytes.
    bytes: usize,
    max_entries: usize,
    max_bytes: usize,
    last_seq: u64,
}

impl Default for TrafficLog {
    fn default() -> Self {
        Self::new(MAX_ENTRIES, MAX_BYTES)
    }
}

impl TrafficLog {
    /// Creates an empty log with its limits.
    const fn new(max_entries: usize, max_bytes: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            max_entries,
            max_bytes,
            last_seq: 0,
        }
    }

    /// Returns the kept entries, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &LogEntry> {
        self.entries.iter().map(|(entry, _)| entry)
    }

    /// Returns the kept requests, oldest first.
    pub fn requests(&self) -> impl DoubleEndedIterator<Item = &LoggedRequest> {
        self.entries().filter_map(|entry| match entry {
            LogEntry::Request(request) => Some(request),
            LogEntry::Event(_) => None,
        })
    }

    /// Appends a request and returns its number.
    pub(crate) fn push_request(&mut self, mut request: LoggedRequest) -> u64 {
        request.seq = self.next_seq();
        self.push(LogEntry::Request(request));
        self.last_seq
    }

    /// Changes request `seq`. Does nothing if it has been dropped.
    pub(crate) fn update_request(&mut self, seq: u64, change: impl FnOnce(&mut LoggedRequest)) {
        let first = self.entries().next().map_or(0, LogEntry::seq);
        let index = seq
            .checked_sub(first)
            .and_then(|index| usize::try_from(index).ok());
        let found = index.and_then(|index| self.entries.get_mut(index));
        let Some((entry, size)) = found else {
            return;
        };
        if let LogEntry::Request(request) = entry {
            change(request);
        }
        self.bytes -= *size;
        *size = entry.size();
        self.bytes += *size;
        self.drop_oldest();
    }

    /// Appends a gateway frame.
    pub(crate) fn push_event(&mut self, at_ms: i64, from_bot: bool, name: &str, data: Value) {
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
        let size = entry.size();
        self.entries.push_back((entry, size));
        self.bytes += size;
        self.drop_oldest();
    }

    /// Drops the oldest entries until the log is within its limits. An entry that exceeds the limit
    /// alone is dropped as well.
    fn drop_oldest(&mut self) {
        while self.entries.len() > self.max_entries || self.bytes > self.max_bytes {
            let Some((_, size)) = self.entries.pop_front() else {
                return;
            };
            self.bytes -= size;
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

    fn kept(log: &TrafficLog) -> Vec<(u64, u16)> {
        log.requests()
            .map(|request| (request.seq, request.status))
            .collect()
    }

    #[test]
    fn oldest_entries_are_dropped_and_kept_ones_can_be_updated() {
        let mut log = TrafficLog::new(2, MAX_BYTES);
        let seqs: Vec<u64> = (0..3)
            .map(|_| log.push_request(LoggedRequest::default()))
            .collect();
        for seq in seqs {
            log.update_request(seq, |request| request.status = 200);
        }
        assert_eq!(kept(&log), [(2, 200), (3, 200)]);
    }

    #[test]
    fn the_log_is_bounded_in_bytes() {
        const LIMIT: usize = 100_000;
        let mut log = TrafficLog::new(MAX_ENTRIES, LIMIT);
        let push = |log: &mut TrafficLog, body: Value| {
            log.push_request(LoggedRequest {
                body,
                ..LoggedRequest::default()
            })
        };
        for _ in 0..50 {
            push(&mut log, "x".repeat(10_000).into());
        }
        assert_eq!(log.requests().count(), 9);
        // Each number takes as much memory as a longer value.
        push(&mut log, vec![0; 2_000].into());
        assert!((1..9).contains(&log.requests().count()));
        // Responses and events count as well.
        let seq = push(&mut log, Value::Null);
        log.update_request(seq, |request| request.answer = "x".repeat(95_000).into());
        assert_eq!(kept(&log), [(seq, 0)]);
        log.push_event(0, true, "(op 3)", "x".repeat(95_000).into());
        assert_eq!(log.requests().count(), 0);
        assert_eq!(log.entries().count(), 1);
        // An entry that is too large is not kept, and the log stays usable.
        push(&mut log, "x".repeat(LIMIT).into());
        assert_eq!(log.entries().count(), 0);
        let seq = push(&mut log, Value::Null);
        log.update_request(seq, |request| request.status = 200);
        assert_eq!(kept(&log), [(seq, 200)]);
    }
}
