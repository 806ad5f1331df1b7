//! The gateway: HELLO, READY, the servers, heartbeats, and whatever is to be told.

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

/// How many events are written before they are sent on: as many as there are, but not without end.
const BATCH: usize = 64;

/// Serves a connection.
pub async fn serve(State(discord): State<Arc<FakeDiscord>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| serve_session(discord, socket))
}

async fn serve_session(discord: Arc<FakeDiscord>, socket: WebSocket) {
    let (write, mut read) = socket.split();
    let (session, events) = mpsc::unbounded_channel();
    let (frames, raw) = mpsc::unbounded_channel();
    let writer = tokio::spawn(write_all(write, raw, events));
    let hello = json!({ "op": 10, "s": null, "t": null, "d": { "heartbeat_interval": 41_250 } });
    // The writer ends with the connection, and then nothing more is read either.
    let _ = frames.send(hello.to_string());
    while let Some(Ok(Message::Text(text))) = read.next().await {
        let frame: Value = serde_json::from_str(&text).unwrap_or_default();
        match frame["op"].as_u64() {
            Some(HEARTBEAT) => {
                let _ = frames.send(json!({ "op": 11 }).to_string());
            }
            // Nothing is kept of an old session: it begins anew.
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
        data: wire::ready(&url),
    };
    let guilds = (0..wire::GUILDS).map(|number| Event {
        name: "GUILD_CREATE",
        data: wire::guild_create(number),
    });
    for event in [ready].into_iter().chain(guilds) {
        // As above.
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
    let (mut number, mut batch) = (0_u64, Vec::with_capacity(BATCH));
    loop {
        let texts: Vec<String> = tokio::select! {
            Some(text) = raw.recv() => vec![text],
            count = events.recv_many(&mut batch, BATCH) => {
                if count == 0 { return; }
                let text = |event: Event| {
                    number += 1;
                    dispatch(number, &event)
                };
                batch.drain(..).map(text).collect()
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

fn dispatch(number: u64, event: &Event) -> String {
    let Event { name, data } = event;
    format!(r#"{{"op":0,"s":{number},"t":"{name}","d":{data}}}"#)
}
