//! The gateway, version 10: connections, sessions, and delivery of events to them.
//!
//! A connection and a session are different things. If a connection is lost, its session remains
//! and collects events. A later connection that resumes the session receives the missed events
//! first:
//!
//! 1. The bot identifies on connection 1 and has received events 1–4.
//! 2. Connection 1 is reset. Events 5 and 6 occur and are kept in the session.
//! 3. The bot opens connection 2 and sends RESUME with sequence number 4.
//! 4. It receives events 5 and 6, then RESUMED as event 7.

mod code;
mod event;
pub(crate) mod handshake;
pub mod intent;
mod session;
pub(crate) mod socket;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use code::{close, op};
pub use session::{Session, ShardId};

use super::model::Discord;

/// Instruction to the task of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OutboundFrame {
    /// Send a text frame.
    Text(String),
    /// Send a close frame, with or without a close code, and end the connection.
    Close(Option<u16>),
    /// End the connection without a close frame.
    Drop,
}

/// Channel to the task of a connection.
pub(crate) type ConnectionTx = mpsc::UnboundedSender<OutboundFrame>;

/// Injected rejection of every IDENTIFY. Each rejected IDENTIFY still counts as a session start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectIdentify {
    /// Close the connection with a close code.
    Close(u16),
    /// Answer with Invalid Session (opcode 9), not resumable.
    Invalidate,
}

/// Injected end of every new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndConnection {
    /// Close the connection with a close code before HELLO.
    BeforeHello(u16),
    /// Close the connection with a close code after HELLO.
    AfterHello(u16),
}

/// How much `GUILD_CREATE` says of channels and threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GuildDetail {
    /// All fields.
    #[default]
    Complete,
    /// The field `threads` is missing.
    WithoutThreads,
    /// Every `last_message_id` is null. Discord documents the field as nullable.
    WithoutLastMessages,
}

/// Limits on session starts (Discord docs, events/gateway, "Session Start Limit Object").
#[derive(Debug)]
pub struct SessionStartLimit {
    /// Number of shards that `GET /gateway/bot` recommends.
    pub shards: u32,
    /// Number of sessions that may start within five seconds. Shards with the same remainder of
    /// `number % max_concurrency` share one slot (Discord docs, events/gateway, "Rate Limiting").
    pub max_concurrency: u32,
    /// Whether to answer an IDENTIFY that is too early with Invalid Session (opcode 9), as Discord
    /// does.
    pub strict: bool,
    /// Session starts so far, in real time.
    pub started: Vec<(Instant, ShardId)>,
}

impl SessionStartLimit {
    const fn new() -> Self {
        Self {
            shards: 1,
            max_concurrency: 1,
            strict: false,
            started: Vec::new(),
        }
    }
}

/// Sessions, connections and injected faults of the gateway.
#[derive(Debug)]
pub struct GatewayState {
    /// WebSocket URL of the gateway.
    pub url: String,
    /// Heartbeat interval sent in HELLO.
    pub heartbeat: Duration,
    /// Sessions that are connected or can be resumed.
    pub sessions: Vec<Session>,
    /// Open connections by number.
    pub(crate) connections: BTreeMap<u64, ConnectionTx>,
    /// Number of IDENTIFY frames received, including rejected ones.
    pub identify_count: u64,
    /// Session starts on the sandbox's clock, in Unix milliseconds.
    pub session_starts_ms: Vec<i64>,
    /// Limits on session starts, and the recent starts.
    pub session_start_limit: SessionStartLimit,
    /// Fault: heartbeats are not acknowledged.
    pub drop_heartbeat_acks: bool,
    /// Fault: connections stay open, but the gateway sends no events and no heartbeat
    /// acknowledgements.
    pub blackhole: bool,
    /// Fault: new connections are refused with status 503.
    pub refuse_connections: bool,
    /// Fault: connections are accepted, but every IDENTIFY is rejected.
    pub reject_identify: Option<RejectIdentify>,
    /// Fault: connections are accepted and closed at once.
    pub end_connections: Option<EndConnection>,
    /// Fault: what `GUILD_CREATE` leaves out.
    pub guild_detail: GuildDetail,
    next_connection: u64,
}

impl GatewayState {
    /// Creates a gateway without connections and faults.
    pub(crate) const fn new(url: String, heartbeat: Duration) -> Self {
        Self {
            url,
            heartbeat,
            sessions: Vec::new(),
            connections: BTreeMap::new(),
            identify_count: 0,
            session_starts_ms: Vec::new(),
            session_start_limit: SessionStartLimit::new(),
            drop_heartbeat_acks: false,
            blackhole: false,
            refuse_connections: false,
            reject_identify: None,
            end_connections: None,
            guild_detail: GuildDetail::Complete,
            next_connection: 1,
        }
    }

    /// Registers a connection and returns its number.
    pub(crate) fn connect(&mut self, connection: ConnectionTx) -> u64 {
        let number = self.next_connection;
        self.next_connection += 1;
        self.connections.insert(number, connection);
        number
    }

    /// Returns the number of connections that were accepted so far.
    pub const fn connection_count(&self) -> u64 {
        self.next_connection - 1
    }

    /// Removes a connection. Its session remains and can be resumed.
    pub(crate) fn disconnect(&mut self, number: u64) {
        self.connections.remove(&number);
        for session in &mut self.sessions {
            if session.connection == Some(number) {
                session.connection = None;
            }
        }
    }

    /// Sends an instruction to every connection.
    pub(crate) fn broadcast(&self, frame: &OutboundFrame) {
        for connection in self.connections.values() {
            // A closed channel means that the connection is ending.
            let _ = connection.send(frame.clone());
        }
    }

    /// Returns the session of a connection, or `None` before IDENTIFY or RESUME.
    pub(crate) fn session_of(&mut self, connection: u64) -> Option<&mut Session> {
        self.sessions
            .iter_mut()
            .find(|session| session.connection == Some(connection))
    }

    /// Returns whether at least one session is connected.
    pub fn is_connected(&self) -> bool {
        self.sessions
            .iter()
            .any(|session| session.connection.is_some())
    }
}

/// Event to be delivered to sessions.
pub(crate) struct GatewayEvent {
    /// Name of the event, such as `MESSAGE_CREATE`.
    pub name: &'static str,
    /// Intents of which a session needs at least one. 0 delivers the event to every session.
    pub intents: u64,
    /// Data for sessions with the `MESSAGE_CONTENT` intent.
    pub data: Value,
    /// Data for sessions without that intent, if it differs.
    pub data_without_content: Option<Value>,
}

impl GatewayEvent {
    /// Creates an event with the same data for all sessions.
    pub const fn new(name: &'static str, intents: u64, data: Value) -> Self {
        Self {
            name,
            intents,
            data,
            data_without_content: None,
        }
    }

    fn data_for(&self, intents: u64) -> &Value {
        match &self.data_without_content {
            Some(data) if intents & intent::MESSAGE_CONTENT == 0 => data,
            _ => &self.data,
        }
    }
}

impl Discord {
    /// Sends an event to every session with a matching intent whose shard contains the guild. A
    /// disconnected session keeps the event for a resume.
    pub(crate) fn dispatch(&mut self, guild: Option<u64>, event: &GatewayEvent) {
        let at_ms = self.clock.now_ms();
        let GatewayState {
            sessions,
            connections,
            blackhole,
            ..
        } = &mut self.gateway;
        let none = BTreeMap::new();
        let connections = if *blackhole { &none } else { &*connections };
        for session in sessions {
            let is_wanted = event.intents == 0 || session.intents & event.intents != 0;
            if is_wanted && session.shard.contains(guild) {
                let data = event.data_for(session.intents);
                session.send(connections, event.name, data);
                self.log.push_event(at_ms, false, event.name, data.clone());
            }
        }
    }

    /// Sends an event of a guild if the bot is a member of it.
    pub(crate) fn dispatch_to_guild(&mut self, guild: Option<u64>, event: &GatewayEvent) {
        if guild.is_none_or(|guild| self.bot_is_in(guild)) {
            self.dispatch(guild, event);
        }
    }

    /// Sends an arbitrary event to every session, regardless of intents and shards. The event is
    /// numbered as usual. Use it to test how a bot handles malformed or unknown events.
    pub fn dispatch_raw(&mut self, name: &str, data: &Value) {
        let at_ms = self.clock.now_ms();
        for session in &mut self.gateway.sessions {
            session.send(&self.gateway.connections, name, data);
            self.log.push_event(at_ms, false, name, data.clone());
        }
    }

    /// Logs a frame that is not an event.
    pub(crate) fn log_frame(&mut self, from_bot: bool, name: &str, data: Value) {
        let at_ms = self.clock.now_ms();
        self.log.push_event(at_ms, from_bot, name, data);
    }
}

/// Returns the text of a frame that is not an event (no sequence number, no event name).
pub(crate) fn frame(op: u8, data: &Value) -> String {
    json!({ "op": op, "d": data, "s": null, "t": null }).to_string()
}
