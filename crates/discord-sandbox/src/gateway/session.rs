//! Session of a bot: its numbered events, which are kept so that the bot can resume.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::{ConnectionTx, OutboundFrame};

/// Maximum number of events kept for a resume. Discord publishes no number. This one covers about
/// an hour of a test.
const MAX_REPLAY_EVENTS: usize = 5_000;

/// Shard: a subset of the guilds (Discord docs, events/gateway, "Sharding").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardId {
    /// Index of the shard, from 0.
    pub number: u64,
    /// Total number of shards.
    pub count: u64,
}

impl Default for ShardId {
    /// Returns the single shard that contains all guilds.
    fn default() -> Self {
        Self {
            number: 0,
            count: 1,
        }
    }
}

impl ShardId {
    /// Returns whether the shard receives the events of a guild. Events without a guild belong to
    /// shard 0.
    pub fn contains(self, guild: Option<u64>) -> bool {
        guild.map_or(0, |guild| (guild >> 22) % self.count) == self.number
    }
}

/// Gateway session.
#[derive(Debug)]
pub struct Session {
    /// Session id, which RESUME names.
    pub id: String,
    /// Intents from IDENTIFY.
    pub intents: u64,
    /// Shard from IDENTIFY.
    pub shard: ShardId,
    /// Current connection, or `None` while the session is disconnected and can be resumed.
    pub connection: Option<u64>,
    seq: u64,
    replay_buffer: VecDeque<(u64, String)>,
}

impl Session {
    /// Creates a session on a connection.
    pub(crate) const fn new(id: String, intents: u64, shard: ShardId, connection: u64) -> Self {
        Self {
            id,
            intents,
            shard,
            connection: Some(connection),
            seq: 0,
            replay_buffer: VecDeque::new(),
        }
    }

    /// Numbers an event, keeps it for a resume and sends it if the session is connected.
    pub(crate) fn send(
        &mut self,
        connections: &BTreeMap<u64, ConnectionTx>,
        name: &str,
        data: &Value,
    ) {
        self.seq += 1;
        let text = json!({ "op": 0, "t": name, "s": self.seq, "d": data }).to_string();
        if let Some(connection) = self
            .connection
            .and_then(|connection| connections.get(&connection))
        {
            // A closed channel means that the connection is ending. A resume delivers the event.
            let _ = connection.send(OutboundFrame::Text(text.clone()));
        }
        self.replay_buffer.push_back((self.seq, text));
        if self.replay_buffer.len() > MAX_REPLAY_EVENTS {
            self.replay_buffer.pop_front();
        }
    }

    /// Returns the frames of all events after `seq`. Returns `None` if the session has not reached
    /// `seq`, or if an event after it is no longer kept.
    pub(crate) fn events_after(&self, seq: u64) -> Option<Vec<String>> {
        let first_kept = self
            .replay_buffer
            .front()
            .map_or(self.seq + 1, |(seq, _)| *seq);
        if seq > self.seq || seq + 1 < first_kept {
            return None;
        }
        let missed = self
            .replay_buffer
            .iter()
            .filter(|(number, _)| *number > seq);
        Some(missed.map(|(_, text)| text.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_events_can_be_replayed() {
        let mut session = Session::new("a".into(), 1, ShardId::default(), 1);
        let none = BTreeMap::new();
        for _ in 0..3 {
            session.send(&none, "X", &Value::Null);
        }
        assert_eq!(session.events_after(1).map(|missed| missed.len()), Some(2));
        assert_eq!(session.events_after(3).map(|missed| missed.len()), Some(0));
        assert_eq!(session.events_after(4), None);
        for _ in 0..MAX_REPLAY_EVENTS {
            session.send(&none, "X", &Value::Null);
        }
        assert_eq!(session.events_after(2), None);
    }
}
