//! What is seen of a gateway client from outside of its runtime.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serenity::all::ConnectionStage;
use serenity::gateway::ShardMessenger;

/// The life signs of one client. Its runtime writes them, the watchdog reads them.
#[derive(Debug)]
pub struct LivenessMonitor {
    // Guards a few plain values, for moments; never held while anything is sent or awaited.
    state: Mutex<Liveness>,
    // Guards the way to the shard; taken to end a client that spins.
    messenger: Mutex<Option<ShardMessenger>>,
}

/// The life signs of one client.
#[derive(Debug, Clone)]
pub struct Liveness {
    /// When its runtime last ran: a client that spins lets nothing else run.
    pub last_tick: Instant,
    /// When Discord was last heard: an event, or the answer to a heartbeat.
    pub last_received: Instant,
    /// Since when there is a session that is connected.
    pub connected_since: Option<Instant>,
    /// Since when there is none.
    pub disconnected_since: Option<Instant>,
    /// When sessions began, each of which cost one of the day's starts.
    pub session_starts: Vec<Instant>,
    /// The time between the last two answers to heartbeats.
    pub heartbeat_interval: Option<Duration>,
    pub(super) latency: Option<Duration>,
    pub(super) last_ack: Option<Instant>,
}

impl Liveness {
    /// The signs of a client that was just made.
    pub const fn new(now: Instant) -> Self {
        Self {
            last_tick: now,
            last_received: now,
            connected_since: None,
            disconnected_since: Some(now),
            session_starts: Vec::new(),
            heartbeat_interval: None,
            latency: None,
            last_ack: None,
        }
    }

    /// The runtime ran, and serenity says this about the connection.
    fn tick(&mut self, now: Instant, stage: Option<ConnectionStage>, latency: Option<Duration>) {
        self.last_tick = now;
        let connected = stage == Some(ConnectionStage::Connected);
        if connected && self.connected_since.is_none() {
            (self.connected_since, self.disconnected_since) = (Some(now), None);
        } else if !connected && self.disconnected_since.is_none() {
            (self.connected_since, self.disconnected_since) = (None, Some(now));
        }
        // Every answer to a heartbeat is measured to the nanosecond, so another figure is another answer.
        if latency.is_some() && latency != self.latency {
            self.heartbeat_interval = self.last_ack.map(|before| now.duration_since(before));
            self.last_ack = Some(now);
            self.last_received = now;
        }
        self.latency = latency;
    }
}

impl LivenessMonitor {
    /// The pulse of a client that is being made.
    pub const fn new(now: Instant) -> Self {
        Self {
            state: Mutex::new(Liveness::new(now)),
            messenger: Mutex::new(None),
        }
    }

    /// The signs now.
    pub fn snapshot(&self) -> Liveness {
        self.lock().clone()
    }

    /// The runtime ran; this is what serenity says about its one shard.
    pub fn tick(&self, stage: Option<ConnectionStage>, latency: Option<Duration>) {
        self.lock().tick(Instant::now(), stage, latency);
    }

    /// An event came.
    pub fn on_event(&self) {
        self.lock().last_received = Instant::now();
    }

    /// A session began.
    pub fn on_session(&self) {
        let now = Instant::now();
        let mut state = self.lock();
        state.last_received = now;
        state.session_starts.push(now);
    }

    /// The way to the shard, which is another one after each restart of serenity's.
    pub fn set_messenger(&self, shard: ShardMessenger) {
        *self
            .messenger
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(shard);
    }

    /// Ends a shard that spins on a connection that is gone: sending on it fails, and that is the one thing
    /// that makes serenity's loop return before the next heartbeat. On a connection that lives it only
    /// says once more that the bot is online.
    pub fn force_write(&self) {
        let shard = self
            .messenger
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(shard) = shard.as_ref() {
            shard.set_presence(None, serenity::all::OnlineStatus::Online);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Liveness> {
        // Plain values, whole after every statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_heartbeats_are_told_apart_by_their_latency() {
        let start = Instant::now();
        let mut state = Liveness::new(start);
        let at = |seconds| start + Duration::from_secs(seconds);
        let took = |micros| Some(Duration::from_micros(micros));
        let connected = Some(ConnectionStage::Connected);
        state.tick(at(1), connected, None);
        assert_eq!(
            (state.connected_since, state.last_received),
            (Some(at(1)), start)
        );
        state.tick(at(41), connected, took(50));
        state.tick(at(42), connected, took(50));
        state.tick(at(82), connected, took(51));
        assert_eq!(state.last_received, at(82));
        assert_eq!(state.heartbeat_interval, Some(Duration::from_secs(41)));
        state.tick(at(83), None, took(51));
        assert_eq!(
            (state.connected_since, state.disconnected_since),
            (None, Some(at(83)))
        );
    }
}
