//! Making trouble: faults of requests and of the gateway, permissions that are taken away.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

use super::super::faults::{Fault, Rule};
use super::super::model::Overwrite;
use super::super::permission::NAMED;
use super::super::rest::route::is_name;
use super::super::{Sandbox, Shared};
use super::act::Answer;
use super::{Id, Wrong, answer};

/// How late a delayed answer comes unless something else is said: later than an interaction may be.
const DELAY_MS: u64 = 5_000;
/// How long a request that comes too often is to wait, in seconds.
const RETRY_AFTER: f64 = 2.0;

#[derive(Debug, Deserialize)]
pub struct NewFault {
    fault: String,
    route: Option<String>,
    method: Option<String>,
    path: Option<String>,
    guild: Option<Id>,
    channel: Option<Id>,
    /// How often; 0 for always.
    #[serde(default = "once")]
    times: u32,
    /// Whether the request takes effect first.
    #[serde(default)]
    after: bool,
    ms: Option<u64>,
    retry_after: Option<f64>,
}

const fn once() -> u32 {
    1
}

impl NewFault {
    fn fault(&self) -> Result<Fault, Wrong> {
        Ok(match self.fault.as_str() {
            "429" => Fault::too_many_requests(self.retry_after.unwrap_or(RETRY_AFTER), "user"),
            "500" => Fault::server_error(),
            "502" => Fault::bad_gateway(),
            "403" => Fault::missing_permissions(),
            "garbage" => Fault::garbage(),
            "hang" => Fault::Hang,
            "reset" => Fault::Reset,
            "delay" => Fault::Delay(Duration::from_millis(self.ms.unwrap_or(DELAY_MS))),
            other => {
                return Err(Wrong::new(&format!(
                    "there is no fault \"{other}\": 429, 500, 502, 403, garbage, hang, reset, delay"
                )));
            }
        })
    }

    fn rule(&self) -> Result<Rule, Wrong> {
        let route = self.route.clone().filter(|name| !name.is_empty());
        if let Some(unknown) = route.as_deref().filter(|name| !is_name(name)) {
            return Err(Wrong::new(&format!("there is no route \"{unknown}\"")));
        }
        let mut rule = Rule {
            route,
            method: self.method.clone(),
            path: self.path.clone(),
            guild: self.guild.map(|id| id.0),
            channel: self.channel.map(|id| id.0),
            times: Some(self.times).filter(|times| *times > 0),
            ..Rule::any()
        };
        if self.after {
            rule = rule.after();
        }
        Ok(rule)
    }
}

pub async fn fault(State(shared): State<Arc<Shared>>, Json(new): Json<NewFault>) -> Answer {
    let id = Sandbox::within(&shared).fault(new.rule()?, new.fault()?);
    answer(&json!({ "id": id }))
}

#[derive(Debug, Deserialize)]
pub struct Which {
    id: Option<u64>,
}

pub async fn unfault(State(shared): State<Arc<Shared>>, Json(which): Json<Which>) -> Answer {
    let sandbox = Sandbox::within(&shared);
    match which.id {
        Some(id) => sandbox.remove_fault(id),
        None => sandbox.clear_faults(),
    }
    answer(&json!({}))
}

/// What happens to the gateway.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToGateway {
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
pub struct GatewayOrder {
    action: ToGateway,
    /// The code with which it is closed.
    code: Option<u16>,
}

pub async fn gateway(State(shared): State<Arc<Shared>>, Json(order): Json<GatewayOrder>) -> Answer {
    let sandbox = Sandbox::within(&shared);
    match order.action {
        ToGateway::Cut => sandbox.cut_gateway(),
        ToGateway::Close => sandbox.close_gateway(order.code),
        ToGateway::Reconnect => sandbox.ask_reconnect(),
        ToGateway::Invalidate => sandbox.invalidate_sessions(false),
        ToGateway::Refuse => sandbox.refuse_gateway(true),
        ToGateway::Accept => sandbox.refuse_gateway(false),
        ToGateway::Mute => sandbox.mute_heartbeats(true),
        ToGateway::Unmute => sandbox.mute_heartbeats(false),
    }
    answer(&json!({}))
}

#[derive(Debug, Deserialize)]
pub struct Grant {
    guild: Id,
    /// In this channel only; else on the server.
    channel: Option<Id>,
    name: String,
    allowed: bool,
}

/// Gives the bot a permission or takes it away.
pub async fn permission(State(shared): State<Arc<Shared>>, Json(grant): Json<Grant>) -> Answer {
    let known = NAMED.iter().find(|(name, _)| *name == grant.name);
    let (_, bit) = known.ok_or_else(|| {
        let names: Vec<_> = NAMED.iter().map(|(name, _)| *name).collect();
        Wrong::new(&format!("the permissions are: {}", names.join(", ")))
    })?;
    let sandbox = Sandbox::within(&shared);
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
            if !sandbox.grant_to_bot(grant.guild.0, *bit, grant.allowed) {
                return Err(Wrong::new(&"the bot is not in this guild"));
            }
        }
    }
    answer(&json!({}))
}
