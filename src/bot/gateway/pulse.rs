//! What is seen of a gateway client from outside of its runtime.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serenity::all::ConnectionStage;
use serenity::gateway::ShardMessenger;

/// The life signs of one client. Its runtime writes them, the watchdog reads them.
#[derive(Debug)]
pub struct Pulse {
    // Guards a few plain values, for moments; never held while anything is sent or awaited.
    signs: Mutex<Signs>,
    // Guards the way to the shard; taken to end a client that spins.
    shard: Mutex<Option<ShardMessenger>>,
}

/// The life signs of one client.
#[derive(Debug, Clone)]
pub struct Signs {
    /// When its runtime last ran: a client that spins lets nothing else run.
    pub beat: Instant,
    /// When Discord was last heard: an event, or the answer to a heartbeat.
    pub heard: Instant,
    /// Since when there is a session that is connected.
    pub connected: Option<Instant>,
    /// Since when there is none.
    pub lost: Option<Instant>,
    /// When sessions began, each of which cost one of the day's starts.
    pub sessions: Vec<Instant>,
    /// The time between the last two answers to heartbeats.
    pub interval: Option<Duration>,
    pub(super) latency: Option<Duration>,
    pub(super) answered: Option<Instant>,
}

impl Signs {
    /// The signs of a client that was just made.
    pub const fn new(now: Instant) -> Self {
        Self {
            beat: now,
            heard: now,
            connected: None,
            lost: Some(now),
            sessions: Vec::new(),
            interval: None,
            latency: None,
            answered: None,
        }
    }

    /// The runtime ran, and serenity says this about the connection.
    fn beat(&mut self, now: Instant, stage: Option<ConnectionStage>, latency: Option<Duration>) {
        self.beat = now;
        let connected = stage == Some(ConnectionStage::Connected);
        if connected && self.connected.is_none() {
            (self.connected, self.lost) = (Some(now), None);
        } else if !connected && self.lost.is_none() {
            (self.connected, self.lost) = (None, Some(now));
        }
        // Every answer to a heartbeat is measured to the nanosecond, so another figure is another answer.
        if latency.is_some() && latency != self.latency {
            self.interval = self.answered.map(|before| now.duration_since(before));
            self.answered = Some(now);
            self.heard = now;
        }
        self.latency = latency;
    }
}

impl Pulse {
    /// The pulse of a client that is being made.
    pub const fn new(now: Instant) -> Self {
        Self {
            signs: Mutex::new(Signs::new(now)),
            shard: Mutex::new(None),
        }
    }

    /// The signs now.
    pub fn signs(&self) -> Signs {
        self.lock().clone()
    }

    /// The runtime ran; this is what serenity says about its one shard.
    pub fn beat(&self, stage: Option<ConnectionStage>, latency: Option<Duration>) {
        self.lock().beat(Instant::now(), stage, latency);
    }

    /// An event came.
    pub fn heard(&self) {
        self.lock().heard = Instant::now();
    }

    /// A session began.
    pub fn session(&self) {
        let now = Instant::now();
        let mut signs = self.lock();
        signs.heard = now;
        signs.sessions.push(now);
    }

    /// The way to the shard, which is another one after each restart of serenity's.
    pub fn reach(&self, shard: ShardMessenger) {
        *self.shard.lock().unwrap_or_else(PoisonError::into_inner) = Some(shard);
    }

    /// Ends a shard that spins on a connection that is gone: sending on it fails, and that is the one thing
    /// that makes serenity's loop return before the next heartbeat. On a connection that lives it only
    /// says once more that the bot is online.
    pub fn nudge(&self) {
        let shard = self.shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shard) = shard.as_ref() {
            shard.set_presence(None, serenity::all::OnlineStatus::Online);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Signs> {
        // Plain values, whole after every statement.
        self.signs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_heartbeats_are_told_apart_by_their_latency() {
        let start = Instant::now();
        let mut signs = Signs::new(start);
        let at = |seconds| start + Duration::from_secs(seconds);
        let took = |micros| Some(Duration::from_micros(micros));
        let connected = Some(ConnectionStage::Connected);
        signs.beat(at(1), connected, None);
        assert_eq!((signs.connected, signs.heard), (Some(at(1)), start));
        signs.beat(at(41), connected, took(50));
        signs.beat(at(42), connected, took(50));
        signs.beat(at(82), connected, took(51));
        assert_eq!(signs.heard, at(82));
        assert_eq!(signs.interval, Some(Duration::from_secs(41)));
        signs.beat(at(83), None, took(51));
        assert_eq!((signs.connected, signs.lost), (None, Some(at(83))));
    }
}
