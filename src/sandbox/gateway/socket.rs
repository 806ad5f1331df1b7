//! One connection to the gateway: HELLO, IDENTIFY or RESUME, heartbeats, and the events of its session.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::session::Session;
use super::{Out, frame, intent};
use crate::sandbox::Shared;
use crate::sandbox::model::Discord;
use crate::sandbox::wire::{self, id};

/// Opcodes (Discord docs, topics/opcodes-and-status-codes, "Gateway Opcodes").
mod op {
    pub const HEARTBEAT: u8 = 1;
    pub const IDENTIFY: u8 = 2;
    pub const PRESENCE: u8 = 3;
    pub const VOICE_STATE: u8 = 4;
    pub const RESUME: u8 = 6;
    pub const RECONNECT: u8 = 7;
    pub const REQUEST_MEMBERS: u8 = 8;
    pub const INVALID_SESSION: u8 = 9;
    pub const HELLO: u8 = 10;
    pub const ACK: u8 = 11;
}

/// Close codes (Discord docs, topics/opcodes-and-status-codes, "Gateway Close Event Codes").
mod close {
    pub const UNKNOWN_OPCODE: u16 = 4001;
    pub const DECODE: u16 = 4002;
    pub const NOT_AUTHENTICATED: u16 = 4003;
    pub const AUTHENTICATION: u16 = 4004;
    pub const ALREADY_AUTHENTICATED: u16 = 4005;
    pub const INVALID_SEQ: u16 = 4007;
    pub const RATE_LIMITED: u16 = 4008;
    pub const SESSION_TIMED_OUT: u16 = 4009;
    pub const INVALID_SHARD: u16 = 4010;
    pub const INVALID_VERSION: u16 = 4012;
    pub const INVALID_INTENTS: u16 = 4013;
    pub const DISALLOWED_INTENTS: u16 = 4014;
}

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

/// What a frame of the bot leads to.
type Reaction = Result<Vec<String>, u16>;

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
            op::IDENTIFY => self.identify(discord, data),
            op::RESUME => self.resume(discord, data),
            op::PRESENCE | op::VOICE_STATE | op::REQUEST_MEMBERS if is_authenticated => {
                discord.log_frame(true, &format!("(op {op})"), data.clone());
                Ok(Vec::new())
            }
            op::PRESENCE | op::VOICE_STATE | op::REQUEST_MEMBERS => Err(close::NOT_AUTHENTICATED),
            _ => Err(close::UNKNOWN_OPCODE),
        }
    }

    fn identify(&self, discord: &mut Discord, data: &Value) -> Reaction {
        discord.gateway.identifies += 1;
        let mut shown = data.clone();
        if let Some(shown) = shown.as_object_mut() {
            shown.remove("token");
        }
        discord.log_frame(true, "IDENTIFY", shown);
        if !discord.app.is_token(data["token"].as_str()) {
            return Err(close::AUTHENTICATION);
        }
        check_shard(&data["shard"])?;
        let intents = data["intents"].as_u64().ok_or(close::INVALID_INTENTS)?;
        check_intents(discord, intents)?;
        let session = format!("{:032x}", discord.next_id());
        discord.gateway.sessions.retain(|old| old.link.is_some());
        discord
            .gateway
            .sessions
            .push(Session::new(session.clone(), intents, self.number));
        let url = discord.gateway.url.clone();
        self.send_start(
            discord,
            &ready(discord, &session, &url, &data["shard"]),
            intents,
        );
        Ok(Vec::new())
    }

    fn send_start(&self, discord: &mut Discord, ready: &Value, intents: u64) {
        let mut events = vec![("READY", ready.clone())];
        if intents & intent::GUILDS != 0 {
            let mine = discord
                .guilds
                .values()
                .filter(|guild| guild.members.contains_key(&discord.app.id) && !guild.unavailable);
            let whole = mine.map(|guild| wire::guild::whole_guild(discord, guild));
            events.extend(whole.map(|guild| ("GUILD_CREATE", guild)));
        }
        for (name, data) in events {
            let super::Gateway {
                sessions, links, ..
            } = &mut discord.gateway;
            let session = sessions
                .iter_mut()
                .find(|one| one.link == Some(self.number));
            if let Some(session) = session {
                session.send(links, name, &data);
            }
            discord.log_frame(false, name, data);
        }
    }

    fn resume(&self, discord: &mut Discord, data: &Value) -> Reaction {
        discord.log_frame(true, "RESUME", json!({ "seq": data["seq"] }));
        if !discord.app.is_token(data["token"].as_str()) {
            return Err(close::AUTHENTICATION);
        }
        let wanted = data["session_id"].as_str().unwrap_or_default();
        let number = self.number;
        let super::Gateway {
            sessions, links, ..
        } = &mut discord.gateway;
        let Some(session) = sessions.iter_mut().find(|one| one.id == wanted) else {
            return Ok(vec![frame(op::INVALID_SESSION, &json!(false))]);
        };
        let seq = data["seq"].as_u64().ok_or(close::INVALID_SEQ)?;
        let missed = session.missed_since(seq).ok_or(close::INVALID_SEQ)?;
        // A session that is taken over leaves its old connection.
        if let Some(old) = session.link.replace(number).and_then(|old| links.get(&old)) {
            let _ = old.send(Out::Cut);
        }
        if let Some(link) = links.get(&number) {
            for text in missed {
                let _ = link.send(Out::Text(text));
            }
        }
        session.send(links, "RESUMED", &json!({ "_trace": [] }));
        discord.log_frame(false, "RESUMED", Value::Null);
        Ok(Vec::new())
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

fn check_shard(shard: &Value) -> Result<(), u16> {
    let Some(shard) = shard.as_array() else {
        return Ok(());
    };
    match (
        shard.first().and_then(Value::as_u64),
        shard.get(1).and_then(Value::as_u64),
    ) {
        (Some(number), Some(count)) if number < count => Ok(()),
        _ => Err(close::INVALID_SHARD),
    }
}

fn check_intents(discord: &Discord, intents: u64) -> Result<(), u16> {
    if intents & !intent::KNOWN != 0 {
        return Err(close::INVALID_INTENTS);
    }
    if intents & intent::PRIVILEGED & !discord.app.privileged_intents != 0 {
        return Err(close::DISALLOWED_INTENTS);
    }
    Ok(())
}

fn ready(discord: &Discord, session: &str, url: &str, shard: &Value) -> Value {
    let mine = discord
        .guilds
        .values()
        .filter(|guild| guild.members.contains_key(&discord.app.id));
    let mut ready = json!({
        "v": 10,
        "user": discord.users.get(&discord.app.id).map(wire::guild::own_user),
        "guilds": mine.map(|guild| wire::guild::unavailable(guild.id)).collect::<Value>(),
        "session_id": session,
        "resume_gateway_url": url,
        "application": { "id": id(discord.app.id), "flags": discord.app.flags() },
        "private_channels": [],
        "session_type": "normal",
        "_trace": [],
    });
    if shard.is_array() {
        ready["shard"] = shard.clone();
    }
    ready
}

async fn send_all(socket: &mut WebSocket, texts: Vec<String>) -> Result<(), axum::Error> {
    for text in texts {
        socket.send(Message::Text(text.into())).await?;
    }
    Ok(())
}
