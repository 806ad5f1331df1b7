//! A minimal simulation of Discord, made for speed: it validates nothing and stores only the newest
//! question of each channel. Each bot has its own instance.

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
use axum::http::HeaderValue;
use axum::routing::any;
use jiff::Timestamp;
use quizloop_core::id::{ChannelId, MessageId, snowflake_at};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::response_tracker::{ResponseTracker, lock};
pub use tls::TlsProxy;

/// Time at which the simulation starts: a Wednesday, five seconds before the questions are due.
const START: &str = "2026-03-25T08:59:55Z";

/// An event of the gateway.
#[derive(Debug)]
pub struct Event {
    /// Name of the event, such as `INTERACTION_CREATE`.
    pub name: &'static str,
    /// Data of the event, as JSON.
    pub data: String,
}

/// A simulated Discord.
#[derive(Debug)]
pub struct FakeDiscord {
    address: SocketAddr,
    /// Pending requests and latencies.
    pub tracker: ResponseTracker,
    /// Sender to the bot's session, which a new session replaces.
    session: Mutex<Option<mpsc::UnboundedSender<Event>>>,
    /// Newest question in each channel, recorded when its thread is created.
    questions: Mutex<HashMap<ChannelId, MessageId>>,
    started: (Instant, Timestamp),
    /// Distinguishes ids of the same millisecond.
    ids_created: AtomicU64,
}

impl FakeDiscord {
    /// Serves on a free port of this machine until the process ends.
    pub async fn start() -> Result<Arc<Self>> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("cannot bind a port")?;
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

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the base URL of the API.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the simulated time.
    pub fn now(&self) -> Timestamp {
        let (instant, time) = self.started;
        let elapsed = jiff::SignedDuration::try_from(instant.elapsed()).unwrap_or_default();
        time + elapsed
    }

    /// Returns the simulated time for the `Date` header.
    pub fn date(&self) -> Option<HeaderValue> {
        let time = self.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        HeaderValue::try_from(time).ok()
    }

    /// Returns a new id with the simulated time.
    pub fn new_id(&self) -> u64 {
        // The lower 22 bits of an id are free for four million ids per millisecond.
        let number = self.ids_created.fetch_add(1, Ordering::Relaxed) % (1 << 22);
        snowflake_at(self.now()) + number
    }

    /// Sends an event, if the bot has a session.
    pub fn send(&self, name: &'static str, data: String) {
        if let Some(session) = lock(&self.session).as_ref() {
            // A session that is ending accepts nothing. The request then counts as lost.
            let _ = session.send(Event { name, data });
        }
    }

    pub fn has_session(&self) -> bool {
        lock(&self.session).is_some()
    }

    /// Returns the newest question in a channel.
    pub fn question(&self, channel: ChannelId) -> Option<MessageId> {
        lock(&self.questions).get(&channel).copied()
    }

    /// Returns the number of channels with a question.
    pub fn question_count(&self) -> usize {
        lock(&self.questions).len()
    }
}

/// A listener that sets `TCP_NODELAY`, so that responses are sent without delay.
struct NoDelay(TcpListener);

impl axum::serve::Listener for NoDelay {
    type Io = tokio::net::TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let accepted = axum::serve::Listener::accept(&mut self.0).await;
        // Without it, responses are only a little slower.
        let _ = accepted.0.set_nodelay(true);
        accepted
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.0.local_addr()
    }
}
