//! One session of a bot: its numbered events, kept so that it can resume.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::{ConnectionTx, OutboundFrame};

/// Events kept for a resume. Discord names no number; it is enough for an hour of a test.
const MAX_REPLAY_EVENTS: usize = 5_000;

/// A part of the guilds (Discord docs, events/gateway, "Sharding").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardId {
    /// Which part, from 0.
    pub number: u64,
    /// How many parts there are.
    pub count: u64,
}

impl Default for ShardId {
    /// All guilds.
    fn default() -> Self {
        Self {
            number: 0,
            count: 1,
        }
    }
}

impl ShardId {
    /// Whether events of a guild go there; those of no guild go to the first.
    pub fn contains(self, guild: Option<u64>) -> bool {
        guild.map_or(0, |guild| (guild >> 22) % self.count) == self.number
    }
}

/// A session.
#[derive(Debug)]
pub struct Session {
    /// Its name in RESUME.
    pub id: String,
    /// What it asked for.
    pub intents: u64,
    /// Its part of the guilds.
    pub shard: ShardId,
    /// The connection it is on now.
    pub connection: Option<u64>,
    seq: u64,
    replay_buffer: VecDeque<(u64, String)>,
}

impl Session {
    /// A new session on a connection.
    pub const fn new(id: String, intents: u64, shard: ShardId, connection: u64) -> Self {
        Self {
            id,
            intents,
            shard,
            connection: Some(connection),
            seq: 0,
            replay_buffer: VecDeque::new(),
        }
    }

    /// Numbers an event, keeps it and sends it if somebody listens.
    pub fn send(&mut self, connections: &BTreeMap<u64, ConnectionTx>, name: &str, data: &Value) {
        self.seq += 1;
        let text = json!({ "op": 0, "t": name, "s": self.seq, "d": data }).to_string();
        if let Some(connection) = self
            .connection
            .and_then(|connection| connections.get(&connection))
        {
            // A closed channel means that the connection is going away; the event is kept.
            let _ = connection.send(OutboundFrame::Text(text.clone()));
        }
        self.replay_buffer.push_back((self.seq, text));
        if self.replay_buffer.len() > MAX_REPLAY_EVENTS {
            self.replay_buffer.pop_front();
        }
    }

    /// The events after `seq`; `None` if that is a number this session has not reached, or if some of
    /// them are not kept any more.
    pub fn events_after(&self, seq: u64) -> Option<Vec<String>> {
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
    fn what_was_missed_can_be_replayed() {
        let mut session = Session::new("a".into(), 1, ShardId::default(), 1);
        let nobody = BTreeMap::new();
        for _ in 0..3 {
            session.send(&nobody, "X", &Value::Null);
        }
        assert_eq!(session.events_after(1).map(|missed| missed.len()), Some(2));
        assert_eq!(session.events_after(3).map(|missed| missed.len()), Some(0));
        assert_eq!(session.events_after(4), None);
        for _ in 0..MAX_REPLAY_EVENTS {
            session.send(&nobody, "X", &Value::Null);
        }
        assert_eq!(session.events_after(2), None);
    }
}
