//! IDENTIFY and RESUME: how a connection gets its session.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::session::{Session, ShardId};
use super::{
    GatewayState, OutboundFrame, RejectIdentify, SessionStartLimit, close, frame, intent, op,
};
use crate::model::{Channel, Discord};
use crate::payloads::{self, id};

/// Reply to a frame of the bot: frames to send, or a close code.
pub type FrameReply = Result<Vec<String>, u16>;

/// Maximum number of session starts per day. A bot that exceeds it is disconnected and its token is
/// reset (Discord docs, events/gateway, "Session Start Limit Object").
pub const MAX_SESSIONS_PER_DAY: usize = 1000;
/// Milliseconds per day.
const DAY_MS: i64 = 86_400_000;

/// Period in which `max_concurrency` sessions may start (Discord docs, events/gateway, "Rate
/// Limiting"). Measured in real time.
const IDENTIFY_WINDOW: Duration = Duration::from_secs(5);

impl SessionStartLimit {
    /// Records a session start. Returns `false` if it is too early and the limit is enforced.
    fn try_start(&mut self, shard: ShardId, now: Instant) -> bool {
        let slot = |shard: ShardId| shard.number % u64::from(self.max_concurrency.max(1));
        let is_early = self.started.iter().any(|(started_at, other)| {
            slot(*other) == slot(shard) && now.duration_since(*started_at) < IDENTIFY_WINDOW
        });
        self.started.push((now, shard));
        !(self.strict && is_early)
    }
}

impl GatewayState {
    /// Returns the number of session starts in the 24 hours before `now_ms`.
    pub fn sessions_started_today(&self, now_ms: i64) -> usize {
        let recent = self.session_starts_ms.iter().rev();
        recent.take_while(|at_ms| now_ms - **at_ms < DAY_MS).count()
    }
}

/// Starts a session: sends READY, then `GUILD_CREATE` for each available guild of the shard.
///
/// Every IDENTIFY with a valid token counts as a session start, even if it is rejected afterwards.
/// The reply is Invalid Session (opcode 9) if the start is too early; see [`SessionStartLimit`].
///
/// # Errors
///
/// Returns the close code: 4004 for a wrong token or too many session starts, 4010 for an invalid
/// shard, 4013 for invalid intents, 4014 for privileged intents that are not enabled, or the code
/// of an injected [`RejectIdentify`].
pub fn identify(discord: &mut Discord, connection: u64, data: &Value) -> FrameReply {
    let now_ms = discord.clock.now_ms();
    discord.gateway.identify_count += 1;
    if !discord.app.is_token(data["token"].as_str()) {
        discord.log_frame(true, "IDENTIFY", Value::Null);
        return Err(close::AUTHENTICATION);
    }
    let mut logged = data.clone();
    if let Some(logged) = logged.as_object_mut() {
        logged.remove("token");
    }
    discord.log_frame(true, "IDENTIFY", logged);
    if discord.gateway.sessions_started_today(now_ms) >= MAX_SESSIONS_PER_DAY {
        discord.app.token.push_str("-reset");
        discord.gateway.sessions.clear();
        discord
            .gateway
            .broadcast(&OutboundFrame::Close(Some(close::AUTHENTICATION)));
        return Err(close::AUTHENTICATION);
    }
    discord.gateway.session_starts_ms.push(now_ms);
    match discord.gateway.reject_identify {
        Some(RejectIdentify::Close(code)) => return Err(code),
        Some(RejectIdentify::Invalidate) => {
            return Ok(vec![frame(op::INVALID_SESSION, &json!(false))]);
        }
        None => {}
    }
    let shard = shard(&data["shard"])?;
    if !discord
        .gateway
        .session_start_limit
        .try_start(shard, Instant::now())
    {
        return Ok(vec![frame(op::INVALID_SESSION, &json!(false))]);
    }
    let intents = data["intents"].as_u64().ok_or(close::INVALID_INTENTS)?;
    check_intents(discord, intents)?;
    let session = format!("{:032x}", discord.next_id());
    discord
        .gateway
        .sessions
        .retain(|old| old.connection.is_some());
    let ready = ready(discord, &session, shard, &data["shard"]);
    let mut events = vec![("READY", ready)];
    if intents & intent::GUILDS != 0 {
        events.extend(
            guilds(discord, shard)
                .into_iter()
                .map(|guild| ("GUILD_CREATE", guild)),
        );
    }
    let mut session = Session::new(session, intents, shard, connection);
    for (name, data) in events {
        session.send(&discord.gateway.connections, name, &data);
        discord.log_frame(false, name, data);
    }
    discord.gateway.sessions.push(session);
    Ok(Vec::new())
}

/// Resumes a session: moves it to this connection and sends the missed events, then RESUMED.
///
/// The previous connection of the session, if still open, is dropped. The reply is Invalid Session
/// (opcode 9) if the session is unknown.
///
/// # Errors
///
/// Returns the close code: 4004 for a wrong token, 4007 for a sequence number that the session has
/// not reached or whose following events are no longer kept.
pub fn resume(discord: &mut Discord, connection: u64, data: &Value) -> FrameReply {
    if !discord.app.is_token(data["token"].as_str()) {
        discord.log_frame(true, "RESUME", Value::Null);
        return Err(close::AUTHENTICATION);
    }
    discord.log_frame(true, "RESUME", json!({ "seq": data["seq"] }));
    let session_id = data["session_id"].as_str().unwrap_or_default();
    let GatewayState {
        sessions,
        connections,
        ..
    } = &mut discord.gateway;
    let Some(session) = sessions.iter_mut().find(|one| one.id == session_id) else {
        return Ok(vec![frame(op::INVALID_SESSION, &json!(false))]);
    };
    let seq = data["seq"].as_u64().ok_or(close::INVALID_SEQ)?;
    let missed = session.events_after(seq).ok_or(close::INVALID_SEQ)?;
    // The previous connection may have ended already.
    if let Some(old) = session
        .connection
        .replace(connection)
        .and_then(|old| connections.get(&old))
    {
        let _ = old.send(OutboundFrame::Drop);
    }
    if let Some(connection) = connections.get(&connection) {
        for text in missed {
            let _ = connection.send(OutboundFrame::Text(text));
        }
    }
    session.send(connections, "RESUMED", &json!({ "_trace": [] }));
    discord.log_frame(false, "RESUMED", Value::Null);
    Ok(Vec::new())
}

fn shard(shard: &Value) -> Result<ShardId, u16> {
    let Some(shard) = shard.as_array() else {
        return Ok(ShardId::default());
    };
    let number = |index: usize| shard.get(index).and_then(Value::as_u64);
    match (number(0), number(1)) {
        (Some(number), Some(count)) if number < count => Ok(ShardId { number, count }),
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

fn ready(discord: &Discord, session: &str, shard: ShardId, shard_json: &Value) -> Value {
    let joined = discord.guilds.values().filter(|guild| {
        guild.members.contains_key(&discord.app.id) && shard.contains(Some(guild.id))
    });
    let mut ready = json!({
        "v": 10,
        "user": discord.users.get(&discord.app.id).map(payloads::user::own_user),
        "guilds": joined.map(|guild| payloads::guild::unavailable_guild(guild.id)).collect::<Value>(),
        "session_id": session,
        "resume_gateway_url": discord.gateway.url,
        "application": { "id": id(discord.app.id), "flags": discord.app.flags() },
        "private_channels": [],
        "session_type": "normal",
        "_trace": [],
    });
    if shard_json.is_array() {
        ready["shard"] = shard_json.clone();
    }
    ready
}

/// Returns the available guilds of the shard, with their channels and threads.
fn guilds(discord: &Discord, shard: ShardId) -> Vec<Value> {
    let available = discord.guilds.values().filter(|guild| {
        guild.members.contains_key(&discord.app.id)
            && !guild.unavailable
            && shard.contains(Some(guild.id))
    });
    // Channels are grouped once. Searching all channels for each of thousands of guilds takes
    // seconds.
    let mut channels: BTreeMap<u64, Vec<&Channel>> = BTreeMap::new();
    for channel in discord.channels.values() {
        if let Some(guild) = channel.guild {
            channels.entry(guild).or_default().push(channel);
        }
    }
    let channels_of = |guild: u64| channels.get(&guild).map_or(&[][..], Vec::as_slice);
    available
        .map(|guild| payloads::guild::full_guild(discord, guild, channels_of(guild.id)))
        .collect()
}
