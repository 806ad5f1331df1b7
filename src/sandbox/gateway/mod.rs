//! The gateway, version 10: sessions, who gets which event, and what a session has missed.
//!
//! `socket` speaks the protocol with one connection; `event` turns changes of the model into events.

mod code;
pub mod event;
pub mod intent;
pub mod login;
pub mod session;
pub mod socket;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use code::{close, op};
pub use session::{Session, Shard};

use super::model::Discord;

/// What a connection is told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Out {
    /// Send this frame.
    Text(String),
    /// Close with a code, or with none.
    Close(Option<u16>),
    /// Drop the connection without a word.
    Cut,
}

/// The gateway's side of one connection.
pub type Link = mpsc::UnboundedSender<Out>;

/// How every IDENTIFY is turned away; it costs a session start all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnAway {
    /// The connection is closed with a code.
    Close(u16),
    /// The session is called invalid (op 9), and can't be resumed.
    Invalidate,
}

/// How sessions may begin (Discord docs, events/gateway, "Session Start Limit Object").
#[derive(Debug)]
pub struct Starts {
    /// How many shards are recommended.
    pub shards: u32,
    /// How many sessions may begin within five seconds, one for each remainder of the shard's number.
    pub max_concurrency: u32,
    /// Whether a session that begins earlier is called invalid, as Discord does.
    pub strict: bool,
    /// Those that were begun, with the time of the machine.
    pub begun: Vec<(Instant, Shard)>,
}

impl Starts {
    const fn new() -> Self {
        Self {
            shards: 1,
            max_concurrency: 1,
            strict: false,
            begun: Vec::new(),
        }
    }
}

/// All sessions and connections.
#[derive(Debug)]
pub struct Gateway {
    /// Its address.
    pub url: String,
    /// The interval that HELLO asks for.
    pub heartbeat: Duration,
    /// Sessions that can be resumed or are connected.
    pub sessions: Vec<Session>,
    /// Open connections by number.
    pub links: BTreeMap<u64, Link>,
    /// How often a bot has identified, with or without success.
    pub identifies: u64,
    /// When sessions were started, in Unix milliseconds.
    pub started_ms: Vec<i64>,
    /// How sessions may begin, and did.
    pub starts: Starts,
    /// Heartbeats are not answered.
    pub mute: bool,
    /// Connections stay open, but nothing is sent on them any more.
    pub silent: bool,
    /// New connections are refused.
    pub refuse: bool,
    /// Connections are taken, but no session is begun.
    pub turn_away: Option<TurnAway>,
    next_link: u64,
}

impl Gateway {
    /// Nobody connected.
    pub const fn new(url: String, heartbeat: Duration) -> Self {
        Self {
            url,
            heartbeat,
            sessions: Vec::new(),
            links: BTreeMap::new(),
            identifies: 0,
            started_ms: Vec::new(),
            starts: Starts::new(),
            mute: false,
            silent: false,
            refuse: false,
            turn_away: None,
            next_link: 1,
        }
    }

    /// Notes a connection; its number.
    pub fn connect(&mut self, link: Link) -> u64 {
        let number = self.next_link;
        self.next_link += 1;
        self.links.insert(number, link);
        number
    }

    /// Forgets a connection; its session can be resumed.
    pub fn disconnect(&mut self, number: u64) {
        self.links.remove(&number);
        for session in &mut self.sessions {
            if session.link == Some(number) {
                session.link = None;
            }
        }
    }

    /// Tells every connection something.
    pub fn tell_all(&self, out: &Out) {
        for link in self.links.values() {
            // A closed channel means that the connection is going away.
            let _ = link.send(out.clone());
        }
    }

    /// The session of a connection.
    pub fn session_of(&mut self, link: u64) -> Option<&mut Session> {
        self.sessions
            .iter_mut()
            .find(|session| session.link == Some(link))
    }

    /// Whether a session is connected.
    pub fn is_connected(&self) -> bool {
        self.sessions.iter().any(|session| session.link.is_some())
    }
}

/// An event on its way to the sessions.
pub struct Event {
    /// Such as `MESSAGE_CREATE`.
    pub name: &'static str,
    /// The intents of which a session needs one; 0 if it needs none.
    pub intents: u64,
    /// Its data for sessions that may read what others write.
    pub data: Value,
    /// Its data for the others, where that differs.
    pub without_content: Option<Value>,
}

impl Event {
    /// An event that is the same for all who get it.
    pub const fn new(name: &'static str, intents: u64, data: Value) -> Self {
        Self {
            name,
            intents,
            data,
            without_content: None,
        }
    }

    fn data_for(&self, intents: u64) -> &Value {
        match &self.without_content {
            Some(data) if intents & intent::MESSAGE_CONTENT == 0 => data,
            _ => &self.data,
        }
    }
}

impl Discord {
    /// Sends an event to every session that asked for it and has the guild, or keeps it for those that
    /// may resume.
    pub fn dispatch(&mut self, guild: Option<u64>, event: &Event) {
        let at_ms = self.clock.now_ms();
        let Gateway {
            sessions,
            links,
            silent,
            ..
        } = &mut self.gateway;
        let nobody = BTreeMap::new();
        let links = if *silent { &nobody } else { &*links };
        for session in sessions {
            let is_wanted = event.intents == 0 || session.intents & event.intents != 0;
            if is_wanted && session.shard.has(guild) {
                let data = event.data_for(session.intents);
                session.send(links, event.name, data);
                self.log.event(at_ms, false, event.name, data.clone());
            }
        }
    }

    /// Sends an event of a guild, if the bot is in it.
    pub fn dispatch_in(&mut self, guild: Option<u64>, event: &Event) {
        if guild.is_none_or(|guild| self.bot_is_in(guild)) {
            self.dispatch(guild, event);
        }
    }

    /// Sends an event as it stands to every session, numbered like any other, whatever Discord would
    /// think of it.
    pub fn dispatch_raw(&mut self, name: &str, data: &Value) {
        let at_ms = self.clock.now_ms();
        for session in &mut self.gateway.sessions {
            session.send(&self.gateway.links, name, data);
            self.log.event(at_ms, false, name, data.clone());
        }
    }

    /// Puts a frame that is not an event into the log.
    pub fn log_frame(&mut self, from_bot: bool, name: &str, data: Value) {
        let at_ms = self.clock.now_ms();
        self.log.event(at_ms, from_bot, name, data);
    }
}

/// A frame without event.
pub fn frame(op: u8, data: &Value) -> String {
    json!({ "op": op, "d": data, "s": null, "t": null }).to_string()
}
