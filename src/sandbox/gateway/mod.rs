//! The gateway, version 10: sessions, who gets which event, and what a session has missed.
//!
//! `socket` speaks the protocol with one connection; `event` turns changes of the model into events.

mod code;
pub mod event;
pub mod handshake;
pub mod intent;
pub mod session;
pub mod socket;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use code::{close, op};
pub use session::{Session, ShardId};

use super::model::Discord;

/// What a connection is told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboundFrame {
    /// Send this frame.
    Text(String),
    /// Close with a code, or with none.
    Close(Option<u16>),
    /// Drop the connection without a word.
    Drop,
}

/// The gateway's side of one connection.
pub type ConnectionTx = mpsc::UnboundedSender<OutboundFrame>;

/// How every IDENTIFY is turned away; it costs a session start all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectIdentify {
    /// The connection is closed with a code.
    Close(u16),
    /// The session is called invalid (op 9), and can't be resumed.
    Invalidate,
}

/// How sessions may begin (Discord docs, events/gateway, "Session Start Limit Object").
#[derive(Debug)]
pub struct SessionStartLimit {
    /// How many shards are recommended.
    pub shards: u32,
    /// How many sessions may begin within five seconds, one for each remainder of the shard's number.
    pub max_concurrency: u32,
    /// Whether a session that begins earlier is called invalid, as Discord does.
    pub strict: bool,
    /// Those that were begun, with the time of the machine.
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

/// All sessions and connections.
#[derive(Debug)]
pub struct GatewayState {
    /// Its address.
    pub url: String,
    /// The interval that HELLO asks for.
    pub heartbeat: Duration,
    /// Sessions that can be resumed or are connected.
    pub sessions: Vec<Session>,
    /// Open connections by number.
    pub connections: BTreeMap<u64, ConnectionTx>,
    /// How often a bot has identified, with or without success.
    pub identify_count: u64,
    /// When sessions were started, in Unix milliseconds.
    pub session_starts_ms: Vec<i64>,
    /// How sessions may begin, and did.
    pub session_start_limit: SessionStartLimit,
    /// Heartbeats are not answered.
    pub drop_heartbeat_acks: bool,
    /// Connections stay open, but nothing is sent on them any more.
    pub blackhole: bool,
    /// New connections are refused.
    pub refuse_connections: bool,
    /// Connections are taken, but no session is begun.
    pub reject_identify: Option<RejectIdentify>,
    next_connection: u64,
}

impl GatewayState {
    /// Nobody connected.
    pub const fn new(url: String, heartbeat: Duration) -> Self {
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
            next_connection: 1,
        }
    }

    /// Notes a connection; its number.
    pub fn connect(&mut self, connection: ConnectionTx) -> u64 {
        let number = self.next_connection;
        self.next_connection += 1;
        self.connections.insert(number, connection);
        number
    }

    /// Forgets a connection; its session can be resumed.
    pub fn disconnect(&mut self, number: u64) {
        self.connections.remove(&number);
        for session in &mut self.sessions {
            if session.connection == Some(number) {
                session.connection = None;
            }
        }
    }

    /// Tells every connection something.
    pub fn broadcast(&self, out: &OutboundFrame) {
        for connection in self.connections.values() {
            // A closed channel means that the connection is going away.
            let _ = connection.send(out.clone());
        }
    }

    /// The session of a connection.
    pub fn session_of(&mut self, connection: u64) -> Option<&mut Session> {
        self.sessions
            .iter_mut()
            .find(|session| session.connection == Some(connection))
    }

    /// Whether a session is connected.
    pub fn is_connected(&self) -> bool {
        self.sessions
            .iter()
            .any(|session| session.connection.is_some())
    }
}

/// An event on its way to the sessions.
pub struct GatewayEvent {
    /// Such as `MESSAGE_CREATE`.
    pub name: &'static str,
    /// The intents of which a session needs one; 0 if it needs none.
    pub intents: u64,
    /// Its data for sessions that may read what others write.
    pub data: Value,
    /// Its data for the others, where that differs.
    pub data_without_content: Option<Value>,
}

impl GatewayEvent {
    /// An event that is the same for all who get it.
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
    /// Sends an event to every session that asked for it and has the guild, or keeps it for those that
    /// may resume.
    pub fn dispatch(&mut self, guild: Option<u64>, event: &GatewayEvent) {
        let at_ms = self.clock.now_ms();
        let GatewayState {
            sessions,
            connections,
            blackhole: silent,
            ..
        } = &mut self.gateway;
        let nobody = BTreeMap::new();
        let connections = if *silent { &nobody } else { &*connections };
        for session in sessions {
            let is_wanted = event.intents == 0 || session.intents & event.intents != 0;
            if is_wanted && session.shard.contains(guild) {
                let data = event.data_for(session.intents);
                session.send(connections, event.name, data);
                self.log.push_event(at_ms, false, event.name, data.clone());
            }
        }
    }

    /// Sends an event of a guild, if the bot is in it.
    pub fn dispatch_to_guild(&mut self, guild: Option<u64>, event: &GatewayEvent) {
        if guild.is_none_or(|guild| self.bot_is_in(guild)) {
            self.dispatch(guild, event);
        }
    }

    /// Sends an event as it stands to every session, numbered like any other, whatever Discord would
    /// think of it.
    pub fn dispatch_raw(&mut self, name: &str, data: &Value) {
        let at_ms = self.clock.now_ms();
        for session in &mut self.gateway.sessions {
            session.send(&self.gateway.connections, name, data);
            self.log.push_event(at_ms, false, name, data.clone());
        }
    }

    /// Puts a frame that is not an event into the log.
    pub fn log_frame(&mut self, from_bot: bool, name: &str, data: Value) {
        let at_ms = self.clock.now_ms();
        self.log.push_event(at_ms, from_bot, name, data);
    }
}

/// A frame without event.
pub fn frame(op: u8, data: &Value) -> String {
    json!({ "op": op, "d": data, "s": null, "t": null }).to_string()
}
