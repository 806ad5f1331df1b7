//! The gateway: HELLO, READY, `GUILD_CREATE` for each guild, heartbeats, and dispatched events.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures::stream::SplitSink;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Event, FakeDiscord};
use crate::response_tracker::lock;
use crate::wire;

/// Opcodes (Discord docs, topics/opcodes-and-status-codes, "Gateway Opcodes").
const HEARTBEAT: u64 = 1;
const IDENTIFY: u64 = 2;
const RESUME: u64 = 6;

/// Maximum number of queued events that are written before a flush.
const BATCH: usize = 64;

/// Serves a gateway connection.
pub async fn serve(State(discord): State<Arc<FakeDiscord>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| serve_session(discord, socket))
}

async fn serve_session(discord: Arc<FakeDiscord>, socket: WebSocket) {
    let (write, mut read) = socket.split();
    let (session, events) = mpsc::unbounded_channel();
    let (frames, raw) = mpsc::unbounded_channel();
    let writer = tokio::spawn(write_all(write, raw, events));
    let hello = json!({ "op": 10, "s": null, "t": null, "d": { "heartbeat_interval": 41_250 } });
    // Sending fails only if the writer has ended because the connection closed.
    let _ = frames.send(hello.to_string());
    while let Some(Ok(Message::Text(text))) = read.next().await {
        let frame: Value = serde_json::from_str(&text).unwrap_or_default();
        match frame["op"].as_u64() {
            Some(HEARTBEAT) => {
                let _ = frames.send(json!({ "op": 11 }).to_string());
            }
            // Sessions are not stored, so the client has to identify again.
            Some(RESUME) => {
                let _ = frames.send(json!({ "op": 9, "d": false }).to_string());
            }
            Some(IDENTIFY) => identify(&discord, &session),
            _ => {}
        }
    }
    writer.abort();
}

fn identify(discord: &FakeDiscord, session: &mpsc::UnboundedSender<Event>) {
    let url = format!("ws://{}/gateway", discord.address());
    let ready = Event {
        name: "READY",
        data: wire::ready(&url).to_string(),
    };
    let guilds = (0..wire::GUILDS).map(|number| Event {
        name: "GUILD_CREATE",
        data: wire::guild_create(number).to_string(),
    });
    for event in [ready].into_iter().chain(guilds) {
        // Sending fails only if the connection closed.
        let _ = session.send(event);
    }
    *lock(&discord.session) = Some(session.clone());
}

/// Writes frames and events until the connection ends.
async fn write_all(
    mut write: SplitSink<WebSocket, Message>,
    mut raw: mpsc::UnboundedReceiver<String>,
    mut events: mpsc::UnboundedReceiver<Event>,
) {
    let (mut sequence, mut batch) = (0_u64, Vec::with_capacity(BATCH));
    loop {
        let texts: Vec<String> = tokio::select! {
            Some(text) = raw.recv() => vec![text],
            count = events.recv_many(&mut batch, BATCH) => {
                if count == 0 { return; }
                let encode = |event: Event| {
                    sequence += 1;
                    dispatch(sequence, &event)
                };
                batch.drain(..).map(encode).collect()
            }
        };
        for text in texts {
            if write.feed(Message::Text(text.into())).await.is_err() {
                return;
            }
        }
        if write.flush().await.is_err() {
            return;
        }
    }
}

fn dispatch(sequence: u64, event: &Event) -> String {
    let Event { name, data } = event;
    format!(r#"{{"op":0,"s":{sequence},"t":"{name}","d":{data}}}"#)
}
