//! Making trouble: faults of requests and of the gateway.

use std::sync::Arc;

use serde_json::Value;

use super::super::Sandbox;
use super::super::faults::{FaultRule, RequestFault, RequestGate, RuleView};
use super::super::gateway::{OutboundFrame, RejectIdentify, socket};
use super::super::log::{LogEntry, LoggedRequest};
use super::super::model::{Command, InteractionKind};
use super::interaction::{InteractionRequest, dispatch_interaction};
use super::outcome::ClientOutcome;

impl Sandbox {
    /// Lets requests fail; the rule's number.
    pub fn add_fault(&self, rule: FaultRule, fault: RequestFault) -> u64 {
        self.with(|discord| discord.faults.add(rule, fault))
    }

    /// Holds requests open until they are released; how a test stops the bot at an exact step.
    pub fn hold_requests(&self, rule: FaultRule) -> Arc<RequestGate> {
        let hold = RequestGate::new();
        self.add_fault(rule, RequestFault::Gate(Arc::clone(&hold)));
        hold
    }

    /// The faults that still strike.
    pub fn faults(&self) -> Vec<RuleView> {
        self.read(|discord| discord.faults.list())
    }

    /// Takes a fault away.
    pub fn remove_fault(&self, id: u64) {
        self.with(|discord| discord.faults.remove(id));
    }

    /// Takes all faults away, lets go what is held, and lets the gateway work again.
    pub fn clear_faults(&self) {
        self.with(|discord| {
            discord.faults.clear();
            discord.gateway.drop_heartbeat_acks = false;
            discord.gateway.blackhole = false;
            discord.gateway.refuse_connections = false;
            discord.gateway.reject_identify = None;
        });
    }

    /// From now on so many shards are recommended, and so many sessions may begin side by side; more are called invalid.
    pub fn recommend_shards(&self, shards: u32, max_concurrency: u32) {
        self.with(|discord| {
            let starts = &mut discord.gateway.session_start_limit;
            (starts.shards, starts.max_concurrency) = (shards, max_concurrency);
            starts.strict = true;
        });
    }

    /// Drops the gateway's connections without a word.
    pub fn drop_connections(&self) {
        self.with(|discord| discord.gateway.broadcast(&OutboundFrame::Drop));
    }

    /// Closes the connection of one shard, with a code or without one.
    pub fn close_shard(&self, shard: u64, code: Option<u16>) {
        self.with(|discord| {
            let gateway = &discord.gateway;
            let of_shard = gateway
                .sessions
                .iter()
                .filter(|one| one.shard.number == shard);
            for connection in of_shard.filter_map(|one| gateway.connections.get(&one.connection?)) {
                // A closed channel means that the connection is going away.
                let _ = connection.send(OutboundFrame::Close(code));
            }
        });
    }

    /// Closes the gateway's connections, with a code or without one.
    pub fn close_gateway(&self, code: Option<u16>) {
        self.with(|discord| discord.gateway.broadcast(&OutboundFrame::Close(code)));
    }

    /// Asks the bot to connect anew and resume (op 7).
    pub fn request_reconnect(&self) {
        self.with(|discord| {
            discord.log_frame(false, "(reconnect)", serde_json::Value::Null);
            discord.gateway.broadcast(&socket::reconnect_frame());
        });
    }

    /// Calls every session invalid (op 9); `resumable` if it may be resumed all the same.
    pub fn invalidate_sessions(&self, resumable: bool) {
        self.with(|discord| {
            if !resumable {
                discord.gateway.sessions.clear();
            }
            // The connection may say IDENTIFY or RESUME anew.
            for session in &mut discord.gateway.sessions {
                session.connection = None;
            }
            discord.log_frame(false, "(invalid session)", resumable.into());
            discord
                .gateway
                .broadcast(&socket::invalid_session_frame(resumable));
        });
    }

    /// Sends an event as it stands, which Discord would never send like that.
    pub fn dispatch_raw(&self, name: &str, data: &Value) {
        self.with(|discord| discord.dispatch_raw(name, data));
    }

    /// Sends any text as a frame.
    pub fn send_frame(&self, text: &str) {
        self.with(|discord| {
            discord
                .gateway
                .broadcast(&OutboundFrame::Text(text.to_owned()))
        });
    }

    /// Sends a command with data that no client would send, and waits for the answer. The channel, the
    /// user and their permissions are as they are.
    pub async fn command_raw(&self, place: (u64, u64), data: Value) -> ClientOutcome {
        self.interaction_raw(InteractionKind::Command, place, None, data)
            .await
    }

    /// Presses a button of a message with data that no client would send.
    pub async fn press_raw(&self, place: (u64, u64), message: u64, data: Value) -> ClientOutcome {
        let pressed = Some((place.0, message));
        self.interaction_raw(InteractionKind::Component, place, pressed, data)
            .await
    }

    async fn interaction_raw(
        &self,
        kind: InteractionKind,
        (channel, user): (u64, u64),
        pressed: Option<(u64, u64)>,
        data: Value,
    ) -> ClientOutcome {
        let asked = InteractionRequest {
            kind,
            user,
            channel,
            name: String::new(),
            data,
            source_message: pressed,
        };
        let interaction = self.with(|discord| dispatch_interaction(discord, asked));
        self.wait_for_outcome(Ok(interaction)).await
    }

    /// Leaves heartbeats unanswered, or answers them again.
    pub fn drop_heartbeat_acks(&self, mute: bool) {
        self.with(|discord| discord.gateway.drop_heartbeat_acks = mute);
    }

    /// Makes zombies of the gateway's connections: they stay open, but neither events nor answers to
    /// heartbeats come. What was missed is replayed to a session that resumes.
    pub fn blackhole_gateway(&self, silent: bool) {
        self.with(|discord| discord.gateway.blackhole = silent);
    }

    /// Refuses new connections to the gateway, or takes them again.
    pub fn refuse_connections(&self, refuse: bool) {
        self.with(|discord| discord.gateway.refuse_connections = refuse);
    }

    /// Takes connections to the gateway but begins no session, or begins sessions again.
    pub fn reject_identify(&self, how: Option<RejectIdentify>) {
        self.with(|discord| discord.gateway.reject_identify = how);
    }

    /// Takes the network away from the bot, or gives it back: requests and connections are reset.
    pub fn set_network_down(&self, unplugged: bool) {
        if unplugged {
            self.add_fault(FaultRule::any().always(), RequestFault::Reset);
            self.refuse_connections(true);
            self.drop_connections();
        } else {
            self.clear_faults();
        }
    }

    /// How often a bot has identified.
    pub fn identify_count(&self) -> u64 {
        self.read(|discord| discord.gateway.identify_count)
    }

    /// Whether a bot is connected to the gateway.
    pub fn is_connected(&self) -> bool {
        self.read(|discord| discord.gateway.is_connected())
    }

    /// The log's lines, the oldest first.
    pub fn log(&self) -> Vec<LogEntry> {
        self.read(|discord| discord.log.entries().cloned().collect())
    }

    /// The registered commands of a guild, or the global ones, as the bot registered them.
    pub fn commands(&self, guild: Option<u64>) -> Vec<Command> {
        self.read(|discord| discord.commands.registered_in(guild).to_vec())
    }

    /// The requests so far, the oldest first.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.read(|discord| discord.log.requests().cloned().collect())
    }

    /// The requests that count towards Discord's ban for invalid ones (10,000 in 10 minutes).
    pub fn invalid_requests(&self) -> usize {
        self.read(|discord| discord.log.requests().filter(|one| one.invalid).count())
    }

    /// The most requests there were within one second of real time, answers to interactions aside.
    pub fn busiest_second(&self) -> usize {
        self.read(|discord| discord.limits.busiest_second())
    }
}
