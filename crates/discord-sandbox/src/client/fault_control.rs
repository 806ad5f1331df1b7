//! Injects faults into requests and the gateway; gives access to the log.

use std::sync::Arc;

use serde_json::Value;

use super::super::Sandbox;
use super::super::faults::{FaultRule, RequestFault, RequestGate, RuleView};
use super::super::gateway::{EndConnection, GuildDetail, OutboundFrame, RejectIdentify, socket};
use super::super::log::{LogEntry, LoggedRequest};
use super::super::model::{Command, InteractionKind, MessageKey};
use super::interaction::{InteractionRequest, dispatch_interaction};
use super::outcome::ClientOutcome;

impl Sandbox {
    /// Adds a fault for matching requests; returns the rule's id.
    pub fn add_fault(&self, rule: FaultRule, fault: RequestFault) -> u64 {
        self.with(|discord| discord.faults.add(rule, fault))
    }

    /// Holds matching requests open until the gate is released, to stop the bot at an exact step.
    pub fn hold_requests(&self, rule: FaultRule) -> Arc<RequestGate> {
        let hold = RequestGate::new();
        self.add_fault(rule, RequestFault::Gate(Arc::clone(&hold)));
        hold
    }

    /// Returns the active faults.
    pub fn faults(&self) -> Vec<RuleView> {
        self.read(|discord| discord.faults.list())
    }

    /// Removes a fault.
    pub fn remove_fault(&self, id: u64) {
        self.with(|discord| discord.faults.remove(id));
    }

    /// Removes all faults, releases held requests, and restores the gateway.
    pub fn clear_faults(&self) {
        self.with(|discord| {
            discord.faults.clear();
            discord.gateway.drop_heartbeat_acks = false;
            discord.gateway.blackhole = false;
            discord.gateway.refuse_connections = false;
            discord.gateway.reject_identify = None;
            discord.gateway.end_connections = None;
        });
    }

    /// Sets the recommended number of shards and `max_concurrency`. Sessions beyond
    /// `max_concurrency` are declared invalid.
    pub fn recommend_shards(&self, shards: u32, max_concurrency: u32) {
        self.with(|discord| {
            let starts = &mut discord.gateway.session_start_limit;
            (starts.shards, starts.max_concurrency) = (shards, max_concurrency);
            starts.strict = true;
        });
    }

    /// Drops the gateway's connections without a close frame.
    pub fn drop_connections(&self) {
        self.with(|discord| discord.gateway.broadcast(&OutboundFrame::Drop));
    }

    /// Closes the connection of one shard, with or without a close code.
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

    /// Closes the gateway's connections, with or without a close code.
    pub fn close_gateway(&self, code: Option<u16>) {
        self.with(|discord| discord.gateway.broadcast(&OutboundFrame::Close(code)));
    }

    /// Asks the bot to reconnect and resume (op 7).
    pub fn request_reconnect(&self) {
        self.with(|discord| {
            discord.log_frame(false, "(reconnect)", serde_json::Value::Null);
            discord.gateway.broadcast(&socket::reconnect_frame());
        });
    }

    /// Invalidates every session (op 9); with `resumable`, the bot may still resume it.
    pub fn invalidate_sessions(&self, resumable: bool) {
        self.with(|discord| {
            if !resumable {
                discord.gateway.sessions.clear();
            }
            // The connection may send IDENTIFY or RESUME again.
            for session in &mut discord.gateway.sessions {
                session.connection = None;
            }
            discord.log_frame(false, "(invalid session)", resumable.into());
            discord
                .gateway
                .broadcast(&socket::invalid_session_frame(resumable));
        });
    }

    /// Sends an event with any data, even invalid data.
    pub fn dispatch_raw(&self, name: &str, data: &Value) {
        self.with(|discord| discord.dispatch_raw(name, data));
    }

    /// Sends any text as a frame.
    pub fn send_frame(&self, text: &str) {
        self.with(|discord| {
            discord
                .gateway
                .broadcast(&OutboundFrame::Text(text.to_owned()));
        });
    }

    /// Runs a command with any data, even data that no client would send, and waits for the
    /// response. Channel, user and permissions are the real ones.
    pub async fn command_raw(&self, channel: u64, user: u64, data: Value) -> ClientOutcome {
        self.interaction_raw(InteractionRequest {
            kind: InteractionKind::Command,
            user,
            channel,
            name: String::new(),
            data,
            source_message: None,
        })
        .await
    }

    /// Presses a button of a message with any data, even data that no client would send.
    pub async fn press_raw(&self, message: MessageKey, user: u64, data: Value) -> ClientOutcome {
        self.interaction_raw(InteractionRequest {
            kind: InteractionKind::Component,
            user,
            channel: message.channel,
            name: String::new(),
            data,
            source_message: Some(message),
        })
        .await
    }

    async fn interaction_raw(&self, request: InteractionRequest) -> ClientOutcome {
        let interaction = self.with(|discord| dispatch_interaction(discord, request));
        self.wait_for_outcome(Ok(interaction)).await
    }

    /// Stops or resumes acknowledging heartbeats.
    pub fn drop_heartbeat_acks(&self, drop: bool) {
        self.with(|discord| discord.gateway.drop_heartbeat_acks = drop);
    }

    /// Turns the gateway's connections into zombies, or back: they stay open, but neither events
    /// nor heartbeat acks arrive. Missed events are replayed when the session resumes.
    pub fn blackhole_gateway(&self, blackhole: bool) {
        self.with(|discord| discord.gateway.blackhole = blackhole);
    }

    /// Refuses new connections to the gateway, or accepts them again.
    pub fn refuse_connections(&self, refuse: bool) {
        self.with(|discord| discord.gateway.refuse_connections = refuse);
    }

    /// Accepts connections to the gateway but rejects IDENTIFY; `None` starts sessions again.
    pub fn reject_identify(&self, how: Option<RejectIdentify>) {
        self.with(|discord| discord.gateway.reject_identify = how);
    }

    /// Accepts connections to the gateway and closes them at once; `None` keeps them open again.
    pub fn end_connections(&self, how: Option<EndConnection>) {
        self.with(|discord| discord.gateway.end_connections = how);
    }

    /// Sets what `GUILD_CREATE` leaves out.
    pub fn set_guild_detail(&self, detail: GuildDetail) {
        self.with(|discord| discord.gateway.guild_detail = detail);
    }

    /// Takes the bot's network down or up again: while it is down, requests and connections are
    /// reset.
    pub fn set_network_down(&self, down: bool) {
        if down {
            self.add_fault(FaultRule::any().always(), RequestFault::Reset);
            self.refuse_connections(true);
            self.drop_connections();
        } else {
            self.clear_faults();
        }
    }

    /// Returns how many connections to the gateway were accepted.
    pub fn connection_count(&self) -> u64 {
        self.read(|discord| discord.gateway.connection_count())
    }

    /// Returns how many times a bot has identified.
    pub fn identify_count(&self) -> u64 {
        self.read(|discord| discord.gateway.identify_count)
    }

    /// Whether a bot is connected to the gateway.
    pub fn is_connected(&self) -> bool {
        self.read(|discord| discord.gateway.is_connected())
    }

    /// Returns the log entries, oldest first.
    pub fn log(&self) -> Vec<LogEntry> {
        self.read(|discord| discord.log.entries().cloned().collect())
    }

    /// Returns the commands that the bot registered in a guild, or its global ones.
    pub fn commands(&self, guild: Option<u64>) -> Vec<Command> {
        self.read(|discord| discord.commands.registered_in(guild).to_vec())
    }

    /// Returns the logged requests, oldest first.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.read(|discord| discord.log.requests().cloned().collect())
    }

    /// Counts the requests towards Discord's ban for invalid requests (10,000 in 10 minutes).
    pub fn invalid_requests(&self) -> usize {
        self.read(|discord| discord.log.requests().filter(|one| one.invalid).count())
    }

    /// Returns the maximum number of requests in one second of real time, without interaction
    /// responses.
    pub fn busiest_second(&self) -> usize {
        self.read(|discord| discord.limits.busiest_second())
    }
}
