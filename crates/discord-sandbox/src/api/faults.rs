//! Injects faults into requests and the gateway, and changes the bot's permissions.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

use super::super::faults::{FaultRule, RequestFault};
use super::super::model::Overwrite;
use super::super::permission::BY_NAME;
use super::super::rest::route::is_name;
use super::super::{Sandbox, SandboxState};
use super::actions::ApiResult;
use super::extract::BodyOf;
use super::{HttpError, Id, json_response};

/// Default delay of a response in milliseconds: longer than an interaction may take.
const DELAY_MS: u64 = 5_000;
/// Default target of a redirect: a site that is not Discord's.
const REDIRECT_TO: &str = "https://example.com/";
/// Default `retry_after` of a 429, in seconds.
const RETRY_AFTER: f64 = 2.0;

#[derive(Debug, Deserialize)]
pub struct NewFault {
    fault: String,
    route: Option<String>,
    method: Option<String>,
    path: Option<String>,
    guild: Option<Id>,
    channel: Option<Id>,
    /// How many times the fault applies; 0 means until it is removed.
    #[serde(default = "once")]
    times: u32,
    /// Whether the request takes effect before it fails.
    #[serde(default)]
    after: bool,
    ms: Option<u64>,
    to: Option<String>,
    retry_after: Option<f64>,
}

const fn once() -> u32 {
    1
}

impl NewFault {
    fn fault(&self) -> Result<RequestFault, HttpError> {
        Ok(match self.fault.as_str() {
            "429" => {
                RequestFault::too_many_requests(self.retry_after.unwrap_or(RETRY_AFTER), "user")
            }
            "500" => RequestFault::server_error(),
            "502" => RequestFault::bad_gateway(),
            "403" => RequestFault::missing_permissions(),
            "404" => RequestFault::not_found(),
            "redirect" => RequestFault::redirect(self.to.as_deref().unwrap_or(REDIRECT_TO)),
            "endless" => RequestFault::Endless,
            "garbage" => RequestFault::malformed_body(),
            "hang" => RequestFault::Hang,
            "reset" => RequestFault::Reset,
            "delay" => RequestFault::Delay(Duration::from_millis(self.ms.unwrap_or(DELAY_MS))),
            other => {
                return Err(HttpError::bad_request(&format!(
                    "unknown fault \"{other}\": use 429, 500, 502, 403, 404, redirect, endless, garbage, hang, reset or delay"
                )));
            }
        })
    }

    fn rule(&self) -> Result<FaultRule, HttpError> {
        let route = self.route.clone().filter(|name| !name.is_empty());
        if let Some(unknown) = route.as_deref().filter(|name| !is_name(name)) {
            return Err(HttpError::bad_request(&format!(
                "unknown route \"{unknown}\": GET /sandbox lists the routes"
            )));
        }
        let mut rule = FaultRule {
            route,
            method: self.method.clone(),
            path: self.path.clone(),
            guild: self.guild.map(|id| id.0),
            channel: self.channel.map(|id| id.0),
            times: Some(self.times).filter(|times| *times > 0),
            ..FaultRule::any()
        };
        if self.after {
            rule = rule.after();
        }
        Ok(rule)
    }
}

pub async fn add_fault(
    State(shared): State<Arc<SandboxState>>,
    BodyOf(new): BodyOf<NewFault>,
) -> ApiResult {
    let id = Sandbox::from_state(&shared).add_fault(new.rule()?, new.fault()?);
    json_response(&json!({ "id": id }))
}

#[derive(Debug, Deserialize)]
pub struct RemoveFault {
    id: Option<u64>,
}

pub async fn remove_fault(
    State(shared): State<Arc<SandboxState>>,
    BodyOf(which): BodyOf<RemoveFault>,
) -> ApiResult {
    let sandbox = Sandbox::from_state(&shared);
    match which.id {
        Some(id) => sandbox.remove_fault(id),
        None => sandbox.clear_faults(),
    }
    json_response(&json!({}))
}

/// A fault of the gateway, or its end.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GatewayAction {
    Cut,
    Close,
    Reconnect,
    Invalidate,
    Refuse,
    Accept,
    Mute,
    Unmute,
}

#[derive(Debug, Deserialize)]
pub struct GatewayRequest {
    action: GatewayAction,
    /// The close code, for `close`.
    code: Option<u16>,
}

pub async fn gateway(
    State(shared): State<Arc<SandboxState>>,
    BodyOf(request): BodyOf<GatewayRequest>,
) -> ApiResult {
    let sandbox = Sandbox::from_state(&shared);
    match request.action {
        GatewayAction::Cut => sandbox.drop_connections(),
        GatewayAction::Close => sandbox.close_gateway(request.code),
        GatewayAction::Reconnect => sandbox.request_reconnect(),
        GatewayAction::Invalidate => sandbox.invalidate_sessions(false),
        GatewayAction::Refuse => sandbox.refuse_connections(true),
        GatewayAction::Accept => sandbox.refuse_connections(false),
        GatewayAction::Mute => sandbox.drop_heartbeat_acks(true),
        GatewayAction::Unmute => sandbox.drop_heartbeat_acks(false),
    }
    json_response(&json!({}))
}

#[derive(Debug, Deserialize)]
pub struct SetPermission {
    guild: Id,
    /// Limits the change to this channel; without it, the bot's role in the guild changes.
    channel: Option<Id>,
    name: String,
    allowed: bool,
}

/// Grants the bot a permission or revokes it.
pub async fn permission(
    State(shared): State<Arc<SandboxState>>,
    BodyOf(grant): BodyOf<SetPermission>,
) -> ApiResult {
    let found = BY_NAME.iter().find(|(name, _)| *name == grant.name);
    let (_, bit) = found.ok_or_else(|| {
        let names: Vec<_> = BY_NAME.iter().map(|(name, _)| *name).collect();
        HttpError::bad_request(&format!(
            "unknown permission \"{}\": use one of {}",
            grant.name,
            names.join(", ")
        ))
    })?;
    let sandbox = Sandbox::from_state(&shared);
    match grant.channel {
        Some(channel) => {
            let bot = shared.read(|discord| discord.app.id);
            let deny = if grant.allowed { 0 } else { *bit };
            let overwrite = Overwrite {
                id: bot,
                is_member: true,
                allow: 0,
                deny,
            };
            sandbox.set_overwrite(channel.0, overwrite);
        }
        None => {
            if !sandbox.set_bot_permission(grant.guild.0, *bit, grant.allowed) {
                return Err(HttpError::bad_request(&"the bot is not in this guild"));
            }
        }
    }
    json_response(&json!({}))
}
