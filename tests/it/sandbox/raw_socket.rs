//! A gateway connection that sends and receives raw frames.

use std::time::Duration;

use discord_sandbox::Sandbox;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// A gateway connection without a library on top.
pub struct RawSocket(pub Socket);

impl RawSocket {
    pub async fn connect(sandbox: &Sandbox) -> Self {
        Self::connect_to(sandbox, "?v=10&encoding=json").await
    }

    /// Connects to the gateway's URL with this text appended.
    pub async fn connect_to(sandbox: &Sandbox, appended: &str) -> Self {
        let gateway = sandbox.read(|discord| discord.gateway.url.clone());
        let url = format!("{gateway}{appended}");
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let mut raw = Self(socket);
        assert_eq!(raw.frame().await["op"], 10);
        raw
    }

    pub async fn send(&mut self, op: u8, data: Value) {
        let text = json!({ "op": op, "d": data }).to_string();
        self.0.send(Message::text(text)).await.unwrap();
    }

    pub async fn identify(&mut self, sandbox: &Sandbox, intents: u64) {
        let properties = json!({ "os": "linux", "browser": "x", "device": "x" });
        let data =
            json!({ "token": sandbox.token(), "intents": intents, "properties": properties });
        self.send(2, data).await;
    }

    pub async fn next(&mut self) -> Message {
        let next = tokio::time::timeout(Duration::from_secs(60), self.0.next()).await;
        next.expect("a frame should arrive within a minute")
            .expect("the connection should be open")
            .unwrap()
    }

    pub async fn frame(&mut self) -> Value {
        match self.next().await {
            Message::Text(text) => serde_json::from_str(text.as_str()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Skips to the next event with this name; returns its data.
    pub async fn event(&mut self, name: &str) -> Value {
        loop {
            let mut frame = self.frame().await;
            if frame["t"] == name {
                return frame["d"].take();
            }
        }
    }

    /// Waits until the connection is closed; returns the close code.
    pub async fn close_code(&mut self) -> Option<u16> {
        loop {
            if let Message::Close(frame) = self.next().await {
                return frame.map(|frame: CloseFrame| frame.code.into());
            }
        }
    }
}
