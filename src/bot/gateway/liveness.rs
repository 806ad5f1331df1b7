//! Liveness of a gateway client, readable from other threads while the client's runtime is frozen.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serenity::all::ConnectionStage;
use serenity::gateway::ShardMessenger;

/// Shares a client's liveness. The client's runtime writes it and the supervisor reads it.
#[derive(Debug)]
pub struct LivenessMonitor {
    // Guards a few plain values; never held during a send or an await.
    state: Mutex<Liveness>,
    // Guards the channel to serenity's shard, which `force_write` uses.
    messenger: Mutex<Option<ShardMessenger>>,
}

/// State of a client from which faults are diagnosed.
#[derive(Debug, Clone)]
pub struct Liveness {
    /// When the client's runtime last ran. It does not run while serenity's loop spins.
    pub last_tick: Instant,
    /// When an event or a heartbeat acknowledgement was last received.
    pub last_received: Instant,
    /// Start of the current connection; `None` without a connected session.
    pub connected_since: Option<Instant>,
    /// End of the last connection, or start of the client; `None` with a connected session.
    pub disconnected_since: Option<Instant>,
    /// Start of each session. Every one used one of the day's session starts.
    pub session_starts: Vec<Instant>,
    /// Time between the last two heartbeat acknowledgements.
    pub heartbeat_interval: Option<Duration>,
    /// Number of connections that did not last.
    pub failed_connections: u64,
    /// When a session last began or continued.
    pub session_at: Option<Instant>,
    /// Whether a connection was opened on which no session has begun or continued yet. Serenity
    /// reports the stage of the previous connection meanwhile.
    pub awaits_session: bool,
    pub(super) latency: Option<Duration>,
    pub(super) last_ack: Option<Instant>,
}

impl Liveness {
    /// Creates the state of a new client.
    pub const fn new(now: Instant) -> Self {
        Self {
            last_tick: now,
            last_received: now,
            connected_since: None,
            disconnected_since: Some(now),
            session_starts: Vec::new(),
            heartbeat_interval: None,
            failed_connections: 0,
            session_at: None,
            awaits_session: false,
            latency: None,
            last_ack: None,
        }
    }

    const fn continue_session(&mut self, now: Instant) {
        self.last_received = now;
        self.session_at = Some(now);
        self.awaits_session = false;
    }

    fn disconnect(&mut self, now: Instant, early: bool) {
        self.awaits_session = true;
        self.failed_connections += u64::from(early);
        if self.connected_since.take().is_some() {
            self.disconnected_since = Some(now);
        }
    }

    /// Records that the runtime runs, and the state of the connection.
    fn tick(&mut self, now: Instant, stage: Option<ConnectionStage>, latency: Option<Duration>) {
        self.last_tick = now;
        let connected = stage == Some(ConnectionStage::Connected) && !self.awaits_session;
        if connected && self.connected_since.is_none() {
            (self.connected_since, self.disconnected_since) = (Some(now), None);
        } else if !connected && self.disconnected_since.is_none() {
            (self.connected_since, self.disconnected_since) = (None, Some(now));
        }
        // Serenity measures the latency of each acknowledgement in nanoseconds, so a different
        // latency means a new acknowledgement.
        if latency.is_some() && latency != self.latency {
            self.heartbeat_interval = self.last_ack.map(|last_ack| now.duration_since(last_ack));
            self.last_ack = Some(now);
            self.last_received = now;
        }
        self.latency = latency;
    }
}

impl LivenessMonitor {
    pub const fn new(now: Instant) -> Self {
        Self {
            state: Mutex::new(Liveness::new(now)),
            messenger: Mutex::new(None),
        }
    }

    /// Returns a copy of the current state.
    pub fn snapshot(&self) -> Liveness {
        self.lock().clone()
    }

    /// Records that the runtime runs, and the state of serenity's shard.
    pub fn tick(&self, stage: Option<ConnectionStage>, latency: Option<Duration>) {
        self.lock().tick(Instant::now(), stage, latency);
    }

    /// Records a received event.
    pub fn on_event(&self) {
        self.lock().last_received = Instant::now();
    }

    /// Records the start of a session.
    pub fn on_session(&self) {
        let now = Instant::now();
        let mut state = self.lock();
        state.continue_session(now);
        state.session_starts.push(now);
    }

    /// Records that a session continued on another connection.
    pub fn on_resume(&self) {
        self.lock().continue_session(Instant::now());
    }

    /// Records that another connection is being opened, because the previous one has ended; `early`
    /// if it did not last.
    pub fn on_connect(&self, early: bool) {
        self.lock().disconnect(Instant::now(), early);
    }

    /// Returns when a session last began or continued.
    pub fn session_at(&self) -> Option<Instant> {
        self.lock().session_at
    }

    /// Sets the channel to serenity's shard. Serenity creates another one whenever it restarts the
    /// shard.
    pub fn set_messenger(&self, messenger: ShardMessenger) {
        *self
            .messenger
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(messenger);
    }

    /// Makes the shard write to its connection. On a closed connection the write fails, which is
    /// the only event that makes serenity leave its spinning loop before the next heartbeat. On an
    /// open connection it only repeats that the bot is online.
    pub fn force_write(&self) {
        let messenger = self
            .messenger
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(messenger) = messenger.as_ref() {
            messenger.set_presence(None, serenity::all::OnlineStatus::Online);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Liveness> {
        // The state is consistent after every statement, so a panic in between does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heartbeat_acknowledgements_are_distinguished_by_their_latency() {
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

    /// Serenity reports a session as connected although its connection ended and others don't last.
    #[test]
    fn a_session_is_disconnected_until_it_continues() {
        let start = Instant::now();
        let mut state = Liveness::new(start);
        let at = |seconds| start + Duration::from_secs(seconds);
        let connected = Some(ConnectionStage::Connected);
        let since = |state: &Liveness| (state.connected_since, state.disconnected_since);
        state.continue_session(at(1));
        state.tick(at(1), connected, None);
        state.disconnect(at(10), false);
        assert_eq!(since(&state), (None, Some(at(10))));
        state.tick(at(11), connected, None);
        state.disconnect(at(12), true);
        state.tick(at(12), connected, None);
        assert_eq!(since(&state), (None, Some(at(10))));
        assert_eq!(state.failed_connections, 1);
        state.continue_session(at(13));
        state.tick(at(13), connected, None);
        assert_eq!(since(&state), (Some(at(13)), None));
    }
}
