//! Discord, as little of it as a bot needs, and as fast as it can be: nothing is checked and nothing is kept but which
//! message stands in which channel. One for each bot.

mod gateway;
mod rest;
mod tls;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::routing::any;
use jiff::Timestamp;
use quizloop::practice::id::{ChannelId, MessageId, snowflake_at};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::response_tracker::{ResponseTracker, lock};
pub use tls::TlsProxy;

/// What time it is when the stand-in starts: a Wednesday, five seconds before the teams' question.
const START: &str = "2026-03-25T08:59:55Z";

/// An event of the gateway.
#[derive(Debug)]
pub struct Event {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub data: Value,
}

/// A stand-in for Discord.
#[derive(Debug)]
pub struct FakeDiscord {
    address: SocketAddr,
    /// Who waits for an answer.
    pub tracker: ResponseTracker,
    /// The way to the bot's session; guarded because a session may replace another.
    session: Mutex<Option<mpsc::UnboundedSender<Event>>>,
    /// The newest message of the bot in each channel, once its thread is there.
    questions: Mutex<HashMap<ChannelId, MessageId>>,
    started: (Instant, Timestamp),
    /// Tells ids of one millisecond apart.
    ids_created: AtomicU64,
}

impl FakeDiscord {
    /// Serves on a free port of this machine until the process ends.
    pub async fn start() -> Result<Arc<Self>> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("a port")?;
        let discord = Arc::new(Self {
            address: listener.local_addr()?,
            tracker: ResponseTracker::new(),
            session: Mutex::default(),
            questions: Mutex::default(),
            started: (Instant::now(), START.parse()?),
            ids_created: AtomicU64::new(0),
        });
        let router = Router::new()
            .route("/gateway", any(gateway::serve))
            .fallback(rest::serve)
            .with_state(Arc::clone(&discord));
        tokio::spawn(async move { axum::serve(NoDelay(listener), router).await });
        Ok(discord)
    }

    /// Where it is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The time here.
    pub fn now(&self) -> Timestamp {
        let (instant, time) = self.started;
        let passed = jiff::SignedDuration::try_from(instant.elapsed()).unwrap_or_default();
        time + passed
    }

    /// A new id, of now.
    pub fn new_id(&self) -> u64 {
        // Four million of a millisecond fit below its time.
        let number = self.ids_created.fetch_add(1, Ordering::Relaxed) % (1 << 22);
        snowflake_at(self.now()) + number
    }

    /// Sends an event, if the bot is there.
    pub fn send(&self, name: &'static str, data: Value) {
        if let Some(session) = lock(&self.session).as_ref() {
            // A session that is just ending takes nothing more; whoever waits is counted as lost.
            let _ = session.send(Event { name, data });
        }
    }

    /// Whether the bot has a session.
    pub fn has_session(&self) -> bool {
        lock(&self.session).is_some()
    }

    /// The question that stands in a channel.
    pub fn question(&self, channel: ChannelId) -> Option<MessageId> {
        lock(&self.questions).get(&channel).copied()
    }

    /// In how many channels a question stands.
    pub fn questions(&self) -> usize {
        lock(&self.questions).len()
    }
}

/// A listener whose connections send each answer at once.
struct NoDelay(TcpListener);

impl axum::serve::Listener for NoDelay {
    type Io = tokio::net::TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let accepted = axum::serve::Listener::accept(&mut self.0).await;
        // Where that is refused answers come a little later.
        let _ = accepted.0.set_nodelay(true);
        accepted
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.0.local_addr()
    }
}
