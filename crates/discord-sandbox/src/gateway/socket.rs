//! Protocol of one gateway connection: HELLO, IDENTIFY or RESUME, heartbeats, and events.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::handshake::{self, FrameReply};
use super::{EndConnection, OutboundFrame, close, frame, op};
use crate::SandboxState;
use crate::model::Discord;

/// Maximum number of frames a bot may send per minute on one connection (Discord docs,
/// events/gateway, "Rate Limiting").
const MAX_FRAMES_PER_MINUTE: usize = 120;
/// Maximum size of a frame from the bot, in bytes (Discord docs, events/gateway, "Sending Events").
const MAX_FRAME_BYTES: usize = 4096;

/// Returns a Reconnect frame (opcode 7), which asks the bot to reconnect and resume.
pub fn reconnect_frame() -> OutboundFrame {
    OutboundFrame::Text(frame(op::RECONNECT, &Value::Null))
}

/// Returns an Invalid Session frame (opcode 9). `resumable` states whether the bot may resume.
pub fn invalid_session_frame(resumable: bool) -> OutboundFrame {
    OutboundFrame::Text(frame(op::INVALID_SESSION, &json!(resumable)))
}

/// Serves one connection until it ends. An unsupported version is closed with 4012.
pub async fn serve(shared: Arc<SandboxState>, mut socket: WebSocket, version_is_supported: bool) {
    if !version_is_supported {
        let code = close::INVALID_VERSION;
        let frame = CloseFrame {
            code,
            reason: "".into(),
        };
        // The bot may have disconnected already.
        let _ = socket.send(Message::Close(Some(frame))).await;
        return;
    }
    let (tx, mut frames) = mpsc::unbounded_channel();
    let (number, heartbeat, end) = shared.with(|discord| {
        let gateway = &mut discord.gateway;
        (
            gateway.connect(tx),
            gateway.heartbeat,
            gateway.end_connections,
        )
    });
    let millis = u64::try_from(heartbeat.as_millis()).unwrap_or(u64::MAX);
    let hello = frame(
        op::HELLO,
        &json!({ "heartbeat_interval": millis, "_trace": [] }),
    );
    let mut connection = Connection {
        shared: Arc::clone(&shared),
        number,
        received_at: Vec::new(),
    };
    match end {
        Some(EndConnection::BeforeHello(code)) => {
            let close = OutboundFrame::Close(Some(code));
            connection.handle_outbound(&mut socket, close).await;
        }
        Some(EndConnection::AfterHello(code)) => {
            for frame in [OutboundFrame::Text(hello), OutboundFrame::Close(Some(code))] {
                connection.handle_outbound(&mut socket, frame).await;
            }
        }
        None if socket.send(Message::Text(hello.into())).await.is_ok() => {
            connection.run(&mut socket, &mut frames, heartbeat).await;
        }
        None => {}
    }
    shared.with(|discord| discord.gateway.disconnect(number));
}

struct Connection {
    shared: Arc<SandboxState>,
    number: u64,
    /// When the bot sent frames within the last minute.
    received_at: Vec<Instant>,
}

impl Connection {
    async fn run(
        &mut self,
        socket: &mut WebSocket,
        frames: &mut mpsc::UnboundedReceiver<OutboundFrame>,
        heartbeat: Duration,
    ) {
        // Discord closes a connection without heartbeats. The docs give no deadline; the
        // sandbox grants one and a half intervals.
        let timeout = heartbeat.mul_f32(1.5) + Duration::from_secs(1);
        let mut last_frame_at = Instant::now();
        loop {
            let outbound = tokio::select! {
                Some(outbound) = frames.recv() => outbound,
                frame = socket.recv() => match frame {
                    Some(Ok(Message::Text(text))) => {
                        last_frame_at = Instant::now();
                        match self.handle_text(text.as_str()) {
                            Ok(replies) => {
                                if send_all(socket, replies).await.is_err() {
                                    return;
                                }
                                continue;
                            }
                            Err(code) => OutboundFrame::Close(Some(code)),
                        }
                    }
                    Some(Ok(Message::Close(frame))) => {
                        self.on_client_close(frame.as_ref());
                        return;
                    }
                    Some(Ok(Message::Binary(_))) => OutboundFrame::Close(Some(close::DECODE)),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Err(_)) | None => return,
                },
                () = tokio::time::sleep(timeout.saturating_sub(last_frame_at.elapsed())) => {
                    OutboundFrame::Close(Some(close::SESSION_TIMED_OUT))
                }
            };
            if !self.handle_outbound(socket, outbound).await {
                return;
            }
        }
    }

    /// Executes an instruction. Returns `false` if the connection ends.
    async fn handle_outbound(&self, socket: &mut WebSocket, outbound: OutboundFrame) -> bool {
        match outbound {
            OutboundFrame::Text(text) => socket.send(Message::Text(text.into())).await.is_ok(),
            OutboundFrame::Close(code) => {
                self.shared.with(|discord| {
                    discord.log_frame(false, "(close)", json!({ "code": code }));
                    if let Some(code) = code {
                        discord.gateway.close_session(self.number, code);
                    }
                });
                let frame = code.map(|code| CloseFrame {
                    code,
                    reason: "".into(),
                });
                // The bot may have disconnected already.
                let _ = socket.send(Message::Close(frame)).await;
                false
            }
            OutboundFrame::Drop => false,
        }
    }

    fn handle_text(&mut self, text: &str) -> FrameReply {
        let now = Instant::now();
        self.received_at
            .retain(|at| now.duration_since(*at) < Duration::from_secs(60));
        self.received_at.push(now);
        if self.received_at.len() > MAX_FRAMES_PER_MINUTE {
            return Err(close::RATE_LIMITED);
        }
        if text.len() > MAX_FRAME_BYTES {
            return Err(close::DECODE);
        }
        let frame: Value = serde_json::from_str(text).map_err(|_| close::DECODE)?;
        let op = frame["op"].as_u64().and_then(|op| u8::try_from(op).ok());
        let op = op.ok_or(close::UNKNOWN_OPCODE)?;
        self.shared
            .with(|discord| self.handle_op(discord, op, &frame["d"]))
    }

    fn handle_op(&self, discord: &mut Discord, op: u8, data: &Value) -> FrameReply {
        let is_authenticated = discord.gateway.session_of(self.number).is_some();
        match op {
            op::HEARTBEAT if discord.gateway.drop_heartbeat_acks || discord.gateway.blackhole => {
                Ok(Vec::new())
            }
            op::HEARTBEAT => Ok(vec![frame(op::ACK, &Value::Null)]),
            op::IDENTIFY | op::RESUME if is_authenticated => Err(close::ALREADY_AUTHENTICATED),
            op::IDENTIFY => handshake::identify(discord, self.number, data),
            op::RESUME => handshake::resume(discord, self.number, data),
            op::PRESENCE | op::VOICE_STATE | op::REQUEST_MEMBERS if is_authenticated => {
                discord.log_frame(true, &format!("(op {op})"), data.clone());
                Ok(Vec::new())
            }
            op::PRESENCE | op::VOICE_STATE | op::REQUEST_MEMBERS => Err(close::NOT_AUTHENTICATED),
            _ => Err(close::UNKNOWN_OPCODE),
        }
    }

    /// Handles a close frame of the bot. Codes 1000 and 1001 end the session; after any other code
    /// it can be resumed (Discord docs, events/gateway, "Disconnecting").
    fn on_client_close(&self, frame: Option<&CloseFrame>) {
        let code = frame.map(|frame| frame.code);
        self.shared.with(|discord| {
            discord.log_frame(true, "(close)", json!({ "code": code }));
            if matches!(code, Some(1000 | 1001)) {
                discord
                    .gateway
                    .sessions
                    .retain(|one| one.connection != Some(self.number));
            }
        });
    }
}

impl super::GatewayState {
    /// Ends the session of a connection if it cannot be resumed after this close code.
    fn close_session(&mut self, connection: u64, code: u16) {
        if matches!(
            code,
            close::AUTHENTICATION | close::INVALID_SEQ | close::SESSION_TIMED_OUT
        ) {
            self.sessions
                .retain(|session| session.connection != Some(connection));
        }
    }
}

async fn send_all(socket: &mut WebSocket, texts: Vec<String>) -> Result<(), axum::Error> {
    for text in texts {
        socket.send(Message::Text(text.into())).await?;
    }
    Ok(())
}
