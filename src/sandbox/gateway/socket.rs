//! One connection to the gateway: HELLO, IDENTIFY or RESUME, heartbeats, and the events of its session.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::login::{self, Reaction};
use super::{Out, close, frame, op};
use crate::sandbox::Shared;
use crate::sandbox::model::Discord;

/// Sends a connection may make in a minute (Discord docs, events/gateway, "Rate Limiting").
const SENDS_A_MINUTE: usize = 120;
/// The largest frame a bot may send, in bytes (Discord docs, events/gateway, "Sending Events").
const FRAME_MAX: usize = 4096;
/// The frame by which a bot is asked to connect anew.
pub fn reconnect_frame() -> Out {
    Out::Text(frame(op::RECONNECT, &Value::Null))
}

/// The frame by which a session is called invalid; `resumable` if it may be resumed all the same.
pub fn invalid_session_frame(resumable: bool) -> Out {
    Out::Text(frame(op::INVALID_SESSION, &json!(resumable)))
}

/// Serves one connection until it ends.
pub async fn serve(shared: Arc<Shared>, mut socket: WebSocket, version_is_known: bool) {
    if !version_is_known {
        let code = close::INVALID_VERSION;
        let frame = CloseFrame {
            code,
            reason: "".into(),
        };
        // The other side may be gone already.
        let _ = socket.send(Message::Close(Some(frame))).await;
        return;
    }
    let (link, mut outs) = mpsc::unbounded_channel();
    let (number, heartbeat) =
        shared.with(|discord| (discord.gateway.connect(link), discord.gateway.heartbeat));
    let millis = u64::try_from(heartbeat.as_millis()).unwrap_or(u64::MAX);
    let hello = frame(
        op::HELLO,
        &json!({ "heartbeat_interval": millis, "_trace": [] }),
    );
    let mut connection = Connection {
        shared: Arc::clone(&shared),
        number,
        sends: Vec::new(),
    };
    if socket.send(Message::Text(hello.into())).await.is_ok() {
        connection.run(&mut socket, &mut outs, heartbeat).await;
    }
    shared.with(|discord| discord.gateway.disconnect(number));
}

struct Connection {
    shared: Arc<Shared>,
    number: u64,
    /// When the bot sent something, within the last minute.
    sends: Vec<Instant>,
}

impl Connection {
    async fn run(
        &mut self,
        socket: &mut WebSocket,
        outs: &mut mpsc::UnboundedReceiver<Out>,
        heartbeat: Duration,
    ) {
        // Discord closes a connection that misses its beats; one and a half intervals is what it
        // seems to grant.
        let patience = heartbeat.mul_f32(1.5) + Duration::from_secs(1);
        let mut last_heard = Instant::now();
        loop {
            let out = tokio::select! {
                Some(out) = outs.recv() => out,
                frame = socket.recv() => match frame {
                    Some(Ok(Message::Text(text))) => {
                        last_heard = Instant::now();
                        match self.react(text.as_str()) {
                            Ok(answers) => {
                                if send_all(socket, answers).await.is_err() {
                                    return;
                                }
                                continue;
                            }
                            Err(code) => Out::Close(Some(code)),
                        }
                    }
                    Some(Ok(Message::Close(frame))) => {
                        self.closed_by_bot(frame.as_ref());
                        return;
                    }
                    Some(Ok(Message::Binary(_))) => Out::Close(Some(close::DECODE)),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Err(_)) | None => return,
                },
                () = tokio::time::sleep(patience.saturating_sub(last_heard.elapsed())) => {
                    Out::Close(Some(close::SESSION_TIMED_OUT))
                }
            };
            if !self.carry_out(socket, out).await {
                return;
            }
        }
    }

    /// Does what the connection was told; whether it goes on.
    async fn carry_out(&self, socket: &mut WebSocket, out: Out) -> bool {
        match out {
            Out::Text(text) => socket.send(Message::Text(text.into())).await.is_ok(),
            Out::Close(code) => {
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
                // The other side may be gone already.
                let _ = socket.send(Message::Close(frame)).await;
                false
            }
            Out::Cut => false,
        }
    }

    fn react(&mut self, text: &str) -> Reaction {
        let now = Instant::now();
        self.sends
            .retain(|sent| now.duration_since(*sent) < Duration::from_secs(60));
        self.sends.push(now);
        if self.sends.len() > SENDS_A_MINUTE {
            return Err(close::RATE_LIMITED);
        }
        if text.len() > FRAME_MAX {
            return Err(close::DECODE);
        }
        let frame: Value = serde_json::from_str(text).map_err(|_| close::DECODE)?;
        let op = frame["op"].as_u64().and_then(|op| u8::try_from(op).ok());
        let op = op.ok_or(close::UNKNOWN_OPCODE)?;
        self.shared
            .with(|discord| self.react_to(discord, op, &frame["d"]))
    }

    fn react_to(&self, discord: &mut Discord, op: u8, data: &Value) -> Reaction {
        let is_authenticated = discord.gateway.session_of(self.number).is_some();
        match op {
            op::HEARTBEAT if discord.gateway.mute || discord.gateway.silent => Ok(Vec::new()),
            op::HEARTBEAT => Ok(vec![frame(op::ACK, &Value::Null)]),
            op::IDENTIFY | op::RESUME if is_authenticated => Err(close::ALREADY_AUTHENTICATED),
            op::IDENTIFY => login::identify(discord, self.number, data),
            op::RESUME => login::resume(discord, self.number, data),
            op::PRESENCE | op::VOICE_STATE | op::REQUEST_MEMBERS if is_authenticated => {
                discord.log_frame(true, &format!("(op {op})"), data.clone());
                Ok(Vec::new())
            }
            op::PRESENCE | op::VOICE_STATE | op::REQUEST_MEMBERS => Err(close::NOT_AUTHENTICATED),
            _ => Err(close::UNKNOWN_OPCODE),
        }
    }

    /// Closing with 1000 or 1001 ends the session; any other code leaves it to be resumed.
    fn closed_by_bot(&self, frame: Option<&CloseFrame>) {
        let code = frame.map(|frame| frame.code);
        self.shared.with(|discord| {
            discord.log_frame(true, "(close)", json!({ "code": code }));
            if matches!(code, Some(1000 | 1001)) {
                discord
                    .gateway
                    .sessions
                    .retain(|one| one.link != Some(self.number));
            }
        });
    }
}

impl super::Gateway {
    /// Ends the session of a connection where the code means that.
    fn close_session(&mut self, link: u64, code: u16) {
        if matches!(
            code,
            close::AUTHENTICATION | close::INVALID_SEQ | close::SESSION_TIMED_OUT
        ) {
            self.sessions.retain(|session| session.link != Some(link));
        }
    }
}

async fn send_all(socket: &mut WebSocket, texts: Vec<String>) -> Result<(), axum::Error> {
    for text in texts {
        socket.send(Message::Text(text.into())).await?;
    }
    Ok(())
}
